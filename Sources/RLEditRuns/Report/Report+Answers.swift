internal import RLEditCore

extension Report {
    /// The edit that the run saved: what the report speaks of as the result.
    var resultStage: Stage { manifest.resultStage(of: summary) }

    // MARK: - What one class is called

    var answers: Markup { Report.answers(summary.seeds.map(\.answers)) }

    /// Of held-out sets that hold one class: which class each share of their examples is called by each model.
    /// - Parameter seeds: ``SeedResult/answers`` of each.
    static func answers(_ seeds: [[GroupResult]]) -> Markup {
        let results = seeds.flatMap { $0 }
        var content: [Markup] = []
        var classes: [String] = []
        for (index, result) in results.enumerated() {
            let isSame = { (other: GroupResult) in (other.set, other.group) == (result.set, result.group) }
            guard results.firstIndex(where: isSame) == index else { continue }
            classes.append(result.group)
            content += shares(results.filter(isSame), seeds: seeds.count { $0.contains(where: isSame) })
        }
        if content.isEmpty { return .empty }
        let names = Distinct(classes)
        let title = names.only.map { "What class \($0) is called" } ?? "What classes \(names.text) are called"
        return Report.section(title, id: "answers", content)
    }

    /// The table of one set and class over the seeds that have it.
    private static func shares(_ results: [GroupResult], seeds: Int) -> [Markup] {
        guard let first = results.first else { return [] }
        let stages = results.flatMap(\.stages.stages).reduce(into: [Stage]()) { if !$0.contains($1) { $0.append($1) } }
        func share(_ name: String, _ stage: Stage) -> Double {
            Spread(results.compactMap { $0.stages[stage] == nil ? nil : $0.value(name, stage) ?? 0 }).mean
        }
        // The classes that most examples are called by any model, in their own order; the rest together.
        let most = 12
        let names = Distinct(results.flatMap { $0.stages.entries.flatMap(\.value).map(\.name) } + [first.group]).values
        let largest = Dictionary(
            uniqueKeysWithValues: names.map { name in (name, stages.map { share(name, $0) }.max() ?? 0) })
        let ordered = names.sorted { (largest[$1] ?? 0, Int($0) ?? 0) < (largest[$0] ?? 0, Int($1) ?? 0) }
        let shown = (names.count > most ? Array(ordered.prefix(most - 1)) : ordered).sorted {
            (Int($0) ?? .max, $0) < (Int($1) ?? .max, $1)
        }
        func percent(_ share: Double) -> Markup { Markup(NumberText.fixed(100 * share, digits: 1)) }
        let rest = names.count > shown.count
        let rows = stages.map { stage -> [Markup] in
            let shares = shown.map { share($0, stage) }
            return [stageName(stage)] + shares.map(percent)
                + (rest ? [percent(max(0, 1 - shares.reduce(0, +)))] : [])
        }
        let titles =
            ["called"] + shown.map { $0 == first.group ? .element("b", ["class": "right"], Markup($0)) : Markup($0) }
            + (rest ? ["other"] : [])
        let counts = Distinct(results.map { NumberText.grouped($0.examples) })
        let text =
            "Of the \(counts.only.map { "\($0) " } ?? "")examples of class \(first.group) that make up the held-out set "
            + "\(first.set), the share in % that is called each class"
            + (seeds > 1 ? "; mean over \(seeds) seeds." : ".")
        return [table(titles, rows, textColumns: 1), .element("p", ["class": "aside"], Markup(text))]
    }

    // MARK: - Examples

    /// The held-out examples whose answer changed most, as pictures or texts with their answers.
    var examples: Markup {
        guard let seed = seeds.first(where: { $0.changes != nil }), let changes = seed.changes, !changes.sets.isEmpty
        else { return .empty }
        var content: [Markup] = []
        for set in changes.sets {
            content.append(
                .element(
                    "h3",
                    children: [
                        .element("code", Markup(set.set)),
                        Markup(
                            "  \(set.changed == 0 ? "none" : NumberText.grouped(set.changed)) of "
                                + "\(NumberText.grouped(set.examples)) answers changed"),
                    ]))
            let isPictures = set.shown.contains { if case .picture = $0.content { true } else { false } }
            if isPictures {
                content.append(.element("div", ["class": "strip"], set.shown.map(Report.picture)))
            } else if !set.shown.isEmpty {
                content.append(
                    Report.table(
                        ["example", "class", "before", "after"], set.shown.map(Report.line), textColumns: 4))
            }
        }
        if changes.sets.contains(where: { !$0.shown.isEmpty }) {
            let note =
                "Examples that the edit of the \(changes.stage.title) gave another answer, those first whose probabilities "
                + "moved furthest: the right class, then the answer before and after, with the probability that the model "
                + "gave it.\(seeds.count > 1 ? " Shown is seed \(seed.seed)." : "")"
            content.append(.element("p", ["class": "aside"], Markup(note)))
        }
        return Report.section("Held-out answers that changed", id: "examples", content)
    }

    private static func text(_ answer: ChangedAnswers.Answer) -> String {
        // Without a place to break the line.
        "\(answer.label)\u{A0}(\(NumberText.fixed(100 * answer.probability, digits: 0))\u{A0}%)"
    }

    private static func picture(_ example: ChangedAnswers.Example) -> Markup {
        var children: [Markup] = []
        if case .picture(let png) = example.content {
            children.append(
                .void("img", ["alt": "example \(example.number)", "src": "data:image/png;base64,\(png)"]))
        }
        children.append(.element("b", Markup("class \(example.label)")))
        children.append(.element("span", Markup(text(example.before))))
        children.append(.element("span", Markup("→ \(text(example.after))")))
        return .element("div", children: children)
    }

    /// Text of strangers may run from right to left: it is kept from turning around what follows.
    private static func line(_ example: ChangedAnswers.Example) -> [Markup] {
        var name = Markup("example \(example.number)")
        if case .text(let text) = example.content { name = .element("bdi", Markup(text)) }
        return [name, Markup("\(example.label)"), Markup(text(example.before)), Markup(text(example.after))]
    }
}

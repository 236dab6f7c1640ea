internal import RLEditCore

extension Report {
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
            content.append(
                shares(result, results.filter(isSame), seeds: seeds.count { $0.contains(where: isSame) }))
        }
        let names = Distinct(classes)
        let title = names.only.map { "What class \($0) is called" } ?? "What classes \(names.text) are called"
        return .section(title, id: "answers", content)
    }

    /// The table of one set and class over the seeds that have it.
    private static func shares(_ first: GroupResult, _ results: [GroupResult], seeds: Int) -> Markup {
        let stages = results.flatMap(\.stages.stages).unique
        func share(_ name: String, _ stage: Stage) -> Double {
            Spread(results.compactMap { $0.stages[stage] == nil ? nil : $0.value(name, stage) ?? 0 }).mean
        }
        // The classes that most examples are called by any model, in their own order; the rest together.
        let most = 12
        let names = Distinct(results.flatMap { $0.stages.entries.flatMap(\.value).map(\.name) } + [first.group]).values
        let largest = names.map { name in (name: name, share: stages.map { share(name, $0) }.max() ?? 0) }
            .sorted { ($1.share, Int($0.name) ?? 0) < ($0.share, Int($1.name) ?? 0) }
        let shown = largest.prefix(names.count > most ? most - 1 : most).map(\.name).sorted {
            (Int($0) ?? .max, $0) < (Int($1) ?? .max, $1)
        }
        let hasRest = names.count > shown.count
        var table = TextTable(["called"] + shown + (hasRest ? ["other"] : []))
        for stage in stages {
            let shares = shown.map { share($0, stage) }
            table.append(
                [stage.title]
                    + (shares + [max(0, 1 - shares.reduce(0, +))]).map { NumberText.fixed(100 * $0, digits: 1) })
        }
        let count = Distinct(results.map { NumberText.grouped($0.examples) }).only.map { "\($0) " } ?? ""
        return .table(table)
            + .note(
                """
                Of the \(count)examples of class \(first.group) that make up the held-out set \(first.set), the share in % \
                that is called each class\(seeds > 1 ? "; mean over \(seeds) seeds." : ".")
                """)
    }

    /// The held-out examples whose answer changed most, as pictures or texts with their answers.
    var examples: Markup {
        guard let seed = seeds.first(where: { $0.changes != nil }), let changes = seed.changes else { return .empty }
        let content = changes.sets.flatMap { set -> [Markup] in
            let count = set.changed == 0 ? "none" : NumberText.grouped(set.changed)
            let title: Markup = "  \(count) of \(NumberText.grouped(set.examples)) answers changed"
            let isPictures = set.shown.contains { if case .picture = $0.content { true } else { false } }
            return [
                .tag("h3", .tag("code", Markup(set.set)), title),
                isPictures
                    ? .tag("div.strip", set.shown.map(Report.picture))
                    : .table(["example", "class", "before", "after"], set.shown.map(Report.line), text: 4),
            ]
        }
        let note: Markup = """
            Examples that the edit of the \(changes.stage.title) gave another answer, those first whose probabilities moved \
            furthest: the right class, then the answer before and after, with the probability that the model gave \
            it.\(shownNote(seed))
            """
        let isShown = changes.sets.contains { !$0.shown.isEmpty }
        return .section("Held-out answers that changed", id: "examples", content + (isShown ? [.note(note)] : []))
    }

    private static func text(_ answer: ChangedAnswers.Answer) -> String {
        // Without a place to break the line.
        "\(answer.label)\u{A0}(\(NumberText.fixed(100 * answer.probability, digits: 0))\u{A0}%)"
    }

    private static func picture(_ example: ChangedAnswers.Example) -> Markup {
        var image = Markup.empty
        if case .picture(let png) = example.content {
            image = .tag("img", ["alt": "example \(example.number)", "src": "data:image/png;base64,\(png)"])
        }
        return .tag(
            "div", image, .tag("b", "class \(example.label)"), .tag("span", Markup(text(example.before))),
            .tag("span", "→ \(text(example.after))"))
    }

    /// Text of strangers may run from right to left: it is kept from turning around what follows.
    private static func line(_ example: ChangedAnswers.Example) -> [Markup] {
        var name: Markup = "example \(example.number)"
        if case .text(let text) = example.content { name = .tag("bdi", Markup(text)) }
        return [name, "\(example.label)", Markup(text(example.before)), Markup(text(example.after))]
    }
}

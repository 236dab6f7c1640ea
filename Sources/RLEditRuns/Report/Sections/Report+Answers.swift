internal import RLEditCore

extension Report {
    /// Of held-out sets that hold one class: which class each share of their examples is called by each model.
    /// - Parameter seeds: ``SeedResult/answers`` of each.
    static func answers(_ seeds: [[GroupResult]]) -> Markup {
        let places = seeds.joined().map { [$0.set, $0.group] }.unique
        let tables = places.map { place in shares(seeds.map { $0.filter { [$0.set, $0.group] == place } }) }
        let names = Distinct(places.map { $0[1] })
        let title = names.only.map { "What class \($0) is called" } ?? "What classes \(names.text) are called"
        return .section(title, id: "answers", Markup(tables))
    }

    /// The table of one set and class.
    /// - Parameter seeds: its results of each.
    private static func shares(_ seeds: [[GroupResult]]) -> Markup {
        let results = seeds.flatMap { $0 }
        guard let first = results.first else { return .empty }
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
        let rows = stages.map { stage in
            let shares = shown.map { share($0, stage) }
            let rest = max(0, 1 - shares.reduce(0, +))
            return [stage.title] + (shares + [rest]).map { NumberText.fixed(100 * $0, digits: 1) }
        }
        let count = Distinct(results.map { NumberText.grouped($0.examples) }).only.map { "\($0) " } ?? ""
        let measured = seeds.count { !$0.isEmpty }
        return [
            .table(TextTable(["called"] + shown + (names.count > shown.count ? ["other"] : []), rows)),
            .note(
                """
                Of the \(count)examples of class \(first.group) that make up the held-out set \(first.set), the share in % \
                that is called each class\(measured > 1 ? "; mean over \(measured) seeds." : ".")
                """),
        ]
    }

    /// The held-out examples whose answer changed most, as pictures or texts with their answers.
    var examples: Markup {
        guard let (changes, _, note) = shown(\.changes) else { return .empty }
        let content = changes.sets.map { set -> Markup in
            let count = set.changed == 0 ? "none" : NumberText.grouped(set.changed)
            let isPictures = set.shown.contains { $0.picture != nil }
            return [
                .heading(code: set.set, "  \(count) of \(NumberText.grouped(set.examples)) answers changed"),
                isPictures
                    ? .tag("div.strip", Markup(set.shown.map(Report.picture)))
                    : .table(["example", "class", "before", "after"], set.shown.map(Report.line), text: 4),
            ]
        }
        let caption: Markup = """
            Examples that the edit of the \(changes.stage.title) gave another answer, those first whose probabilities moved \
            furthest: the right class, then the answer before and after, with the probability that the model gave it.\(note)
            """
        let isShown = changes.sets.contains { !$0.shown.isEmpty }
        return .section(
            "Held-out answers that changed", id: "examples", Markup(content), note: isShown ? caption : .empty)
    }

    private static func text(_ answer: ChangedAnswers.Answer) -> String {
        // Without a place to break the line.
        "\(answer.label)\u{A0}(\(NumberText.fixed(100 * answer.probability, digits: 0))\u{A0}%)"
    }

    private static func picture(_ example: ChangedAnswers.Example) -> Markup {
        let source = example.picture.map { "data:image/png;base64,\($0)" }
        let image = source.map { Markup.tag("img", ["alt": "example \(example.number)", "src": $0]) }
        return .tag(
            "div",
            [
                image ?? .empty, .tag("b", "class \(example.label)"), .tag("span", Markup(text(example.before))),
                .tag("span", "→ \(text(example.after))"),
            ])
    }

    /// Text of strangers may run from right to left: it is kept from turning around what follows.
    private static func line(_ example: ChangedAnswers.Example) -> [Markup] {
        var name: Markup = "example \(example.number)"
        if case .text(let text) = example.content { name = .tag("bdi", Markup(text)) }
        return [name, "\(example.label)", Markup(text(example.before)), Markup(text(example.after))]
    }
}

extension ChangedAnswers.Example {
    fileprivate var picture: String? { if case .picture(let png) = content { png } else { nil } }
}

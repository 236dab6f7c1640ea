/// Everything `report.html` shows. Parts that a run does not have stay empty, and their sections are left out.
public struct Report: Sendable, Equatable {
    /// What one seed's run left.
    public struct Seed: Sendable, Equatable {
        public var seed: Int
        public var updates: [UpdateRecord]
        public var candidates: CandidateTable?
        /// How the saved edit changed each layer.
        public var edits: [EditMap]
        /// What training a policy over many networks came to; nil for other runs.
        public var transfer: Transfer?
        /// Held-out examples that the saved edit gave another answer; nil when the folder holds none.
        public var changes: Changes?

        /// What `examples.json` says: whose edit it was, and what it changed.
        public struct Changes: Sendable, Equatable {
            public var stage: Stage
            public var sets: [ChangedAnswers]
        }

        public init(
            seed: Int, updates: [UpdateRecord], candidates: CandidateTable? = nil, edits: [EditMap] = [],
            transfer: Transfer? = nil, changes: Changes? = nil
        ) {
            self.seed = seed
            self.updates = updates
            self.candidates = candidates
            self.edits = edits
            self.transfer = transfer
            self.changes = changes
        }
    }

    public var manifest: Manifest
    public var summary: RunSummary
    public var seeds: [Seed]

    public init(manifest: Manifest, summary: RunSummary, seeds: [Seed]) {
        self.manifest = manifest
        self.summary = summary
        self.seeds = seeds
    }

    /// The whole document: one file that needs nothing else, neither a network nor a program.
    public var html: String {
        let body = [
            header, outcome, learning, transfer, tradeOff, terms, classes, answers, examples, groups, edits, cost,
            provenance, glossary,
        ]
        return Report.document(title: "\(summary.task) – rledit report", body)
    }

    /// A document of one file: style sheet and charts within.
    static func document(title: String, _ body: [Markup]) -> String {
        let head: [Markup] = [
            .void("meta", ["charset": "utf-8"]),
            .void("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
            .void("meta", ["name": "color-scheme", "content": "light dark"]),
            .element("title", Markup(title)),
            .element("style", .raw(ReportStyle.sheet)),
        ]
        let document = Markup.element(
            "html", ["lang": "en"],
            [.element("head", children: head), .element("body", .element("main", children: body))])
        return "<!DOCTYPE html>\n\(document.source)\n"
    }

    /// A section with a heading; the heading is a target for links.
    static func section(_ title: String, id: String, _ children: [Markup]) -> Markup {
        .element("section", ["id": id], [.element("h2", Markup(title))] + children)
    }

    /// What the head of a report says, as names with values; values that are empty are left out.
    static func facts(_ facts: [(name: String, value: String)]) -> Markup {
        .element(
            "div", ["class": "facts"],
            facts.filter { !$0.value.isEmpty }.map {
                .element("span", children: [Markup("\($0.name) "), .element("b", Markup($0.value))])
            })
    }

    /// A shell command on its own, to be copied as it is.
    static func command(_ text: String) -> Markup {
        text.isEmpty ? .empty : .element("pre", ["class": "command"], .element("code", Markup(text)))
    }

    /// What is known of the models of several seeds, as the end of a phrase that counts the seeds.
    static func modelNote(_ models: [String?]) -> String {
        let known = models.compactMap { $0 }
        guard models.count > 1, known.count == models.count else { return "" }
        switch Set(known).count {
        case 1: return ", all of which edit the same model"
        case models.count: return ", each with a model of its own"
        default: return ", with \(Set(known).count) different models"
        }
    }

    /// A chart with the sentence that says how to read it.
    static func figure(_ chart: Markup, caption: [Markup]) -> Markup {
        .element(
            "figure", children: [.element("div", ["class": "chart"], chart), .element("figcaption", children: caption)])
    }

    /// A term with a link to its explanation at the end of the document.
    static func term(_ text: String, _ key: Glossary.Key) -> Markup {
        .element("a", ["class": "term", "href": "#glossary-\(key.rawValue)"], Markup(text))
    }

    /// - Parameters:
    ///   - titles: heads of the columns.
    ///   - textColumns: how many columns from the left hold text; the others hold numbers.
    static func table(_ titles: [Markup], _ rows: [[Markup]], textColumns: Int) -> Markup {
        func cells(_ name: String, _ cells: [Markup]) -> Markup {
            .element(
                "tr",
                children: cells.enumerated().map { column, cell in
                    column < textColumns ? .element(name, cell) : .element(name, ["class": "number"], cell)
                })
        }
        // Numbers may take all of the page; lines of text are easier to read in the width of the others.
        let isWide = titles.count > max(textColumns, 6)
        return .element(
            "div", ["class": isWide ? "scroll wide" : "scroll"],
            .element(
                "table",
                children: [
                    .element("thead", cells("th", titles)), .element("tbody", children: rows.map { cells("td", $0) }),
                ]))
    }
}

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

        public init(
            seed: Int, updates: [UpdateRecord], candidates: CandidateTable? = nil, edits: [EditMap] = [],
            transfer: Transfer? = nil
        ) {
            self.seed = seed
            self.updates = updates
            self.candidates = candidates
            self.edits = edits
            self.transfer = transfer
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
            header, outcome, learning, transfer, tradeOff, terms, classes, groups, edits, cost, provenance, glossary,
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

    /// A chart with the sentence that says how to read it.
    static func figure(_ chart: Markup, caption: [Markup]) -> Markup {
        .element("figure", children: [chart, .element("figcaption", children: caption)])
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
        return .element(
            "div", ["class": "scroll"],
            .element(
                "table",
                children: [
                    .element("thead", cells("th", titles)), .element("tbody", children: rows.map { cells("td", $0) }),
                ]))
    }
}

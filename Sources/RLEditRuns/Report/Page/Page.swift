/// The parts of every report: a header, then sections of tables, figures and notes.
extension Markup {
    /// A document of one file that needs nothing else: style sheet and charts are inside.
    static func document(title: String, _ body: [Markup]) -> String {
        let head = Markup.tag(
            "head", .tag("meta", ["charset": "utf-8"]),
            .tag("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
            .tag("meta", ["name": "color-scheme", "content": "light dark"]), .tag("title", Markup(title)),
            .tag("style", .raw(ReportStyle.sheet)))
        let document = Markup.tag("html", ["lang": "en"], head, .tag("body", .tag("main", body)))
        return "<!DOCTYPE html>\n\(document.source)\n"
    }

    /// What the report is about, and the facts that a reader asks for first.
    /// - Parameters:
    ///   - early: why a run ended early.
    ///   - facts: names with values; empty values are left out.
    ///   - warnings: what makes figures mean less than they seem to.
    static func header(
        _ title: Markup, lead: String, early: String? = nil, facts: KeyValuePairs<String, String>,
        note: Markup = .empty, warnings: [String]
    ) -> Markup {
        .tag(
            "header", .tag("h1", title), .tag("p.lead", Markup(lead)),
            early.map { .tag("p", .tag("b", "The run ended early: "), Markup($0)) } ?? .empty,
            .tag("div.facts", facts.filter { !$0.value.isEmpty }.map { .tag("span", "\($0) ", .tag("b", Markup($1))) }),
            note,
            warnings.isEmpty
                ? .empty : .tag("div.warnings", warnings.map { .tag("p", .tag("b", "Warning: "), "\($0).") }))
    }

    /// A section with a heading, which links can lead to; nothing when it has no content.
    static func section(_ title: String, id: String, _ content: [Markup]) -> Markup {
        content.allSatisfy(\.source.isEmpty)
            ? .empty : .tag("section", ["id": id], [.tag("h2", Markup(title))] + content)
    }

    static func section(_ title: String, id: String, _ content: Markup...) -> Markup {
        section(title, id: id, content)
    }

    /// The section with the shell command that gives the same again.
    static func again(_ command: String) -> Markup {
        section("How to get it again", id: "provenance", .command(command))
    }

    /// A shell command on its own, to be copied.
    static func command(_ text: String) -> Markup {
        text.isEmpty ? .empty : .tag("pre.command", .tag("code", Markup(text)))
    }

    static func note(_ text: Markup) -> Markup { .tag("p.aside", text) }

    /// A chart with the sentence that says how to read it.
    static func figure(_ chart: Markup, _ caption: Markup) -> Markup {
        .tag("figure", .tag("div.chart", chart), .tag("figcaption", caption))
    }

    /// A word with a link to its explanation at the end of the document, if there is one.
    static func term(_ word: String) -> Markup {
        guard let id = Glossary.id(of: word) else { return Markup(word) }
        return .tag("a.term", ["href": "#\(id)"], Markup(word))
    }

    /// A table of words and numbers. A table without rows is left out.
    static func table(_ table: TextTable) -> Markup {
        let text = table.columns.prefix { $0.alignment == .left }.count
        return .table(
            table.columns.map { term($0.title) },
            table.rows.map { row in
                row.enumerated().map { place, cell in
                    // What several rows have in common is bold.
                    let name = text == 2 && place == 0 ? tag("b", term(cell)) : term(cell)
                    return place < text ? name : number(cell)
                }
            }, text: text)
    }

    /// The deviation of a mean is less prominent than the mean.
    private static func number(_ text: String) -> Markup {
        guard let sign = text.firstRange(of: " ±")?.lowerBound else { return Markup(text) }
        return Markup(String(text[..<sign])) + .tag("span.sd", Markup(String(text[sign...])))
    }

    /// - Parameters:
    ///   - titles: heads of the columns.
    ///   - text: how many columns from the left hold text; the others hold numbers. A table without rows is left out.
    static func table(_ titles: [Markup], _ rows: [[Markup]], text: Int = 1) -> Markup {
        if rows.isEmpty { return .empty }
        func line(_ name: String, _ cells: [Markup]) -> Markup {
            .tag("tr", cells.enumerated().map { .tag($0 < text ? name : "\(name).number", $1) })
        }
        // Numbers may take all of the page; lines of text are easier to read in the width of the others.
        return .tag(
            titles.count > max(text, 6) ? "div.scroll wide" : "div.scroll",
            .tag("table", .tag("thead", line("th", titles)), .tag("tbody", rows.map { line("td", $0) })))
    }

    /// Names with what they mean; `id` is for links, and may be empty.
    static func list(_ entries: [(id: String, name: Markup, value: Markup)]) -> Markup {
        .tag("dl", entries.map { .tag("div", ["id": $0.id], .tag("dt", $0.name), .tag("dd", $0.value)) })
    }
}

/// The parts of every report: a header, then sections of tables, figures and notes. A part without content is empty, and
/// so is a section whose parts are.
extension Markup {
    /// A document of one file that needs nothing else: style sheet and charts are inside.
    static func document(title: String, _ body: Markup) -> String {
        let head: Markup = [
            .tag("meta", ["charset": "utf-8"]),
            .tag("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
            .tag("meta", ["name": "color-scheme", "content": "light dark"]), .tag("title", Markup(title)),
            .tag("style", Markup(trusted: ReportStyle.sheet)),
        ]
        let document = tag("html", ["lang": "en"], [.tag("head", head), .tag("body", .tag("main", body))])
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
        let known = facts.filter { !$0.value.isEmpty }.map { Markup.tag("span", "\($0) \(.tag("b", Markup($1)))") }
        let warnings = warnings.map { Markup.tag("p", "\(.tag("b", "Warning: "))\($0).") }
        return .tag(
            "header",
            [
                .tag("h1", title), .tag("p.lead", Markup(lead)),
                early.map { .tag("p", "\(.tag("b", "The run ended early: "))\($0)") } ?? .empty,
                .tag("div.facts", Markup(known)), .note(note), .block("div.warnings", Markup(warnings)),
            ])
    }

    /// A section with a heading, which links can lead to.
    /// - Parameter note: how to read the content.
    static func section(_ title: String, id: String, _ content: Markup, note: Markup = .empty) -> Markup {
        content.isEmpty ? .empty : .tag("section", ["id": id], [.tag("h2", Markup(title)), content, .note(note)])
    }

    /// A section of one chart.
    static func section(_ title: String, id: String, _ chart: Chart, _ caption: Markup) -> Markup {
        section(title, id: id, .figure(chart, caption))
    }

    /// The section with the shell command that gives the same again.
    static func again(_ command: String, _ more: Markup = .empty) -> Markup {
        section(
            "How to get it again", id: "provenance", [.block("pre.command", .block("code", Markup(command))), more])
    }

    /// An element, if it has content.
    static func block(_ name: String, _ content: Markup) -> Markup { content.isEmpty ? .empty : .tag(name, content) }

    static func note(_ text: Markup) -> Markup { .block("p.aside", text) }

    /// The heading of a part of a section.
    static func heading(code name: String, _ more: Markup = .empty) -> Markup {
        .tag("h3", [.tag("code", Markup(name)), more])
    }

    /// A chart with the sentence that says how to read it; nothing when no point of it can be drawn.
    static func figure(_ chart: Chart, _ caption: Markup) -> Markup {
        chart.isEmpty ? .empty : .tag("figure", [.tag("div.chart", chart.markup), .tag("figcaption", caption)])
    }

    /// A word with a link to its explanation at the end of the document, if there is one.
    static func term(_ word: String) -> Markup {
        Glossary.id(of: word).map { .tag("a.term", ["href": "#\($0)"], Markup(word)) } ?? Markup(word)
    }

    /// A table of words and numbers.
    static func table(_ table: TextTable) -> Markup {
        let text = table.columns.prefix { $0.alignment == .left }.count
        let rows = table.rows.map { row in
            row.enumerated().map { place, cell -> Markup in
                // What several rows have in common is bold.
                if place < text { return text == 2 && place == 0 ? .tag("b", .term(cell)) : .term(cell) }
                // The deviation of a mean is less prominent than the mean.
                let sign = cell.firstRange(of: " ±")?.lowerBound ?? cell.endIndex
                return [Markup(String(cell[..<sign])), .block("span.sd", Markup(String(cell[sign...])))]
            }
        }
        return .table(table.columns.map { .term($0.title) }, rows, text: text)
    }

    /// - Parameters:
    ///   - titles: heads of the columns.
    ///   - text: how many columns from the left hold text; the others hold numbers.
    static func table(_ titles: [Markup], _ rows: [[Markup]], text: Int = 1) -> Markup {
        func line(_ name: String, _ cells: [Markup]) -> Markup {
            .tag("tr", Markup(cells.enumerated().map { .tag($0 < text ? name : "\(name).number", $1) }))
        }
        let table = tag(
            "table", [.tag("thead", line("th", titles)), .tag("tbody", Markup(rows.map { line("td", $0) }))])
        // Numbers may take all of the page; lines of text are easier to read in the width of the others.
        return rows.isEmpty ? .empty : .tag(titles.count > max(text, 6) ? "div.scroll wide" : "div.scroll", table)
    }

    /// Names with what they mean; `id` is for links, and may be empty.
    static func list(_ entries: [(id: String, name: Markup, value: Markup)]) -> Markup {
        .tag("dl", Markup(entries.map { .tag("div", ["id": $0.id], [.tag("dt", $0.name), .tag("dd", $0.value)]) }))
    }
}

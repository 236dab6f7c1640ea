/// A table in plain text: columns aligned by their width on a terminal.
package struct TextTable {
    package enum Alignment { case left, right }

    package struct Column {
        let title: String
        let alignment: Alignment
        package init(_ title: String, _ alignment: Alignment) {
            self.title = title
            self.alignment = alignment
        }
    }

    let columns: [Column]
    private(set) var rows: [[String]] = []

    package init(_ columns: [Column]) { self.columns = columns }

    /// - Parameter text: how many columns from the left hold text; the others hold numbers.
    init(_ titles: [String], _ rows: [[String]] = [], text: Int = 1) {
        self.init(titles.enumerated().map { Column($1, $0 < text ? .left : .right) })
        for row in rows { append(row) }
    }

    /// Cells that are missing stay empty, more than there are columns are left out.
    package mutating func append(_ cells: [String]) {
        rows.append(columns.indices.map { $0 < cells.count ? DisplayWidth.printable(cells[$0]) : "" })
    }

    /// Lines without trailing spaces, joined by newlines.
    package var text: String {
        let titles = columns.map { DisplayWidth.printable($0.title) }
        let widths = columns.indices.map { column in
            ([titles] + rows).map { DisplayWidth.of($0[column]) }.max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            let padded = columns.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - DisplayWidth.of(cells[column]))
                return columns[column].alignment == .left ? cells[column] + space : space + cells[column]
            }
            var line = padded.joined(separator: "  ")
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
        return ([line(titles), rule] + rows.map(line)).joined(separator: "\n")
    }
}

extension TextSet {
    /// Which columns of a CSV file hold what.
    public struct CSVColumns: Sendable {
        /// The texts.
        public var text: String
        /// Their labels.
        public var label: String
        /// The name of the group that a text belongs to, empty for none; nil for texts without groups.
        public var group: String?
        /// The label that each content of the label column means; nil takes 0 and 1.
        public var labels: [(text: String, label: Int)]?
        /// What parts the fields of a row.
        public var separator = CSVFault.Separator.comma

        public init(text: String, label: String, group: String? = nil, labels: [(text: String, label: Int)]? = nil) {
            self.text = text
            self.label = label
            self.group = group
            self.labels = labels
        }
    }

    /// The texts of a CSV file (RFC 4180, plain or compressed with gzip) whose first row names the columns, in the order
    /// of the file.
    /// - Parameter source: what messages and the set call the file; its path by default.
    /// - Throws: ``DataError/invalidCSV(path:fault:)`` with row and column, or what reading the file throws.
    public init(csv path: String, name: String, source: String? = nil, columns: CSVColumns) throws(DataError) {
        try self.init(try GzipReader(path: path), name: name, source: source ?? path, columns: columns)
    }

    /// The same from any source of bytes.
    package init(
        _ bytes: any ByteSource, name: String, source: String, columns: CSVColumns
    ) throws(DataError) {
        var table = try CSVTable(bytes, separator: columns.separator)
        let path = table.path
        let (textColumn, labelColumn) = (try table.index(of: columns.text), try table.index(of: columns.label))
        var groupColumn: Int?
        if let group = columns.group { groupColumn = try table.index(of: group) }
        let known = columns.labels ?? [("0", 0), ("1", 1)]
        let expected = known.map { "'\($0.text)'" }.joined(separator: ", ")
        let byText = Dictionary(known.map { ($0.text, $0.label) }) { first, _ in first }

        var texts = TextStorage.Builder()
        var labels: [Int] = []
        var groups: [String?] = []
        while try table.next() {
            let row = table.record.place
            let bytes = table.record[textColumn]
            guard bytes.contains(where: { $0 > 32 }) else {
                throw .invalidCSV(path: path, fault: .emptyText(row, column: columns.text))
            }
            _ = try table.text(textColumn)
            let label = try table.text(labelColumn)
            guard let number = byText[label] ?? byText[label.trimmingSpaces] else {
                throw .invalidCSV(
                    path: path,
                    fault: .invalidLabel(
                        row, column: columns.label, label: String(label.prefix(40)), expected: expected))
            }
            texts.append(bytes)
            labels.append(number)
            if let groupColumn {
                let group = try table.text(groupColumn).trimmingSpaces
                groups.append(group.isEmpty ? nil : group)
            }
        }
        guard !labels.isEmpty else { throw .invalidCSV(path: path, fault: .noRows) }
        try self.init(
            name: name, source: source, texts: texts.finish(), labels: labels,
            groups: groupColumn == nil ? nil : try TextSet.groups(groups))
    }

    /// Groups by the names that occur, in alphabetical order.
    private static func groups(_ namesOfTexts: [String?]) throws(DataError) -> ExampleGroups {
        let names = Set(namesOfTexts.compactMap { $0 }).sorted()
        let index = Dictionary(names.enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
        return try ExampleGroups(
            names: names, groupsOfExamples: namesOfTexts.map { name in name.flatMap { index[$0] }.map { [$0] } ?? [] })
    }
}

extension String {
    /// Without spaces and tabs at both ends.
    fileprivate var trimmingSpaces: String {
        func isSpace(_ character: Character) -> Bool { character == " " || character == "\t" }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return ""
        }
        return String(self[first...last])
    }
}

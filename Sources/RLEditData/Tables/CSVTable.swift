/// A CSV file whose first row names the columns.
///
/// Of a file with runs of blanks between its fields, a line before it that is one whole number is the number of rows; and
/// where the rows have one field more than the header, the first column, which has no name, is called `file`: the list of
/// CelebA's attributes has both.
package struct CSVTable {
    private let reader: CSVReader
    private let separator: TableFault.Separator
    /// Names in their order.
    package let columns: [String]
    /// Places of the columns by name, the first of equals.
    private var places: [String: Int] = [:]
    private var repeated: Set<String> = []
    /// The row read last.
    package private(set) var record = CSVRecord()
    /// A row that was read to know the columns, and is the next one.
    private var ahead: CSVRecord?
    /// Number of rows by the line before the header, and those read.
    private var announced: Int?
    private var count = 0

    /// What the first column is called where the header leaves it out.
    package static let unnamedColumn = "file"

    /// Reads the header.
    /// - Parameter separator: nil for runs of blanks where the first line is one whole number, and a comma otherwise.
    /// - Throws: ``DataError/invalidTable(path:fault:)``.
    package init(
        _ source: any ByteSource, separator given: TableFault.Separator? = .comma, skippedLines: Int = 0
    ) throws(DataError) {
        reader = CSVReader(source, separator: given ?? .comma)
        for _ in 0..<skippedLines { guard try reader.skipLine() else { break } }
        guard try reader.next(&record) else { throw .invalidTable(path: source.path, fault: .noHeader) }
        let number =
            record.count == 1 ? Int(String(decoding: record[0].prefix(40), as: UTF8.self).trimmingSpaces) : nil
        if given == nil, number != nil { reader.useBlanks() }
        separator = given ?? (number == nil ? .comma : .blanks)
        var columns: [String] = []
        if separator == .blanks {
            var next = CSVRecord()
            if let number, try reader.next(&next) {
                if next.count > 1 { (announced, record) = (number, next) } else { ahead = next }
            }
            if ahead == nil, try reader.next(&next) { ahead = next }
            if let ahead, ahead.count == record.count + 1 { columns.append(CSVTable.unnamedColumn) }
            if !columns.isEmpty { places[CSVTable.unnamedColumn] = 0 }
        }
        for field in 0..<record.count {
            if record[field].contains(0) { throw .invalidTable(path: source.path, fault: .notText) }
            guard let name = String(validating: record[field], as: UTF8.self) else {
                throw .invalidTable(path: source.path, fault: .notUTF8(record.place, column: "\(field + 1)"))
            }
            if places[name] == nil { places[name] = columns.count } else { repeated.insert(name) }
            columns.append(name)
        }
        self.columns = columns
    }

    package var path: String { reader.path }
    package var hasBufferedBytes: Bool { reader.hasBufferedBytes }

    /// The place of a column.
    package func index(of name: String) throws(DataError) -> Int {
        guard let index = places[name] else {
            let others = TableFault.Separator.all.filter { $0 != separator }
            if columns.count == 1, let found = others.first(where: { columns[0].utf8.contains($0.byte) }) {
                throw .invalidTable(path: path, fault: .unseparated(name: name, found: found, expected: separator))
            }
            throw .invalidTable(path: path, fault: .missingColumn(name: name, known: columns))
        }
        guard !repeated.contains(name) else { throw .invalidTable(path: path, fault: .duplicateColumn(name: name)) }
        return index
    }

    /// Reads the next row, which has as many fields as the header.
    /// - Returns: false at the end.
    package mutating func next() throws(DataError) -> Bool {
        if let row = ahead {
            record = row
            ahead = nil
        } else if try !reader.next(&record) {
            if let announced, announced != count {
                throw .invalidTable(path: path, fault: .rowCount(announced: announced, actual: count))
            }
            return false
        }
        count += 1
        guard record.count == columns.count else {
            throw .invalidTable(
                path: path, fault: .columnCount(record.place, expected: columns.count, actual: record.count))
        }
        return true
    }

    /// A field of the row read last.
    /// - Throws: ``DataError/invalidTable(path:fault:)`` when it is not UTF-8.
    package func text(_ field: Int) throws(DataError) -> String {
        guard let text = String(validating: record[field], as: UTF8.self) else {
            throw .invalidTable(path: path, fault: .notUTF8(record.place, column: columns[field]))
        }
        return text
    }
}

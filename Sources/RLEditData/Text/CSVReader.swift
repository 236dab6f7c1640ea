/// One record of a CSV file.
package struct CSVRecord {
    /// The contents of all fields, one after the other, quotes taken away.
    fileprivate(set) var bytes: [UInt8] = []
    /// Where each field ends in `bytes`.
    fileprivate(set) var ends: [Int] = []
    /// Place in the file.
    package fileprivate(set) var place = CSVFault.Row(row: 0, line: 0)

    package init() {}

    /// Number of fields.
    package var count: Int { ends.count }

    /// The contents of a field.
    package subscript(field: Int) -> ArraySlice<UInt8> { bytes[(field == 0 ? 0 : ends[field - 1])..<ends[field]] }
}

/// Reads CSV (RFC 4180) record by record, plain or compressed with gzip.
///
/// Quoted fields may hold separators, line ends and doubled quotes. Lines end in CR LF, LF or CR. A byte order mark is
/// dropped, a line without any character is passed over. One record is in memory at a time.
package final class CSVReader {
    /// Longest record, in bytes: an unclosed quote must not fill the memory.
    package static let longestRecord = 1 << 26

    private var pieces: BytePieces
    private let separator: UInt8
    /// Record read last, and the line after it.
    private var row = 0
    private var line = 1
    /// The last byte was a CR: an LF belongs to it.
    private var followsReturn = false

    package init(_ source: any ByteSource, separator: CSVFault.Separator = .comma) {
        pieces = BytePieces(source)
        self.separator = separator.byte
    }

    package var path: String { pieces.source.path }
    /// Whether some of the next record has been read from the source already.
    package var hasBufferedBytes: Bool { !pieces.isExhausted }

    private enum State {
        case fieldStart, unquoted, quoted
        /// After a quote in a quoted field: it ends the field, or is the first of two.
        case quoteInQuoted
    }

    /// Reads the next record into `record`, whose memory is used again.
    /// - Throws: ``DataError/invalidCSV(path:fault:)`` with row and column.
    /// - Returns: false at the end of the file.
    package func next(_ record: inout CSVRecord) throws(DataError) -> Bool {
        record.bytes.removeAll(keepingCapacity: true)
        record.ends.removeAll(keepingCapacity: true)
        record.place = CSVFault.Row(row: row + 1, line: line)
        var state = State.fieldStart
        while true {
            if pieces.isExhausted {
                guard try pieces.refill() else { return try finish(&record, state) }
            }
            let step = pieces.bytes.withUnsafeBufferPointer { bytes in
                scan(bytes, &record, &state)
            }
            switch step {
            case .record:
                row += 1
                return true
            case .blankLine: record.place = CSVFault.Row(row: row + 1, line: line)
            case .more: break
            case .fault(let fault): throw .invalidCSV(path: path, fault: fault)
            }
            guard record.bytes.count <= CSVReader.longestRecord else {
                let fault: CSVFault =
                    state == .quoted
                    ? .unclosedQuote(record.place, column: record.count + 1)
                    : .tooLong(record.place, limit: CSVReader.longestRecord)
                throw .invalidCSV(path: path, fault: fault)
            }
        }
    }

    /// The record that the end of the file ends.
    private func finish(_ record: inout CSVRecord, _ state: State) throws(DataError) -> Bool {
        if state == .quoted {
            throw .invalidCSV(path: path, fault: .unclosedQuote(record.place, column: record.count + 1))
        }
        if state == .fieldStart, record.count == 0 { return false }
        record.ends.append(record.bytes.count)
        row += 1
        return true
    }

    private enum Step {
        case record, blankLine, more
        case fault(CSVFault)
    }

    /// Takes bytes up to the end of the record or of the piece.
    private func scan(_ bytes: UnsafeBufferPointer<UInt8>, _ record: inout CSVRecord, _ state: inout State) -> Step {
        let (quote, newline, carriageReturn) = (UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r"))
        let end = pieces.end
        var position = pieces.position
        defer { pieces.position = position }
        while position < end {
            let byte = bytes[position]
            if followsReturn {
                followsReturn = false
                if byte == newline {
                    position += 1
                    continue
                }
            }
            if state == .quoted {
                let start = position
                while position < end, bytes[position] != quote {
                    if bytes[position] == newline { line += 1 }
                    position += 1
                }
                record.bytes.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<position]))
                if position < end {
                    state = .quoteInQuoted
                    position += 1
                }
                continue
            }
            if byte == separator {
                record.ends.append(record.bytes.count)
                state = .fieldStart
                position += 1
                continue
            }
            if byte == newline || byte == carriageReturn {
                position += 1
                line += 1
                followsReturn = byte == carriageReturn
                if state == .fieldStart, record.count == 0 { return .blankLine }
                record.ends.append(record.bytes.count)
                return .record
            }
            switch state {
            case .fieldStart where byte == quote:
                state = .quoted
                position += 1
            case .quoteInQuoted where byte == quote:
                record.bytes.append(quote)
                state = .quoted
                position += 1
            case .quoteInQuoted:
                if let found = CSVFault.Separator.all.first(where: { $0.byte == byte }) {
                    return .fault(
                        .otherSeparator(
                            record.place, column: record.count + 1, found: found, expected: .init(separator)))
                }
                return .fault(.textAfterQuote(record.place, column: record.count + 1))
            default:
                let start = position
                while position < end, bytes[position] != separator, bytes[position] != newline,
                    bytes[position] != carriageReturn
                {
                    if bytes[position] == quote { return .fault(.strayQuote(record.place, column: record.count + 1)) }
                    position += 1
                }
                record.bytes.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<position]))
                state = .unquoted
            }
        }
        return .more
    }
}

/// A CSV file whose first row names the columns.
package struct CSVTable {
    private let reader: CSVReader
    private let separator: CSVFault.Separator
    /// Names in their order.
    package let columns: [String]
    /// Places of the columns by name, the first of equals.
    private var places: [String: Int] = [:]
    private var repeated: Set<String> = []
    /// The row read last.
    package private(set) var record = CSVRecord()

    /// Reads the header.
    /// - Throws: ``DataError/invalidCSV(path:fault:)``.
    package init(_ source: any ByteSource, separator: CSVFault.Separator = .comma) throws(DataError) {
        reader = CSVReader(source, separator: separator)
        self.separator = separator
        guard try reader.next(&record) else { throw .invalidCSV(path: source.path, fault: .noHeader) }
        var columns: [String] = []
        for field in 0..<record.count {
            guard let name = String(validating: record[field], as: UTF8.self) else {
                throw .invalidCSV(path: source.path, fault: .notUTF8(record.place, column: "\(field + 1)"))
            }
            if places[name] == nil { places[name] = field } else { repeated.insert(name) }
            columns.append(name)
        }
        self.columns = columns
    }

    package var path: String { reader.path }
    package var hasBufferedBytes: Bool { reader.hasBufferedBytes }

    /// The place of a column.
    package func index(of name: String) throws(DataError) -> Int {
        guard let index = places[name] else {
            let others = CSVFault.Separator.all.filter { $0 != separator }
            if columns.count == 1, let found = others.first(where: { columns[0].utf8.contains($0.byte) }) {
                throw .invalidCSV(path: path, fault: .unseparated(name: name, found: found, expected: separator))
            }
            throw .invalidCSV(path: path, fault: .missingColumn(name: name, known: columns))
        }
        guard !repeated.contains(name) else { throw .invalidCSV(path: path, fault: .duplicateColumn(name: name)) }
        return index
    }

    /// Reads the next row, which has as many fields as the header.
    /// - Returns: false at the end.
    package mutating func next() throws(DataError) -> Bool {
        guard try reader.next(&record) else { return false }
        guard record.count == columns.count else {
            throw .invalidCSV(
                path: path, fault: .columnCount(record.place, expected: columns.count, actual: record.count))
        }
        return true
    }

    /// A field of the row read last.
    /// - Throws: ``DataError/invalidCSV(path:fault:)`` when it is not UTF-8.
    package func text(_ field: Int) throws(DataError) -> String {
        guard let text = String(validating: record[field], as: UTF8.self) else {
            throw .invalidCSV(path: path, fault: .notUTF8(record.place, column: columns[field]))
        }
        return text
    }
}

/// Writes fields as RFC 4180 has them.
package enum CSVWriter {
    /// The field, quoted when it has to be.
    package static func append(_ field: some Collection<UInt8>, to bytes: inout [UInt8]) {
        let quote = UInt8(ascii: "\"")
        let needsQuotes =
            field.contains { byte in
                byte == quote || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
            }
            // At the start of a file this would be passed over.
            || field.starts(with: BytePieces.mark)
        guard needsQuotes else {
            bytes += field
            return
        }
        bytes.append(quote)
        for byte in field {
            if byte == quote { bytes.append(quote) }
            bytes.append(byte)
        }
        bytes.append(quote)
    }
}

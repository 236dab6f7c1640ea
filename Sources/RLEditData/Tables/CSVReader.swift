/// One record of a CSV file.
package struct CSVRecord {
    /// The contents of all fields, one after the other, quotes taken away.
    fileprivate(set) var bytes: [UInt8] = []
    /// Where each field ends in `bytes`.
    fileprivate(set) var ends: [Int] = []
    /// Place in the file.
    package fileprivate(set) var place = TableFault.Row(row: 0, line: 0)

    package init() {}

    /// Number of fields.
    package var count: Int { ends.count }

    /// The contents of a field.
    package subscript(field: Int) -> ArraySlice<UInt8> { bytes[(field == 0 ? 0 : ends[field - 1])..<ends[field]] }
}

/// Reads CSV (RFC 4180) record by record, plain or compressed with gzip.
///
/// Quoted fields may hold separators, line ends and doubled quotes. Lines end in CR LF, LF or CR. A byte order mark is
/// dropped, a line without any character is passed over. One record is in memory at a time. With a space for separator
/// fields are parted by runs of spaces and tabs, at both ends of a line, too, so that none is empty without quotes.
package final class CSVReader {
    /// Longest record, in bytes: an unclosed quote must not fill the memory.
    package static let longestRecord = 1 << 26

    private var pieces: BytePieces
    private var separator: UInt8
    /// Whether runs of blanks part the fields.
    private var isBlank: Bool { separator == TableFault.Separator.blanks.byte }
    /// Record read last, and the line after it.
    private var row = 0
    private var line = 1
    /// The last byte was a CR: an LF belongs to it.
    private var followsReturn = false

    package init(_ source: any ByteSource, separator: TableFault.Separator = .comma) {
        pieces = BytePieces(source)
        self.separator = separator.byte
    }

    package var path: String { pieces.source.path }

    /// Fields of the records that follow are parted by runs of blanks.
    func useBlanks() { separator = TableFault.Separator.blanks.byte }

    /// Whether some of the next record has been read from the source already.
    package var hasBufferedBytes: Bool { !pieces.isExhausted }

    /// Passes over what is left of a line, whatever is in it.
    /// - Returns: false at the end of the file.
    func skipLine() throws(DataError) -> Bool {
        while true {
            if pieces.isExhausted { guard try pieces.refill() else { return false } }
            let rest = pieces.bytes[pieces.position..<pieces.end]
            let newline = rest.firstIndex(of: UInt8(ascii: "\n"))
            pieces.position = newline.map { $0 + 1 } ?? rest.endIndex
            if newline == nil { continue }
            line += 1
            return true
        }
    }

    private enum State {
        case fieldStart, unquoted, quoted
        /// After a quote in a quoted field: it ends the field, or is the first of two.
        case quoteInQuoted
    }

    /// Reads the next record into `record`, whose memory is used again.
    /// - Throws: ``DataError/invalidTable(path:fault:)`` with row and column.
    /// - Returns: false at the end of the file.
    package func next(_ record: inout CSVRecord) throws(DataError) -> Bool {
        record.bytes.removeAll(keepingCapacity: true)
        record.ends.removeAll(keepingCapacity: true)
        record.place = TableFault.Row(row: row + 1, line: line)
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
            case .blankLine: record.place = TableFault.Row(row: row + 1, line: line)
            case .more: break
            case .fault(let fault): throw .invalidTable(path: path, fault: fault)
            }
            guard record.bytes.count <= CSVReader.longestRecord else {
                let fault: TableFault =
                    state == .quoted
                    ? .unclosedQuote(record.place, column: record.count + 1)
                    : .tooLong(record.place, limit: CSVReader.longestRecord)
                throw .invalidTable(path: path, fault: fault)
            }
        }
    }

    /// The record that the end of the file ends.
    private func finish(_ record: inout CSVRecord, _ state: State) throws(DataError) -> Bool {
        if state == .quoted {
            throw .invalidTable(path: path, fault: .unclosedQuote(record.place, column: record.count + 1))
        }
        if state == .fieldStart, record.count == 0 { return false }
        if state == .fieldStart, isBlank {
            row += 1
            return true
        }
        record.ends.append(record.bytes.count)
        row += 1
        return true
    }

    private enum Step {
        case record, blankLine, more
        case fault(TableFault)
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
            if byte == 0x09 || byte == 0x20, isBlank {
                if state != .fieldStart { record.ends.append(record.bytes.count) }
                state = .fieldStart
                position += 1
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
                if state == .fieldStart, isBlank { return .record }
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
                if let found = TableFault.Separator.all.first(where: { $0.byte == byte }) {
                    return .fault(
                        .otherSeparator(
                            record.place, column: record.count + 1, found: found, expected: .init(separator)))
                }
                return .fault(.textAfterQuote(record.place, column: record.count + 1))
            default:
                let start = position
                while position < end, bytes[position] != separator, bytes[position] != newline,
                    bytes[position] != carriageReturn, !(isBlank && bytes[position] == 0x09)
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

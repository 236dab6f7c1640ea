internal import RLEditCore
internal import RLEditTensor

/// What is wrong with a file of rows, CSV or lines of JSON. Rows count from 1, the header being row 1; columns count from 1. A row is a record: a
/// quoted field may go over several lines of the file, so the line is named where it differs.
public enum TableFault: Equatable, Sendable, CustomStringConvertible {
    /// A place in a file.
    public struct Row: Equatable, Sendable, CustomStringConvertible {
        public let row: Int
        /// Line of the file where the row begins, from 1.
        public let line: Int

        /// Whether the row is a JSON object, whose columns are called fields.
        private let isObject: Bool

        public init(row: Int, line: Int) {
            self.row = row
            self.line = line
            isObject = false
        }

        /// An object on a line of its own.
        public init(jsonLine line: Int) {
            row = line
            self.line = line
            isObject = true
        }

        public var description: String {
            isObject ? "line \(line)" : row == line ? "row \(row)" : "row \(row) (line \(line))"
        }

        /// The place of a column in this row.
        func at(_ column: String) -> String { "\(self), \(isObject ? "field" : "column") '\(column)'" }
    }

    /// A byte that parts the fields of a row; a space means runs of spaces and tabs.
    public struct Separator: Equatable, Sendable, CustomStringConvertible {
        public let byte: UInt8

        public init(_ byte: UInt8) { self.byte = byte }

        public static let blanks = Separator(0x20)
        public static let comma = Separator(UInt8(ascii: ","))
        /// Those in use, the usual one first.
        public static let all = [comma, Separator(UInt8(ascii: ";")), Separator(0x09), Separator(UInt8(ascii: "|"))]

        /// As scripts and people write it.
        public var description: String { byte == 0x09 ? "\\t" : String(UnicodeScalar(byte)) }
    }

    /// The file ends inside a quoted field.
    case unclosedQuote(Row, column: Int)
    /// Something other than a separator follows a closing quote.
    case textAfterQuote(Row, column: Int)
    /// The same where it is what other files have for a separator.
    case otherSeparator(Row, column: Int, found: Separator, expected: Separator)
    /// A quote inside a field that does not begin with one.
    case strayQuote(Row, column: Int)
    /// A row with another number of columns than the header.
    case columnCount(Row, expected: Int, actual: Int)
    /// A row longer than the reader takes.
    case tooLong(Row, limit: Int)
    case notUTF8(Row, column: String)
    /// The first row holds zero bytes, which no text in UTF-8 has.
    case notText
    /// The file has no row at all.
    case noHeader
    /// Two columns of one name, which is asked for.
    case duplicateColumn(name: String)
    case missingColumn(name: String, known: [String])
    /// The same of a header in one piece that has another separator.
    case unseparated(name: String, found: Separator, expected: Separator)
    /// `expected` says which labels there are, as text.
    case invalidLabel(Row, column: String, label: String, expected: String)
    case emptyText(Row, column: String)
    /// A picture that an earlier row names, too.
    case repeatedPicture(Row, column: String, name: String, first: Row)
    /// A header and nothing else.
    case noRows
    /// Rows, and not one whose text is not empty.
    case noText(rows: Int)
    case notANumber(Row, column: String, text: String)
    case notAWeight(Row, column: String, text: String)
    /// A column of weights without one above 0.
    case zeroWeights(column: String)
    /// The file ends in the middle of a character of UTF-16, or holds half of one; `unit` counts from 1.
    case notUTF16(unit: Int)
    /// The number of rows that a line before the header announces is not that of the rows.
    case rowCount(announced: Int, actual: Int)
    /// A line that is not a JSON object; `byte` counts from 1.
    case notJSON(Row, reason: String, byte: Int)
    /// A list or an object where a text or a number is wanted.
    case notPlain(Row, column: String)
    /// A line without a field that the first one has.
    case missingField(Row, name: String)

    public var description: String {
        switch self {
        case .unclosedQuote(let row, let column):
            "\(row), column \(column): the field's opening quote is never closed"
        case .textAfterQuote(let row, let column):
            "\(row), column \(column): text follows the closing quote (a quote inside a quoted field is written twice)"
        case .otherSeparator(let row, let column, let found, let expected):
            "\(row), column \(column): '\(found)' follows the closing quote: the separator looks like '\(found)', and "
                + "'\(expected)' was expected"
        case .strayQuote(let row, let column):
            "\(row), column \(column): a quote is inside a field that does not begin with one (quote the whole field and write the quote twice)"
        case .columnCount(let row, let expected, let actual):
            "\(row): \(actual) column\(actual == 1 ? "" : "s"), but the header has \(expected)"
        case .tooLong(let row, let limit): "\(row) is longer than \(limit) bytes: is a quote left open?"
        case .notUTF8(let row, let column):
            "\(row.at(column)): not UTF-8; convert the file, for example with iconv"
        case .notText:
            "not a text file: a table in UTF-8 expected (the option encoding takes UTF-16)"
        case .noHeader: "the file is empty: a header row with the columns' names is needed"
        case .duplicateColumn(let name): "the header names the column '\(name)' twice"
        case .missingColumn(let name, let known): TableFault.missing(name, known)
        case .unseparated(let name, let found, let expected):
            "there is no column '\(name)': the separator of the header looks like '\(found)', and '\(expected)' was expected"
        case .invalidLabel(let row, let column, let label, let expected):
            "\(row.at(column)): label '\(label)' is not one of \(expected)"
        case .emptyText(let row, let column): "\(row.at(column)): the text is empty"
        case .repeatedPicture(let row, let column, let name, let first):
            "\(row.at(column)): '\(name)' is named a second time, after \(first)"
        case .noRows: "no row follows the header"
        case .noText(let rows): "the text of every row is empty (\(rows) row\(rows == 1 ? "" : "s"))"
        case .notANumber(let row, let column, let text): "\(row.at(column)): a number expected, got '\(text)'"
        case .notAWeight(let row, let column, let text):
            "\(row.at(column)): a weight of 0 or more expected, got '\(text)'"
        case .zeroWeights(let column): "column '\(column)': all weights are 0, so that no row would count"
        case .notUTF16(let unit): "character \(unit) is not UTF-16; convert the file, for example with iconv"
        case .rowCount(let announced, let actual):
            "its first line announces \(announced) rows, and \(actual) follow: is the file cut off?"
        case .notJSON(let row, let reason, let byte): "\(row), byte \(byte): no JSON object: \(reason)"
        case .notPlain(let row, let column): "\(row.at(column)): a text or a number expected, got a list or an object"
        case .missingField(let row, let name): "\(row): there is no field '\(name)', which the first line has"
        }
    }

    /// The nearest name first, then the others in their order.
    private static func missing(_ name: String, _ known: [String]) -> String {
        var shown = known
        var hint = ""
        if let nearest = NearestName.of(name, among: known) {
            hint = " (did you mean '\(nearest)'?)"
            shown.removeAll { $0 == nearest }
            shown.insert(nearest, at: 0)
        }
        let list = shown.prefix(30).map { "'\($0)'" }.joined(separator: ", ")
        return "there is no column '\(name)'\(hint); the columns are \(list)\(shown.count > 30 ? ", …" : "")"
    }
}

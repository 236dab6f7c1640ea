/// What a file of rows holds: how it is written, and which of its columns mean what.
public struct TableColumns: Sendable {
    /// How a file is written.
    public enum Format: Sendable, Equatable {
        /// Rows of fields after a row with the columns' names.
        /// - `separator`: what parts the fields; a space means runs of spaces and tabs. nil means these where the first line
        ///   is one whole number, the number of rows, and a comma otherwise.
        /// - `skippedLines`: lines before the row of names.
        case csv(separator: TableFault.Separator?, encoding: TextEncoding, skippedLines: Int)
        /// A JSON object a line, in UTF-8. Its fields are the columns.
        case jsonLines
    }

    /// What becomes the examples.
    public enum Inputs: Sendable, Equatable {
        /// A column of texts, none of them empty.
        case texts(String)
        /// Columns of numbers, one or more.
        case numbers([String])
    }

    /// What the contents of the label column mean.
    public enum Labels: Sendable {
        /// `0` and `1`, or `-1` (0) and `1`.
        case two
        /// The label of each content.
        case named([(text: String, label: Int)])
        /// So many whole numbers, counted from `first` on, which becomes label 0.
        case numbers(classes: Int, first: Int = 0)
        /// Every content that occurs is a class, in the order of the numbers where all are whole numbers, else by Unicode.
        case sorted
        /// 1 for a number from this on, 0 below.
        case atLeast(Double)
    }

    /// How columns say who belongs to which group.
    public enum Groups: Sendable, Equatable {
        /// A column with the name of a row's group, empty for none.
        case names(String)
        /// A column for each group: a number from `atLeast` on is a member, an empty field is not known.
        case members([String], atLeast: Double)
    }

    public var inputs: Inputs
    /// The column of the labels.
    public var label: String
    public var labels: Labels
    /// nil for rows without groups.
    public var groups: Groups?
    /// The column that says how much each row counts in training; nil where all count the same.
    public var weight: String?
    /// Whether rows whose text is empty are left out and counted; otherwise such a row is an error.
    public var skipsEmptyTexts: Bool
    public var format: Format

    public init(
        _ inputs: Inputs, label: String, labels: Labels = .two, groups: Groups? = nil, weight: String? = nil,
        skipsEmptyTexts: Bool = false, format: Format = .csv()
    ) {
        self.inputs = inputs
        self.label = label
        self.labels = labels
        self.groups = groups
        self.weight = weight
        self.skipsEmptyTexts = skipsEmptyTexts
        self.format = format
    }
}

extension TableColumns.Format {
    /// RFC 4180 in UTF-8.
    public static func csv() -> TableColumns.Format { .csv(separator: .comma, encoding: .utf8, skippedLines: 0) }
}

/// How the characters of a file are written as bytes. UTF-16 is recognized by its byte order mark whatever is said.
public enum TextEncoding: String, Sendable, CaseIterable {
    case utf8 = "utf-8"
    /// ISO 8859-1.
    case latin1 = "latin-1"
    /// Little-endian without a mark.
    case utf16 = "utf-16"
}

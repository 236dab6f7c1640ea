/// Why a file is no picture that can be read, or why pictures do not make a set.
public enum PictureFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// Neither JPEG nor PNG; `format` names what it is, where that is known.
    case unknownFormat(format: String?)
    /// Damaged or cut off, in the decoder's words.
    case broken(format: String, message: String)
    /// More pixels than the reader takes.
    case tooLarge(rows: Int, columns: Int, limit: Int)
    /// Fewer bytes than any sound picture of the size in its header.
    case tooShort(rows: Int, columns: Int, bytes: Int, needed: Int)
    /// The file is larger than the reader takes.
    case fileTooLarge(bytes: Int, limit: Int)
    /// Without a size to bring them to, all pictures of a set have the same.
    case otherSize(rows: Int, columns: Int, first: String, firstRows: Int, firstColumns: Int)

    /// Whether the file itself is at fault, so that a set may do without it.
    var isAboutContents: Bool { if case .otherSize = self { false } else { true } }

    public var description: String {
        switch self {
        case .unknownFormat(nil): "is neither a JPEG nor a PNG picture"
        case .unknownFormat(let format?): "is a \(format) picture: convert it to JPEG or PNG"
        case .broken(let format, let message): "is a broken \(format) picture (\(message))"
        case .tooLarge(let rows, let columns, let limit):
            "has \(rows) × \(columns) pixels, more than the \(limit) that are read"
        case .tooShort(let rows, let columns, let bytes, let needed):
            "has \(bytes) bytes, and \(rows) × \(columns) pixels need \(needed) at least: it is broken"
        case .fileTooLarge(let bytes, let limit): "has \(bytes) bytes, more than the \(limit) that are read"
        case .otherSize(let rows, let columns, let first, let firstRows, let firstColumns):
            "has \(rows) × \(columns) pixels, and '\(first)' has \(firstRows) × \(firstColumns): "
                + "give the size to which all are brought"
        }
    }
}

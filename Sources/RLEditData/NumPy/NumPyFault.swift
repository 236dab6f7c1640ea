/// What is wrong with a NumPy array.
public enum NumPyFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// The first six bytes are not `\x93NUMPY`.
    case notNumPy
    /// A format of the file that the reader does not know.
    case unknownVersion(major: UInt8, minor: UInt8)
    /// The file ends inside its header.
    case shortHeader(bytes: Int)
    /// A header longer than the reader takes.
    case longHeader(bytes: Int, limit: Int)
    /// The header is not the dictionary that the format wants; `position` counts its bytes from 1.
    case malformedHeader(position: Int, expected: String)
    /// The header lacks a key, has it twice, or has one that the format does not know.
    case wrongKeys([String])
    /// Elements that are Python objects: reading them would run what the file says.
    case objects
    /// Elements with named fields.
    case structured
    case unsupportedType(String)
    /// Dimensions that no tensor can have, or that need more than the reader's limit of bytes.
    case unusableShape([Int])
    case truncated(shape: [Int], expected: Int, actual: Int)
    case trailingBytes(shape: [Int], expected: Int)
    /// An element that a 32-bit float cannot hold; `position` is 0-based, in row-major order.
    case unusableElement(position: Int, value: String, reason: String)

    /// Whether the array may be sound, of elements that no tensor has.
    var isAboutType: Bool {
        switch self {
        case .objects, .structured, .unsupportedType: true
        default: false
        }
    }

    public var description: String {
        switch self {
        case .notNumPy: "it does not begin with \\x93NUMPY"
        case .unknownVersion(let major, let minor):
            "its format is version \(major).\(minor); 1.0, 2.0 and 3.0 are read"
        case .shortHeader(let bytes): "it ends inside its header, after \(bytes) bytes"
        case .longHeader(let bytes, let limit): "its header has \(bytes) bytes, over the limit of \(limit)"
        case .malformedHeader(let position, let expected): "byte \(position) of its header: \(expected) expected"
        case .wrongKeys(let keys):
            "its header has the keys \(keys.map { "'\($0)'" }.joined(separator: ", ")), expected 'descr', 'fortran_order' "
                + "and 'shape', once each"
        case .objects: "its elements are Python objects, which would run code when read; save numbers instead"
        case .structured: "its elements have named fields; save each field as an array of its own"
        case .unsupportedType(let type) where type.dropFirst().hasPrefix("U") || type.dropFirst().hasPrefix("S"):
            "its elements are texts, of type '\(type)'; only numbers are read (np.unique(words, return_inverse=True)[1] numbers "
                + "words)"
        case .unsupportedType(let type):
            "its elements are of type '\(type)'; read are \(NumPyElementType.known) (convert it with astype)"
        case .unusableShape(let shape):
            "shape \(shape) is unusable: its elements must fit into \(NumPyFile.largestContents >> 20) MiB"
        case .truncated(let shape, let expected, let actual):
            "shape \(shape) needs \(expected) bytes of data, the file holds \(actual)"
        case .trailingBytes(let shape, let expected):
            "more than the \(expected) bytes of data that its shape \(shape) needs"
        case .unusableElement(let position, let value, let reason): "element \(position + 1) is \(value): \(reason)"
        }
    }
}

/// What is wrong with a ZIP archive, or with one of its members.
public enum ZipFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// No directory at the end: another kind of file, or one that was cut.
    case noDirectory
    /// The directory does not lie where its end says, or is cut.
    case malformedDirectory
    /// Two members of one name.
    case duplicate
    /// A member with an empty name, or one with control characters.
    case unusableName
    /// A member that is not a `.npy` file.
    case notAnArray
    case encrypted
    /// A way of compression other than stored (0) and deflated (8).
    case unsupportedMethod(Int)
    /// What comes before the member's data does not agree with the directory.
    case malformedMember
    /// All members together would pass the limit of bytes.
    case tooLarge(limit: Int)
    case corrupt(String)
    case wrongSize(expected: Int)
    case wrongChecksum

    public var description: String {
        switch self {
        case .noDirectory: "it does not end in the directory of a ZIP archive"
        case .malformedDirectory: "its directory is damaged"
        case .duplicate: "occurs twice"
        case .unusableName: "one of its members has an empty name or one with control characters"
        case .notAnArray: "is not an array (.npy)"
        case .encrypted: "is encrypted"
        case .unsupportedMethod(let method):
            "is compressed by method \(method); stored (0) and deflated (8) ones are read"
        case .malformedMember: "does not lie where the directory says"
        case .tooLarge(let limit): "takes the contents over \(limit >> 20) MiB"
        case .corrupt(let message): "is corrupt (\(message))"
        case .wrongSize(let expected): "does not have the \(expected) bytes that the directory says"
        case .wrongChecksum: "is corrupt (its checksum differs)"
        }
    }
}

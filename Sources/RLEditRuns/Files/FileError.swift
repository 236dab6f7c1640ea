internal import Foundation

/// A file operation that failed: what was tried, on which path, and the system's cause.
public struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was tried, as an infinitive: `write`, `create folder`.
    public let operation: String
    public let path: String
    /// The cause in words, for example `No space left on device`.
    public let reason: String

    public init(operation: String, path: String, reason: String) {
        self.operation = operation
        self.path = path
        self.reason = reason
    }

    /// With the words of the system for an error number.
    init(operation: String, path: String, code: Int32) {
        self.init(operation: operation, path: path, reason: String(cString: strerror(code)))
    }

    public var description: String { "cannot \(operation) '\(path)': \(reason)" }
}

/// A setting outside its documented range.
public struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The type that was configured, for example `PPO`.
    public let owner: String
    /// The field at fault in Swift's spelling, for example `clipRange`.
    public let field: String
    /// What was expected and what was got.
    public let message: String

    public init(_ owner: String, _ field: String, _ message: String) {
        self.owner = owner
        self.field = field
        self.message = message
    }

    public var description: String { "\(owner): \(field) \(message)" }
}

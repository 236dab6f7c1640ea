public import RLEditData

/// Why a file is not a pack that may be looked into, or a run cannot be packed.
public struct PackError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Fault: Equatable, Sendable {
        /// Not a sound ZIP archive, or a member of it is not.
        case archive(member: String?, ZipFault)
        /// A member whose name could lead out of the folder that it is unpacked into, or hide there.
        case name(String, reason: String)
        /// A link, a folder or a device.
        case notAFile(String)
        /// A member that no pack has.
        case unknown(String)
        case missing(String)
        /// A member that is not what a list in the pack says.
        case changed(String, list: String)
        /// A list, the manifest or the summary cannot be read.
        case unreadable(String, reason: String)
        case tooLarge(String, bytes: Int, limit: Int)
        case tooMany(members: Int, limit: Int)
        /// The run was started with `--trust`.
        case trust
    }

    public let path: String
    public let fault: Fault

    public init(path: String, _ fault: Fault) {
        self.path = path
        self.fault = fault
    }

    public var description: String { "'\(path)' is not a pack: \(reason)" }

    /// Without the name of the file.
    var reason: String {
        switch fault {
        case .archive(nil, let fault): "\(fault)"
        case .archive(let member?, let fault): "member '\(member)' \(fault)"
        case .name(let name, let reason): "the name '\(name)' \(reason)"
        case .notAFile(let name): "member '\(name)' is a link, a folder or a device, not a file"
        case .unknown(let name): "a pack has no member '\(name)'"
        case .missing(let name): "member '\(name)' is missing"
        case .changed(let name, let list): "'\(name)' is not the file that \(list) names: it was changed"
        case .unreadable(let name, let reason): "'\(name)' cannot be read: \(reason)"
        case .tooLarge(let name, let bytes, let limit):
            "'\(name)' has \(bytes) bytes, over the limit of \(limit)"
        case .tooMany(let members, let limit): "it has \(members) members, over the limit of \(limit)"
        case .trust: "its run was started with --trust, and a pack runs in the sandbox only"
        }
    }
}

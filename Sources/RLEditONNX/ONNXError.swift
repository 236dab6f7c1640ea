/// Why an ONNX file was refused, or could not be written. `file` is the path as given.
public struct ONNXError: Error, Equatable, Sendable, CustomStringConvertible {
    public let file: String
    public let fault: Fault

    /// A node that no layer of ours computes.
    public struct Unsupported: Equatable, Sendable {
        /// `Conv`, with its domain where that is not ONNX's own.
        public let operation: String
        /// The node's name, or that of its first output.
        public let node: String
        public let reason: String
    }

    public enum Fault: Equatable, Sendable {
        /// The operating system's own words.
        case unreadable(reason: String)
        case tooLarge(bytes: Int, limit: Int)
        case notONNX
        /// The bytes are not the message that they should be; `offset` counts from the start of the file.
        case malformed(reason: String, offset: Int)
        case tensor(name: String, reason: String)
        case graph(reason: String)
        /// Every node of the file that is not supported.
        case unsupported([Unsupported])
        /// An edited parameter that cannot be put back.
        case unwritable(parameter: String, reason: String)
        case unwritableData(name: String)
    }

    public var description: String { "\(ONNXError.printable(file)): \(fault.description)" }

    /// Names come from files: control characters must not reach a terminal.
    static func printable(_ name: String) -> String {
        var result = ""
        for scalar in name.unicodeScalars.prefix(200) {
            if scalar.properties.generalCategory == .control {
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension ONNXError.Fault: CustomStringConvertible {
    private static let shown = 30

    public var description: String {
        switch self {
        case .unreadable(let reason): "cannot be read: \(reason)"
        case .tooLarge(let bytes, let limit): "\(bytes) bytes, and an ONNX file holds at most \(limit)"
        case .notONNX: "not an ONNX model: no graph was found in it; export the model again"
        case .malformed(let reason, let offset): "not a sound ONNX model: \(reason) at byte \(offset)"
        case .tensor(let name, let reason): "tensor '\(ONNXError.printable(name))': \(reason)"
        case .graph(let reason): reason
        case .unsupported(let nodes):
            "\(nodes.count == 1 ? "1 node is" : "\(nodes.count) nodes are") not supported: "
                + nodes.prefix(Self.shown).map(\.description).joined(separator: "; ")
                + (nodes.count > Self.shown ? "; … and \(nodes.count - Self.shown) more" : "")
        case .unwritable(let parameter, let reason):
            "parameter '\(ONNXError.printable(parameter))' cannot be written: \(reason)"
        case .unwritableData(let name):
            "'\(ONNXError.printable(name))' is there already, and the model keeps its tensors in a file of this name: "
                + "save it to another folder"
        }
    }
}

extension ONNXError.Unsupported: CustomStringConvertible {
    public var description: String {
        "\(ONNXError.printable(operation)) '\(ONNXError.printable(node))' (\(reason))"
    }
}

/// Why one node is not supported; the importer adds which.
struct Refusal: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

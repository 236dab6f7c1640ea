/// A number that JSON cannot hold, with its place in the document.
public struct NonFiniteNumberError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Keys and indices from the root, for example `terms.keep` or `rewards[3]`.
    public let path: String
    public let value: String
    public var description: String { "\(path.isEmpty ? "the value" : path) is \(value), which JSON cannot hold" }
}

extension JSONValue {
    /// The document on one line: no spaces, keys in their order, the shortest number text that reads back to the same
    /// `Double`. NaN and infinities become `null`, since logs must stay readable by every JSON reader.
    public var text: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// As ``text``, for documents in which a missing number would be a fault.
    /// - Throws: ``NonFiniteNumberError`` naming the place.
    public func strictText() throws(NonFiniteNumberError) -> String {
        if let fault = firstNonFinite(at: "") { throw fault }
        return text
    }

    /// The document over several lines for people to read; arrays and objects without inner structure stay on one line.
    public func prettyText(indentation: String = "") -> String {
        switch self {
        case .object(let object) where object.members.contains(where: \.value.isStructured) || text.utf8.count > 100:
            let inner = indentation + "  "
            let lines = object.members.map {
                "\(inner)\(JSONValue.string($0.key).text): \($0.value.prettyText(indentation: inner))"
            }
            return "{\n\(lines.joined(separator: ",\n"))\n\(indentation)}"
        case .array(let elements) where elements.contains(where: \.isStructured):
            let inner = indentation + "  "
            let lines = elements.map { inner + $0.prettyText(indentation: inner) }
            return "[\n\(lines.joined(separator: ",\n"))\n\(indentation)]"
        default:
            return text
        }
    }

    private var isStructured: Bool {
        switch self {
        case .object(let object): !object.members.isEmpty
        case .array(let elements): !elements.isEmpty
        default: false
        }
    }

    /// Append the one-line form to a buffer of UTF-8 bytes.
    package func append(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += (value ? "true" : "false").utf8
        case .integer(let value): bytes += "\(value)".utf8
        // Swift's description is the shortest text that reads back to the same value, and is a JSON number.
        case .number(let value): bytes += (value.isFinite ? "\(value)" : "null").utf8
        case .string(let value): JSONValue.append(escaped: value, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                element.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                JSONValue.append(escaped: member.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func append(escaped text: String, to bytes: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes += "\\\"".utf8
            case UInt8(ascii: "\\"): bytes += "\\\\".utf8
            case UInt8(ascii: "\n"): bytes += "\\n".utf8
            case UInt8(ascii: "\r"): bytes += "\\r".utf8
            case UInt8(ascii: "\t"): bytes += "\\t".utf8
            // DEL is legal JSON but would act on a terminal that shows the log.
            case 0..<0x20, 0x7F:
                bytes += "\\u00".utf8
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private func firstNonFinite(at path: String) -> NonFiniteNumberError? {
        switch self {
        case .number(let value): return value.isFinite ? nil : NonFiniteNumberError(path: path, value: "\(value)")
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                if let fault = element.firstNonFinite(at: "\(path)[\(index)]") { return fault }
            }
            return nil
        case .object(let object):
            for member in object.members {
                let inner = path.isEmpty ? member.key : "\(path).\(member.key)"
                if let fault = member.value.firstNonFinite(at: inner) { return fault }
            }
            return nil
        default: return nil
        }
    }
}

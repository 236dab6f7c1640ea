/// Why a safetensors file was refused, or could not be written. `file` is the path as given.
public struct SafetensorsError: Error, Equatable, Sendable, CustomStringConvertible {
    public let file: String
    /// The tensor at fault, where there is one.
    public let tensor: String?
    public let fault: Fault

    package init(file: String, tensor: String?, fault: Fault) {
        self.file = file
        self.tensor = tensor
        self.fault = fault
    }

    public enum Fault: Equatable, Sendable {
        /// The operating system's own words.
        case unreadable(reason: String)
        case unwritable(reason: String)
        case shorterThanLength(bytes: Int)
        case headerLength(UInt64, limit: UInt64, fileBytes: Int)
        case headerNotUTF8
        case headerNotObject
        /// JSON that the header's grammar does not allow; `offset` counts bytes from the start of the header.
        case headerSyntax(expected: String, offset: Int)
        case trailingCharacters(offset: Int)
        case nesting(limit: Int, offset: Int)
        case duplicateName
        case controlCharacterInName(offset: Int)
        case entry(expected: String)
        case unknownDtype(String)
        case number(field: String, text: String)
        case sizeOverflow(shape: [Int])
        case sizeMismatch(shape: [Int], dtype: String, expected: Int, begin: Int, end: Int)
        case outOfBounds(begin: Int, end: Int, dataBytes: Int)
        case hole(begin: Int, previousEnd: Int)
        case overlap(begin: Int, previousEnd: Int)
        case trailingBytes(count: Int)
        case missing
        case shape(expected: [Int], actual: [Int])
        case notFloatingPoint(dtype: String)
        case overflow(count: Int, dtype: String)
        case changedWhileReading
    }

    public var description: String {
        let subject = tensor.map { "\(file): tensor '\(SafetensorsError.printable($0))': " } ?? "\(file): "
        return subject + fault.description
    }

    /// Names come from files: control characters must not reach a terminal.
    static func printable(_ name: String) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            if scalar.properties.generalCategory == .control {
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension SafetensorsError.Fault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadable(let reason): "cannot be read: \(reason)"
        case .unwritable(let reason): "cannot be written: \(reason)"
        case .shorterThanLength(let bytes): "not a safetensors file: \(bytes) bytes, the header length alone takes 8"
        case .headerLength(let length, let limit, let bytes):
            if length == 0 {
                "not a safetensors file: header length 0"
            } else if length > limit {
                "header length \(length) is over the limit of \(limit) bytes"
            } else {
                "header length \(length) points past the end of the file (\(bytes) bytes)"
            }
        case .headerNotUTF8: "the header is not UTF-8"
        case .headerNotObject: "the header does not start with '{'"
        case .headerSyntax(let expected, let offset):
            "the header is not valid JSON: expected \(expected) at byte \(offset)"
        case .trailingCharacters(let offset): "characters after the end of the header's JSON, at byte \(offset)"
        case .nesting(let limit, let offset): "the header nests deeper than \(limit) levels at byte \(offset)"
        case .duplicateName: "the name occurs twice"
        case .controlCharacterInName(let offset): "a control character in the name, at byte \(offset) of the header"
        case .entry(let expected): "expected \(expected)"
        case .unknownDtype(let dtype): "unknown dtype '\(SafetensorsError.printable(dtype))'"
        case .number(let field, let text):
            "\(field) holds \(SafetensorsError.printable(text)), expected a whole number from 0 to 2^53 - 1"
        case .sizeOverflow(let shape): "shape \(shape) holds more bytes than a computer can address"
        case .sizeMismatch(let shape, let dtype, let expected, let begin, let end):
            "shape \(shape) of \(dtype) takes \(expected) bytes, but data_offsets [\(begin), \(end)] span \(end - begin)"
        case .outOfBounds(let begin, let end, let bytes):
            "truncated: data_offsets [\(begin), \(end)] lie outside the file's \(bytes) bytes of data"
        case .hole(let begin, let previous):
            "data starts at \(begin), leaving a hole of \(begin - previous) bytes after \(previous)"
        case .overlap(let begin, let previous):
            "data starts at \(begin), inside the tensor before it, which ends at \(previous)"
        case .trailingBytes(let count): "\(count) bytes of data belong to no tensor"
        case .missing: "there is no tensor of this name"
        case .shape(let expected, let actual): "expected shape \(expected), got \(actual)"
        case .notFloatingPoint(let dtype): "expected a floating-point tensor, got \(dtype)"
        case .overflow(let count, let dtype): "\(count) values are too large for \(dtype) and would become infinite"
        case .changedWhileReading: "the file became shorter while it was read"
        }
    }
}

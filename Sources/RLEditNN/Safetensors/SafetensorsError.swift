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
        case empty
        case otherFormat(ForeignFormat)
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
        case number(field: String, text: String)
        case sizeOverflow(shape: [Int])
        /// Elements of less than a byte that do not fill whole bytes.
        case partOfByte(shape: [Int], dtype: String, bits: Int)
        case sizeMismatch(shape: [Int], dtype: String, expected: Int, begin: Int, end: Int)
        case outOfBounds(begin: Int, end: Int, dataBytes: Int)
        case hole(begin: Int, previousEnd: Int)
        case overlap(begin: Int, previousEnd: Int)
        case trailingBytes(count: Int)
        case missing
        /// Loading is strict: tensors that nobody takes, and parameters that get none.
        case names(unexpected: [String], missing: [String])
        /// Two tensors that would be called the same.
        case sameName(other: String, name: String)
        /// What is wrong with the tensor that the metadata name for one that is not in the file.
        indirect case tied(to: String, fault: Fault)
        case shape(expected: [Int], actual: [Int])
        case notFinite(NonFiniteElement)
        case notFloatingPoint(dtype: String)
        case overflow(count: Int, dtype: String)
        case changedWhileReading
    }

    public var description: String {
        let subject = tensor.map { "\(file): tensor '\(SafetensorsError.printable($0))': " } ?? "\(file): "
        return subject + fault.description
    }

    /// Names come from files: control characters must not reach a terminal.
    package static func printable(_ name: String) -> String {
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

extension SafetensorsError {
    /// Most names that one message shows.
    package static let shownNames = 20

    /// `a, b, … and 7 more`.
    package static func list(_ names: [String]) -> String {
        let shown = names.prefix(shownNames).map(printable).joined(separator: ", ")
        return names.count > shownNames ? "\(shown), … and \(names.count - shownNames) more" : shown
    }

    fileprivate static func describe(unexpected: [String], missing: [String]) -> String {
        var parts: [String] = []
        if !unexpected.isEmpty {
            let tensors = unexpected.count == 1 ? "1 tensor" : "\(unexpected.count) tensors"
            parts.append("no layer takes \(tensors) of the file: \(list(unexpected))")
        }
        if !missing.isEmpty {
            let parameters = missing.count == 1 ? "1 parameter" : "\(missing.count) parameters"
            parts.append(
                "\(parameters) of the network \(missing.count == 1 ? "has" : "have") no tensor: \(list(missing))")
        }
        return parts.joined(separator: "; ")
    }
}

extension SafetensorsError.Fault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadable(let reason): "cannot be read: \(reason)"
        case .unwritable(let reason): "cannot be written: \(reason)"
        case .empty: "the file is empty: get it again, the download may have failed"
        case .otherFormat(let format):
            "not a safetensors file but \(SafetensorsError.printable(format.name)): \(format.advice)"
        case .shorterThanLength(let bytes): "not a safetensors file: \(bytes) bytes, the header length alone takes 8"
        case .headerLength(let length, let limit, let bytes):
            if length == 0 {
                "not a safetensors file: header length 0"
            } else if length > limit {
                "not a safetensors file: header length \(length) is over the limit of \(limit) bytes"
            } else {
                "truncated: the header takes \(length) bytes, and the file ends after \(bytes); get the file again"
            }
        case .headerNotUTF8: "the header is not UTF-8"
        case .headerNotObject: "not a safetensors file: the header does not start with '{'"
        case .headerSyntax(let expected, let offset):
            "the header is not valid JSON: expected \(expected) at byte \(offset)"
        case .trailingCharacters(let offset): "characters after the end of the header's JSON, at byte \(offset)"
        case .nesting(let limit, let offset): "the header nests deeper than \(limit) levels at byte \(offset)"
        case .duplicateName: "the name occurs twice"
        case .controlCharacterInName(let offset): "a control character in the name, at byte \(offset) of the header"
        case .entry(let expected): "expected \(expected)"
        case .number(let field, let text):
            "\(field) holds \(SafetensorsError.printable(text)), expected a whole number from 0 to 2^53 - 1"
        case .sizeOverflow(let shape): "shape \(shape) holds more bytes than a computer can address"
        case .partOfByte(let shape, let dtype, let bits):
            "shape \(shape) of \(dtype) takes \(bits) bits, expected whole bytes"
        case .sizeMismatch(let shape, let dtype, let expected, let begin, let end):
            "shape \(shape) of \(dtype) takes \(expected) bytes, but data_offsets [\(begin), \(end)] span \(end - begin)"
        case .outOfBounds(let begin, let end, let bytes):
            "truncated: data_offsets [\(begin), \(end)] lie outside the file's \(bytes) bytes of data; get the file "
                + "again"
        case .hole(let begin, let previous):
            "data starts at \(begin), leaving a hole of \(begin - previous) bytes after \(previous)"
        case .overlap(let begin, let previous):
            "data starts at \(begin), inside the tensor before it, which ends at \(previous)"
        case .trailingBytes(let count): "\(count) bytes of data belong to no tensor"
        case .missing: "there is no tensor of this name"
        case .names(let unexpected, let missing): SafetensorsError.describe(unexpected: unexpected, missing: missing)
        case .sameName(let other, let name):
            "becomes '\(SafetensorsError.printable(name))', as '\(SafetensorsError.printable(other))' does; rename or "
                + "ignore one of them"
        case .tied(let name, let fault):
            "the metadata say that it is '\(SafetensorsError.printable(name))': \(fault.description)"
        case .notFinite(let element): element.description
        case .shape(let expected, let actual): "expected shape \(expected), got \(actual)"
        case .notFloatingPoint(let dtype):
            "expected a tensor of F64, F32, F16 or BF16, got \(SafetensorsError.printable(dtype)); convert it to float32"
        case .overflow(let count, let dtype): "\(count) values are too large for \(dtype) and would become infinite"
        case .changedWhileReading: "the file became shorter while it was read"
        }
    }
}

/// Why a text is not JSON, with the byte at which that shows.
public struct JSONReadError: Error, Equatable, Sendable, CustomStringConvertible {
    public let offset: Int
    public let reason: String
    public var description: String { "not JSON: \(reason) at byte \(offset)" }
}

extension JSONValue {
    /// Read one document. Strict: one value, no comments, no duplicate keys, nesting up to 64.
    public init(parsing text: String) throws(JSONReadError) { try self.init(parsing: Array(text.utf8)) }

    public init(parsing bytes: [UInt8]) throws(JSONReadError) {
        var reader = JSONReader(bytes: bytes)
        self = try reader.document()
    }
}

/// Recursive descent over the bytes of a document.
private struct JSONReader {
    let bytes: [UInt8]
    var position = 0
    private static let deepestNesting = 64

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(JSONReadError) -> JSONValue {
        let result = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw fault("something follows the value") }
        return result
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func fault(_ reason: String) -> JSONReadError { JSONReadError(offset: position, reason: reason) }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONReadError) -> JSONValue {
        guard depth < JSONReader.deepestNesting else { throw fault("nested over \(JSONReader.deepestNesting) deep") }
        skipSpace()
        switch next {
        case nil: throw fault("the text ends early")
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(JSONReadError) -> JSONValue {
        guard bytes[position...].starts(with: word.utf8) else { throw fault("unknown word") }
        position += word.utf8.count
        return value
    }

    private mutating func array(depth: Int) throws(JSONReadError) -> JSONValue {
        position += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take("]") { return .array([]) }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if take("]") { return .array(elements) }
            guard take(",") else { throw fault("expected ',' or ']'") }
        }
    }

    private mutating func object(depth: Int) throws(JSONReadError) -> JSONValue {
        position += 1
        var members: [JSONObject.Member] = []
        var seen: Set<ExactText> = []
        skipSpace()
        if take("}") { return .object(JSONObject()) }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw fault("expected a key") }
            let key = try string()
            guard seen.insert(ExactText(text: key)).inserted else { throw fault("duplicate key '\(key)'") }
            skipSpace()
            guard take(":") else { throw fault("expected ':'") }
            members.append(JSONObject.Member(key: key, value: try value(depth: depth + 1)))
            skipSpace()
            if take("}") { return .object(JSONObject(uniqueMembers: members)) }
            guard take(",") else { throw fault("expected ',' or '}'") }
        }
    }

    private mutating func number() throws(JSONReadError) -> JSONValue {
        let start = position
        _ = take("-")
        guard let first = next, isDigit(first) else { throw fault("unexpected character") }
        if first == UInt8(ascii: "0") { position += 1 } else { skipDigits() }
        var whole = true
        if take(".") {
            whole = false
            guard let digit = next, isDigit(digit) else { throw fault("expected a digit") }
            skipDigits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            whole = false
            position += 1
            if !take("+") { _ = take("-") }
            guard let digit = next, isDigit(digit) else { throw fault("expected a digit") }
            skipDigits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if whole, let value = Int(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw fault("number out of range") }
        return .number(value)
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private mutating func skipDigits() {
        while let byte = next, isDigit(byte) { position += 1 }
    }

    private mutating func string() throws(JSONReadError) -> String {
        position += 1
        var content: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else { throw fault("not UTF-8") }
                position += 1
                return text
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &content)
            case 0..<0x20: throw fault("control character in a string")
            default:
                content.append(byte)
                position += 1
            }
        }
        throw fault("the text ends within a string")
    }

    private mutating func escape(into content: inout [UInt8]) throws(JSONReadError) {
        guard let kind = next else { throw fault("the text ends within a string") }
        position += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(kind)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if code & 0xFC00 == 0xD800 {
                guard take("\\"), take("u") else { throw fault("half a surrogate pair") }
                let low = try hexadecimal()
                guard low & 0xFC00 == 0xDC00 else { throw fault("half a surrogate pair") }
                code = 0x10000 + (code & 0x3FF) << 10 + (low & 0x3FF)
            }
            guard let scalar = Unicode.Scalar(code) else { throw fault("half a surrogate pair") }
            content += Character(scalar).utf8
        default: throw fault("unknown escape")
        }
    }

    private mutating func hexadecimal() throws(JSONReadError) -> UInt32 {
        guard position + 4 <= bytes.count else { throw fault("the text ends within a string") }
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
                throw fault("expected four hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}

/// A key by its bytes: two spellings of `é` are two keys, though they are equal as strings.
private struct ExactText: Hashable {
    let text: String

    static func == (left: ExactText, right: ExactText) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    func hash(into hasher: inout Hasher) { for byte in text.utf8 { hasher.combine(byte) } }
}

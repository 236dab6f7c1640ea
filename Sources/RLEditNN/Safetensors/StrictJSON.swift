/// JSON (RFC 8259) read strictly, for headers that come from strangers: objects keep the order of their members, and a
/// duplicate name is an error instead of a silent choice. Numbers keep their text, so that no digit is lost.
///
/// This is not the reader of RLEditCore, `JSONValue(parsing:)`, because that one parses numbers: the messages that refuse a
/// size could no longer quote `8e0` or `99999999999999999999`. It also compares keys as `String`s, for which two spellings
/// of one accented letter are equal, and a file may name two tensors with them.
indirect enum StrictJSON: Equatable {
    case object([(name: String, value: StrictJSON)])
    case array([StrictJSON])
    case string(String)
    case number(String)
    case bool(Bool)
    case null

    /// What the parser met, at a byte offset.
    enum Fault: Error, Equatable {
        case syntax(expected: String, offset: Int)
        case trailing(offset: Int)
        case nesting(offset: Int)
        /// A name that two members of one object share.
        case duplicate(name: String, offset: Int)
        /// A name holds a control character (NUL included), raw or escaped.
        case controlInName(name: String, offset: Int)
    }

    static func == (left: StrictJSON, right: StrictJSON) -> Bool {
        switch (left, right) {
        case (.object(let a), .object(let b)):
            a.count == b.count && zip(a, b).allSatisfy { $0.name == $1.name && $0.value == $1.value }
        case (.array(let a), .array(let b)): a == b
        case (.string(let a), .string(let b)), (.number(let a), .number(let b)): a == b
        case (.bool(let a), .bool(let b)): a == b
        case (.null, .null): true
        default: false
        }
    }

    /// - Parameters:
    ///   - bytes: valid UTF-8.
    ///   - depthLimit: levels of objects and arrays, the outermost counting as 1.
    static func parse(_ bytes: [UInt8], depthLimit: Int) throws(Fault) -> StrictJSON {
        var parser = Parser(bytes: bytes, depthLimit: depthLimit)
        parser.skipSpace()
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.position == bytes.count else { throw .trailing(offset: parser.position) }
        return value
    }

    private struct Parser {
        let bytes: [UInt8]
        let depthLimit: Int
        var position = 0

        var next: UInt8? { position < bytes.count ? bytes[position] : nil }

        init(bytes: [UInt8], depthLimit: Int) {
            self.bytes = bytes
            self.depthLimit = depthLimit
        }

        mutating func skipSpace() {
            while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
        }

        mutating func take(_ byte: UInt8) -> Bool {
            guard next == byte else { return false }
            position += 1
            return true
        }

        mutating func require(_ byte: UInt8, _ expected: String) throws(Fault) {
            guard take(byte) else { throw .syntax(expected: expected, offset: position) }
        }

        mutating func value(depth: Int) throws(Fault) -> StrictJSON {
            switch next {
            case UInt8(ascii: "{"): return try object(depth: depth + 1)
            case UInt8(ascii: "["): return try array(depth: depth + 1)
            case UInt8(ascii: "\""): return .string(try string())
            case UInt8(ascii: "t"): return try word("true", .bool(true))
            case UInt8(ascii: "f"): return try word("false", .bool(false))
            case UInt8(ascii: "n"): return try word("null", .null)
            default: return .number(try number())
            }
        }

        mutating func word(_ text: String, _ value: StrictJSON) throws(Fault) -> StrictJSON {
            let end = position + text.utf8.count
            guard end <= bytes.count, bytes[position..<end].elementsEqual(text.utf8) else {
                throw .syntax(expected: "a value", offset: position)
            }
            position = end
            return value
        }

        mutating func object(depth: Int) throws(Fault) -> StrictJSON {
            guard depth <= depthLimit else { throw .nesting(offset: position) }
            position += 1
            var members: [(name: String, value: StrictJSON)] = []
            var names: Set<ExactName> = []
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            while true {
                skipSpace()
                let start = position
                guard next == UInt8(ascii: "\"") else { throw .syntax(expected: "a name", offset: position) }
                let name = try string()
                if name.hasControlCharacter {
                    throw .controlInName(name: name, offset: start)
                }
                guard names.insert(ExactName(name)).inserted else { throw .duplicate(name: name, offset: start) }
                skipSpace()
                try require(UInt8(ascii: ":"), "':'")
                skipSpace()
                members.append((name, try value(depth: depth)))
                skipSpace()
                if take(UInt8(ascii: "}")) { return .object(members) }
                try require(UInt8(ascii: ","), "',' or '}'")
            }
        }

        mutating func array(depth: Int) throws(Fault) -> StrictJSON {
            guard depth <= depthLimit else { throw .nesting(offset: position) }
            position += 1
            var elements: [StrictJSON] = []
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            while true {
                skipSpace()
                elements.append(try value(depth: depth))
                skipSpace()
                if take(UInt8(ascii: "]")) { return .array(elements) }
                try require(UInt8(ascii: ","), "',' or ']'")
            }
        }

        /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
        mutating func number() throws(Fault) -> String {
            let start = position
            _ = take(UInt8(ascii: "-"))
            if !take(UInt8(ascii: "0")) { try digits() }
            if take(UInt8(ascii: ".")) { try digits() }
            if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
                if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
                try digits()
            }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }

        mutating func digits() throws(Fault) {
            let start = position
            while let byte = next, byte >= 0x30, byte <= 0x39 { position += 1 }
            guard position > start else {
                throw .syntax(expected: position < bytes.count ? "a value" : "more text", offset: position)
            }
        }

        mutating func string() throws(Fault) -> String {
            position += 1
            var content: [UInt8] = []
            // What has no escapes is copied as a piece.
            var pieceStart = position
            while let byte = next {
                switch byte {
                case UInt8(ascii: "\""):
                    let piece = bytes[pieceStart..<position]
                    position += 1
                    return content.isEmpty
                        ? String(decoding: piece, as: UTF8.self) : String(decoding: content + piece, as: UTF8.self)
                case UInt8(ascii: "\\"):
                    content += bytes[pieceStart..<position]
                    position += 1
                    content += Array(String(try escape()).utf8)
                    pieceStart = position
                default:
                    // RFC 8259 wants control characters escaped.
                    guard byte >= 0x20 else {
                        throw .syntax(expected: "an escape instead of a control character", offset: position)
                    }
                    position += 1
                }
            }
            throw .syntax(expected: "the end of a string", offset: position)
        }

        mutating func escape() throws(Fault) -> Unicode.Scalar {
            guard let byte = next else { throw .syntax(expected: "an escape", offset: position) }
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return "\""
            case UInt8(ascii: "\\"): return "\\"
            case UInt8(ascii: "/"): return "/"
            case UInt8(ascii: "b"): return "\u{8}"
            case UInt8(ascii: "f"): return "\u{C}"
            case UInt8(ascii: "n"): return "\n"
            case UInt8(ascii: "r"): return "\r"
            case UInt8(ascii: "t"): return "\t"
            case UInt8(ascii: "u"): return try unicodeEscape()
            default: throw .syntax(expected: "an escape", offset: position - 1)
            }
        }

        mutating func unicodeEscape() throws(Fault) -> Unicode.Scalar {
            let start = position
            var code = try fourHexDigits()
            if code >= 0xD800, code < 0xDC00 {
                // The second half of a surrogate pair must follow.
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
                    throw .syntax(expected: "a surrogate pair", offset: start)
                }
                let low = try fourHexDigits()
                guard low >= 0xDC00, low < 0xE000 else { throw .syntax(expected: "a surrogate pair", offset: start) }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw .syntax(expected: "a surrogate pair", offset: start) }
            return scalar
        }

        mutating func fourHexDigits() throws(Fault) -> UInt32 {
            var code: UInt32 = 0
            for _ in 0..<4 {
                guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                    throw .syntax(expected: "four hexadecimal digits", offset: position)
                }
                position += 1
                code = code << 4 | UInt32(digit)
            }
            return code
        }
    }
}

/// The header of a safetensors file, checked against everything that can be wrong with it before any data is read.
///
/// Layout: `u64` little-endian header length | JSON header | data. The header maps names to dtype, shape and
/// `data_offsets` [begin, end) relative to the data; `__metadata__` maps strings to strings.
struct SafetensorsHeader {
    /// One tensor, in the order of the header.
    struct Entry: Equatable {
        let name: String
        let elementType: ElementType
        let shape: [Int]
        /// Relative to the data.
        let range: Range<Int>
    }

    let entries: [Entry]
    let metadata: [(key: String, value: String)]

    /// Longest header accepted, in bytes, and deepest nesting.
    static let lengthLimit: UInt64 = 100_000_000
    static let nestingLimit = 8
    static let metadataName = "__metadata__"

    /// - Parameters:
    ///   - bytes: the JSON header.
    ///   - dataBytes: bytes of the file that follow it.
    ///   - file: for messages.
    init(_ bytes: [UInt8], dataBytes: Int, file: String) throws(SafetensorsError) {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw SafetensorsError(file: file, tensor: nil, fault: .headerNotUTF8)
        }
        guard bytes.first == UInt8(ascii: "{") else {
            throw SafetensorsError(file: file, tensor: nil, fault: .headerNotObject)
        }
        let json: StrictJSON
        do throws(StrictJSON.Fault) {
            json = try StrictJSON.parse(bytes, depthLimit: SafetensorsHeader.nestingLimit)
        } catch {
            throw SafetensorsHeader.error(error, file)
        }
        guard case .object(let members) = json else {
            throw SafetensorsError(file: file, tensor: nil, fault: .headerNotObject)
        }
        var entries: [Entry] = []
        var metadata: [(key: String, value: String)] = []
        for (name, value) in members {
            if name == SafetensorsHeader.metadataName {
                metadata = try SafetensorsHeader.metadata(value, file)
            } else {
                entries.append(try SafetensorsHeader.entry(name, value, file))
            }
        }
        try SafetensorsHeader.checkCoverage(entries, dataBytes: dataBytes, file)
        self.entries = entries
        self.metadata = metadata
    }

    private static func error(_ fault: StrictJSON.Fault, _ file: String) -> SafetensorsError {
        switch fault {
        case .syntax(let expected, let offset):
            SafetensorsError(file: file, tensor: nil, fault: .headerSyntax(expected: expected, offset: offset))
        case .trailing(let offset):
            SafetensorsError(file: file, tensor: nil, fault: .trailingCharacters(offset: offset))
        case .nesting(let offset):
            SafetensorsError(file: file, tensor: nil, fault: .nesting(limit: nestingLimit, offset: offset))
        case .duplicate(let name, _): SafetensorsError(file: file, tensor: name, fault: .duplicateName)
        case .controlInName(let name, let offset):
            SafetensorsError(file: file, tensor: name, fault: .controlCharacterInName(offset: offset))
        }
    }

    private static func metadata(_ value: StrictJSON, _ file: String) throws(SafetensorsError) -> [(
        key: String, value: String
    )] {
        let wrong = SafetensorsError(
            file: file, tensor: metadataName, fault: .entry(expected: "an object of strings"))
        guard case .object(let members) = value else { throw wrong }
        var result: [(key: String, value: String)] = []
        for (key, value) in members {
            guard case .string(let text) = value else { throw wrong }
            result.append((key, text))
        }
        return result
    }

    private static func entry(_ name: String, _ value: StrictJSON, _ file: String) throws(SafetensorsError) -> Entry {
        guard case .object(let members) = value else {
            throw SafetensorsError(
                file: file, tensor: name, fault: .entry(expected: "an object with dtype, shape and data_offsets"))
        }
        func member(_ field: String) -> StrictJSON? { members.first { $0.name == field }?.value }
        guard case .string(let dtype) = member("dtype") else {
            throw SafetensorsError(file: file, tensor: name, fault: .entry(expected: "a string in dtype"))
        }
        let shape = try numbers(member("shape"), field: "shape", name, file)
        let offsets = try numbers(member("data_offsets"), field: "data_offsets", name, file)
        guard offsets.count == 2 else {
            throw SafetensorsError(
                file: file, tensor: name, fault: .entry(expected: "two numbers in data_offsets, got \(offsets.count)"))
        }
        let (begin, end) = (offsets[0], offsets[1])
        guard begin <= end else {
            throw SafetensorsError(
                file: file, tensor: name, fault: .entry(expected: "data_offsets in order, got [\(begin), \(end)]"))
        }
        let elementType = ElementType(name: dtype)
        if let bits = elementType.bits {
            let fault = SafetensorsHeader.sizeFault(bits: bits, shape, dtype, begin..<end)
            if let fault { throw SafetensorsError(file: file, tensor: name, fault: fault) }
        }
        return Entry(name: name, elementType: elementType, shape: shape, range: begin..<end)
    }

    /// What is wrong with the bytes that a shape takes; nil when they are those of the file.
    static func sizeFault(
        bits: Int, _ shape: [Int], _ dtype: String, _ range: Range<Int>
    ) -> SafetensorsError.Fault? {
        var size = bits
        for dimension in shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: dimension)
            guard !overflow else { return .sizeOverflow(shape: shape) }
            size = product
        }
        guard size % 8 == 0 else { return .partOfByte(shape: shape, dtype: dtype, bits: size) }
        guard range.count != size / 8 else { return nil }
        return .sizeMismatch(
            shape: shape, dtype: dtype, expected: size / 8, begin: range.lowerBound, end: range.upperBound)
    }

    /// A list of whole numbers below 2^53, which every JSON reader agrees on.
    private static func numbers(
        _ value: StrictJSON?, field: String, _ name: String, _ file: String
    ) throws(SafetensorsError) -> [Int] {
        guard case .array(let elements) = value else {
            throw SafetensorsError(file: file, tensor: name, fault: .entry(expected: "a list of numbers in \(field)"))
        }
        var result: [Int] = []
        for element in elements {
            guard case .number(let text) = element else {
                throw SafetensorsError(
                    file: file, tensor: name, fault: .entry(expected: "a list of numbers in \(field)"))
            }
            guard text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(text), number < 1 << 53 else {
                throw SafetensorsError(file: file, tensor: name, fault: .number(field: field, text: text))
            }
            result.append(number)
        }
        return result
    }

    /// The tensors cover the data exactly, each byte once.
    private static func checkCoverage(
        _ entries: [Entry], dataBytes: Int, _ file: String
    ) throws(SafetensorsError) {
        let inOrder = entries.sorted {
            ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
        }
        var previousEnd = 0
        for entry in inOrder {
            let (begin, end) = (entry.range.lowerBound, entry.range.upperBound)
            let fault: SafetensorsError.Fault? =
                if end > dataBytes {
                    .outOfBounds(begin: begin, end: end, dataBytes: dataBytes)
                } else if begin > previousEnd {
                    .hole(begin: begin, previousEnd: previousEnd)
                } else if begin < previousEnd {
                    .overlap(begin: begin, previousEnd: previousEnd)
                } else {
                    nil
                }
            if let fault { throw SafetensorsError(file: file, tensor: entry.name, fault: fault) }
            previousEnd = end
        }
        guard previousEnd == dataBytes else {
            throw SafetensorsError(file: file, tensor: nil, fault: .trailingBytes(count: dataBytes - previousEnd))
        }
    }

    // MARK: Writing

    /// The JSON header of these entries, padded with spaces to a multiple of 8 bytes.
    static func encode(_ entries: [Entry], metadata: [(key: String, value: String)]) -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.map { "\(quoted($0.key)):\(quoted($0.value))" }
            members.append("\(quoted(metadataName)):{\(pairs.joined(separator: ","))}")
        }
        for entry in entries {
            let shape = entry.shape.map(String.init).joined(separator: ",")
            members.append(
                "\(quoted(entry.name)):{\"dtype\":\(quoted(entry.elementType.name)),\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(entry.range.lowerBound),\(entry.range.upperBound)]}")
        }
        var bytes = Array("{\(members.joined(separator: ","))}".utf8)
        while bytes.count % 8 != 0 { bytes.append(0x20) }
        return bytes
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default:
                if scalar.value < 0x20 {
                    let hex = String(scalar.value, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }
}

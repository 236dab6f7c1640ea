internal import RLEditNN

/// The bytes of a file, read a window at a time: what is skipped is never in memory.
final class WireFile {
    let file: OpenFile
    private var window: [UInt8] = []
    private var windowStart = 0
    private static let windowSize = 1 << 16

    init(_ file: OpenFile) { self.file = file }

    /// - Precondition: `0 ..< file.size`.
    func byte(at offset: Int) throws(ONNXError) -> UInt8 {
        if offset < windowStart || offset >= windowStart + window.count {
            windowStart = offset
            window = try bytes(offset..<min(offset + WireFile.windowSize, file.size))
        }
        return window[offset - windowStart]
    }

    /// - Precondition: within the file.
    func bytes(_ range: Range<Int>) throws(ONNXError) -> [UInt8] {
        do { return try file.read(offset: range.lowerBound, count: range.count, tensor: nil) } catch {
            throw ONNXError(unreadable: error)
        }
    }

    func malformed(_ reason: String, at offset: Int) -> ONNXError {
        ONNXError(file: file.path, fault: .malformed(reason: reason, offset: offset))
    }
}

extension ONNXError {
    /// From what reading a file throws.
    init(unreadable error: SafetensorsError) {
        let reason: String
        if case .unreadable(let words) = error.fault { reason = words } else { reason = error.fault.description }
        self.init(file: error.file, fault: .unreadable(reason: reason))
    }
}

/// Protocol buffers' wire format: the fields of one message, in order. Lengths are checked against the message before
/// anything is read.
struct WireReader {
    /// What a field holds. Places count from the start of the file.
    enum Value {
        case number(UInt64)
        /// Four or eight bytes.
        case fixed(Range<Int>)
        /// A text, a message, or packed numbers.
        case bytes(Range<Int>)
    }

    let source: WireFile
    private(set) var position: Int
    let end: Int

    init(_ source: WireFile, _ range: Range<Int>) {
        self.source = source
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next field; nil at the end of the message.
    mutating func next() throws(ONNXError) -> (field: Int, value: Value)? {
        guard position < end else { return nil }
        let start = position
        let key = try number()
        let field = Int(truncatingIfNeeded: key >> 3)
        guard field >= 1, field < 1 << 29 else { throw source.malformed("field number \(field)", at: start) }
        switch key & 7 {
        case 0: return (field, .number(try number()))
        case 1: return (field, .fixed(try take(8)))
        case 2:
            let length = try number()
            guard length <= UInt64(end - position) else {
                throw source.malformed("a field of \(length) bytes that ends outside of its message", at: start)
            }
            return (field, .bytes(try take(Int(length))))
        case 5: return (field, .fixed(try take(4)))
        default: throw source.malformed("wire type \(key & 7)", at: start)
        }
    }

    /// A number of one to ten bytes, seven bits in each.
    mutating func number() throws(ONNXError) -> UInt64 {
        let start = position
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard position < end else { throw source.malformed("a number that is cut off", at: start) }
            let byte = try source.byte(at: position)
            position += 1
            result |= shift == 63 ? UInt64(byte & 1) << 63 : UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return result }
        }
        throw source.malformed("a number of more than ten bytes", at: start)
    }

    private mutating func take(_ count: Int) throws(ONNXError) -> Range<Int> {
        guard count <= end - position else { throw source.malformed("a field that is cut off", at: position) }
        defer { position += count }
        return position..<(position + count)
    }
}

extension WireReader.Value {
    /// A field of 64-bit numbers, alone or packed.
    func append(to numbers: inout [Int], most: Int, _ source: WireFile) throws(ONNXError) {
        switch self {
        case .number(let number): numbers.append(Int(truncatingIfNeeded: number))
        case .bytes(let range):
            var reader = WireReader(source, range)
            while reader.position < reader.end {
                numbers.append(Int(truncatingIfNeeded: try reader.number()))
                guard numbers.count <= most else {
                    throw source.malformed("a list of more than \(most) numbers", at: range.lowerBound)
                }
            }
        case .fixed(let range): throw source.malformed("a number of another kind", at: range.lowerBound)
        }
        guard numbers.count <= most else { throw source.malformed("a list of more than \(most) numbers", at: 0) }
    }

    func int(_ source: WireFile) throws(ONNXError) -> Int {
        guard case .number(let number) = self else { throw source.malformed("a field of another kind", at: place) }
        return Int(truncatingIfNeeded: number)
    }

    func float(_ source: WireFile) throws(ONNXError) -> Double {
        guard case .fixed(let range) = self, range.count == 4 else {
            throw source.malformed("a field of another kind", at: place)
        }
        let bits = try source.bytes(range).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return Double(Float(bitPattern: bits))
    }

    func range(_ source: WireFile) throws(ONNXError) -> Range<Int> {
        guard case .bytes(let range) = self else { throw source.malformed("a field of another kind", at: place) }
        return range
    }

    /// A name; those of files are short.
    func text(_ source: WireFile) throws(ONNXError) -> String {
        let range = try range(source)
        guard range.count <= 1 << 16 else { throw source.malformed("a name of \(range.count) bytes", at: place) }
        let bytes = try source.bytes(range)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw source.malformed("a name that is not UTF-8", at: place)
        }
        return text
    }

    private var place: Int {
        switch self {
        case .number: 0
        case .fixed(let range), .bytes(let range): range.lowerBound
        }
    }
}

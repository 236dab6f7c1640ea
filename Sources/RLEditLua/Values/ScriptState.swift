internal import LuaBridge
internal import RLEditTensor

/// A Lua value that a checkpoint cannot hold.
struct ScriptStateError: Error, CustomStringConvertible, Equatable {
    /// `task.state.history[3]`.
    let path: String
    let reason: String
    var description: String { "\(path): \(reason)" }
}

/// Plain Lua values as bytes: nil, booleans, numbers, strings, tensors, and tables of these. Equal values give equal
/// bytes, since keys are written in order.
///
/// Each value is a letter and its content; whole numbers take eight bytes, little-endian.
enum ScriptState {
    private static let deepest = 64
    static let damaged = ScriptStateError(path: "the script's state", reason: "damaged")

    static func encode(_ value: LuaValue, path: String, host: LuaHost) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try write(value, path: path, depth: 0, host: host, to: &bytes)
        return bytes
    }

    static func decode(_ bytes: [UInt8], host: LuaHost) throws -> LuaValue {
        var reader = Reader(bytes: bytes)
        let value = try read(&reader, depth: 0, host: host)
        guard reader.isAtEnd else { throw damaged }
        return value
    }

    // MARK: - Writing

    private static func write(
        _ value: LuaValue, path: String, depth: Int, host: LuaHost, to bytes: inout [UInt8]
    ) throws {
        switch value {
        case .nil: bytes.append(UInt8(ascii: "n"))
        case .boolean(let value): bytes.append(UInt8(ascii: value ? "t" : "f"))
        case .integer(let value):
            bytes.append(UInt8(ascii: "i"))
            append(UInt64(bitPattern: Int64(value)), to: &bytes)
        case .number(let value):
            bytes.append(UInt8(ascii: "d"))
            append(value.bitPattern, to: &bytes)
        case .string(let value):
            bytes.append(UInt8(ascii: "s"))
            append(UInt64(value.bytes.count), to: &bytes)
            bytes += value.bytes
        case .table(let table):
            try write(table, path: path, depth: depth, host: host, to: &bytes)
        case .object:
            guard let tensor = try host.read(value, as: Tensor.self) else {
                throw ScriptStateError(path: path, reason: "a \(value.typeName) cannot be saved")
            }
            bytes.append(UInt8(ascii: "T"))
            append(UInt64(tensor.rank), to: &bytes)
            for dimension in tensor.shape { append(UInt64(dimension), to: &bytes) }
            tensor.withUnsafeBufferPointer { buffer in
                for scalar in buffer { withUnsafeBytes(of: scalar.bitPattern.littleEndian) { bytes += $0 } }
            }
        case .function, .opaque:
            throw ScriptStateError(path: path, reason: "a \(value.typeName) cannot be saved")
        }
    }

    private static func write(
        _ table: LuaTable, path: String, depth: Int, host: LuaHost, to bytes: inout [UInt8]
    ) throws {
        guard depth < deepest else {
            throw ScriptStateError(path: path, reason: "nested deeper than \(deepest) levels (does it hold itself?)")
        }
        let keys = try table.sortedKeys()
        bytes.append(UInt8(ascii: "{"))
        append(UInt64(keys.count), to: &bytes)
        for key in keys {
            let name: String
            switch key {
            case .string(let text): name = "\(path).\(text.text)"
            case .integer(let index): name = "\(path)[\(index)]"
            case .number(let number): name = "\(path)[\(number)]"
            case .boolean(let flag): name = "\(path)[\(flag)]"
            default: throw ScriptStateError(path: path, reason: "a \(key.typeName) as key cannot be saved")
            }
            try write(key, path: name, depth: depth + 1, host: host, to: &bytes)
            try write(try table.get(key), path: name, depth: depth + 1, host: host, to: &bytes)
        }
    }

    private static func append(_ word: UInt64, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: word.littleEndian) { bytes += $0 }
    }

    // MARK: - Reading

    private struct Reader {
        let bytes: [UInt8]
        private var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool { position == bytes.count }

        mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
            guard count >= 0, count <= bytes.count - position else { throw ScriptState.damaged }
            defer { position += count }
            return bytes[position..<position + count]
        }

        mutating func word() throws -> UInt64 {
            try take(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }

        mutating func count() throws -> Int {
            guard let count = Int(exactly: try word()) else { throw ScriptState.damaged }
            return count
        }
    }

    private static func read(_ reader: inout Reader, depth: Int, host: LuaHost) throws -> LuaValue {
        guard depth <= deepest, let kind = try reader.take(1).first else { throw damaged }
        switch kind {
        case UInt8(ascii: "n"): return .nil
        case UInt8(ascii: "t"): return .boolean(true)
        case UInt8(ascii: "f"): return .boolean(false)
        case UInt8(ascii: "i"): return .integer(Int(Int64(bitPattern: try reader.word())))
        case UInt8(ascii: "d"): return .number(Double(bitPattern: try reader.word()))
        case UInt8(ascii: "s"): return .string(LuaString(bytes: Array(try reader.take(try reader.count()))))
        case UInt8(ascii: "{"):
            let table = try host.makeTable()
            for _ in 0..<(try reader.count()) {
                let key = try read(&reader, depth: depth + 1, host: host)
                try table.set(key, try read(&reader, depth: depth + 1, host: host))
            }
            return .table(table)
        case UInt8(ascii: "T"):
            let rank = try reader.count()
            guard rank <= 64 else { throw damaged }
            let shape = try (0..<rank).map { _ in try reader.count() }
            let count = try Tensor.elementCount(of: shape)
            let (size, overflow) = count.multipliedReportingOverflow(by: 4)
            guard !overflow else { throw damaged }
            let raw = Array(try reader.take(size))
            let scalars = raw.withUnsafeBytes { raw in
                (0..<count).map { index in
                    let bits = raw.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
                    return Float(bitPattern: UInt32(littleEndian: bits))
                }
            }
            return try host.value(of: try Tensor(scalars, shape: shape))
        default: throw damaged
        }
    }
}

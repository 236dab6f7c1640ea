/// Messages of ONNX, byte by byte.
enum Bytes {
    static func number(_ value: UInt64) -> [UInt8] {
        var (rest, bytes) = (value, [UInt8]())
        repeat {
            bytes.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return bytes
    }

    static func field(_ field: Int, _ bytes: [UInt8]) -> [UInt8] {
        number(UInt64(field << 3 | 2)) + number(UInt64(bytes.count)) + bytes
    }
    static func field(_ field: Int, _ text: String) -> [UInt8] { Self.field(field, Array(text.utf8)) }
    static func field(_ field: Int, _ value: Int) -> [UInt8] {
        number(UInt64(field << 3)) + number(UInt64(bitPattern: Int64(value)))
    }

    static func floats(_ values: [Float]) -> [UInt8] {
        values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
    }

    /// A model with an input `x` of the shape `[batch, 2]` and an output `y`.
    static func model(
        _ parts: [UInt8], input: [UInt8]? = nil, output: String = "y", tail: [UInt8] = []
    ) -> [UInt8] {
        let graph = parts + (input ?? Self.input("x", [nil, 2])) + field(12, field(1, output))
        return field(1, 8) + field(8, field(1, "") + field(2, 17)) + field(7, graph) + tail
    }

    /// A value that the graph is given; nil is a size without a number.
    static func input(_ name: String, _ shape: [Int?], type: Int = 1) -> [UInt8] {
        let sizes = shape.flatMap { size in field(1, size.map { field(1, $0) } ?? field(2, "batch")) }
        return field(11, field(1, name) + field(2, field(1, field(1, type) + field(2, sizes))))
    }

    static func node(_ operation: String, _ inputs: [String], _ outputs: [String], name: String = "") -> [UInt8] {
        field(
            1,
            inputs.flatMap { field(1, $0) } + outputs.flatMap { field(2, $0) } + field(3, name) + field(4, operation))
    }

    static func tensor(_ name: String, _ shape: [Int], type: Int = 1, _ content: [UInt8]) -> [UInt8] {
        field(5, shape.flatMap { field(1, $0) } + field(2, type) + field(8, name) + content)
    }
    static func tensor(_ name: String, _ shape: [Int], _ values: [Float]) -> [UInt8] {
        tensor(name, shape, field(9, floats(values)))
    }

    /// A tensor in another file.
    static func outside(_ name: String, _ shape: [Int], _ entries: [(String, String)]) -> [UInt8] {
        tensor(name, shape, field(14, 1) + entries.flatMap { field(13, field(1, $0.0) + field(2, $0.1)) })
    }
}

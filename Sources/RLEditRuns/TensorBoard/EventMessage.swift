/// The messages of TensorBoard's event files in the wire format of protocol buffers, as far as a run writes them.
///
/// Source: `event.proto`, `summary.proto`, `tensor.proto` and `tensor_shape.proto` of TensorFlow; the numbers below are those
/// of their fields.
struct EventMessage {
    private(set) var bytes: [UInt8] = []

    /// What begins a file.
    static func version(wallTime: Double) -> EventMessage {
        var event = EventMessage(wallTime: wallTime, step: 0)
        event.add(3, Array("brain.Event:2".utf8))
        return event
    }

    /// - Parameter step: evaluations until then.
    static func scalars(_ values: [(tag: String, value: Double)], step: Int, wallTime: Double) -> EventMessage {
        summary(
            values.map { tag, value in
                var message = EventMessage()
                message.add(1, Array(tag.utf8))
                message.add(2, float: Float(value))
                return message
            }, step: step, wallTime: wallTime)
    }

    /// A text, which the dashboard of texts shows as Markdown.
    static func text(_ text: String, tag: String, wallTime: Double) -> EventMessage {
        var (dimension, shape, tensor) = (EventMessage(), EventMessage(), EventMessage())
        dimension.add(1, integer: 1)
        shape.add(2, dimension.bytes)
        // DT_STRING
        tensor.add(1, integer: 7)
        tensor.add(2, shape.bytes)
        tensor.add(8, Array(text.utf8))
        var (plugin, metadata, value) = (EventMessage(), EventMessage(), EventMessage())
        plugin.add(1, Array("text".utf8))
        metadata.add(1, plugin.bytes)
        value.add(1, Array(tag.utf8))
        value.add(8, tensor.bytes)
        value.add(9, metadata.bytes)
        return summary([value], step: 0, wallTime: wallTime)
    }

    private init() {}

    private init(wallTime: Double, step: Int) {
        add(key: 1, type: 1)
        withUnsafeBytes(of: wallTime.bitPattern.littleEndian) { bytes += $0 }
        add(2, integer: step)
    }

    private static func summary(_ values: [EventMessage], step: Int, wallTime: Double) -> EventMessage {
        var summary = EventMessage()
        for value in values { summary.add(1, value.bytes) }
        var event = EventMessage(wallTime: wallTime, step: step)
        event.add(5, summary.bytes)
        return event
    }

    // MARK: - The wire format

    private mutating func add(key field: Int, type: Int) { add(varint: UInt64(field << 3 | type)) }

    private mutating func add(varint number: UInt64) {
        var number = number
        while number >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: number) | 0x80)
            number >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: number))
    }

    private mutating func add(_ field: Int, integer: Int) {
        add(key: field, type: 0)
        add(varint: UInt64(bitPattern: Int64(integer)))
    }

    private mutating func add(_ field: Int, float: Float) {
        add(key: field, type: 5)
        withUnsafeBytes(of: float.bitPattern.littleEndian) { bytes += $0 }
    }

    private mutating func add(_ field: Int, _ content: [UInt8]) {
        add(key: field, type: 2)
        add(varint: UInt64(content.count))
        bytes += content
    }
}

/// CRC-32C (Castagnoli's polynomial, reflected), which guards the records of event files.
package enum CRC32C {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
    }

    package static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let table = table
        return ~bytes.reduce(UInt32.max) { table[Int(($0 ^ UInt32($1)) & 0xFF)] ^ $0 >> 8 }
    }

    /// As TensorFlow's records store it, so that checksums of checksums do not go wrong.
    static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let value = of(bytes)
        return (value >> 15 | value << 17) &+ 0xA282_EAD8
    }
}

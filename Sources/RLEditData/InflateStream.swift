internal import CZlib

/// A deflate stream (RFC 1951) in the making, decoded piece by piece through zlib.
///
/// Invariant: `stream` stays at one address from `inflateInit2` to `inflateEnd`, since zlib keeps a pointer to it; its
/// input and output pointers are set only while `inflate` runs.
final class InflateStream {
    /// The format around the compressed data.
    enum Wrapping: Int32 {
        /// Header and trailer with length and checksum (RFC 1952). 15: the largest window; + 16: gzip.
        case gzip = 31
        case none = -15
    }

    /// No deflate stream grows by more than this factor (258 bytes from two bits, nearly): a header that promises more
    /// than the compressed data can hold is refused before memory is taken for it.
    static let largestExpansion = 1032

    struct Step {
        /// Bytes of the input that were used.
        let taken: Int
        let written: Int
        /// Whether the stream is over.
        let isEnd: Bool
    }

    /// Damaged data, in zlib's words.
    struct Fault: Error { let message: String }

    private let stream: UnsafeMutablePointer<z_stream>

    /// nil when zlib cannot be started, for want of memory.
    init?(_ wrapping: Wrapping) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let size = Int32(MemoryLayout<z_stream>.size)
        guard inflateInit2_(stream, wrapping.rawValue, ZLIB_VERSION, size) == Z_OK else {
            stream.deallocate()
            return nil
        }
        self.stream = stream
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Decodes what it can of `input` into `space`.
    func decode(_ input: ArraySlice<UInt8>, into space: UnsafeMutableRawBufferPointer) throws(Fault) -> Step {
        // zlib counts in 32 bits, and only reads the input although its pointer is mutable.
        let (available, room) = (min(input.count, 1 << 30), min(space.count, 1 << 30))
        let status = input.withUnsafeBufferPointer { input in
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.pointee.avail_in = UInt32(available)
            stream.pointee.next_out = space.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(room)
            return inflate(stream, Z_NO_FLUSH)
        }
        stream.pointee.next_in = nil
        stream.pointee.next_out = nil
        switch status {
        case Z_OK, Z_BUF_ERROR, Z_STREAM_END:
            return Step(
                taken: available - Int(stream.pointee.avail_in), written: room - Int(stream.pointee.avail_out),
                isEnd: status == Z_STREAM_END)
        default: throw Fault(message: stream.pointee.msg.map { String(cString: $0) } ?? "status \(status)")
        }
    }

    /// Begins another stream of the same kind.
    func restart() { inflateReset(stream) }
}

/// The checksum of ZIP and gzip (RFC 1952), through zlib.
struct CRC32 {
    private(set) var value: UInt32 = 0

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        // The `_z` form counts in size_t.
        value = UInt32(
            truncatingIfNeeded: crc32_z(
                UInt(value), bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count))
    }
}

internal import CZlib

/// Bytes of a plain or gzip-compressed file (RFC 1952, one or more members), decoded piece by piece through zlib.
///
/// The compressed form is recognised by its first two bytes, not by the file's name. Invariant: `stream` stays at one
/// address from `inflateInit2` to `inflateEnd`, since zlib keeps a pointer to it; its input pointer is set only while
/// `inflate` runs.
final class GzipReader {
    let path: String
    private let file: InputFile
    private let stream: UnsafeMutablePointer<z_stream>?
    private var input = [UInt8](repeating: 0, count: 1 << 16)
    private var inputStart = 0
    private var inputEnd = 0
    private var ended = false

    /// The size of the decoded contents when it is known without decoding: that of a plain file.
    var plainSize: Int? { stream == nil ? file.size : nil }

    /// No deflate stream grows by more than this factor (RFC 1951: 258 bytes from two bits, nearly): a header that
    /// promises more than the compressed file can hold is refused before memory is taken for it.
    static let largestExpansion = 1032
    /// The largest possible size of the decoded contents.
    var largestSize: Int {
        if let plainSize { return plainSize }
        let (product, overflow) = file.size.multipliedReportingOverflow(by: GzipReader.largestExpansion)
        return overflow ? Int.max : product
    }

    /// - Throws: ``DataError/unreadableFile(path:reason:)``.
    init(path: String) throws(DataError) {
        self.path = path
        file = try InputFile(path: path)
        inputEnd = try file.read(into: &input)
        guard inputEnd >= 2, input[0] == 0x1F, input[1] == 0x8B else {
            stream = nil
            return
        }
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 + 16: the largest window, gzip header and trailer.
        guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            stream.deallocate()
            throw .unreadableFile(path: path, reason: "zlib could not be started")
        }
        self.stream = stream
    }

    deinit {
        guard let stream else { return }
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Fill `buffer` from its start as far as the contents go.
    /// - Returns: the number of bytes written; less than `buffer.count` only at the end of the contents.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
        var filled = 0
        while filled < buffer.count, !ended {
            if inputStart == inputEnd {
                inputStart = 0
                inputEnd = try file.read(into: &input)
                if inputEnd == 0 {
                    if stream != nil { throw .invalidGzip(path: path, fault: .truncated) }
                    ended = true
                    break
                }
            }
            let space = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            filled +=
                try stream.map { stream throws(DataError) in try decode(stream, into: space) } ?? copy(into: space)
        }
        return filled
    }

    private func copy(into space: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(space.count, inputEnd - inputStart)
        space.copyBytes(from: input[inputStart..<inputStart + count])
        inputStart += count
        return count
    }

    private func decode(
        _ stream: UnsafeMutablePointer<z_stream>, into space: UnsafeMutableRawBufferPointer
    ) throws(DataError) -> Int {
        // zlib counts in 32 bits.
        let room = min(space.count, 1 << 30)
        let available = inputEnd - inputStart
        let status = input.withUnsafeMutableBufferPointer { input in
            stream.pointee.next_in = input.baseAddress.map { $0 + inputStart }
            stream.pointee.avail_in = UInt32(available)
            stream.pointee.next_out = space.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(room)
            return inflate(stream, Z_NO_FLUSH)
        }
        inputStart += available - Int(stream.pointee.avail_in)
        stream.pointee.next_in = nil
        let written = room - Int(stream.pointee.avail_out)
        switch status {
        case Z_OK, Z_BUF_ERROR: return written
        case Z_STREAM_END:
            try startNextMember(stream)
            return written
        default:
            let message = stream.pointee.msg.map { String(cString: $0) } ?? "status \(status)"
            throw .invalidGzip(path: path, fault: .corrupt(message))
        }
    }

    /// After a member: end, or another member. Anything else (but padding zeros, which tapes and tools leave) is a fault.
    private func startNextMember(_ stream: UnsafeMutablePointer<z_stream>) throws(DataError) {
        while true {
            while inputStart < inputEnd, input[inputStart] == 0 { inputStart += 1 }
            if inputStart < inputEnd { break }
            inputStart = 0
            inputEnd = try file.read(into: &input)
            if inputEnd == 0 {
                ended = true
                return
            }
        }
        guard input[inputStart] == 0x1F else { throw .invalidGzip(path: path, fault: .trailingBytes) }
        inflateReset(stream)
    }
}

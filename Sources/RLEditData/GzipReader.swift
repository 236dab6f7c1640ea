/// Bytes of a plain or gzip-compressed file (RFC 1952, one or more members), decoded piece by piece.
///
/// The compressed form is recognized by its first two bytes, not by the file's name.
package final class GzipReader {
    package let path: String
    private let file: InputFile
    /// nil for a plain file.
    private let stream: InflateStream?
    private var input = [UInt8](repeating: 0, count: 1 << 16)
    private var inputStart = 0
    private var inputEnd = 0
    private var ended = false

    /// The size of the decoded contents when it is known without decoding: that of a plain file.
    var plainSize: Int? { stream == nil ? file.size : nil }

    /// The largest possible size of the decoded contents.
    package var largestSize: Int {
        if let plainSize { return plainSize }
        let (product, overflow) = file.size.multipliedReportingOverflow(by: InflateStream.largestExpansion)
        return overflow ? Int.max : product
    }

    /// - Throws: ``DataError/unreadableFile(path:reason:)``.
    package init(path: String) throws(DataError) {
        self.path = path
        file = try InputFile(path: path)
        inputEnd = try file.read(into: &input)
        guard inputEnd >= 2, input[0] == 0x1F, input[1] == 0x8B else {
            stream = nil
            return
        }
        guard let stream = InflateStream(.gzip) else {
            throw .unreadableFile(path: path, reason: "zlib could not be started")
        }
        self.stream = stream
    }

    /// Fill `buffer` from its start as far as the contents go.
    /// - Returns: the number of bytes written; less than `buffer.count` only at the end of the contents.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
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
        _ stream: InflateStream, into space: UnsafeMutableRawBufferPointer
    ) throws(DataError) -> Int {
        let step: InflateStream.Step
        do throws(InflateStream.Fault) {
            step = try stream.decode(input[inputStart..<inputEnd], into: space)
        } catch {
            throw .invalidGzip(path: path, fault: .corrupt(error.message))
        }
        inputStart += step.taken
        if step.isEnd { try startNextMember(stream) }
        return step.written
    }

    /// After a member: end, or another member. Anything else (but padding zeros, which tapes and tools leave) is a fault.
    private func startNextMember(_ stream: InflateStream) throws(DataError) {
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
        stream.restart()
    }
}

internal import Foundation

/// A regular file open for reading from front to back.
///
/// Only regular files are opened: a device or a pipe in a data folder could block or never end.
final class InputFile {
    let path: String
    /// Size in bytes when the file was opened.
    let size: Int
    private let descriptor: Int32

    /// - Throws: ``DataError/unreadableFile(path:reason:)``.
    init(path: String) throws(DataError) {
        self.path = path
        // Without O_NONBLOCK, opening a pipe without a writer waits for ever.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadableFile(path: path, reason: String(cString: strerror(errno))) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .unreadableFile(path: path, reason: "it is not a regular file")
        }
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// Fill `buffer` from its start as far as the file goes.
    /// - Returns: the number of bytes read; less than `buffer.count` only at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
        try fill(buffer) { space, room, _ in Foundation.read(descriptor, space, room) }
    }

    /// Calls the system until the buffer is full or the file ends.
    /// - Parameter call: gets the space, its size, and how many bytes came before.
    private func fill(
        _ buffer: UnsafeMutableRawBufferPointer, by call: (UnsafeMutableRawPointer?, Int, Int) -> Int
    ) throws(DataError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = call(buffer.baseAddress.map { $0 + filled }, buffer.count - filled, filled)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw .unreadableFile(path: path, reason: String(cString: strerror(errno)))
            }
            filled += count
        }
        return filled
    }

    /// Fill `buffer` from a place of the file on, as far as the file goes; `read(into:)` goes on where it was.
    /// - Returns: the number of bytes read; less than `buffer.count` only at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(DataError) -> Int {
        try fill(buffer) { pread(descriptor, $0, $1, off_t(offset + $2)) }
    }

    /// Bytes from a place of the file on; fewer than `count` only at its end.
    func bytes(at offset: Int, count: Int) throws(DataError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let result = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(DataError) in try read(into: buffer, at: offset) }
        }
        bytes.removeLast(count - (try result.get()))
        return bytes
    }

    func read(into bytes: inout [UInt8]) throws(DataError) -> Int {
        let result = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(DataError) in try read(into: buffer) }
        }
        return try result.get()
    }
}

/// A file from its start on, for readers that come more than once.
final class InputFileReader: ByteSource {
    var path: String { file.path }
    private let file: InputFile
    private var position = 0

    init(_ file: InputFile) { self.file = file }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
        let count = try file.read(into: buffer, at: position)
        position += count
        return count
    }
}

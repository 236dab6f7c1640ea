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
        var filled = 0
        while filled < buffer.count {
            let count = Foundation.read(descriptor, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw .unreadableFile(path: path, reason: String(cString: strerror(errno)))
            }
            filled += count
        }
        return filled
    }

    func read(into bytes: inout [UInt8]) throws(DataError) -> Int {
        let result = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(DataError) in try read(into: buffer) }
        }
        return try result.get()
    }
}

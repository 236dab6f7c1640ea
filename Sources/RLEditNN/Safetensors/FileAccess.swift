internal import Foundation

/// A file open for reading at any offset, by several threads; closed when the last reader lets go. It stays the same
/// file even when another one takes over its name.
package final class OpenFile: Sendable {
    package let path: String
    package let size: Int
    private let descriptor: Int32

    /// - Parameter followsLinks: whether the path may be a symbolic link.
    package init(path: String, followsLinks: Bool = true) throws(SafetensorsError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC | (followsLinks ? 0 : O_NOFOLLOW))
        guard descriptor >= 0 else {
            throw SafetensorsError(file: path, tensor: nil, fault: .unreadable(reason: OpenFile.systemReason()))
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let reason = OpenFile.systemReason()
            close(descriptor)
            throw SafetensorsError(file: path, tensor: nil, fault: .unreadable(reason: reason))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw SafetensorsError(file: path, tensor: nil, fault: .unreadable(reason: "not a regular file"))
        }
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// Exactly `count` bytes from `offset`; the caller has checked both against `size`.
    package func read(offset: Int, count: Int, tensor: String?) throws(SafetensorsError) -> [UInt8] {
        var done = 0
        var fault: SafetensorsError.Fault?
        let result = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            while done < count {
                let got = pread(
                    descriptor, buffer.baseAddress.map { $0 + done }, count - done, off_t(offset + done))
                if got < 0, errno == EINTR { continue }
                guard got > 0 else {
                    fault = got == 0 ? .changedWhileReading : .unreadable(reason: OpenFile.systemReason())
                    break
                }
                done += got
            }
            initialized = done
        }
        if let fault { throw SafetensorsError(file: path, tensor: tensor, fault: fault) }
        return result
    }

    static func systemReason() -> String { String(cString: strerror(errno)) }
}

/// A new file that appears under its name whole or not at all: written under a temporary name beside it, synced, renamed.
package struct PendingFile: ~Copyable {
    private let path: String
    private let temporaryPath: String
    private let descriptor: Int32
    private var isFinished = false

    package init(path: String) throws(SafetensorsError) {
        self.path = path
        let url = URL(fileURLWithPath: path)
        let name = ".\(url.lastPathComponent).\(getpid()).\(UUID().uuidString).tmp"
        temporaryPath = url.deletingLastPathComponent().appendingPathComponent(name).path
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw SafetensorsError(
                file: path, tensor: nil, fault: .unwritable(reason: OpenFile.systemReason()))
        }
    }

    deinit {
        guard !isFinished else { return }
        close(descriptor)
        unlink(temporaryPath)
    }

    package func write(_ data: [UInt8]) throws(SafetensorsError) {
        var failure: SafetensorsError?
        data.withUnsafeBytes { bytes in
            do throws(SafetensorsError) { try write(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(SafetensorsError) {
        var done = 0
        while done < bytes.count {
            // `write` is this function's own name here.
            let count = pwriteAll(bytes, from: done)
            guard count > 0 else { throw failure() }
            done += count
        }
    }

    private func pwriteAll(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        while true {
            let count = Foundation.write(descriptor, bytes.baseAddress.map { $0 + start }, bytes.count - start)
            if count >= 0 || errno != EINTR { return count }
        }
    }

    /// Makes the file appear under its name.
    package consuming func finish() throws(SafetensorsError) {
        guard fsync(descriptor) == 0, rename(temporaryPath, path) == 0 else { throw failure() }
        close(descriptor)
        isFinished = true
        // The new name is safe once the folder is on disk too; file systems without that still have the data.
        let folder = open(URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }

    private func failure() -> SafetensorsError {
        SafetensorsError(file: path, tensor: nil, fault: .unwritable(reason: OpenFile.systemReason()))
    }
}

internal import Foundation

/// An open file with one owner, closed when it goes. All calls of the system on descriptors are in this file.
struct FileDescriptor: ~Copyable {
    let path: String
    private let number: Int32

    enum Mode {
        case read
        /// New or emptied.
        case write
        /// New only: fails when the name is taken.
        case createNew
        /// Existing content is kept; writes go where `truncate(to:)` or `seekToEnd()` left the end.
        case update
    }

    init(_ path: String, _ mode: Mode) throws(FileError) {
        let flags =
            switch mode {
            case .read: O_RDONLY
            case .write: O_WRONLY | O_CREAT | O_TRUNC
            case .createNew: O_WRONLY | O_CREAT | O_EXCL
            case .update: O_RDWR | O_CREAT
            }
        number = open(path, flags | O_CLOEXEC, 0o644)
        if number < 0 { throw FileError(operation: mode == .read ? "read" : "write", path: path, code: errno) }
        self.path = path
    }

    deinit { close(number) }

    /// Write all bytes, however many calls that takes.
    func write(_ bytes: some Collection<UInt8>) throws(FileError) {
        let copy = ContiguousArray(bytes)
        var written = 0
        while written < copy.count {
            let count = copy.withUnsafeBytes { buffer in
                Foundation.write(number, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw FileError(operation: "write", path: path, code: count < 0 ? errno : ENOSPC) }
            written += count
        }
    }

    /// The rest of the file.
    func readToEnd() throws(FileError) -> [UInt8] {
        var result: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = piece.withUnsafeMutableBytes { Foundation.read(number, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileError(operation: "read", path: path, code: errno) }
            if count == 0 { return result }
            result += piece[..<count]
        }
    }

    /// Size in bytes.
    func size() throws(FileError) -> Int {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw FileError(operation: "read", path: path, code: errno) }
        return Int(status.st_size)
    }

    /// Whether a path leads to the file that is open here.
    func isAt(_ path: String) -> Bool {
        var (own, named) = (stat(), stat())
        return fstat(number, &own) == 0 && lstat(path, &named) == 0 && own.st_dev == named.st_dev
            && own.st_ino == named.st_ino
    }

    /// Cut to a size and write from there on.
    func truncate(to size: Int) throws(FileError) {
        guard ftruncate(number, off_t(size)) == 0, lseek(number, off_t(size), SEEK_SET) == off_t(size) else {
            throw FileError(operation: "write", path: path, code: errno)
        }
    }

    /// Wait until the disk holds everything written.
    func synchronize() throws(FileError) {
        // Pipes and some special files have nothing to synchronize and say EINVAL or EROFS.
        if fsync(number) != 0, errno != EINVAL, errno != EROFS {
            throw FileError(operation: "write", path: path, code: errno)
        }
    }

    /// Take the exclusive lock without waiting; it is held until this descriptor goes.
    /// - Returns: false when another process (or another descriptor of this one) holds it.
    func tryLock() throws(FileError) -> Bool {
        while flock(number, LOCK_EX | LOCK_NB) != 0 {
            if errno == EWOULDBLOCK { return false }
            if errno != EINTR { throw FileError(operation: "lock", path: path, code: errno) }
        }
        return true
    }
}

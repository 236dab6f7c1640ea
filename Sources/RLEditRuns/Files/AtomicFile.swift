internal import Foundation
internal import Synchronization

/// Files that are either wholly there or not at all, also after a power cut.
///
/// The bytes go to a temporary name in the same folder, reach the disk, and only then take the final name; the folder is
/// synchronized last so that the name itself survives.
public enum AtomicFile {
    private static let counter = Atomic<Int>(0)

    /// Write or replace a file.
    /// - Throws: ``FileError`` naming `path` and the cause (full disk, read-only or missing folder); what had the name
    ///   before is then untouched, and the temporary file is gone.
    public static func write(_ bytes: some Collection<UInt8>, to path: String) throws(FileError) {
        // In a container a process can get the number of one that was killed, and so the name of its temporary file.
        var temporary: String
        repeat {
            let number = counter.add(1, ordering: .relaxed).newValue
            temporary = "\(path).\(getpid()).\(number).tmp"
        } while FileSystem.status(of: temporary) != nil
        do throws(FileError) {
            let file = try FileDescriptor(temporary, .createNew)
            try file.write(bytes)
            try file.synchronize()
        } catch {
            try? FileSystem.removeFile(temporary)
            throw FileError(operation: "write", path: path, reason: error.reason)
        }
        do throws(FileError) {
            try FileSystem.rename(temporary, to: path)
        } catch {
            try? FileSystem.removeFile(temporary)
            throw error
        }
        try FileDescriptor(FileSystem.folder(of: path), .read).synchronize()
    }

    /// Write or replace a text file in UTF-8.
    public static func write(_ text: String, to path: String) throws(FileError) {
        try write(Array(text.utf8), to: path)
    }
}

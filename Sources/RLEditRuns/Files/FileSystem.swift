internal import Foundation

/// The few operations on names and folders that run folders need, with errors that name the path.
package enum FileSystem {
    /// What a folder holds: names in byte order, so that nothing depends on the order of the disk.
    static func names(in folder: String) throws(FileError) -> [String] {
        guard let directory = opendir(folder) else { throw FileError(operation: "read", path: folder, code: errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    struct Status {
        let isFolder: Bool
        /// Bytes.
        let size: Int
        /// Seconds since 1970 of the last change of content.
        let modified: Double
    }

    /// nil when there is nothing of that name. Links are not followed.
    static func status(of path: String) -> Status? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        return Status(
            isFolder: status.st_mode & S_IFMT == S_IFDIR, size: Int(status.st_size),
            modified: Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) * 1e-9)
    }

    /// Create one folder.
    /// - Returns: false when the name is already that of a folder.
    static func createFolder(_ path: String) throws(FileError) -> Bool {
        if mkdir(path, 0o755) == 0 { return true }
        let code = errno
        // A link to a folder is as good as a folder.
        var status = stat()
        if code == EEXIST, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return false }
        throw FileError(operation: "create folder", path: path, code: code)
    }

    /// Create a folder and those above it.
    package static func createFolders(_ path: String) throws(FileError) {
        var prefix = path.hasPrefix("/") ? "/" : ""
        for component in path.split(separator: "/") {
            prefix += prefix.isEmpty || prefix.hasSuffix("/") ? String(component) : "/\(component)"
            if component != "." && component != ".." { _ = try createFolder(prefix) }
        }
    }

    /// Remove a file; nothing happens when it is not there.
    static func removeFile(_ path: String) throws(FileError) {
        if unlink(path) != 0, errno != ENOENT { throw FileError(operation: "remove", path: path, code: errno) }
    }

    /// Removes what killed processes left half-written in a folder and those below: temporary files of ours.
    ///
    /// Only for a folder whose lock is held: another process may be writing elsewhere. What cannot be removed stays.
    static func removeLeftovers(inTree folder: String) {
        for name in (try? names(in: folder)) ?? [] {
            let path = "\(folder)/\(name)"
            if name.hasSuffix(".tmp"), isTemporary(name) {
                try? removeFile(path)
            } else if status(of: path)?.isFolder == true {
                removeLeftovers(inTree: path)
            }
        }
    }

    /// Whether a name is of the forms `NAME.PROCESS.NUMBER.tmp` and `.NAME.PROCESS.UUID.tmp`, which nobody else uses.
    static func isTemporary(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts.last == "tmp", Int(parts[parts.count - 3]) != nil else { return false }
        return Int(parts[parts.count - 2]) != nil
            || (name.hasPrefix(".") && UUID(uuidString: String(parts[parts.count - 2])) != nil)
    }

    /// Give a file another name in the same folder, replacing what has it.
    static func rename(_ source: String, to target: String) throws(FileError) {
        if Foundation.rename(source, target) != 0 { throw FileError(operation: "write", path: target, code: errno) }
    }

    /// Set the time of last change to now.
    static func touch(_ path: String) { utimes(path, nil) }

    static func read(_ path: String) throws(FileError) -> [UInt8] { try FileDescriptor(path, .read).readToEnd() }

    /// Bytes of all files under a folder; 0 for what cannot be read, since it is an estimate.
    package static func size(ofTree path: String) -> Int {
        guard let status = status(of: path) else { return 0 }
        guard status.isFolder else { return status.size }
        let names = (try? names(in: path)) ?? []
        return names.reduce(0) { $0 + size(ofTree: "\(path)/\($1)") }
    }

    /// The last part of a path.
    static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The folder part of a path.
    package static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

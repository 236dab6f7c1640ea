internal import Foundation

/// A folder that is made for a run before the run has a name, so that a sandbox can be built around it.
///
/// It becomes the run folder, or goes when nothing was written.
public final class ReservedFolder: @unchecked Sendable {
    /// Where it is now. Written by the thread of the run only.
    public private(set) var path: String
    /// The folders of its path that were made, innermost first.
    private let made: [String]
    private let hasFinalName: Bool
    private var isUsed = false
    /// What is removed with it when it holds no result, innermost first: its locks and empty folders, and the folders that
    /// were made for it. A folder that holds anything else stays.
    public let removables: [String]

    /// - Parameters:
    ///   - path: the folder of `--out`; nil for one under `runs` that takes its name later.
    ///   - housekeeping: names of empty folders and locks in it that are not results, folders first.
    /// - Throws: ``FileError``.
    public init(at path: String?, housekeeping: [String] = []) throws {
        hasFinalName = path != nil
        let wanted = path ?? "runs/.new-\(UUID().uuidString)"
        // Which of the folders are new, so that a run that writes nothing leaves nothing.
        var (new, rest) = ([String](), wanted)
        while rest.count > 1, rest.hasSuffix("/") { rest.removeLast() }
        let whole = rest
        while !rest.isEmpty, rest != "/", rest != ".", FileSystem.status(of: rest) == nil {
            new.append(rest)
            rest = FileSystem.folder(of: rest)
        }
        self.path = whole
        made = new
        removables = (new.first == whole ? housekeeping.map { "\(whole)/\($0)" } : []) + new
        try FileSystem.createFolders(whole)
    }

    /// Folders in which folders are made, renamed and removed.
    public var holders: [String] {
        var folders = made.map { FileSystem.folder(of: $0) }
        if !hasFinalName { folders.append("runs") }
        return Array(Set(folders)).sorted()
    }

    /// Takes a name.
    /// - Returns: false when a folder of that name exists.
    func take(_ name: String) throws(FileError) -> Bool {
        guard FileSystem.status(of: name) == nil else { return false }
        // Replaces nothing but an empty folder; one with files in it makes this fail.
        if rename(path, name) != 0 {
            if errno == ENOTEMPTY || errno == EEXIST { return false }
            throw FileError(operation: "create folder", path: name, code: errno)
        }
        path = name
        isUsed = true
        return true
    }

    /// Removes what was made when nothing came of it.
    public func removeUnused() {
        guard !isUsed else { return }
        for name in removables where rmdir(name) != 0 && errno != ENOENT {
            // Folders first, as the walls of the process would not let a folder be tried as a file.
            guard errno == ENOTDIR, unlink(name) == 0 else { return }
        }
    }
}

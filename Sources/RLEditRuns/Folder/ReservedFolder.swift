internal import Foundation

/// A folder that is made for a run before the run has a name, so that a sandbox can be built around it.
///
/// It becomes the run folder, or goes when nothing was written.
public final class ReservedFolder: @unchecked Sendable {
    /// Where it is now. Written by the thread of the run only.
    public private(set) var path: String
    /// Folders that are to be removed with it when they are empty, innermost first.
    private let made: [String]
    private let hasFinalName: Bool
    private var isUsed = false

    /// - Parameter path: the folder of `--out`; nil for one under `runs` that takes its name later.
    /// - Throws: ``FileError``.
    public init(at path: String?) throws {
        hasFinalName = path != nil
        let wanted = path ?? "runs/.new-\(UUID().uuidString)"
        // Which of the folders are new, so that a run that writes nothing leaves nothing.
        var (new, rest) = ([String](), wanted)
        while rest.count > 1, rest.hasSuffix("/") { rest.removeLast() }
        self.path = rest
        while !rest.isEmpty, rest != "/", rest != ".", FileSystem.status(of: rest) == nil {
            new.append(rest)
            rest = FileSystem.folder(of: rest)
        }
        made = new
        try FileSystem.createFolders(self.path)
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

    /// Removes what was made and stayed empty.
    public func removeUnused() {
        guard !isUsed else { return }
        for folder in made where rmdir(folder) != 0 { return }
    }
}

internal import Foundation
internal import RLEditData
internal import RLEditRuns

/// The script of a run: its text, and the name under which messages speak of it.
struct RunScript: Sendable {
    /// As the user wrote it.
    let source: String
    /// Where the text was read: the source, or the copy in a run folder.
    let path: String
    let bytes: [UInt8]

    /// - Throws: ``RunError/unreadableScript(path:reason:)``.
    init(path: String, source: String? = nil) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw RunError.unreadableScript(path: path, reason: "there is no such file")
        }
        guard !isFolder.boolValue else { throw RunError.unreadableScript(path: path, reason: "it is a folder") }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw RunError.unreadableScript(path: path, reason: "it cannot be read")
        }
        self.source = source ?? path
        self.path = path
        bytes = Array(data)
    }

    /// The copy of a script in the folder of its run.
    /// - Throws: ``RunError/changedCopy(path:)`` when it or a module is not what the run was started with.
    init(copiedBy manifest: Manifest, in folder: String) throws {
        try self.init(path: "\(folder)/\(manifest.script.copy)", source: manifest.script.source)
        for file in [manifest.script] + manifest.modules {
            let copy = "\(folder)/\(file.copy)"
            guard let bytes = FileManager.default.contents(atPath: copy),
                SHA256Digest.hex(of: Array(bytes)) == file.hash
            else { throw RunError.changedCopy(path: copy) }
        }
    }

    /// Name of the copy in the run folder.
    var copyName: String { "\(RunFolder.scriptFolderName)/\((source as NSString).lastPathComponent)" }

    /// The file's name without folder and ending.
    var baseName: String { ((source as NSString).lastPathComponent as NSString).deletingPathExtension }

    var copied: Manifest.CopiedFile {
        Manifest.CopiedFile(source: source, copy: copyName, hash: SHA256Digest.hex(of: bytes))
    }
}

/// What stops a run before it begins.
package enum RunError: Error, Equatable, Sendable, CustomStringConvertible {
    case unreadableScript(path: String, reason: String)
    /// `--resume` of a run that has nothing left to do.
    case alreadyFinished(path: String)
    /// A copy in the run folder is not what the run was started with.
    case changedCopy(path: String)
    /// The script of a resumed run makes other sets than before, for example of other data.
    case changedSets(path: String)
    /// `--max-time` has passed before the run itself began.
    case timeOver(seconds: Double)
    /// Warnings of a run with `--strict`.
    case warnings(count: Int)
    /// `--resume` of a script that returned no task.
    case noTask(path: String)

    package var description: String {
        switch self {
        case .unreadableScript(let path, let reason): "cannot run '\(path)': \(reason)"
        case .alreadyFinished(let path): "'\(path)' is finished: there is nothing to resume"
        case .changedCopy(let path):
            "'\(path)' was changed after the run began: it cannot be resumed to the same numbers"
        case .changedSets(let path):
            "'\(path)' was begun with other examples: it cannot be resumed to the same numbers; "
                + "give the data it was begun with by --data"
        case .timeOver(let seconds):
            "the time of --max-time (\(seconds) s) has passed before the script was done"
        case .warnings(let count):
            count == 1 ? "the warning is an error with --strict" : "\(count) warnings are errors with --strict"
        case .noTask(let path): "'\(path)' returned no task: only runs of tasks can be resumed"
        }
    }
}

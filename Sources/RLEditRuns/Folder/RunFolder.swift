internal import Foundation

/// Why a folder cannot take a run.
public enum RunFolderError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Another process writes there now.
    case inUse(path: String, holder: String)
    /// `--out` names a folder with a finished or interrupted run.
    case holdsRun(path: String)
    /// `--out` names a folder with other files.
    case notEmpty(path: String, example: String)
    /// A run is wanted of something else; the reason says of what.
    case notARun(path: String, reason: String)
    /// A report is asked for of a run that has not ended.
    case notFinished(path: String)
    /// The run has written as much as it may.
    case sizeLimit(path: String, size: Int, limit: Int)
    /// A script has saved as much as it may.
    case savedTooMuch(name: String, bytes: Int, left: Int)

    public var description: String {
        switch self {
        case .inUse(let path, let holder):
            "'\(path)' is in use by another run\(holder.isEmpty ? "" : " (process \(holder))"); choose another --out"
        case .holdsRun(let path):
            "'\(path)' already holds a run; continue it with --resume \(path), or choose another --out"
        case .notEmpty(let path, let example):
            "'\(path)' is not empty (it holds '\(example)'); choose an empty or a new folder for --out"
        case .notARun(let path, let reason): "'\(path)' is not a run folder: \(reason)"
        case .notFinished(let path):
            "the run in '\(path)' has not ended: there is nothing to report yet; --resume \(path) goes on with it"
        case .savedTooMuch(let name, let bytes, let left):
            "cannot save '\(name)': \(bytes) bytes are more than the \(left) that the script may still write into the run "
                + "folder; --max-folder raises it"
        case .sizeLimit(let path, let size, let limit):
            "the run folder '\(path)' has reached \(size) bytes, over its limit of \(limit); --max-folder raises it"
        }
    }
}

/// The folder of one run, held under a lock for as long as this value lives. `docs/run-folder.md` describes the layout.
public final class RunFolder: Sendable {
    /// As the user named it or as it was chosen, without a trailing slash.
    public let path: String
    private let lock: FolderLock?

    public static let manifestName = "manifest.json"
    public static let metricsName = "metrics.jsonl"
    public static let timingName = "timing.jsonl"
    /// For TensorBoard, which looks for the second part of the name.
    public static let eventsName = "run.tfevents"
    public static let candidatesName = "candidates.csv"
    public static let examplesName = "examples.json"
    public static let checkpointsName = "checkpoints"
    public static let scriptFolderName = "script"
    public static let editedName = "edited.safetensors"
    /// Folder of the copies of a model's files, where it came from several.
    public static let editedPartsName = "edited"
    /// The same as the ONNX file that the model came from.
    public static let editedONNXName = "edited.onnx"
    public static let deltaName = "delta.safetensors"
    public static let bestSeenDeltaName = "delta-best-seen.safetensors"
    public static let summaryName = "summary.json"
    public static let reportName = "report.html"

    /// - Parameter lock: nil for a folder that is only read.
    private init(path: String, lock: FolderLock?) {
        self.path = path
        self.lock = lock
        if lock != nil { FileSystem.removeLeftovers(inTree: path) }
    }

    /// Why nothing can be written any more: the folder was removed, or has another name now. nil as long as it is there.
    /// Open files would go on taking bytes that nobody can read.
    public var absence: FileError? { lock?.absence(of: path) }

    /// A new folder `<root>/<task>-<yyyymmdd-hhmmss>`, with `-2`, `-3`, … when that is taken.
    /// - Parameters:
    ///   - time: when the run starts, in local time.
    ///   - reserved: a folder under `root` that becomes the new one.
    /// - Throws: ``FileError`` or ``RunFolderError``.
    public static func create(
        task: String, under root: String = "runs", time: Timestamp = .now, reserved: ReservedFolder? = nil
    ) throws -> RunFolder {
        do { try FileSystem.createFolders(root) } catch {
            throw FileError(
                operation: error.operation, path: error.path, reason: "\(error.reason); --out names another place")
        }
        let name = "\(folderName(forTask: task))-\(time.compact)"
        var number = 1
        while true {
            let path = number == 1 ? "\(root)/\(name)" : "\(root)/\(name)-\(number)"
            // Creating is atomic: of two runs that start in the same second each gets its own.
            if try reserved?.take(path) ?? FileSystem.createFolder(path) {
                return RunFolder(path: path, lock: try FolderLock(path))
            }
            number += 1
        }
    }

    /// The folder that `--out` names: new or empty.
    /// - Throws: ``FileError`` or ``RunFolderError``.
    public static func create(at path: String) throws -> RunFolder {
        let path = withoutTrailingSlash(path)
        try FileSystem.createFolders(path)
        // Once before a lock is left in somebody else's folder, and once more under the lock.
        try checkIsFree(path)
        let lock = try FolderLock(path)
        try checkIsFree(path)
        return RunFolder(path: path, lock: lock)
    }

    /// - Throws: ``RunFolderError`` for a folder with a run or other files.
    private static func checkIsFree(_ path: String) throws {
        // Hidden files do not count: version control keeps empty folders with them, and our lock is one.
        var names = try FileSystem.names(in: path).filter { !$0.hasPrefix(".") }
        if names.contains(manifestName) { throw RunFolderError.holdsRun(path: path) }
        // A run that was killed before it had a manifest leaves its lock and copies of its script.
        if FolderLock.isIn(path) {
            names.removeAll { $0 == scriptFolderName || FileSystem.isTemporary($0) }
        }
        if let first = names.first { throw RunFolderError.notEmpty(path: path, example: first) }
    }

    /// The folder that `--resume` names.
    /// - Parameter isReadOnly: whether somebody else holds its lock, and writes into it.
    /// - Throws: ``FileError`` or ``RunFolderError``.
    public static func open(_ path: String, isReadOnly: Bool = false) throws -> RunFolder {
        let path = withoutTrailingSlash(path)
        guard FileSystem.status(of: "\(path)/\(manifestName)") != nil else {
            throw RunFolderError.notARun(path: path, reason: reasonThatNoRunIsIn(path))
        }
        return RunFolder(path: path, lock: isReadOnly ? nil : try FolderLock(path))
    }

    /// What is there instead of a run, and what to do about it.
    static func reasonThatNoRunIsIn(_ path: String) -> String {
        func holds(_ name: String) -> Bool { FileSystem.status(of: "\(path)/\(name)") != nil }
        if holds(ComparisonFolder.cellsName) || holds(ComparisonFolder.jsonName) {
            return "it holds a comparison, which goes on when its command is given again: rledit-lua compare SCRIPT "
                + "--out \(path)"
        }
        if holds(SweepFolder.trialsName) || holds(Sweep.jsonName) {
            return "it holds a sweep, which goes on when its command is given again: rledit-lua sweep SCRIPT "
                + "--out \(path); each of its trials/ is a run"
        }
        // Links are followed: what counts is where they lead.
        guard let status = FileSystem.status(of: "\(path)/.") ?? FileSystem.status(of: path) else {
            return "there is no such folder"
        }
        return status.isFolder ? "it has no \(manifestName)" : "it is a file"
    }

    /// The sub-folder of one seed of a run over several, created when it is missing.
    public func seedFolder(_ seed: Int) throws -> RunFolder {
        let path = "\(path)/seed-\(seed)"
        _ = try FileSystem.createFolder(path)
        return RunFolder(path: path, lock: try FolderLock(path))
    }

    /// Seeds that have a sub-folder, ascending.
    public static func seeds(in path: String) throws(FileError) -> [Int] {
        try FileSystem.names(in: path).compactMap { $0.hasPrefix("seed-") ? Int($0.dropFirst(5)) : nil }.sorted()
    }

    /// Full path of a file of the run.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Write or replace a file of the run atomically; folders in `name` are created.
    public func write(_ bytes: [UInt8], to name: String) throws(FileError) {
        if let absence { throw absence }
        let target = file(name)
        if name.contains("/") { try FileSystem.createFolders(FileSystem.folder(of: target)) }
        try AtomicFile.write(bytes, to: target)
    }

    public func write(_ text: String, to name: String) throws(FileError) { try write(Array(text.utf8), to: name) }

    /// Bytes of all files of the run.
    public var size: Int { FileSystem.size(ofTree: path) }

    /// To be called before each checkpoint.
    /// - Throws: ``RunFolderError/sizeLimit(path:size:limit:)``.
    public func checkSize(limit: Int) throws(RunFolderError) {
        let size = size
        if size > limit { throw .sizeLimit(path: path, size: size, limit: limit) }
    }

    /// A task's name as part of a file name: letters, digits, `.`, `_` and `-`, at most 64 bytes.
    static func folderName(forTask task: String) -> String {
        let safe = task.unicodeScalars.map { scalar -> Character in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-": Character(scalar)
            default: "-"
            }
        }
        let name = String(safe.drop { $0 == "." || $0 == "-" }.prefix(64))
        return name.isEmpty ? "run" : name
    }

    private static func withoutTrailingSlash(_ path: String) -> String {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path.isEmpty ? "." : path
    }
}

/// The exclusive lock on `.lock` in a run folder. The system frees it when the process ends, however it ends; the file
/// stays, since removing it would let two later runs lock two different files of that name.
final class FolderLock: Sendable {
    static let runName = ".lock"

    private let descriptor: FileDescriptor
    private let name: String

    /// - Parameter name: of the file that is locked.
    init(_ folder: String, name: String = runName) throws {
        let path = "\(folder)/\(name)"
        self.name = name
        descriptor = try FileDescriptor(path, .update)
        guard try descriptor.tryLock() else {
            let holder = (try? FileSystem.read(path)).map { String(decoding: $0.prefix(20), as: UTF8.self) } ?? ""
            throw RunFolderError.inUse(path: folder, holder: holder.filter(\.isWholeNumber))
        }
        try descriptor.truncate(to: 0)
        try descriptor.write(Array("\(getpid())\n".utf8))
    }

    /// Whether a process has ever held the lock of a folder.
    static func isIn(_ folder: String) -> Bool { FileSystem.status(of: "\(folder)/\(runName)") != nil }

    /// Why the folder is no longer the one that was locked; nil when it is.
    func absence(of folder: String) -> FileError? {
        descriptor.isAt("\(folder)/\(name)")
            ? nil
            : FileError(operation: "write into", path: folder, reason: "the folder was removed or renamed meanwhile")
    }
}

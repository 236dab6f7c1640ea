/// No checkpoint of a run can be used.
public struct NoCheckpointError: Error, Sendable, CustomStringConvertible {
    public let folder: String
    /// Why each one that is there was passed over, newest first.
    public let faults: [any Error]
    public var description: String {
        faults.isEmpty
            ? "'\(folder)' holds no checkpoint: the run ended before its first one, start it again"
            : "'\(folder)' holds no usable checkpoint: \(faults.map { "\($0)" }.joined(separator: "; "))"
    }
}

/// The checkpoints of a run: the newest few and the best one, each in one file that is replaced atomically.
public struct CheckpointStore: Sendable {
    /// The folder `checkpoints` of a run.
    public let folder: String
    /// How many of the newest to keep. Two, so that damage to the last one costs one interval and not the run.
    public let kept: Int

    public static let bestName = "best.checkpoint"
    private static let prefix = "evaluation-"
    private static let suffix = ".checkpoint"

    public init(in run: RunFolder, kept: Int = 2) {
        self.init(folder: run.file(RunFolder.checkpointsName), kept: kept)
    }

    init(folder: String, kept: Int) {
        self.folder = folder
        self.kept = max(1, kept)
    }

    /// Write a checkpoint, then remove those that are no longer among the newest.
    ///
    /// Logs must be synchronized before, so that they hold at least the bytes whose number the checkpoint stores.
    /// - Parameter isBest: keep it also as the best so far.
    /// - Throws: ``FileError``; the earlier checkpoints are then still there.
    public func save(_ checkpoint: Checkpoint, isBest: Bool = false) throws {
        let bytes = try checkpoint.encoded()
        try FileSystem.createFolders(folder)
        try AtomicFile.write(bytes, to: "\(folder)/\(CheckpointStore.name(checkpoint.evaluations))")
        if isBest { try AtomicFile.write(bytes, to: "\(folder)/\(CheckpointStore.bestName)") }
        for name in try newestFirst().dropFirst(kept) { try FileSystem.removeFile("\(folder)/\(name)") }
    }

    /// The newest usable checkpoint.
    /// - Returns: it, and why newer ones were passed over.
    /// - Throws: ``NoCheckpointError``.
    public func loadLatest() throws -> (checkpoint: Checkpoint, passedOver: [any Error]) {
        var faults: [any Error] = []
        for name in (try? newestFirst()) ?? [] {
            do { return (try load(name), faults) } catch { faults.append(error) }
        }
        throw NoCheckpointError(folder: folder, faults: faults)
    }

    /// The checkpoint saved last as the best; nil when there is none.
    /// - Throws: ``DamagedFileError`` or ``FileError``.
    public func loadBest() throws -> Checkpoint? {
        guard FileSystem.status(of: "\(folder)/\(CheckpointStore.bestName)") != nil else { return nil }
        return try load(CheckpointStore.bestName)
    }

    private func load(_ name: String) throws -> Checkpoint {
        let path = "\(folder)/\(name)"
        return try Checkpoint(decoding: FileSystem.read(path), path: path)
    }

    /// Names in descending order of evaluations: numbers are padded, so the order of names is theirs.
    private func newestFirst() throws(FileError) -> [String] {
        try FileSystem.names(in: folder).filter {
            $0.hasPrefix(CheckpointStore.prefix) && $0.hasSuffix(CheckpointStore.suffix)
        }.reversed()
    }

    private static func name(_ evaluations: Int) -> String {
        let digits = String(evaluations)
        return prefix + String(repeating: "0", count: max(0, 12 - digits.count)) + digits + suffix
    }
}

internal import RLEditCore

/// Where a sweep keeps its trials.
public enum SweepFolder {
    public static let trialsName = "trials"

    /// What a folder holds that no trial has come into, empty folders first.
    public static func housekeeping(_ shard: SweepShard) -> [String] {
        [trialsName, TrialLedger.lockName(shard)]
    }

    /// Opens the folder, or makes it: one that is there must hold a sweep, or nothing. It is not locked, since the shards
    /// of a cluster job share it; the folder of each trial is.
    /// - Returns: the path without a trailing slash.
    /// - Throws: ``FileError`` or ``RunFolderError``.
    public static func open(_ path: String) throws -> String {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        try FileSystem.createFolders("\(path)")
        let names = try FileSystem.names(in: path).filter { !$0.hasPrefix(".") }
        if names.contains(RunFolder.manifestName) { throw RunFolderError.holdsRun(path: path) }
        if let first = names.first, !names.contains(trialsName) {
            throw RunFolderError.notEmpty(path: path, example: first)
        }
        _ = try FileSystem.createFolder("\(path)/\(trialsName)")
        return path
    }

    /// The folder of a trial within the sweep's. Its name has the settings, for people, and the beginning of the key, which
    /// changes with the script.
    public static func trialFolder(_ trial: SweepTrial, key: String) -> String {
        "\(trialsName)/\(RunFolder.folderName(forTask: trial.title.replacing("=", with: "-")))-\(key.prefix(8))"
    }
}

extension RunSummary {
    /// What a run folder's `summary.json` says; nil when there is none that can be read.
    public static func read(in folder: String) -> RunSummary? {
        guard let bytes = try? FileSystem.read("\(folder)/\(RunFolder.summaryName)"),
            let json = try? JSONValue(parsing: bytes)
        else { return nil }
        return RunSummary(json: json)
    }
}

internal import RLEditCore

/// What became of the trials of a sweep: JSON lines that only grow, the last word on a trial counts.
///
/// Each shard writes a file of its own, so that the processes of a cluster job never write to the same one; all read all.
public final class TrialLedger {
    public enum Status: String, Sendable {
        case finished, failed
    }

    public struct Entry: Sendable, Equatable {
        /// Digest of the script, the settings and all else that decides the trial.
        public var key: String
        public var trial: Int
        public var settings: [SweepTrial.Setting]
        public var status: Status
        /// Why it failed.
        public var reason: String?
        /// Its run folder, within the sweep's.
        public var folder: String
        /// Wall-clock seconds.
        public var seconds: Double

        public init(
            key: String, trial: Int, settings: [SweepTrial.Setting], status: Status, reason: String? = nil,
            folder: String, seconds: Double
        ) {
            self.key = key
            self.trial = trial
            self.settings = settings
            self.status = status
            self.reason = reason
            self.folder = folder
            self.seconds = seconds
        }
    }

    private let folder: String
    private let path: String
    /// Two processes of one shard would run the same trials, and cut each other's lines.
    private let lock: FolderLock
    private var entries: [String: Entry] = [:]

    /// Reads what the ledgers of a folder say, and holds the shard's own for as long as this value lives.
    /// - Throws: ``FileError``; ``RunFolderError/inUse(path:holder:)`` while another process works on the same shard.
    public init(in folder: String, shard: SweepShard) throws {
        self.folder = folder
        path = "\(folder)/\(TrialLedger.name(shard))"
        lock = try FolderLock(folder, name: TrialLedger.lockName(shard))
        // A trial that failed in one shard may have succeeded in another command since: finished wins.
        for name in try FileSystem.names(in: folder) where name.hasPrefix("ledger") && name.hasSuffix(".jsonl") {
            for entry in try TrialLedger.read("\(folder)/\(name)") {
                if entry.status == .failed, entries[entry.key]?.status == .finished { continue }
                entries[entry.key] = entry
            }
        }
    }

    private static func name(_ shard: SweepShard) -> String {
        shard == .whole ? "ledger.jsonl" : "ledger-\(shard.index)-of-\(shard.count).jsonl"
    }

    static func lockName(_ shard: SweepShard) -> String { ".\(name(shard)).lock" }

    public subscript(key: String) -> Entry? { entries[key] }

    /// Adds a line and hands it to the disk.
    public func add(_ entry: Entry) throws {
        if let absence = lock.absence(of: folder) { throw absence }
        // What a kill cut short in the middle of a line is dropped.
        let whole = (try? FileSystem.read(path)).map { bytes in (bytes.lastIndex(of: 0x0A) ?? -1) + 1 }
        let log = if let whole { try AppendLog(resuming: path, at: whole) } else { try AppendLog(creating: path) }
        // `resuming` cuts the file at the offset: everything before it stays.
        try log.append(entry.json)
        _ = try log.synchronize()
        entries[entry.key] = entry
    }

    /// Entries of a file, in order; a line that is not an entry (cut short by a kill) is passed over.
    private static func read(_ path: String) throws(FileError) -> [Entry] {
        try FileSystem.read(path).split(separator: 0x0A).compactMap { line in
            (try? JSONValue(parsing: Array(line))).flatMap(Entry.init)
        }
    }
}

extension TrialLedger.Entry {
    var json: JSONValue {
        var values = JSONObject()
        for setting in settings { values[setting.name] = .string(setting.value) }
        return [
            "key": .string(key), "trial": .integer(trial), "settings": .object(values),
            "status": .string(status.rawValue), "reason": reason.map(JSONValue.string) ?? .null,
            "folder": .string(folder), "seconds": .number(seconds),
        ]
    }

    init?(json: JSONValue) {
        guard let key = json["key"]?.string, let trial = json["trial"]?.integer,
            let status = json["status"]?.string.flatMap(TrialLedger.Status.init(rawValue:)),
            let folder = json["folder"]?.string
        else { return nil }
        self.init(
            key: key, trial: trial,
            settings: (json["settings"]?.object?.members ?? []).compactMap { member in
                member.value.string.map { SweepTrial.Setting(name: member.key, value: $0) }
            }, status: status, reason: json["reason"]?.string, folder: folder,
            seconds: json["seconds"]?.double ?? .nan)
    }
}

internal import RLEditCore
internal import RLEditWorlds

/// What a running loop writes into its folder: a line per update, a row per candidate, checkpoints.
public final class RunLogs {
    /// The run's checkpoints.
    public let store: CheckpointStore
    private let folder: RunFolder
    private let metrics: AppendLog
    private let timing: AppendLog
    private let events: EventLog?
    private var candidates: CandidateLog?
    private var columns: [(metric: SetMetric, set: Int)?] = []
    private let checkpointInterval: Double
    private let sizeLimit: Int
    private let started: Double
    private var lastCheckpoint: Double
    private let clock: () -> Double
    private var held: Checkpoint?
    /// Seconds spent on checkpoints that stay in memory.
    private var holdingSeconds = 0.0

    /// Seconds between checkpoints by default: a kill costs little work, and writing them takes less than 1 % of the time.
    public static let defaultCheckpointInterval = 10.0
    /// Bytes that a run may write by default.
    public static let defaultSizeLimit = 2 << 30

    /// - Parameters:
    ///   - checkpoint: of the run to continue, whose logs are cut back to it; nil for a new run.
    ///   - eventTexts: what TensorBoard shows as text beside the numbers; nil for no file for it.
    ///   - clock: seconds from any start, never going back; nil for the system's.
    /// - Throws: ``FileError``, ``LogResumeError``.
    public init(
        in folder: RunFolder, continuing checkpoint: Checkpoint? = nil,
        checkpointInterval: Double = RunLogs.defaultCheckpointInterval, sizeLimit: Int = RunLogs.defaultSizeLimit,
        eventTexts: [(name: String, text: String)]? = nil, clock: (() -> Double)? = nil
    ) throws {
        self.folder = folder
        self.checkpointInterval = checkpointInterval
        self.sizeLimit = sizeLimit
        let clock = clock ?? monotonicSeconds
        self.clock = clock
        store = CheckpointStore(in: folder)
        started = clock()
        lastCheckpoint = started
        if let checkpoint {
            metrics = try AppendLog(
                resuming: folder.file(RunFolder.metricsName), at: checkpoint.logOffsets[RunFolder.metricsName] ?? 0)
            timing = try AppendLog(
                resuming: folder.file(RunFolder.timingName), at: checkpoint.logOffsets[RunFolder.timingName] ?? 0)
            resumedCandidatesOffset = checkpoint.logOffsets[RunFolder.candidatesName]
        } else {
            metrics = try AppendLog(creating: folder.file(RunFolder.metricsName))
            timing = try AppendLog(creating: folder.file(RunFolder.timingName))
        }
        guard let eventTexts else {
            events = nil
            return
        }
        let events = try EventLog(creating: folder.file(RunFolder.eventsName), clock: clock)
        for (name, text) in eventTexts { try events.add(text, named: name) }
        // A resumed run writes the file again from its beginning.
        for record in try UpdateRecord.read(metrics.path) { try events.add(record) }
        self.events = events
    }

    private var resumedCandidatesOffset: Int?

    /// A row for a candidate: its reward and the metrics that the reward reads.
    func add(candidate: Int, of batch: EvaluationBatch, reward: Double, evaluation: Int) throws {
        let log = try candidates ?? openCandidates(batch.measured, sets: batch.setNames)
        let values = try columns.map { column in
            try column.map { try batch.value($0.metric, candidate: candidate, set: $0.set) } ?? .nan
        }
        try log.append(evaluation: evaluation, reward: reward, values: values)
    }

    /// The columns are what the reward has read by the end of the first step; a resumed log keeps those that it has.
    private func openCandidates(_ selection: MetricSelection, sets: [String]) throws -> CandidateLog {
        let path = folder.file(RunFolder.candidatesName)
        let all = sets.indices.flatMap { set in
            SetMetric.allCases.map { (metric: $0, set: set, name: "\(sets[set]).\($0.name)") }
        }
        let log: CandidateLog
        if let offset = resumedCandidatesOffset {
            log = try CandidateLog(resuming: path, at: offset)
            // A column that this version does not know stays empty.
            columns = log.measures.map { name in
                all.first { $0.name == name }.map { ($0.metric, $0.set) }
            }
        } else {
            let read = all.filter { selection.contains($0.metric, set: $0.set) }
            log = try CandidateLog(creating: path, measures: read.map(\.name))
            columns = read.map { ($0.metric, $0.set) }
        }
        candidates = log
        return log
    }

    /// A line for an update, and one beside it with what is not deterministic.
    func add(_ record: UpdateRecord) throws {
        try metrics.append(record.json)
        try events?.add(record)
        let seconds = clock() - started
        try timing.append([
            "update": .integer(record.update), "seconds": .number(seconds),
            "evaluations_per_second": .number(seconds > 0 ? Double(record.evaluations) / seconds : 0),
        ])
    }

    /// What TensorBoard shows of the results.
    package func add(_ result: SeedResult) throws(FileError) {
        try events?.add(result)
        try events?.flush()
    }

    /// Whether the interval since the last checkpoint has passed.
    var isCheckpointDue: Bool { clock() - lastCheckpoint >= checkpointInterval }

    /// Hands all logs to the disk, then writes the checkpoint that counts on them.
    func save(_ checkpoint: Checkpoint, isBest: Bool) throws {
        var checkpoint = checkpoint
        checkpoint.logOffsets[RunFolder.metricsName] = try metrics.synchronize()
        checkpoint.logOffsets[RunFolder.timingName] = try timing.synchronize()
        if let candidates { checkpoint.logOffsets[RunFolder.candidatesName] = try candidates.synchronize() }
        if let absence = folder.absence { throw absence }
        try folder.checkSize(limit: sizeLimit)
        try store.save(checkpoint, isBest: isBest)
        lastCheckpoint = clock()
        held = nil
    }

    /// Keeps a checkpoint in memory, to be written if the run fails before the next one is due. Skipped as long as making
    /// them has taken more than 2 % of the run.
    func hold(_ make: () throws -> Checkpoint) rethrows {
        let begun = clock()
        guard holdingSeconds <= 0.02 * (begun - started) else { return }
        var checkpoint = try make()
        checkpoint.logOffsets[RunFolder.metricsName] = metrics.length
        checkpoint.logOffsets[RunFolder.timingName] = timing.length
        if let candidates { checkpoint.logOffsets[RunFolder.candidatesName] = candidates.length }
        held = checkpoint
        holdingSeconds += clock() - begun
    }

    /// Writes the checkpoint in memory, if it is newer than the last one on disk, and all that was logged.
    func saveHeld() throws {
        if let absence = folder.absence { throw absence }
        _ = try metrics.synchronize()
        _ = try timing.synchronize()
        _ = try candidates?.synchronize()
        if let held { try store.save(held) }
        held = nil
    }

    /// Hands everything written so far to the system.
    public func flush() throws {
        if let absence = folder.absence { throw absence }
        try metrics.flush()
        try timing.flush()
        try events?.flush()
        try candidates?.flush()
    }
}

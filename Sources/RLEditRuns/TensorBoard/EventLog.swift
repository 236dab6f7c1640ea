internal import Foundation
internal import RLEditCore

/// The event file of a run for TensorBoard: rewards, terms, what the learner logs, held-out results, the text of the
/// script. Steps are evaluations.
///
/// Each record is its length, a checksum of that, the message and its checksum (TFRecord).
final class EventLog {
    private let log: AppendLog
    private let clock: () -> Double
    private var lastFlush: Double

    /// Seconds after which TensorBoard gets to see what was added.
    private static let patience = 2.0

    /// Begins the file, replacing one of that name.
    init(creating path: String, clock: @escaping () -> Double) throws(FileError) {
        log = try AppendLog(creating: path)
        self.clock = clock
        lastFlush = clock()
        try add(.version(wallTime: EventLog.now))
    }

    private static var now: Double { Date().timeIntervalSince1970 }

    /// Shown as it is: Markdown takes indented lines for code.
    func add(_ text: String, named name: String) throws(FileError) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }
        try add(.text(lines.joined(separator: "\n"), tag: name, wallTime: EventLog.now))
    }

    func add(_ record: UpdateRecord) throws(FileError) {
        let reward = record.reward
        var values = [
            ("reward/mean", reward.mean), ("reward/min", reward.minimum), ("reward/q10", reward.lowerDecile),
            ("reward/median", reward.median), ("reward/q90", reward.upperDecile), ("reward/max", reward.maximum),
            ("reward/best", record.bestReward),
        ]
        values += record.terms.map { ("terms/\($0.name)", $0.value) }
        values += record.learner.map { ("learner/\($0.name)", $0.value) }
        if record.invalidRewards > 0 { values.append(("reward/invalid", Double(record.invalidRewards))) }
        try add(values, step: record.evaluations)
    }

    /// The held-out results: of the unedited model at step 0, of the edits at the end.
    func add(_ result: SeedResult) throws(FileError) {
        for held in result.heldOut {
            for entry in held.stages.entries {
                let isBefore = entry.stage == .before
                // One line from before to the edit, for each edit and each model to compare with.
                for stage in isBefore ? held.stages.stages.filter({ $0 != .before }) : [entry.stage] {
                    try add(
                        entry.value.map { ("heldout/\(held.set).\($0.name)/\(stage.name)", $0.value) },
                        step: isBefore ? 0 : result.evaluations)
                }
            }
        }
    }

    /// Numbers that are not finite are left out.
    private func add(_ values: [(tag: String, value: Double)], step: Int) throws(FileError) {
        let finite = values.filter(\.value.isFinite)
        if !finite.isEmpty { try add(.scalars(finite, step: step, wallTime: EventLog.now)) }
        if clock() - lastFlush >= EventLog.patience { try flush() }
    }

    private func add(_ message: EventMessage) throws(FileError) {
        func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
            withUnsafeBytes(of: number.littleEndian) { Array($0) }
        }
        let length = littleEndian(UInt64(message.bytes.count))
        try log.append(
            bytes: length + littleEndian(CRC32C.masked(length)) + message.bytes
                + littleEndian(CRC32C.masked(message.bytes)))
    }

    func flush() throws(FileError) {
        lastFlush = clock()
        try log.flush()
    }
}

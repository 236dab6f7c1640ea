import Foundation
import RLEditCore
import RLEditLearners
import RLEditRuns
import Testing

@Suite("Rescoring")
struct RescoringTests {
    private func rescoring(_ recorded: [Double], _ rewards: [Double]) -> Rescoring {
        Rescoring(
            RecordedCandidates(
                seed: 3,
                table: CandidateTable(
                    columns: ["reward", "forget.accuracy"], evaluations: recorded.indices.map { 10 + $0 },
                    values: [recorded, recorded.map { 1 - $0 }]), unedited: [], sets: [("forget", 5)]),
            rewards: rewards)
    }

    @Test("Spearman's correlation shares places among equals, as worked by hand")
    func spearman() {
        // Ranks 1, 2.5, 2.5, 4 and 1, 2, 4, 3: 3 / √(4.5 · 5).
        let some = rescoring([4, 3, 3, 1], [4, 3, 1, 2])
        #expect(abs(some.spearman - 3 / (4.5 * 5).squareRoot()) < 1e-12)
        #expect(rescoring([1, 2, 3], [10, 20, 30]).spearman == 1)
        #expect(rescoring([1, 2, 3], [3, 2, 1]).spearman == -1)
        #expect(rescoring([1, 2, 3], [5, 5, 5]).spearman.isNaN)
    }

    @Test("The winner is the first of the best, and those that move furthest are named")
    func winner() {
        let some = rescoring([5, 4, 3, 2, 1], [1, 7, 3, 7, 2])
        #expect(some.recordedBest == 0 && some.best == 1)
        // Places 1, 2, 3, 4, 5 become 5, 1.5, 3, 1.5, 4.
        #expect(some.moved(1).up == [3] && some.moved(1).down == [0])
        #expect(some.moved(9).up == [3, 4, 1] && some.moved(9).down == [0])
        #expect(some.text.contains("seed 3: 5 candidates") && some.text.contains("ranked higher now"))
        #expect(some.json["best"]?["evaluation"]?.integer == 11)
        #expect(some.json["best"]?["forget.accuracy"]?.double == -3)
        #expect(rescoring([], []).best == nil)
    }
}

@Suite("Event files")
struct EventFileTests {
    @Test("CRC-32C has the values of RFC 3720")
    func checksum() {
        #expect(CRC32C.of([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.of([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(CRC32C.of((0..<32).map { UInt8($0) }) == 0x46DD_794E)
        #expect(CRC32C.of(Array("123456789".utf8)) == 0xE306_9283)
    }

    @Test("Each record is framed by its length and checksums, and a resumed log writes the whole file again")
    func records() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder.create(at: folder.file("run"))
        let texts = [(name: "script/t", text: "return 1\n")]
        let logs = try RunLogs(in: run, eventTexts: texts)
        var result = SampleRun.summary().seeds[0]
        result.evaluations = 64
        try logs.add(result)
        let records = try EventFileTests.records(folder.bytes("run/run.tfevents"))
        #expect(records.first.map { String(decoding: $0.suffix(13), as: UTF8.self) } == "brain.Event:2")
        #expect(records.count > 4)
        func holds(_ text: String, _ records: [[UInt8]]) -> Bool {
            records.contains { String(decoding: $0, as: UTF8.self).contains(text) }
        }
        #expect(holds("    return 1", records) && holds("heldout/forget.accuracy/mean_policy", records))
        try logs.flush()

        let record = UpdateRecord(
            update: 1, evaluations: 64, progress: 1, reward: try #require(RewardStatistics([1, 2])), bestReward: 2,
            terms: [.init("lost", 0.5)], learner: [.init("none", .nan)])
        let line = record.json.text + "\n"
        try folder.write(line, "run/metrics.jsonl")
        var checkpoint = Checkpoint(evaluations: 64, learner: .init())
        checkpoint.logOffsets = [
            RunFolder.metricsName: line.utf8.count, RunFolder.timingName: 0,
        ]
        let resumed = try RunLogs(in: run, continuing: checkpoint, eventTexts: texts)
        try resumed.flush()
        let again = try EventFileTests.records(folder.bytes("run/run.tfevents"))
        #expect(again.count == 3 && holds("terms/lost", again) && holds("reward/best", again))
        #expect(!holds("learner/none", again))
    }

    /// The messages of a file whose checksums are right.
    private static func records(_ bytes: [UInt8]) throws -> [[UInt8]] {
        func number(_ place: Int, _ count: Int) -> Int {
            (0..<count).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
        }
        func masked(_ bytes: ArraySlice<UInt8>) -> Int {
            let value = CRC32C.of(bytes)
            return Int((value >> 15 | value << 17) &+ 0xA282_EAD8)
        }
        var (records, place) = ([[UInt8]](), 0)
        while place < bytes.count {
            let length = number(place, 8)
            try #require(number(place + 8, 4) == masked(bytes[place..<place + 8]))
            let message = bytes[place + 12..<place + 12 + length]
            try #require(number(place + 12 + length, 4) == masked(message))
            records.append(Array(message))
            place += 16 + length
        }
        return records
    }
}

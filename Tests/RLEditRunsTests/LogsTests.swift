import RLEditCore
import RLEditRuns
import Testing

@Suite("Logs")
struct LogsTests {
    @Test("A log that is cut back and continued has the bytes of one that never stopped")
    func resume() throws {
        let folder = try TemporaryFolder()
        let whole = SampleRun.updates(count: 20)
        let uninterrupted = try AppendLog(creating: folder.file("whole.jsonl"))
        for record in whole { try uninterrupted.append(record.json) }
        _ = try uninterrupted.synchronize()

        var offset = 0
        do {
            let killed = try AppendLog(creating: folder.file("killed.jsonl"))
            for record in whole[..<8] { try killed.append(record.json) }
            offset = try killed.synchronize()
            // Written after the checkpoint and cut in the middle of a line, as by a kill.
            try killed.append(line: "{\"update\":9,\"evalua")
            try killed.flush()
        }
        let resumed = try AppendLog(resuming: folder.file("killed.jsonl"), at: offset)
        #expect(resumed.length == offset)
        for record in whole[8...] { try resumed.append(record.json) }
        try resumed.flush()
        #expect(folder.bytes("killed.jsonl") == folder.bytes("whole.jsonl"))
    }

    @Test("A log shorter than its checkpoint says so")
    func tooShort() throws {
        let folder = try TemporaryFolder()
        try folder.write("12345", "log")
        #expect(
            failure { _ = try AppendLog(resuming: folder.file("log"), at: 6) }
                == "cannot resume '\(folder.file("log"))': the checkpoint was taken after 6 bytes of it, only 5 are left"
        )
        #expect(folder.text("log") == "12345")
    }

    @Test("Updates read back equal, and a line cut short is left out")
    func updates() throws {
        let folder = try TemporaryFolder()
        let records = SampleRun.updates(count: 3)
        let text = records.map { $0.json.text }.joined(separator: "\n")
        try folder.write(text + "\n{\"update\":4,", "metrics.jsonl")
        #expect(try UpdateRecord.read(folder.file("metrics.jsonl")) == records)
    }

    @Test("Reward statistics follow linear quantiles")
    func statistics() throws {
        // numpy.quantile([3, 1, 2, 10], [0.1, 0.5, 0.9]) = 1.3, 2.5, 7.9
        let statistics = try #require(RewardStatistics([3, 1, 2, 10]))
        #expect(statistics.mean == 4 && statistics.minimum == 1 && statistics.maximum == 10)
        #expect(abs(statistics.lowerDecile - 1.3) < 1e-12)
        #expect(statistics.median == 2.5)
        #expect(abs(statistics.upperDecile - 7.9) < 1e-12)
        #expect(RewardStatistics([]) == nil)
    }

    @Test("Candidates are a table that reads back, names with commas and quotes included")
    func candidates() throws {
        let folder = try TemporaryFolder()
        let names = ["forget.accuracy", "a,b", "\"q\"", "say \"x\""]
        let log = try CandidateLog(creating: folder.file("candidates.csv"), measures: names)
        try log.append(evaluation: 1, reward: 1.5, values: [0.1, 2, 3, 4])
        try log.append(evaluation: 2, reward: .nan, values: [0.25])
        let offset = try log.synchronize()
        try log.append(evaluation: 3, reward: 9, values: [1, 1, 1, 1])
        try log.flush()
        let resumed = try CandidateLog(resuming: folder.file("candidates.csv"), at: offset)
        try resumed.append(evaluation: 3, reward: 2, values: [0.5, 0, 0, 0])
        try resumed.flush()
        #expect(
            folder.text("candidates.csv") == """
                evaluation,reward,forget.accuracy,"a,b",\"""q\""","say ""x\"""
                1,1.5,0.1,2.0,3.0,4.0
                2,,0.25,,,
                3,2.0,0.5,0.0,0.0,0.0

                """)
        let table = try CandidateTable.read(folder.file("candidates.csv"))
        #expect(table.columns == ["reward"] + names)
        #expect(table.evaluations == [1, 2, 3])
        #expect(table["forget.accuracy"] == [0.1, 0.25, 0.5])
        #expect(table["reward"]?[1].isNaN == true)
    }
}

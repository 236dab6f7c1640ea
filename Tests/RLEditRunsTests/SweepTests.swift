import RLEditRuns
import Testing

@Suite struct SweepPlanTests {
    private static func titles(_ plan: SweepPlan) -> [String] { plan.trials.map(\.title) }

    @Test("a grid has every combination, the last setting changing fastest")
    func grid() throws {
        let plan = try SweepPlan(grids: [SettingGrid("rank=1,2"), SettingGrid("world=mask,shift")])
        #expect(
            Self.titles(plan) == [
                "rank=1,world=mask", "rank=1,world=shift", "rank=2,world=mask", "rank=2,world=shift",
            ])
        #expect(plan.trials.map(\.number) == [1, 2, 3, 4])
    }

    @Test("shards are disjoint, cover the plan, and differ by at most one trial")
    func shards() throws {
        let plan = try SweepPlan(grids: [SettingGrid("a=1,2,3,4,5,6,7")])
        let shards = try (1...3).map { index in
            let shard = try SweepShard("\(index)/3")
            return plan.trials.filter(shard.contains).map(\.number)
        }
        #expect(shards == [[1, 4, 7], [2, 5], [3, 6]])
        #expect(plan.trials.allSatisfy(SweepShard.whole.contains))
    }

    @Test("random trials lie in their ranges, and more of them begin with the same ones")
    func random() throws {
        let grids = [try SettingGrid("world=mask,shift")]
        let ranges = [try SettingRange("scale=0.1:10:log"), try SettingRange("steps=1:3")]
        let plan = try SweepPlan(random: 300, grids: grids, ranges: ranges, seed: 7)
        #expect(try SweepPlan(random: 5, grids: grids, ranges: ranges, seed: 7).trials == Array(plan.trials.prefix(5)))
        #expect(try SweepPlan(random: 5, grids: grids, ranges: ranges, seed: 8).trials != Array(plan.trials.prefix(5)))
        func values(_ place: Int) -> [String] { plan.trials.map { $0.settings[place].value } }
        let scales = values(1).compactMap(Double.init)
        #expect(scales.count == 300 && scales.allSatisfy { (0.1...10).contains($0) })
        // Half of the draws lie below the geometric mean of the ends, 1.
        #expect((110...190).contains(scales.count { $0 < 1 }))
        for whole in ["1", "2", "3"] { #expect((60...140).contains(values(2).count { $0 == whole })) }
        #expect((100...200).contains(values(0).count { $0 == "mask" }))
    }

    @Test("what cannot be meant is refused with its words")
    func faults() {
        func message(_ body: () throws -> Void) -> String {
            do { try body() } catch { return "\(error)" }
            return ""
        }
        #expect(message { _ = try SettingGrid("rank") } == "--grid wants name=value,value,…, got 'rank'")
        #expect(message { _ = try SettingGrid("a b=1") } == "--grid wants name=value,value,…, got 'a b=1'")
        #expect(message { _ = try SettingGrid("rank=1,,2") } == "--grid rank=1,,2: a value is missing")
        #expect(message { _ = try SettingGrid("rank=1,1") } == "--grid rank lists 1 twice")
        #expect(message { _ = try SettingRange("a=2:1") }.hasSuffix("two numbers expected, the lower one first"))
        #expect(message { _ = try SettingRange("a=1:inf") }.hasSuffix("two numbers expected, the lower one first"))
        #expect(message { _ = try SweepShard("0/2") } == "--shard 0/2: the shards of 2 are 1 to 2")
        #expect(message { _ = try SweepShard("1") } == "--shard wants i/n, for example 2/8, got '1'")
        #expect(
            message { _ = try SweepPlan(grids: [SettingGrid("a=1"), SettingGrid("a=2")]) }
                == "the setting 'a' is swept twice")
        let many = "=" + (0..<1000).map(String.init).joined(separator: ",")
        #expect(
            message {
                _ = try SweepPlan(grids: ["a", "b", "c", "d", "e", "f", "g"].map { try SettingGrid($0 + many) })
            }
                == "a sweep has 1 to 100000 trials")
    }
}

@Suite struct TrialLedgerTests {
    private static func entry(_ key: String, _ status: TrialLedger.Status, _ reason: String? = nil) throws
        -> TrialLedger.Entry
    {
        let trial = try SweepPlan(grids: [SettingGrid("rank=1")]).trials[0]
        return TrialLedger.Entry(
            key: key, trial: 1, settings: trial.settings, status: status, reason: reason, folder: "trials/rank-1",
            seconds: 0.5)
    }

    @Test("what is written is read again, the last word on a trial first")
    func lastWord() throws {
        let temporary = try TemporaryFolder()
        do {
            let ledger = try TrialLedger(in: temporary.path, shard: .whole)
            try ledger.add(Self.entry("a", .failed, "no \"data\""))
            try ledger.add(Self.entry("b", .finished))
            #expect(ledger["a"]?.reason == "no \"data\"")
            try ledger.add(Self.entry("a", .finished))
        }
        let again = try TrialLedger(in: temporary.path, shard: .whole)
        #expect(try again["a"] == Self.entry("a", .finished))
        #expect(try again["b"] == Self.entry("b", .finished))
        #expect(again["c"] == nil)
    }

    @Test("each shard writes its own file and reads all; a finished trial is never undone")
    func shards() throws {
        let temporary = try TemporaryFolder()
        let first = try TrialLedger(in: temporary.path, shard: SweepShard("1/2"))
        try first.add(Self.entry("a", .finished))
        let second = try TrialLedger(in: temporary.path, shard: SweepShard("2/2"))
        #expect(second["a"]?.status == .finished)
        try second.add(Self.entry("b", .failed, "x"))
        try second.add(Self.entry("a", .failed, "x"))
        let all = try TrialLedger(in: temporary.path, shard: .whole)
        #expect(all["a"]?.status == .finished)
        #expect(all["b"]?.status == .failed)
    }

    @Test("two processes of one shard exclude each other, those of two shards do not")
    func lock() throws {
        let temporary = try TemporaryFolder()
        let first = try TrialLedger(in: temporary.path, shard: .whole)
        #expect(failure { _ = try TrialLedger(in: temporary.path, shard: .whole) }?.contains("is in use by") == true)
        _ = try TrialLedger(in: temporary.path, shard: SweepShard("1/2"))
        try withExtendedLifetime(first) { try first.add(Self.entry("a", .finished)) }
    }

    @Test("a line that a kill cut short is passed over, and the next one does not join it")
    func cutShort() throws {
        let temporary = try TemporaryFolder()
        do {
            let ledger = try TrialLedger(in: temporary.path, shard: .whole)
            try ledger.add(Self.entry("a", .finished))
        }
        let path = "\(temporary.path)/ledger.jsonl"
        let whole = temporary.bytes("ledger.jsonl")
        try AtomicFile.write(whole + Array("{\"key\": \"b\", \"tri".utf8), to: path)
        do {
            let again = try TrialLedger(in: temporary.path, shard: .whole)
            #expect(again["a"] != nil && again["b"] == nil)
            try again.add(Self.entry("c", .finished))
        }
        let last = try TrialLedger(in: temporary.path, shard: .whole)
        #expect(last["a"] != nil && last["c"] != nil)
    }
}

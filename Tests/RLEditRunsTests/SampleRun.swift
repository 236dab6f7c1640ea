import Foundation
import RLEditCore
import RLEditRuns
import RLEditTensor

/// A run that never was, with the figures of a plausible one, for the tests of tables and reports.
enum SampleRun {
    static func manifest(seeds: [Int] = [0]) -> Manifest {
        var manifest = Manifest(
            task: "unlearn-7", world: "MaskWorld", learner: "PPO", started: Timestamp(seconds: 1_769_900_000),
            seed: seeds.count == 1 ? seeds[0] : nil, seeds: seeds,
            script: .init(source: "examples/unlearn_digit.lua", copy: "script/unlearn_digit.lua", hash: digest("a1")),
            numericKernels: "oneDNN 2.6 avx512_core_vnni")
        manifest.status = .finished
        manifest.ended = Timestamp(seconds: 1_769_900_003)
        manifest.modules = [.init(source: "examples/helpers.lua", copy: "script/helpers.lua", hash: digest("b2"))]
        manifest.configuration = [
            "world": ["layer": "fc2", "rank": 1, "scale": 4.0, "horizon": 1],
            "learner": ["steps": 8192, "learning_rate": "linear(0.0003, 0)", "clip_range": 0.2],
        ]
        manifest.options = ["workers": 2]
        manifest.versions = ["rledit": "0.1.0", "lua": "5.4.4"]
        manifest.data = [.init(name: "mnist", file: "mnist/train-images-idx3-ubyte.gz", hash: digest("c3"))]
        manifest.sets = [
            .init(name: "forget", heldOut: false, examples: 500, hash: digest("d4")),
            .init(name: "retain", heldOut: true, examples: 8_972, hash: digest("e5")),
        ]
        manifest.walls = ["library", "landlock", "seccomp"]
        return manifest
    }

    static func summary(seeds: [Int] = [0], hasMeanPolicy: Bool = true) -> RunSummary {
        RunSummary(
            task: "unlearn-7", run: "runs/unlearn-7-20260131-235320", world: "MaskWorld", learner: "PPO", seconds: 2.4,
            data: .init(name: "mnist", hash: digest("c3")),
            seeds: seeds.map { seedResult($0, hasMeanPolicy: hasMeanPolicy) })
    }

    /// A run that is compared with some models: `method_1`, which costs 10 kFE, `method_2`, which costs 20, … and the
    /// last, whose cost nobody counted when there are more than two.
    static func comparison(models: Int, seeds: [Int] = [0]) -> RunSummary {
        var summary = summary(seeds: seeds)
        for index in summary.seeds.indices {
            for number in 1...models {
                let stage = Stage("method_\(number)")
                summary.seeds[index].heldOut[0][stage] = [.init("accuracy", 0), .init("loss", 8)]
                summary.seeds[index].heldOut[1][stage] = [
                    .init("accuracy", 0.9 + 0.01 * Double(number)), .init("loss", 0.25),
                ]
                guard number <= 2 || number < models else { continue }
                summary.seeds[index].costs[stage] = ModelCost(kfe: 10 * Double(number), seconds: 0.5)
            }
        }
        return summary
    }

    private static func seedResult(_ seed: Int, hasMeanPolicy: Bool) -> SeedResult {
        let shift = 0.001 * Double(seed)
        let heldOut: [HeldOutResult] = [
            HeldOutResult(
                set: "forget", before: [.init("accuracy", 0.98), .init("loss", 0.06)],
                meanPolicy: hasMeanPolicy ? [.init("accuracy", shift), .init("loss", 9.1)] : nil,
                bestSeen: [.init("accuracy", 0), .init("loss", 8.7)]),
            HeldOutResult(
                set: "retain", before: [.init("accuracy", 0.98), .init("loss", 0.07)],
                meanPolicy: hasMeanPolicy ? [.init("accuracy", 0.97 + shift), .init("loss", 0.11)] : nil,
                bestSeen: [.init("accuracy", 0.97), .init("loss", 0.12)]),
        ]
        let classes = (0..<10).map { (label: Int) -> ClassResult in
            let meanPolicy = label == 7 ? shift : 0.965 + 0.002 * Double(label)
            return ClassResult(
                label: "\(label)", examples: 1000, before: 0.97 + 0.002 * Double(label),
                meanPolicy: hasMeanPolicy ? meanPolicy : nil,
                bestSeen: label == 7 ? 0.002 : 0.96 + 0.001 * Double(label), isTarget: label == 7)
        }
        return SeedResult(
            seed: seed, evaluations: 8192, evaluationsToTarget: 1216 + 10 * seed, bestReward: 1.978 - shift,
            seconds: 2.4, heldOut: heldOut, classes: classes)
    }

    /// A run on groups, with a model to compare with; the last group lacks negative examples.
    static func biasSummary(seeds: [Int] = [0]) -> RunSummary {
        let stages = [Stage.before, .meanPolicy, Stage("threshold")]
        func numbers(_ names: [String], _ values: [Double]) -> [NamedNumber] {
            zip(names, values).map { NamedNumber($0, $1) }
        }
        let names = ["accuracy", "auc", "fped", "fned", "error_difference_at_eer", "final_auc"]
        let shown = [
            [0.9, 0.95, 1.5, 0.7, 2.1, 0.7], [0.91, 0.96, 0.6, 0.4, 1.2, .nan], [0.89, 0.95, 0.5, 0.7, 2.1, 0.7],
        ]
        let groupNames = ["false_positive_rate", "false_negative_rate", "auc", "bpsn_auc", "bnsp_auc"]
        let lacking = [
            [.nan, 0.2, .nan, .nan, 0.7], [.nan, 0.1, .nan, .nan, 0.8], [.nan, 0.3, .nan, .nan, 0.6],
        ]
        let results = seeds.map { seed -> SeedResult in
            var heldOut = HeldOutResult(set: "identity", thresholdSet: "identity")
            for (stage, values) in zip(stages, shown) { heldOut[stage] = numbers(names, values) }
            var groups = ["gay", "deaf"].enumerated().map { index, name in
                GroupResult(
                    set: "identity", group: name, examples: 100,
                    stages: StageValues(
                        stages.enumerated().map { place, stage in
                            let rate = 0.3 - 0.1 * Double(place) + 0.2 * Double(index)
                            return (stage, numbers(groupNames, [rate, rate / 2, 0.9, 0.8, 0.85]))
                        }))
            }
            groups.append(
                GroupResult(
                    set: "identity", group: "elderly <aunt>", examples: 40,
                    stages: StageValues(zip(stages, lacking).map { ($0, numbers(groupNames, $1)) })))
            return SeedResult(
                seed: seed, evaluations: 100, bestReward: 1.2, seconds: 1, heldOut: [heldOut], groups: groups)
        }
        return RunSummary(
            task: "debias", run: "runs/debias", world: "ShiftWorld", learner: "PPO", seconds: 1, data: nil,
            seeds: results)
    }

    static func updates(seed: Int = 0, count: Int = 32) -> [UpdateRecord] {
        var random = RandomStream(seed: UInt64(seed), name: "sample")
        var best = -Double.infinity
        return (1...count).map { update in
            let level = 1.95 - 0.9 * exp(-Double(update) / 6)
            let spread = 0.6 * exp(-Double(update) / 9)
            var rewards: [Double] = []
            for _ in 0..<256 { rewards.append(min(level + spread * Double(random.normal()) - 0.02, 1.98)) }
            best = max(best, rewards.max() ?? best)
            let keep = 0.97 - 0.3 * exp(-Double(update) / 5)
            return UpdateRecord(
                update: update, evaluations: 256 * update, progress: Double(update) / Double(count),
                reward: RewardStatistics(rewards)
                    ?? .init(mean: 0, minimum: 0, lowerDecile: 0, median: 0, upperDecile: 0, maximum: 0),
                bestReward: best, terms: [.init("keep", keep), .init("drop", level - keep + 0.02)],
                learner: [.init("policy_loss", -0.01), .init("approximate_kl", 0.012)])
        }
    }

    static func candidates(seed: Int = 0, count: Int = 8192) -> CandidateTable {
        var random = RandomStream(seed: UInt64(seed), name: "candidates")
        var forget: [Double] = []
        var retain: [Double] = []
        for index in 0..<count {
            let age = Double(index) / Double(count)
            let amount = min(max(0.25 + 0.7 * age + 0.35 * (1 - age) * Double(random.normal()), 0), 1)
            forget.append((500 * pow(1 - amount, 2)).rounded() / 500)
            let damage = abs(0.25 * (1.05 - age) * amount * Double(random.normal()))
            retain.append((2000 * max(0.98 - damage - 0.01 * amount, 0.1)).rounded() / 2000)
        }
        return CandidateTable(
            columns: ["reward", "forget.accuracy", "retain.accuracy"], evaluations: Array(1...count),
            values: [zip(forget, retain).map { 1 - $0 + $1 }, forget, retain])
    }

    /// A rank-1 mask on a 32 × 128 layer.
    static func edit(rows: Int = 32, columns: Int = 128) -> EditMap? {
        var random = RandomStream(seed: 3, name: "edit")
        let original = (0..<rows * columns).map { _ in 0.06 * random.normal() }
        let b = (0..<rows).map { _ in random.normal() }
        let a = (0..<columns).map { _ in random.normal() }
        let edited = original.indices.map { original[$0] * (1 + b[$0 / columns] * a[$0 % columns]) }
        return EditMap(parameter: "fc2.weight", rows: rows, columns: columns, original: original, edited: edited)
    }

    static func report(seeds: [Int] = [0]) -> Report {
        Report(
            manifest: manifest(seeds: seeds), summary: summary(seeds: seeds),
            seeds: seeds.map { seed in
                var part = Report.Seed(seed: seed, updates: updates(seed: seed))
                part.candidates = candidates(seed: seed)
                part.edits = [edit()].compactMap { $0 }
                return part
            })
    }

    private static func digest(_ start: String) -> String { start + String(repeating: "0", count: 64 - start.count) }
}

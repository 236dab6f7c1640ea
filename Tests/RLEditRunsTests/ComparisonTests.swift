import RLEditCore
import RLEditRuns
import Testing

@Suite struct PairedDifferenceTests {
    @Test("the interval of few pairs is that of all their resamples")
    func exactInterval() throws {
        // Of two pairs there are four resamples: means 0, 1, 1, 2, so that 2.5 % and 97.5 % are the ends.
        let two = try #require(PairedDifference([0, 2], name: "two"))
        #expect(two.mean == 1)
        #expect(two.pairs == 2)
        #expect(two.interval == 0...2)
        // Of five equal pairs every resample is the same.
        #expect(PairedDifference([3, 3, 3, 3, 3], name: "equal")?.interval == 3...3)
    }

    @Test("the interval of many pairs is near that of the normal approximation")
    func manyPairs() throws {
        let values = (0..<400).map { Double($0 % 21) - 10 }
        let found = try #require(PairedDifference(values, name: "many"))
        let mean = values.reduce(0, +) / 400
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 400
        let half = 1.96 * (variance / 400).squareRoot()
        let interval = try #require(found.interval)
        #expect(abs(interval.lowerBound - (mean - half)) < 0.05)
        #expect(abs(interval.upperBound - (mean + half)) < 0.05)
    }

    @Test("the interval depends on the pairs and the name alone")
    func determinism() {
        let values = (0..<40).map { Double($0 * 37 % 41) * 0.731 }
        #expect(PairedDifference(values, name: "a") == PairedDifference(values, name: "a"))
        #expect(PairedDifference(values, name: "a")?.interval != PairedDifference(values, name: "b")?.interval)
    }

    @Test("one pair has no interval, none and numbers that are not finite no difference")
    func degenerate() {
        #expect(PairedDifference([0.5], name: "one")?.interval == nil)
        #expect(PairedDifference([0.5], name: "one")?.mean == 0.5)
        #expect(PairedDifference([], name: "none") == nil)
        #expect(PairedDifference([1, .nan], name: "nan") == nil)
    }

    @Test("quantiles interpolate between neighbours as numpy does")
    func quantiles() {
        // numpy.quantile([1, 2, 4, 8], [0, 0.25, 0.5, 0.9, 1])
        let values = [1.0, 2, 4, 8]
        let found = [0, 0.25, 0.5, 0.9, 1].map { Quantile.of(sorted: values, $0) }
        for (found, expected) in zip(found, [1, 1.75, 3, 6.8, 8]) { #expect(abs(found - expected) < 1e-12) }
        #expect(Quantile.of(sorted: [], 0.5).isNaN)
    }
}

/// Cells by hand, and what is made of them.
@Suite struct ComparisonTests {
    static func cell(
        _ method: String, _ kind: ComparisonCell.Kind = .learner, seed: Int, retain: Double, forget: Double = 0.01,
        key: String = "k"
    ) -> ComparisonCell {
        func held(_ set: String, _ before: Double, _ after: Double) -> HeldOutResult {
            var result = HeldOutResult(set: set)
            result[.before] = [NamedNumber("accuracy", before)]
            switch kind {
            case .learner:
                result[.meanPolicy] = [NamedNumber("accuracy", after)]
                result[.bestSeen] = [NamedNumber("accuracy", after - 0.01)]
            case .baseline: result[Stage(method)] = [NamedNumber("accuracy", after)]
            }
            return result
        }
        let result = SeedResult(
            seed: seed, evaluations: kind == .learner ? 100 : 0, evaluationsToTarget: seed == 0 ? 40 : nil,
            bestReward: kind == .learner ? 1.9 : nil, seconds: 2,
            heldOut: [held("forget", 0.98, forget), held("retain", 0.97, retain)])
        var cell = ComparisonCell(
            method: method, kind: kind, key: key, task: "unlearn", world: "MaskWorld", result: result,
            cost: ComparisonCell.Cost(kfe: 7.5, seconds: 2, peakMegabytes: 100))
        cell.data = RunSummary.Data(name: "mnist", hash: "abc")
        cell.modules = [ComparisonCell.Module(path: "lib.lua", hash: "def")]
        cell.settings = ["steps": 100]
        cell.depth = [NamedNumber("probe_recall", 0.96), NamedNumber("relearn_steps", 4)]
        if kind == .learner {
            cell.improvements = [.init(evaluation: 1, reward: 0.5), .init(evaluation: 40, reward: 1.9)]
        }
        return cell
    }

    static var comparison: Comparison {
        var comparison = Comparison(
            task: "unlearn", run: "runs/c", world: "MaskWorld", seconds: 9, data: .init(name: "mnist", hash: "abc"),
            methods: [
                .init(
                    name: "PPO", kind: .learner,
                    cells: [cell("PPO", seed: 0, retain: 0.95), cell("PPO", seed: 1, retain: 0.97)]),
                .init(
                    name: "scrub", kind: .baseline,
                    cells: [
                        cell("scrub", .baseline, seed: 1, retain: 0.98),
                        cell("scrub", .baseline, seed: 0, retain: 0.97),
                    ]),
            ], reference: "PPO")
        comparison.failed = [.init(method: "ssd", seed: 1, reason: "no scores, \"none\"")]
        return comparison
    }

    @Test("a cell comes back from its JSON as it was, and another kind of document is none")
    func cellRoundTrip() throws {
        for cell in [Self.cell("PPO", seed: 3, retain: 0.5), Self.cell("scrub", .baseline, seed: 0, retain: 0.1)] {
            let text = cell.json.prettyText()
            #expect(ComparisonCell(json: try JSONValue(parsing: text)) == cell)
        }
        #expect(ComparisonCell(json: ["format": 2]) == nil)
        #expect(ComparisonCell(json: []) == nil)
    }

    @Test("a folder keeps cells, whole, and is not taken when it holds something else")
    func folder() throws {
        let temporary = try TemporaryFolder()
        let path = "\(temporary.path)/c"
        do {
            let folder = try ComparisonFolder(path)
            let cell = Self.cell("PPO", seed: 2, retain: 0.9)
            try folder.store(cell)
            #expect(folder.cell("PPO", seed: 2) == cell)
            #expect(folder.cell("PPO", seed: 3) == nil)
            #expect(throws: RunFolderError.self) { try ComparisonFolder(path) }
            try AtomicFile.write("{ cut", to: "\(path)/cells/PPO/seed-3.json")
            #expect(folder.cell("PPO", seed: 3) == nil)
        }
        #expect(try ComparisonFolder(path).cell("PPO", seed: 2) != nil)
        try AtomicFile.write("x", to: "\(temporary.path)/other.txt")
        #expect(throws: RunFolderError.notEmpty(path: temporary.path, example: "c")) {
            try ComparisonFolder(temporary.path)
        }
    }

    @Test("the table has the unedited network, both results of a learner, and the paired difference")
    func table() {
        let lines = Self.comparison.text.split(separator: "\n").map(String.init)
        #expect(lines[0].split(separator: " ").prefix(3) == ["method", "forget", "accuracy"])
        #expect(lines[2].hasPrefix("unedited"))
        #expect(lines[3].contains("PPO, mean policy") && lines[3].contains("96.00 ± 1.00 %"))
        #expect(lines[3].contains("40 (1/2)"))
        #expect(lines[4].contains("PPO, best seen") && lines[4].contains("95.00 ± 1.00 %"))
        #expect(lines[5].hasPrefix("scrub ") && lines[5].contains("97.50 ± 0.50 %"))
        // Seed by seed 0.97 − 0.95 and 0.98 − 0.97, in points.
        #expect(lines.contains { $0.hasPrefix("scrub") && $0.hasSuffix("1.50 [1.00, 2.00]") }, "\(lines)")
        #expect(lines.last == "failed: ssd, seed 1: no scores, \"none\"")
    }

    @Test("the CSV has a row for each method, result and seed")
    func csv() {
        let lines = Self.comparison.csv.split(separator: "\n").map(String.init)
        #expect(
            lines[0] == "method,kind,result,seed,evaluations,evaluations_to_target,best_reward,kfe,seconds,"
                + "peak_megabytes,forget.accuracy,retain.accuracy,probe_recall,relearn_steps")
        #expect(lines[1] == "PPO,learner,mean_policy,0,100,40,1.9,7.5,2.0,100.0,0.01,0.95,0.96,4.0")
        #expect(lines[2].hasPrefix("PPO,learner,best_seen,0,100,40,1.9,7.5,2.0,100.0,"))
        #expect(lines[2].hasSuffix(",,"))
        #expect(lines[5] == "scrub,baseline,result,0,0,40,,7.5,2.0,100.0,0.01,0.97,0.96,4.0")
        #expect(lines.count == 7)
    }

    @Test("the JSON has a run's summary for each method, with costs and differences")
    func json() throws {
        let json = try JSONValue(parsing: Self.comparison.json.strictText())
        let methods = try #require(json["methods"]?.array)
        #expect(methods.map { $0["method"]?.string } == ["PPO", "scrub"])
        #expect(methods[0]["seeds"]?.array?.count == 2)
        #expect(methods[0]["summary"]?["retain.accuracy.mean_policy"]?["mean"]?.double == 0.96)
        #expect(methods[1]["differences"]?["retain.accuracy"]?["pairs"]?.integer == 2)
        #expect(methods[0]["differences"] == [:])
        #expect(methods[1]["costs"]?.array?.first?["kfe"]?.double == 7.5)
        #expect(methods[1]["depth"]?.array?.first?["relearn_steps"]?.double == 4)
        #expect(json["failed"]?.array?.first?["reason"]?.string == "no scores, \"none\"")
    }

    @Test("the report is one file with a picture of each question, and needs nothing else")
    func report() throws {
        let temporary = try TemporaryFolder()
        let folder = try ComparisonFolder("\(temporary.path)/c")
        try folder.write(Self.comparison)
        let html = temporary.text("c/report.html")
        for section in ["results", "differences", "trade-off", "learning", "cost", "depth", "missing"] {
            #expect(html.contains("<section id=\"\(section)\""), "\(section)")
        }
        #expect(!html.contains("http://") && !html.contains("https://") && !html.contains("NaN"))
    }
}

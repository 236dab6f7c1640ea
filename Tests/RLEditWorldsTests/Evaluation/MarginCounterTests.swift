internal import RLEditData
internal import RLEditNN
internal import RLEditTensor
internal import RLEditWorlds
internal import Testing

/// What the workers count of many candidates against the measures of each one's scores.
@Suite("Counting of margins")
struct MarginCounterTests {
    private func sets(_ network: Network, retain: Int = 2_400) throws -> [NamedSet] {
        let plain = try Fixture.set("comments", retain, shape: [6], classes: 2)
        let terms = try Fixture.set("terms", 700, shape: [6], classes: 2)
        var stream = RandomStream(seed: 5, name: "groups")
        let memberships = (0..<700).map { (_: Int) -> [Int] in
            // Most in one group, some in none, some in two.
            switch stream.index(below: 10) {
            case 0: return []
            case 1: return [2, 0]
            default: return [stream.index(below: 4)]
            }
        }
        let groups = try ExampleGroups(names: ["a", "b", "c", "d"], groupsOfExamples: memberships)
        return [
            plain, NamedSet(name: "terms", examples: try terms.examples.withGroups(groups)),
        ]
    }

    private func evaluator(
        outputs: Int = 2, layers: [String] = ["fc3"], workers: Int = 2, retain: Int = 2_400
    ) throws -> Evaluator {
        let network = try Fixture.mlp(outputs: outputs)
        return try Evaluator(
            network: network, layers: layers, sets: sets(network, retain: retain), pool: WorkerPool(workers: workers))
    }

    private func expectScores(_ batch: EvaluationBatch, _ candidate: Int, set: Int) throws {
        let expected = try batch.evaluator.scoreMeasures(
            batch.evaluator.scores(batch.candidates[candidate], set: set), set: set
        ).binary()
        for metric in BinaryMetric.allCases {
            let own = try? batch.value(metric, candidate: candidate, set: set)
            let reference = try? expected.value(metric)
            // The stacked product of a group may differ in the last bits from that of one candidate.
            #expect(
                own == reference || abs((own ?? .nan) - (reference ?? .nan)) < 5e-3,
                "\(metric.name) of \(candidate): \(String(describing: own)), \(String(describing: reference))")
        }
    }

    @Test("all measures of all candidates follow from their scores", arguments: [1, 2], [["fc3"], ["fc2", "fc3"]])
    func measures(outputs: Int, layers: [String]) throws {
        let evaluator = try evaluator(outputs: outputs, layers: layers)
        let source = MetricSource(evaluator: evaluator)
        for set in 0..<2 { for metric in BinaryMetric.allCases { source.selection.insert(metric, set: set) } }
        let batch = try source.evaluate(try Fixture.candidates(evaluator.layers, count: 19))
        for candidate in [0, 1, 5, 17, 18] { for set in 0..<2 { try expectScores(batch, candidate, set: set) } }
    }

    @Test("a candidate's measures are the same in any batch and for any number of workers, also over several runs")
    func determinism() throws {
        // So many examples that a run of candidates is one group of 16.
        let (one, two) = (try evaluator(workers: 1, retain: 70_000), try evaluator(workers: 2, retain: 70_000))
        let candidates = try Fixture.candidates(one.layers, count: 21)
        func values(_ evaluator: Evaluator, _ candidates: [[LayerEdit]]) throws -> [[Double]] {
            let source = MetricSource(evaluator: evaluator)
            source.selection.insert(.auc, set: 0)
            source.selection.insert(.finalAUC, set: 1)
            source.selection.insert(.accuracy, set: 0)
            source.selection.insert(.errorDifferenceAtEER, set: 1)
            let batch = try source.evaluate(candidates)
            return try candidates.indices.map {
                [
                    try batch.value(.auc, candidate: $0, set: 0), try batch.value(.finalAUC, candidate: $0, set: 1),
                    try batch.value(.accuracy, candidate: $0, set: 0),
                    try batch.value(.errorDifferenceAtEER, candidate: $0, set: 1),
                ]
            }
        }
        let all = try values(one, candidates)
        #expect(try values(two, candidates) == all)
        #expect(try values(one, Array(candidates[..<16])) == Array(all[..<16]))
        #expect(try values(one, [candidates[20]]) == [all[20]])
        #expect(Set(all.map { $0[0] }).count > 4)
    }

    @Test("what is read once is counted with the next batch; what is read late has the value it would have had")
    func lateReads() throws {
        let evaluator = try evaluator()
        let candidates = try Fixture.candidates(evaluator.layers, count: 9)
        let source = MetricSource(evaluator: evaluator)
        let first = try source.evaluate(candidates)
        #expect(!first.isMeasured(.fped, set: 1) && !first.isMeasured(group: .auc, set: 1))
        let loss = try first.value(.loss, candidate: 3, set: 1)
        let late = try (0..<9).map { try first.value(.fped, candidate: $0, set: 1) }
        let area = try first.value(.auc, group: 2, candidate: 4, set: 1)
        #expect(try first.value(.loss, candidate: 3, set: 1) == loss)
        let second = try source.evaluate(candidates)
        #expect(second.isMeasured(.fped, set: 1) && second.isMeasured(group: .auc, set: 1))
        #expect(!second.isMeasured(.fped, set: 0) && !second.isMeasured(.auc, set: 1))
        #expect(try (0..<9).map { try second.value(.fped, candidate: $0, set: 1) } == late)
        #expect(try second.value(.auc, group: 2, candidate: 4, set: 1) == area)
        #expect(try source.base().value(.fped, candidate: 0, set: 1) == second.value(.fped, candidate: 0, set: 1))
    }

    @Test("other than two classes have no such measures, and say so")
    func classes() throws {
        let batch = try MetricSource(evaluator: evaluator(outputs: 4)).evaluate([[.unchanged]])
        #expect(
            throws: WorldError.undefinedMetric(
                metric: "fped", set: "terms", reason: "it takes a network of two classes, and this one has 4")
        ) { try batch.value(.fped, candidate: 0, set: 1) }
    }

    @Test("scores that are not finite are an error, not a number")
    func notFinite() throws {
        let evaluator = try evaluator()
        let weights = try Tensor(Array(repeating: Float.infinity, count: 24), shape: [2, 12])
        let batch = try MetricSource(evaluator: evaluator).evaluate([[.weights(weights)]])
        #expect(throws: WorldError.invalidSet(name: "terms", message: "has scores that are not finite numbers")) {
            try batch.value(.fped, candidate: 0, set: 1)
        }
    }
}

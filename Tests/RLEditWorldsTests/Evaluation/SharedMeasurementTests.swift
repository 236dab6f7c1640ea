internal import RLEditData
internal import RLEditNN
internal import RLEditTensor
internal import RLEditTestSupport
internal import RLEditWorlds
internal import Testing

/// Candidates that are shared among processes, against one process that measures all.
@Suite("Shared measurement")
struct SharedMeasurementTests {
    /// Every number that a reward can read of some candidates, as bits.
    private func measured(
        _ network: Network, _ layers: [String], _ sets: [NamedSet], candidates: Int, _ processes: ProcessGroup?
    ) throws -> [UInt64] {
        let evaluator = try Evaluator(
            network: network, layers: layers, sets: sets, pool: WorkerPool(workers: 2, processes: processes))
        let source = MetricSource(evaluator: evaluator)
        let batch = try source.evaluate(try Fixture.candidates(evaluator.layers, count: candidates))
        var values: [Double] = []
        for candidate in 0..<candidates {
            for set in sets.indices {
                values += try Metric.allCases.map { try batch.value($0, candidate: candidate, set: set) }
                if evaluator.classes == 2 {
                    values += BinaryMetric.allCases.map {
                        (try? batch.value($0, candidate: candidate, set: set)) ?? -7
                    }
                    for group in 0..<(sets[set].examples.groups?.names.count ?? 0) {
                        values += GroupMetric.allCases.map {
                            (try? batch.value($0, group: group, candidate: candidate, set: set)) ?? -7
                        }
                    }
                }
                values += try batch.scores(candidate: candidate, set: set).scalars.prefix(40).map { Double($0) }
            }
        }
        return values.map(\.bitPattern)
    }

    @Test(
        "all numbers are the same to the bit for any number of processes and of candidates",
        arguments: [1, 2, 3, 5], [1, 3, 19])
    func sameBits(processes: Int, candidates: Int) throws {
        let two = try Fixture.mlp(outputs: 2)
        let groups = try ExampleGroups(
            names: ["a", "b"], groupsOfExamples: (0..<37).map { [[0], [1], [], [0, 1]][$0 % 4] })
        var binary = try Fixture.sets(for: two, classes: 2)
        binary[0] = NamedSet(name: "terms", examples: try binary[0].examples.withGroups(groups))
        let image = try Fixture.cnn()
        for (network, layers, sets) in [
            (two, ["fc3"], binary), (two, ["fc1", "fc2"], binary),
            (image, ["conv2"], try Fixture.sets(for: image, classes: 5)),
        ] {
            let alone = try measured(network, layers, sets, candidates: candidates, nil)
            let results = try ProcessesInOne.run(processes) {
                try measured(network, layers, sets, candidates: candidates, $0)
            }
            for result in results { #expect(try result.get() == alone) }
        }
    }

    @Test("a candidate that fits no layer is found by all processes, and none waits")
    func misfit() throws {
        let network = try Fixture.mlp()
        let sets = try Fixture.sets(for: network, classes: 4)
        let results = try ProcessesInOne.run(3) { processes in
            let evaluator = try Evaluator(
                network: network, layers: ["fc3"], sets: sets, pool: WorkerPool(workers: 1, processes: processes))
            var candidates = try Fixture.candidates(evaluator.layers, count: 9)
            candidates[8] = [.weights(try Tensor.zeros([2, 2]))]
            return try MetricSource(evaluator: evaluator).evaluate(candidates).count
        }
        for result in results { #expect(throws: WorldError.self) { try result.get() } }
    }
}

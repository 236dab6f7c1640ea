internal import RLEditData
internal import RLEditNN
internal import RLEditTensor
internal import RLEditWorlds
internal import Testing

@Suite("Evaluator of an unedited network")
struct UneditedEvaluatorTests {
    /// Every metric against the forward pass of the whole network, and against an evaluator of edits.
    private func expectAgreement(_ network: Network, editing layer: String, classes: Int) throws {
        let sets = try Fixture.sets(for: network, classes: classes)
        let evaluator = try Evaluator(unedited: network, sets: sets, pool: Fixture.pool)
        #expect(evaluator.layers.isEmpty && evaluator.classes == classes)
        let batch = try MetricSource(evaluator: evaluator).evaluate([[]])
        let editing = try Evaluator(network: network, layers: [layer], sets: sets, pool: Fixture.pool)
        let unchanged = try MetricSource(evaluator: editing).evaluate([[.unchanged]])
        for (index, set) in sets.enumerated() {
            let reference = try Fixture.reference(network, set)
            for metric in Metric.allCases {
                let value = try batch.value(metric, candidate: 0, set: index)
                for expected in [
                    reference.mean(metric, set.examples.count), try unchanged.value(metric, candidate: 0, set: index),
                ] {
                    #expect(
                        abs(value - expected) <= 1e-5 * max(1, abs(expected)),
                        "\(set.name).\(metric): \(value), expected \(expected)")
                }
            }
            #expect(try evaluator.predictions([], set: index) == editing.predictions([.unchanged], set: index))
            // The very scores of the forward pass; of one score, as that of the second of two classes.
            var scores = try network.forward(set.examples.allInputs()).scalars
            if classes == 2, scores.count == set.examples.count { scores = scores.flatMap { [0, $0] } }
            for (value, expected) in zip(try evaluator.scores([], set: index).scalars, scores) {
                #expect(abs(value - expected) <= 1e-5 * max(1, abs(expected)))
            }
            #expect(scores.count == classes * set.examples.count)
        }
    }

    @Test("measures what an evaluator of edits measures without one")
    func agreement() throws {
        try expectAgreement(try Fixture.mlp(), editing: "fc2", classes: 4)
        try expectAgreement(try Fixture.cnn(), editing: "conv2", classes: 5)
        try expectAgreement(try Fixture.mlp(.tanh, outputs: 1), editing: "fc1", classes: 2)
    }

    @Test("gives the same bits for any number of workers, and the same network back")
    func workers() throws {
        let network = try Fixture.cnn()
        let sets = try Fixture.sets(for: network, classes: 5)
        let scores = try [1, 3].map { workers in
            let evaluator = try Evaluator(unedited: network, sets: sets, pool: WorkerPool(workers: workers))
            let edited = try evaluator.editedNetwork([])
            for name in network.parameterNames { #expect(edited.parameter(name) == network.parameter(name)) }
            return try sets.indices.map { try evaluator.scores([], set: $0).scalars }
        }
        #expect(scores[0] == scores[1])
    }

    @Test("refuses edits, and names the set at fault")
    func errors() throws {
        let network = try Fixture.mlp()
        let sets = try Fixture.sets(for: network, classes: 4)
        let evaluator = try Evaluator(unedited: network, sets: sets, pool: Fixture.pool)
        #expect(throws: WorldError.self) { try evaluator.scores([.unchanged], set: 0) }
        let other = try Fixture.set("retain", 3, shape: [7], classes: 4)
        #expect(throws: WorldError.self) { try Evaluator(unedited: network, sets: [other], pool: Fixture.pool) }
    }
}

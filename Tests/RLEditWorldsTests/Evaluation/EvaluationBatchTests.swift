internal import RLEditData
internal import RLEditNN
internal import RLEditTensor
internal import RLEditWorlds
internal import Testing

@Suite("Evaluation batch")
struct EvaluationBatchTests {
    private func evaluator() throws -> Evaluator {
        let network = try Fixture.mlp()
        return try Evaluator(
            network: network, layers: ["fc2"], sets: Fixture.sets(for: network, classes: 4), pool: Fixture.pool)
    }

    @Test("what nobody reads is not measured; what is read is measured from then on")
    func learnsWhatIsRead() throws {
        let evaluator = try evaluator()
        let source = MetricSource(evaluator: evaluator)
        let candidates = try Fixture.candidates(evaluator.layers, count: 5)
        let first = try source.evaluate(candidates)
        #expect(Metric.allCases.allSatisfy { metric in !first.isMeasured(metric, set: 0) })
        _ = try first.value(.accuracy, candidate: 2, set: 0)
        #expect(first.isMeasured(.accuracy, set: 0))
        #expect(!first.isMeasured(.loss, set: 0) && !first.isMeasured(.accuracy, set: 1))
        let second = try source.evaluate(candidates)
        #expect(second.isMeasured(.accuracy, set: 0))
        #expect(!second.isMeasured(.loss, set: 0) && !second.isMeasured(.accuracy, set: 1))
        _ = try second.value(.loss, candidate: 0, set: 0)
        let third = try source.evaluate(candidates)
        #expect(third.isMeasured(.loss, set: 0) && third.isMeasured(.accuracy, set: 0))
    }

    @Test("a metric read late has the value it would have had, and leaves the others alone")
    func lateReads() throws {
        let evaluator = try evaluator()
        let candidates = try Fixture.candidates(evaluator.layers, count: 20)
        let eager = MetricSource(evaluator: evaluator)
        eager.selection = .all(sets: 2)
        let expected = try eager.evaluate(candidates)
        let lazy = try MetricSource(evaluator: evaluator).evaluate(candidates)
        for metric in Metric.allCases.reversed() {
            for set in [1, 0] {
                for candidate in candidates.indices.reversed() {
                    #expect(
                        try lazy.value(metric, candidate: candidate, set: set)
                            == expected.value(metric, candidate: candidate, set: set))
                }
            }
        }
    }

    @Test("reading the unedited network's measures costs the candidates nothing")
    func baseReads() throws {
        let evaluator = try evaluator()
        let source = MetricSource(evaluator: evaluator)
        let base = source.base()
        let expected = try Fixture.reference(evaluator.network, evaluator.sets[1])
        let count = evaluator.sets[1].examples.count
        #expect(abs(try base.value(.loss, candidate: 0, set: 1) - expected.mean(.loss, count)) < 1e-5)
        #expect(try base.value(.accuracy, candidate: 0, set: 1) == expected.mean(.accuracy, count))
        #expect(abs(try base.value(.loss, candidate: 0, set: 1) - expected.mean(.loss, count)) < 1e-5)
        #expect(source.selection == MetricSelection(sets: 2))
        #expect(source.base() === base)
    }

    @Test("a source and its batches do not keep each other alive")
    func noCycle() throws {
        let evaluator = try evaluator()
        weak var source: MetricSource?
        do {
            let strong = MetricSource(evaluator: evaluator)
            source = strong
            _ = try strong.base().value(.loss, candidate: 0, set: 0)
            _ = try strong.evaluate([[.unchanged]]).value(.loss, candidate: 0, set: 0)
        }
        #expect(source == nil)
    }

    @Test("scores and magnitudes are those of the candidate asked for, in any order")
    func scoresAndMagnitudes() throws {
        let evaluator = try evaluator()
        let candidates = try Fixture.candidates(evaluator.layers, count: 35)
        let batch = try MetricSource(evaluator: evaluator).evaluate(candidates)
        for candidate in [0, 34, 15, 16, 3, 33] {
            let expected = try evaluator.scores(candidates[candidate], set: 0)
            for (a, b) in zip(try batch.scores(candidate: candidate, set: 0).scalars, expected.scalars) {
                #expect(abs(a - b) <= 1e-5)
            }
            #expect(
                try batch.magnitude(candidate: candidate)
                    == EditMagnitude(of: candidates[candidate], on: evaluator.layers))
        }
        #expect(try batch.scoreMeasures(candidate: 3, set: 0).perClassAccuracy().map(\.count).reduce(0, +) == 37)
    }
}

@Suite("Edited model")
struct EditedModelTests {
    @Test("the edited network is the edited one, and the original keeps every byte")
    func originalIsUnchanged() throws {
        let network = try Fixture.cnn()
        let before = network.parameterNames.map { network.parameter($0)?.scalars }
        let sets = try Fixture.sets(for: network, classes: 5)
        let input = try sets[0].examples.allInputs()
        let output = try network.forward(input)
        let evaluator = try Evaluator(network: network, layers: ["conv2", "fc2"], sets: sets, pool: Fixture.pool)
        for edits in try Fixture.candidates(evaluator.layers, count: 8) {
            let batch = try MetricSource(evaluator: evaluator).evaluate([edits])
            _ = try batch.value(.loss, candidate: 0, set: 0)
            let edited = try evaluator.editedNetwork(edits)
            for (edit, layer) in zip(edits, evaluator.layers) {
                let weight = try #require(edited.parameter(layer.parameterName))
                #expect(weight.shape == layer.shape)
                #expect(weight.scalars == (try edit.weights(of: layer).scalars))
                if case .unchanged = edit { continue }
                // The classic bug: the model handed back is the one that was handed in.
                #expect(weight.scalars != layer.base.scalars)
                #expect(try edited.forward(input) != output)
            }
            for name in network.parameterNames where !["conv2.weight", "fc2.weight"].contains(name) {
                let (own, shared) = (try #require(edited.parameter(name)), try #require(network.parameter(name)))
                #expect(own.sharesStorage(with: shared))
            }
        }
        #expect(network.parameterNames.map { network.parameter($0)?.scalars } == before)
        #expect(try network.forward(input) == output)
    }

    @Test("unchanged layers keep their memory")
    func unchangedLayers() throws {
        let network = try Fixture.mlp()
        let evaluator = try Evaluator(network: network, layers: ["fc1", "fc2"], sets: [], pool: Fixture.pool)
        let edited = try evaluator.editedNetwork([.unchanged, .weights(.zeros([12, 20]))])
        #expect(
            try #require(edited.parameter("fc1.weight")).sharesStorage(with: #require(network.parameter("fc1.weight"))))
        #expect(try #require(edited.parameter("fc2.weight")) == Tensor.zeros([12, 20]))
    }
}

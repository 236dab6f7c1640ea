internal import RLEditData
internal import RLEditNN
internal import RLEditTensor
internal import RLEditWorlds
internal import Testing

@Suite("What enters the edited layers, kept or computed again")
struct PrefixMemoryTests {
    private func evaluator(_ network: Network, limit: Int, workers: Int = 2) throws -> Evaluator {
        try Evaluator(
            network: network, layers: ["conv2"], sets: try Fixture.sets(for: network, classes: 5), prefixLimit: limit,
            pool: WorkerPool(workers: workers))
    }

    @Test("the bytes are those of all examples; above the limit nothing is kept")
    func bytes() throws {
        let network = try Fixture.cnn()
        let kept = try evaluator(network, limit: .max)
        let node = try #require(network.nodeIndex(named: "conv2"))
        let entering = network.outputShape(ofNode: network.nodes[node].inputs[0]).reduce(4, *)
        #expect(kept.prefixBytes == kept.sets.reduce(0) { $0 + $1.examples.count } * entering)
        #expect(kept.keepsPrefix)
        #expect(try evaluator(network, limit: kept.prefixBytes).keepsPrefix)
        #expect(try !evaluator(network, limit: kept.prefixBytes - 1).keepsPrefix)
    }

    @Test("candidates have the same scores either way, to the bit for any number of workers")
    func agreement() throws {
        let network = try Fixture.cnn()
        let kept = try evaluator(network, limit: .max)
        let candidates = try Fixture.candidates(kept.layers, count: 7)
        let again = try [1, 3].map { try evaluator(network, limit: 0, workers: $0) }
        for set in kept.sets.indices {
            let expected = try kept.scores(of: candidates, set: set)
            let (one, three) = (
                try again[0].scores(of: candidates, set: set), try again[1].scores(of: candidates, set: set)
            )
            #expect(one.map(\.scalars) == three.map(\.scalars))
            for (scores, reference) in zip(one, expected) {
                #expect(scores.shape == reference.shape)
                for (value, wanted) in zip(scores.scalars, reference.scalars) {
                    #expect(abs(value - wanted) <= 1e-4 * max(1, abs(wanted)))
                }
            }
        }
        let batches = try again.map { try MetricSource(evaluator: $0).evaluate(candidates) }
        let reference = try MetricSource(evaluator: kept).evaluate(candidates)
        for candidate in candidates.indices {
            for set in kept.sets.indices {
                for metric in Metric.allCases {
                    let value = try batches[0].value(metric, candidate: candidate, set: set)
                    let same = try batches[1].value(metric, candidate: candidate, set: set)
                    #expect(value == same)
                    let wanted = try reference.value(metric, candidate: candidate, set: set)
                    #expect(abs(value - wanted) <= 1e-4 * max(1, abs(wanted)), "\(metric)")
                }
            }
        }
    }
}

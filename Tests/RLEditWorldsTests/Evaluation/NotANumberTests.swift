internal import CKernels
internal import RLEditData
internal import RLEditNN
internal import RLEditTensor
internal import RLEditWorlds
internal import Testing

/// Edited networks may overflow: what is measured then.
@Suite("Metrics of scores that are NaN")
struct NotANumberMetricTests {
    /// A network whose hidden units are infinite, and whose scores are ∞, ∞ − ∞ and −∞ for every example.
    private func overflowing(_ layers: [(name: String, layer: any Layer)], shape: [Int]) throws -> Network {
        var network = try Network(inputShape: shape, layers: layers, random: RandomStream(seed: 5))
        try network.setParameter("first.bias", Tensor([1e30, 1e30]))
        try network.setParameter("middle.weight", Tensor([3e38, 3e38, 3e38, 3e38], shape: [2, 2]))
        try network.setParameter("last.weight", Tensor([1, 1, 1, -1, -1, -1], shape: [3, 2]))
        return network
    }

    private func expectNothingRight(_ network: Network, _ layer: String) throws {
        let set = try Fixture.set("all", 70, shape: network.inputShape, classes: 3)
        let evaluator = try Evaluator(network: network, layers: [layer], sets: [set], pool: Fixture.pool)
        let candidates = try Fixture.candidates(evaluator.layers, count: 7)
        let batch = try MetricSource(evaluator: evaluator).evaluate(candidates)
        for candidate in candidates.indices {
            #expect(try batch.value(.accuracy, candidate: candidate, set: 0) == 0)
            for metric in Metric.allCases where metric != .accuracy {
                let value = try batch.value(metric, candidate: candidate, set: 0)
                #expect(value.isNaN, "\(layer) \(metric): \(value)")
            }
            let predictions = try evaluator.predictions(candidates[candidate], set: 0)
            #expect(predictions.allSatisfy { $0 == -1 })
        }
    }

    @Test("nothing is right and everything else is NaN, for dense edits and for those of other layers")
    func overflow() throws {
        let dense = try overflowing(
            [
                ("first", Linear(4, 2)), ("act", Activation.relu), ("middle", Linear(2, 2)), ("relu", Activation.relu),
                ("last", Linear(2, 3)),
            ], shape: [4])
        try expectNothingRight(dense, "first")
        let images = try overflowing(
            [
                ("first", Conv2D(1, 2, kernel: 3)), ("act", Activation.relu), ("pool", GlobalAveragePool2D()),
                ("middle", Linear(2, 2)), ("relu", Activation.relu), ("last", Linear(2, 3)),
            ], shape: [1, 5, 5])
        try expectNothingRight(images, "first")
    }

    @Test(
        "one NaN of an example's scores, at any class, reaches all its sums and none of its neighbours'",
        arguments: 0..<4)
    func oneScore(place: Int) {
        let (classes, examples) = (4, 37)
        var stream = RandomStream(seed: 9, name: "scores")
        var scores = (0..<classes * examples).map { _ in stream.normal() }
        let labels = (0..<examples).map { Int32($0 % classes) }
        func correct() -> (Int64, [Int32]) {
            var predictions = [Int32](repeating: 9, count: examples)
            let count = rl_count_correct(
                Int64(classes), Int64(examples), scores, Int64(examples), labels, &predictions)
            return (count, predictions)
        }
        // The example's own label wins before, so that one right answer is lost.
        let example = 20 + place
        for c in 0..<classes { scores[c * examples + example] = c == Int(labels[example]) ? 9 : 0 }
        let (before, plain) = correct()
        scores[((place + 1) % classes) * examples + example] = .nan
        let (after, predictions) = correct()
        #expect(after == before - 1)
        #expect(predictions[example] == -1)
        for other in 0..<examples where other != example { #expect(predictions[other] == plain[other]) }
        var sums = rl_softmax_sums()
        rl_add_softmax_sums(Int64(classes), Int64(examples), scores, Int64(examples), labels, &sums)
        for sum in [sums.loss, sums.confidence, sums.trueProbability, sums.margin, sums.entropy] { #expect(sum.isNaN) }
    }
}

@Suite("Sets that share examples")
struct SetOverlapTests {
    private func set(_ name: String, _ values: [Float], label: Int = 0) throws -> NamedSet {
        NamedSet(
            name: name,
            examples: try ExampleSet(
                name: name, source: "test", inputs: Tensor(values, shape: [values.count, 1]),
                labels: values.map { _ in label }))
    }

    @Test("each held-out set that holds examples of the reward's is named with the count and with those sets")
    func leaks() throws {
        let seen = [try set("forget", [1, 2, 3]), try set("retain", [4, 5], label: 1), try set("more", [6])]
        let heldOut = [
            try set("sound", [7, 8]), try set("one", [3]), try set("part", [2, 9, 3, 3]),
            try set("both", [1, 6, 7]), try set("other label", [4, 5]),
        ]
        #expect(
            SetOverlap.leaks(from: seen, into: heldOut) == [
                "held-out set 'one' shares 1 of its 1 example with the reward's set 'forget': figures on it are not held out",
                "held-out set 'part' shares 3 of its 4 examples with the reward's set 'forget': figures on it are not held out",
                "held-out set 'both' shares 2 of its 3 examples with the reward's sets 'forget' and 'more': figures on it are "
                    + "not held out",
            ])
        #expect(
            SetOverlap.conflict(seen[0], try set("retain", [3, 4, 1]))
                == "the sets 'forget' and 'retain' share 2 of 3 examples")
        #expect(
            SetOverlap.conflict(seen[0], try set("retain", [3]), place: " of a, class 7")
                == "the sets 'forget' and 'retain' of a, class 7, share 1 of 3 examples")
        #expect(SetOverlap.conflict(seen[0], seen[1]) == nil)
    }
}

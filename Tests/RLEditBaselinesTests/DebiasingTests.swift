import RLEditBaselines
import RLEditData
import RLEditNN
import RLEditTensor
import RLEditWorlds
import Testing

@Suite("Methods against bias")
struct DebiasingTests {
    /// A decision between two classes by the score of one input; the margin of an example is its input.
    private func line() throws -> Network {
        var network = try Network(inputShape: [1], layers: [("fc", Linear(1, 2))], random: RandomStream(seed: 0))
        try network.setParameter("fc.weight", try Tensor([0, 1], shape: [2, 1]))
        try network.setParameter("fc.bias", try Tensor.zeros([2]))
        return network
    }

    private func set(_ margins: [Float], _ labels: [Int], groups: [String: [Int]] = [:]) throws -> ExampleSet {
        let set = try ExampleSet(
            name: "set", source: "test", inputs: Tensor(margins, shape: [margins.count, 1]), labels: labels)
        let names = groups.keys.sorted()
        return names.isEmpty ? set : try set.withGroups(names: names, members: names.map { groups[$0] ?? [] })
    }

    private func tuned(
        _ examples: ExampleSet, utility: ExampleSet? = nil, loss: Double = 1, of network: Network? = nil
    ) throws -> Network {
        var method = ThresholdTuning()
        method.maximumAccuracyLoss = loss
        return try method.run(
            network ?? line(), on: examples, utility: utility ?? examples, pool: WorkerPool(workers: 1)
        ).network
    }

    @Test("The threshold goes where the groups' rates are equal, and is folded into the bias")
    func threshold() throws {
        // Group a's negatives lie at 1 and 2, group b's at −2 and −1, the positives of both at 4 and 5: between 2 and 4
        // nobody is treated otherwise. Nor is anybody where all are called positive, at a loss of accuracy.
        let examples = try set(
            [1, 2, 4, 5, -2, -1, 4, 5], [0, 0, 1, 1, 0, 0, 1, 1], groups: ["a": [0, 1, 2, 3], "b": [4, 5, 6, 7]])
        #expect(try tuned(examples, loss: 0.2).parameter("fc.bias")?.scalars == [0, -3])
    }

    @Test("No accuracy beyond what is allowed is given away")
    func budget() throws {
        let examples = try set(
            [1, 2, 4, 5, -2, -1, 4, 5], [0, 0, 1, 1, 0, 0, 1, 1], groups: ["a": [0, 1, 2, 3], "b": [4, 5, 6, 7]])
        // Of ten others, a threshold of 1.5 loses two, one of 3 three.
        let utility = try set([0.5, 1.5, 2.5, 3.5, -1, -1.2, -1.3, -2.9, -4, -5], [1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
        for (loss, bias): (Double, Float) in [(0, 0), (0.25, -1.5), (0.35, -3)] {
            #expect(try tuned(examples, utility: utility, loss: loss).parameter("fc.bias")?.scalars.last == bias)
        }
    }

    @Test("A threshold of 0 stays when nothing is gained")
    func nothing() throws {
        let examples = try set([-1, 1, -1, 1], [0, 1, 0, 1], groups: ["a": [0, 1], "b": [2, 3]])
        #expect(try tuned(examples).parameter("fc.bias")?.scalars == [0, 0])
    }

    @Test("The best of all thresholds is found, as the measures of the evaluator judge them")
    func exhaustive() throws {
        var random = RandomStream(seed: 12)
        // Multiples of 1/4, so that many margins are equal.
        let margins = (0..<120).map { _ in (random.uniform(-3, 3) * 4).rounded() / 4 }
        let labels = (0..<120).map { _ in random.index(below: 2) }
        let groups = ["a": Array(0..<40), "b": Array(30..<90), "c": Array(85..<110)]
        let examples = try set(margins, labels, groups: groups)
        func difference(_ network: Network) throws -> Double {
            let evaluator = try Evaluator(
                network: network, layers: ["fc"], sets: [NamedSet(name: "s", examples: examples)],
                pool: WorkerPool(workers: 1))
            let batch = try MetricSource(evaluator: evaluator).evaluate([[.unchanged]])
            return try batch.value(.binary(.equalityDifference), candidate: 0, set: 0)
        }
        let found = try difference(try tuned(examples))
        var least = Double.infinity
        for step in -30...30 {
            var network = try line()
            try network.setParameter("fc.bias", try Tensor([0, Float(step) / 8 + 1.0 / 16], shape: [2]))
            least = min(least, try difference(network))
        }
        #expect(abs(found - least) < 1e-12)
    }

    @Test("A single output is a decision too")
    func singleOutput() throws {
        var network = try Network(inputShape: [1], layers: [("fc", Linear(1, 1))], random: RandomStream(seed: 0))
        try network.setParameter("fc.weight", try Tensor([1], shape: [1, 1]))
        try network.setParameter("fc.bias", try Tensor.zeros([1]))
        let examples = try set(
            [1, 2, 4, 5, -2, -1, 4, 5], [0, 0, 1, 1, 0, 0, 1, 1], groups: ["a": [0, 1, 2, 3], "b": [4, 5, 6, 7]])
        #expect(try tuned(examples, loss: 0.2, of: network).parameter("fc.bias")?.scalars == [-3])
    }

    @Test("says what a set lacks")
    func unsuitable() throws {
        func message(_ examples: ExampleSet) -> String {
            do { _ = try tuned(examples) } catch { return "\(error)" }
            return "no error"
        }
        #expect(message(try set([1], [1])) == "the set 'set' has no groups to compare")
        let oneClass = try set([1, 2], [1, 1], groups: ["a": [0, 1]])
        #expect(message(oneClass) == "the set 'set' needs examples of both labels, 0 and 1, in its groups")
        #expect(
            message(try set([1], [2]))
                == "the set 'set': example 1 has the label 2, but the network scores 2 classes: labels begin at 0 and go to 1"
        )
    }

    @Test("Fine-tuning the last layer leaves all others as they are, and costs the share of that layer")
    func lastLayer() throws {
        let tiny = try TinyProblem()
        var method = FineTuneLastLayer()
        (method.epochs, method.batchSize) = (2, 4)
        let result = try method.run(tiny.network, on: tiny.retain, seed: 0, pool: WorkerPool(workers: 1))
        let changed = result.network.parameterNames.filter {
            result.network.parameter($0) != tiny.network.parameter($0)
        }
        #expect(changed == ["fc2.weight", "fc2.bias"])
        let share = 15.0 / 35
        #expect(abs(result.cost.forwards - (7 * (1 - share) + 14 * share)) < 1e-9)
        #expect(abs(result.cost.backwards - 14 * share) < 1e-9)
    }

    @Test("Each label comes equally often, and each example of it, to within one")
    func balance() throws {
        let cells = [Array(0..<6), [6, 7], [8]]
        let order = FineTuneLastLayer.balancedOrder(cells, length: 12, random: RandomStream(seed: 1))
        #expect(order.count == 12)
        let counts = (0..<9).map { example in order.count { $0 == example } }
        #expect(cells.map { $0.reduce(0) { $0 + counts[$1] } } == [4, 4, 4])
        #expect(counts[6] == 2 && counts[7] == 2 && counts[8] == 4)
        #expect(counts[..<6].allSatisfy { $0 <= 1 })
        #expect(FineTuneLastLayer.balancedOrder([], length: 3, random: RandomStream(seed: 1)).isEmpty)
    }

    @Test("Groups are balanced by their labels, with what belongs to none as one more")
    func groups() throws {
        let examples = try set([1, 2, 3, 4, 5], [0, 1, 1, 0, 0], groups: ["a": [0, 1, 2], "b": [2]])
        var method = FineTuneLastLayer()
        #expect(try method.cells(of: examples) == [[0, 3, 4], [1, 2]])
        method.balance = .group
        #expect(try method.cells(of: examples) == [[0], [1, 2], [2], [3, 4]])
        #expect(throws: BaselineError.self) { try method.cells(of: try set([1], [0])) }
    }
}

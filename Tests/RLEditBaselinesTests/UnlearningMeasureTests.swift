import Foundation
import RLEditBaselines
import RLEditData
import RLEditNN
import RLEditTensor
import Testing

@Suite("Measures of pairs, drift and unlearning")
struct UnlearningMeasureTests {
    /// A network whose scores are its inputs.
    private func identity(_ classes: Int, scale: Float = 1) throws -> Network {
        var network = try Network(
            inputShape: [classes], layers: [("fc", Linear(classes, classes))], random: RandomStream(seed: 0))
        try network.setParameter("fc.weight", try Tensor.identity(classes).mul(scale))
        try network.setParameter("fc.bias", try Tensor.zeros([classes]))
        return network
    }

    private func set(_ values: [Float], width: Int, _ labels: [Int]) throws -> ExampleSet {
        try ExampleSet(
            name: "set", source: "test", inputs: Tensor(values, shape: [labels.count, width]), labels: labels)
    }

    @Test("the support vector machine decides as scikit-learn's", arguments: [false, true])
    func supportVectors(isLarge: Bool) {
        let machine = SupportVectorMachine(
            positives: isLarge ? UnlearningGolden.manyTrained : UnlearningGolden.fewTrained,
            negatives: isLarge ? UnlearningGolden.manyUntrained : UnlearningGolden.fewUntrained)
        let decisions = isLarge ? UnlearningGolden.manyDecisions : UnlearningGolden.fewDecisions
        for (asked, decision) in zip(UnlearningGolden.asked, decisions) {
            // Both stop at 1e-3.
            #expect(abs(machine.decision(asked) - decision) < 5e-3, "\(asked): \(machine.decision(asked))")
        }
    }

    @Test("equal features on both sides end the machine, and decide nothing")
    func equalFeatures() {
        let machine = SupportVectorMachine(positives: [1, 1, 1], negatives: [1, 1])
        #expect(machine.decision(1).isFinite)
    }

    @Test("margin gap, flip rate, drift and divergence are numpy's")
    func scores() throws {
        let first = try Tensor(UnlearningGolden.first, shape: [30, 3])
        let second = try Tensor(UnlearningGolden.second, shape: [30, 3])
        let change = try ScoreChange(first, second)
        #expect(abs(change.marginGap - UnlearningGolden.marginGap) < 1e-9)
        #expect(abs(change.flipRate - UnlearningGolden.flipRate) < 1e-9)
        #expect(abs(change.relativeMarginChange - UnlearningGolden.marginDrift) < 1e-9)
        let same = try ScoreChange(first, first)
        #expect(same.marginGap == 0 && same.flipRate == 0 && same.relativeMarginChange == 0)
        #expect(abs(Disagreement.divergence(first, from: second) - UnlearningGolden.divergence) < 1e-9)
        // Of networks: scores are inputs, and the reference halves them.
        let examples = try set(UnlearningGolden.first, width: 3, Array(repeating: 0, count: 30))
        #expect(try Disagreement.divergence(identity(3), identity(3), on: examples) == 0)
        #expect(try Disagreement.divergence(identity(3), identity(3, scale: 0.5), on: examples) > 0.05)
    }

    @Test("with two classes the gap is that of score 1 less score 0, whichever class is named")
    func twoClasses() throws {
        let change = try ScoreChange(Tensor([1, 3, 2, 0], shape: [2, 2]), Tensor([2, 1, 0, 1], shape: [2, 2]))
        // Margins 2 and −1; −2 and 1.
        #expect(change.marginGap == 3 && change.flipRate == 1)
    }

    @Test("scores of other shapes, and ones that are not numbers")
    func oddScores() throws {
        #expect(throws: TensorError.self) { try ScoreChange(Tensor.zeros([2, 3]), Tensor.zeros([3, 3])) }
        #expect(throws: TensorError.self) { try ScoreChange(Tensor.zeros([2, 1]), Tensor.zeros([2, 1])) }
        let change = try ScoreChange(Tensor([.nan, 3], shape: [1, 2]), Tensor([2, 1], shape: [1, 2]))
        #expect(change.marginGap.isNaN && change.flipRate == 1)
    }

    @Test("the average gap is the mean of four differences, and 0 against itself")
    func averageGap() throws {
        let small = try SmallProblem.shared.get()
        var attack = MembershipSVC()
        attack.limit = 100
        func gap(_ network: Network, _ reference: Network) throws -> UnlearningGap {
            try UnlearningGap(
                network, retrained: reference, forget: small.forget, retain: small.retain, test: small.heldRetain,
                attack: attack)
        }
        #expect(try gap(small.network, small.network).average == 0)
        let silenced = try BiasEdit().run(small.problem()).network
        let found = try gap(silenced, small.network)
        let accuracy = try small.network.accuracy(on: small.forget, pool: nil)
        #expect(abs(found.forget - accuracy) < 1e-12)
        func rate(_ network: Network) throws -> Double {
            try attack.rate(network, forget: small.forget, retain: small.retain, test: small.heldRetain)
        }
        let (silent, before) = (try rate(silenced), try rate(small.network))
        #expect(silent > before + 0.2, "examples with no confidence left are called strangers")
        #expect(abs(found.membership - (silent - before)) < 1e-12)
        #expect(abs(found.average - (found.forget + found.retain + found.test + found.membership) / 4) < 1e-12)
    }

    @Test("the worst group, and the bootstrap's quantiles as numpy's")
    func worstGroup() throws {
        // Group a: 3 of 4 right; b: 2 of 4; c: nobody.
        let values: [Float] = [1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1]
        let examples = try set(values, width: 2, Array(repeating: 0, count: 8))
            .withGroups(names: ["a", "b", "c"], members: [[0, 1, 2, 3], [4, 5, 6, 7], []])
        var measure = WorstGroup()
        measure.resamples = 4000
        let worst = try measure.find(identity(2), on: examples, seed: 1)
        #expect(worst.group == "b" && worst.accuracy == 0.5)
        // 0 and 6/7 by 100,000 resamples of numpy; the shares nearest to these are 0.8 and 1.
        #expect(worst.low == 0 && abs(worst.high - 6.0 / 7) < 0.06, "\(worst)")
        #expect(try measure.find(identity(2), on: examples, seed: 1) == worst)
        for (share, quantile) in zip([0.025, 0.3, 0.975], UnlearningGolden.quantiles) {
            #expect(abs(WorstGroup.quantile(UnlearningGolden.values, share) - quantile) < 1e-9)
        }
        #expect(throws: BaselineError.unsuitableSet("set", reason: "has no groups with examples")) {
            try WorstGroup().find(identity(2), on: set(values, width: 2, Array(repeating: 0, count: 8)), seed: 1)
        }
    }

    @Test("task arithmetic takes away λ times what fine-tuning on the forget set adds")
    func taskArithmetic() throws {
        let tiny = try TinyProblem()
        var method = TaskArithmetic()
        (method.epochs, method.batchSize, method.learningRate, method.scale) = (1, 8, 0.1, 0.5)
        let gradient = try tiny.gradient(tiny.forget)
        let result = try method.run(tiny.problem())
        // One step on the whole set: τ = −η g.
        for ((new, old), slope) in zip(zip(result.network.flat, tiny.network.flat), gradient) {
            #expect(abs(new - (old + 0.05 * slope)) < 1e-5)
        }
        #expect(result.cost.forwards == 5 && result.cost.backwards == 5)
    }

    @Test("fine-pruning removes the dormant units first, and they stay away")
    func finePruning() throws {
        let small = try SmallProblem.shared.get()
        var network = small.network
        // A unit that nothing wakes.
        var (weight, bias) = (
            try #require(network.parameter("fc2.weight")), try #require(network.parameter("fc2.bias"))
        )
        weight.withUnsafeMutableBufferPointer { for index in (5 * 48)..<(6 * 48) { $0[index] *= 1e-3 } }
        bias.withUnsafeMutableBufferPointer { $0[5] = -1 }
        try network.setParameter("fc2.weight", weight)
        try network.setParameter("fc2.bias", bias)
        var method = FinePruning(layers: ["fc2"])
        (method.maximumAccuracyLoss, method.epochs) = (0.03, 1)
        let problem = UnlearningProblem(
            network: network, forget: small.forget, retain: small.retain, seed: 0, pool: WorkerPool(workers: 2))
        let result = try method.run(problem).network
        let rows = try #require(result.parameter("fc2.weight")).scalars
        let gone = (0..<24).filter { unit in rows[(unit * 48)..<((unit + 1) * 48)].allSatisfy { $0 == 0 } }
        #expect(gone.contains(5) && gone.count < 24, "\(gone)")
        #expect(try #require(result.parameter("fc2.bias"))[5] == 0)
        let before = try small.judge(network).retain
        #expect(try small.judge(result).retain > before - 0.06)
    }

    @Test("fine-pruning removes a channel of a residual network with its batch norm")
    func prunedChannels() throws {
        let nodes = [
            Network.Node(name: "conv", layer: Conv2D(1, 4, kernel: 3, padding: 1), inputs: [-1]),
            Network.Node(name: "bn", layer: BatchNorm(4), inputs: [0]),
            Network.Node(name: "relu", layer: Activation.relu, inputs: [1]),
            Network.Node(name: "conv2", layer: Conv2D(4, 4, kernel: 3, padding: 1), inputs: [2]),
            Network.Node(name: "bn2", layer: BatchNorm(4), inputs: [3]),
            Network.Node(name: "add", layer: Add(), inputs: [4, 2]),
            Network.Node(name: "flat", layer: Flatten(), inputs: [5]),
            Network.Node(name: "fc", layer: Linear(64, 3), inputs: [6]),
        ]
        let network = try Network(inputShape: [1, 4, 4], nodes: nodes, random: RandomStream(seed: 2))
        var stream = RandomStream(seed: 3)
        let values = (0..<12 * 16).map { _ in stream.uniform(-1, 1) }
        let examples = try ExampleSet(
            name: "clean", source: "test", inputs: Tensor(values, shape: [12, 1, 4, 4]),
            labels: (0..<12).map { $0 % 3 })
        var method = FinePruning(layers: ["conv2"])
        // All that may go: three of four.
        (method.maximumAccuracyLoss, method.epochs, method.batchSize) = (1, 1, 4)
        let result = try method.run(
            UnlearningProblem(
                network: network, forget: examples, retain: examples, seed: 0, pool: WorkerPool(workers: 1))
        ).network
        let weights = try #require(result.parameter("conv2.weight")).scalars
        let scales = try #require(result.parameter("bn2.weight")).scalars
        let shifts = try #require(result.parameter("bn2.bias")).scalars
        let gone = (0..<4).filter { channel in weights[(channel * 36)..<((channel + 1) * 36)].allSatisfy { $0 == 0 } }
        #expect(gone.count == 3)
        for channel in gone { #expect(scales[channel] == 0 && shifts[channel] == 0) }
    }
}

import Foundation
import RLEditBaselines
import RLEditCore
import RLEditData
import RLEditNN
import RLEditTensor
import Testing

@Suite("Training against bias, and adversarial neuron pruning")
struct CounterfactualTests {
    private func network() throws -> Network {
        var network = try Network(inputShape: [4], layers: [("fc", Linear(4, 2))], random: RandomStream(seed: 0))
        try network.setParameter("fc.weight", Tensor(DebiasingGolden.weight, shape: [2, 4]))
        try network.setParameter("fc.bias", Tensor(DebiasingGolden.bias))
        return network
    }

    private func set(_ values: [Float]) throws -> ExampleSet {
        try ExampleSet(
            name: "set", source: "test", inputs: Tensor(values, shape: [12, 4]), labels: (0..<12).map { $0 % 2 })
    }

    private func sets() throws -> [DebiasingRole: ExampleSet] {
        let original = try set(DebiasingGolden.features)
        let grouped = try original.withGroups(names: ["a", "b"], members: [Array(0..<6), Array(6..<12)])
        return [.set: grouped, .original: original, .swapped: try set(DebiasingGolden.swapped)]
    }

    private func problem(_ sets: [DebiasingRole: ExampleSet], workers: Int = 1) throws -> DebiasingProblem {
        DebiasingProblem(network: try network(), sets: sets, seed: 0, pool: WorkerPool(workers: workers))
    }

    private var methods: [(method: any DebiasingMethod, expected: [Float])] {
        var dro = GroupDRO()
        (dro.epochs, dro.batchSize, dro.learningRate, dro.groupRate) = (3, 12, 0.05, 0.5)
        var pairing = LogitPairing()
        (pairing.epochs, pairing.batchSize, pairing.learningRate, pairing.pairWeight) = (3, 12, 0.05, 0.7)
        var augmentation = CounterfactualAugmentation()
        (augmentation.epochs, augmentation.batchSize, augmentation.learningRate) = (3, 24, 0.05)
        return [
            (dro, DebiasingGolden.groupDRO), (pairing, DebiasingGolden.logitPairing),
            (augmentation, DebiasingGolden.augmentation),
        ]
    }

    @Test("three steps on whole sets end where PyTorch's do, for any number of workers")
    func steps() throws {
        for (method, expected) in methods {
            let found = try method.run(problem(sets())).network
            let values = found.flat
            #expect(values.count == expected.count)
            for (mine, theirs) in zip(values, expected) { #expect(abs(mine - theirs) < 2e-5, "\(method.name)") }
            #expect(parameterBits(try method.run(problem(sets(), workers: 3)).network) == parameterBits(found))
        }
    }

    @Test("logits of pairs come together")
    func effects() throws {
        let sets = try sets()
        func gap(_ weight: Double) throws -> Double {
            var pairing = LogitPairing()
            (pairing.epochs, pairing.learningRate, pairing.pairWeight) = (60, 0.05, weight)
            let network = try pairing.run(problem(sets)).network
            func scores(_ role: DebiasingRole) throws -> Tensor {
                try network.forward(#require(sets[role]).allInputs())
            }
            return try ScoreChange(scores(.original), scores(.swapped)).marginGap
        }
        #expect(try gap(5) < 0.5 * gap(0))
    }

    @Test("the group that fares worst decides")
    func worstGroup() throws {
        // Nothing tells three groups apart; two of them have label 1. Shown equally often they make the third one's label
        // half as likely, log 3 a miss; the worst loss is least where both labels are equally likely, log 2.
        let examples = try ExampleSet(
            name: "set", source: "test", inputs: Tensor.zeros([12, 4]), labels: (0..<12).map { $0 < 8 ? 1 : 0 }
        ).withGroups(names: ["a", "b", "c"], members: [Array(0..<4), Array(4..<8), Array(8..<12)])
        func miss(_ rate: Double) throws -> Double {
            var dro = GroupDRO()
            (dro.epochs, dro.batchSize, dro.learningRate, dro.groupRate) = (500, 12, 0.02, rate)
            let scores = try dro.run(problem([.set: examples])).network.forward(Tensor.zeros([1, 4])).scalars
            return log(1 + exp(Double(scores[1] - scores[0])))
        }
        #expect(abs(try miss(0) - log(3)) < 0.02)
        #expect(abs(try miss(0.02) - log(2)) < 0.05)
    }

    @Test("pairs of unequal number, missing sets and settings out of range are named")
    func errors() throws {
        var sets = try sets()
        sets[.swapped] = try sets[.swapped]?.take(5)
        #expect(
            throws: BaselineError.unsuitableSet("swapped", reason: "has 5 examples, and 'original' 12: pairs expected")
        ) { try LogitPairing().run(problem(sets)) }
        sets[.swapped] = nil
        #expect(throws: BaselineError.unsuitableSet("swapped", reason: "is missing")) {
            try CounterfactualAugmentation().run(problem(sets))
        }
        sets[.set] = sets[.original]
        #expect(throws: BaselineError.self) { try GroupDRO().run(problem(sets)) }
        for (method, _) in methods { try method.validate() }
        var pairing = LogitPairing()
        pairing.pairWeight = -1
        #expect(throws: (any Error).self) { try pairing.validate() }
        #expect(throws: BaselineError.interrupted) {
            try GroupDRO().run(problem(try self.sets())) { $0 < 0.5 }
        }
    }

    /// Linear, batch norm, relu, linear, on sixteen examples.
    private func normed() throws -> UnlearningProblem {
        var network = try Network(
            inputShape: [3],
            layers: [
                ("fc1", Linear(3, 6, bias: false)), ("norm", BatchNorm(6)), ("relu", Activation.relu),
                ("fc2", Linear(6, 3, bias: false)),
            ], random: RandomStream(seed: 0))
        try network.setParameter("fc1.weight", Tensor(DebiasingGolden.first, shape: [6, 3]))
        try network.setParameter("fc2.weight", Tensor(DebiasingGolden.second, shape: [3, 6]))
        try network.setParameter("norm.weight", Tensor(DebiasingGolden.scale))
        try network.setParameter("norm.bias", Tensor(DebiasingGolden.shift))
        let set = try ExampleSet(
            name: "retain", source: "test", inputs: Tensor(DebiasingGolden.pictures, shape: [16, 3]),
            labels: DebiasingGolden.classes)
        return UnlearningProblem(network: network, forget: set, retain: set, seed: 0, pool: WorkerPool(workers: 1))
    }

    @Test("the mask of adversarial neuron pruning is PyTorch's, and what it lowers loses its scale")
    func pruning() throws {
        var method = AdversarialNeuronPruning()
        (method.steps, method.batchSize, method.randomStart, method.threshold) = (6, 16, false, 0.5)
        let problem = try normed()
        let mask = try method.mask(problem, random: RandomStream(seed: 0), passes: PassCounter())
        for (mine, theirs) in zip(mask, DebiasingGolden.mask) { #expect(abs(mine - theirs) < 1e-4) }
        let result = try method.run(problem)
        let kept = zip(DebiasingGolden.scale, DebiasingGolden.mask).map { $1 < 0.5 ? 0 : $0 }
        #expect(kept.contains(0) && kept.contains { $0 > 0 })
        #expect(result.network.parameter("norm.weight")?.scalars == kept)
        // All else stays, running statistics included.
        for name in problem.network.parameterNames where name != "norm.weight" {
            #expect(result.network.parameter(name) == problem.network.parameter(name), "\(name)")
        }
        // A disturbance's gradient, the robust one and the natural one.
        #expect(result.cost.forwards == 6 * 3 * 16 && result.cost.backwards == 6 * 3 * 16)
        #expect(throws: BaselineError.noBatchNorm) { try method.run(TinyProblem().problem()) }
    }
}

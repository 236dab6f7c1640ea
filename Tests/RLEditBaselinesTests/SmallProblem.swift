import RLEditBaselines
import RLEditData
import RLEditNN
import RLEditTensor

/// A network small enough to train in a blink: it names generated digits of 14 × 14 points, and is to forget the sevens.
struct SmallProblem {
    let network: Network
    let forget: ExampleSet
    let retain: ExampleSet
    let heldForget: ExampleSet
    let heldRetain: ExampleSet

    /// Trained once for all tests.
    static let shared = Result { try SmallProblem() }

    private init() throws {
        let digits = try Digits.generated(seed: 5, trainCount: 1500, testCount: 500)
        (forget, retain) = try Self.small(digits.train).partition { $0 == 7 }
        (heldForget, heldRetain) = try Self.small(digits.test).partition { $0 == 7 }
        var network = try Network(
            inputShape: [196],
            layers: [
                ("fc1", Linear(196, 48)), ("relu1", Activation.relu), ("fc2", Linear(48, 24)),
                ("relu2", Activation.relu), ("fc3", Linear(24, 10)),
            ], random: RandomStream(seed: 3, name: "init"))
        var options = TrainingOptions()
        (options.epochs, options.batchSize) = (12, 64)
        try network.fit(ExampleSetSource(try forget.concat(retain)), options: options)
        self.network = network
    }

    /// Means of 2 × 2 points, as vectors.
    private static func small(_ set: ExampleSet) throws -> ExampleSet {
        let inputs = try set.allInputs().scalars
        let values = (0..<set.count * 196).map { place -> Float in
            let (example, point) = (place / 196, place % 196)
            let (row, column) = (2 * (point / 14), 2 * (point % 14))
            func at(_ down: Int, _ right: Int) -> Float { inputs[example * 784 + (row + down) * 28 + column + right] }
            return (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4
        }
        return try ExampleSet(
            name: set.name, source: set.source, inputs: Tensor(values, shape: [set.count, 196]), labels: set.labels)
    }

    func problem(seed: UInt64 = 0, workers: Int = 2) -> UnlearningProblem {
        UnlearningProblem(
            network: network, forget: forget, retain: retain, seed: seed, pool: WorkerPool(workers: workers))
    }

    /// Accuracies on held-out sevens, and on the others.
    func judge(_ network: Network) throws -> (forget: Double, retain: Double) {
        (try accuracy(network, heldForget), try accuracy(network, heldRetain))
    }

    private func accuracy(_ network: Network, _ set: ExampleSet) throws -> Double {
        let scores = try network.forward(set.allInputs()).scalars
        let right = set.labels.enumerated().count { row, label in
            let own = scores[(row * 10)..<(row * 10 + 10)]
            return own.firstIndex(of: own.max() ?? 0) == row * 10 + label
        }
        return Double(right) / Double(set.count)
    }
}

/// All parameters, bit by bit.
func parameterBits(_ network: Network) -> [UInt32] {
    network.parameterNames.flatMap { network.parameter($0)?.scalars ?? [] }.map(\.bitPattern)
}

/// A network without hidden layer and a few examples whose sums can be done by hand or in a few lines.
struct TinyProblem {
    var network: Network
    let forget: ExampleSet
    let retain: ExampleSet

    /// Three classes of four inputs; the forget set holds class 2 only.
    init(forget forgetCount: Int = 5, retain retainCount: Int = 7, seed: UInt64 = 9) throws {
        network = try Network(
            inputShape: [4], layers: [("fc1", Linear(4, 5)), ("act", Activation.tanh), ("fc2", Linear(5, 3))],
            random: RandomStream(seed: seed, name: "init"))
        var random = RandomStream(seed: seed, name: "examples")
        func set(_ name: String, _ count: Int, _ label: (Int) -> Int) throws -> ExampleSet {
            let values = (0..<count * 4).map { _ in random.uniform(-2, 2) }
            return try ExampleSet(
                name: name, source: "test", inputs: Tensor(values, shape: [count, 4]), labels: (0..<count).map(label))
        }
        forget = try set("forget", forgetCount) { _ in 2 }
        retain = try set("retain", retainCount) { $0 % 2 }
    }

    func problem(seed: UInt64 = 0) -> UnlearningProblem {
        UnlearningProblem(network: network, forget: forget, retain: retain, seed: seed, pool: WorkerPool(workers: 1))
    }

    /// The gradient of the mean cross entropy of a set, all parameters in one run.
    func gradient(_ set: ExampleSet, of other: Network? = nil) throws -> [Float] {
        try (other ?? network).gradient(set.allInputs(), .classes(set.labels), loss: .crossEntropy).parameters
            .flatMap(\.scalars)
    }
}

extension Network {
    /// All parameters in one run.
    var flat: [Float] { parameterNames.flatMap { parameter($0)?.scalars ?? [] } }
}

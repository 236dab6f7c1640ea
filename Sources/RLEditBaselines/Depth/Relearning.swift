public import RLEditData
public import RLEditNN
public import RLEditTensor

/// How soon a network that has forgotten knows again: steps of gradient descent on the forget set, through the whole
/// network, until it names a share of unseen examples. Few steps mean that the knowledge was hidden, not removed.
public struct Relearning: Sendable {
    public var learningRate = 0.01
    public var batchSize = 64
    /// Largest norm of a gradient.
    public var gradientClipping = 5.0
    /// Accuracy on the unseen examples that ends the count, 0 … 1.
    public var target = 0.9
    /// Steps at most.
    public var cap = 400
    /// Unseen examples that are looked at, from the front.
    public var testCount = 512

    public init() {}
    static let name = "relearn_steps"

    /// - Throws: `ConfigurationError` naming the field.
    public func validate() throws(ConfigurationError) {
        for (field, value) in [("batchSize", batchSize), ("cap", cap), ("testCount", testCount)] where value < 1 {
            throw ConfigurationError(Self.name, field, "must be at least 1, got \(value)")
        }
        for (field, value) in [("learningRate", learningRate), ("gradientClipping", gradientClipping)]
        where !(value > 0 && value.isFinite) {
            throw ConfigurationError(Self.name, field, "must be above 0, got \(value)")
        }
        guard (0...1).contains(target) else {
            throw ConfigurationError(Self.name, "target", "must be in 0 … 1, got \(target)")
        }
    }

    /// The number of steps; `cap` when that many do not suffice, 0 when none is needed.
    /// - Parameters:
    ///   - forget: what is learned again.
    ///   - test: unseen examples of the same classes.
    public func steps(
        _ network: Network, forget: ExampleSet, test: ExampleSet, seed: UInt64, pool: WorkerPool? = nil
    ) throws -> Int {
        try validate()
        try network.requireClassifier([("forget", forget), ("test", test)])
        let seen = try test.take(min(test.count, testCount))
        let passes = PassCounter()
        let descent = try Descent(
            network, .sgd(SGD()), random: RandomStream(seed: seed, name: "relearning"), passes: passes, pool: pool,
            clipping: gradientClipping)
        let source = ExampleSetSource(forget)
        var batches: [ArraySlice<Int>] = []
        var epoch = 0
        for step in 0..<cap {
            if try descent.network().accuracy(on: seen, pool: pool, passes: passes) >= target { return step }
            if batches.isEmpty {
                batches = descent.minibatches(source.count, size: batchSize, epoch: epoch, of: "forget")
                epoch += 1
            }
            try descent.step([.init(source, batches.removeFirst(), Loss.crossEntropy)], learningRate: learningRate)
        }
        return cap
    }
}

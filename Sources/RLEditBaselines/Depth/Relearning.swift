public import RLEditCore
public import RLEditData
public import RLEditNN
public import RLEditTensor

/// How soon a network that has forgotten knows again: steps of gradient descent on the forget set, through the whole
/// network, until it names a share of unseen examples. Few steps mean that the knowledge was hidden, not removed.
public struct Relearning: Configurable, Sendable {
    public var learningRate = 0.01
    public var batchSize = 64
    public var gradientClipping = 5.0
    public var target = 0.9
    public var cap = 400
    public var testCount = 512

    public init() {}
    static let name = "relearn_steps"

    public var owner: String { Self.name }

    public var settings: [Setting<Self>] {
        [
            .number("learningRate", \.learningRate, .positive, "of plain gradient descent"),
            .integer("batchSize", \.batchSize, .count(upTo: mostCounted), "examples of a step"),
            .number("gradientClipping", \.gradientClipping, .positive, "largest norm of a gradient"),
            .number("target", \.target, .unit, "accuracy on `test` that ends the count"),
            .integer("cap", \.cap, .count(upTo: mostCounted), "steps at most"),
            .integer("testCount", \.testCount, .count(upTo: mostCounted), "examples of `test` that are looked at"),
        ]
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

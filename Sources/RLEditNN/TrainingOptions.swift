/// How `Network.fit` trains.
public struct TrainingOptions {
    /// A number that may vary while training: a constant, or a function of progress from 0 at the start to 1 at the end.
    /// The function is called once before each batch, on the thread that called `fit`.
    public enum Rate: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
        case constant(Float)
        case schedule((_ progress: Double) throws -> Float)

        public init(floatLiteral value: Float) { self = .constant(value) }
        public init(integerLiteral value: Int) { self = .constant(Float(value)) }
    }

    /// Times that each example is seen; at least 1. Default 1.
    public var epochs = 1
    /// Examples per step; the last batch of an epoch may be smaller. At least 1. Default 128.
    public var batchSize = 128
    /// Default Adam, which needs the least tuning.
    public var optimizer = OptimizerConfiguration.adam(Adam())
    /// Step size, at least 0. Default 1e-3, which suits Adam.
    public var learningRate: Rate = 1e-3
    /// Pull of each parameter towards 0, at least 0: λ in ½ λ ‖p‖² (in AdamW applied to p directly). Default 0.
    public var weightDecay: Float = 0
    /// Gradients of a greater Euclidean norm, over all parameters together, are scaled down to this one; above 0, or nil
    /// for no limit. Default nil.
    public var gradientClipping: Float?
    /// What is minimized. Default cross entropy.
    public var loss = Loss.crossEntropy
    /// Whether each epoch takes the examples in a new random order. Default true.
    public var shuffle = true
    /// Seed of that order and of dropout. Default 0.
    public var seed: UInt64 = 0

    public init() {}

    /// - Throws: ``NetworkError/option(field:expected:actual:)`` naming the field.
    public func validate() throws(NetworkError) {
        guard epochs >= 1 else { throw .option(field: "epochs", expected: "at least 1", actual: "\(epochs)") }
        guard batchSize >= 1 else { throw .option(field: "batch_size", expected: "at least 1", actual: "\(batchSize)") }
        // Products of these with a number of examples must not overflow.
        for (field, value) in [("epochs", epochs), ("batch_size", batchSize)] where value > TrainingOptions.largestCount
        {
            throw .option(field: field, expected: "at most \(TrainingOptions.largestCount)", actual: "\(value)")
        }
        try optimizer.validate()
        if case .constant(let rate) = learningRate { try TrainingOptions.checkLearningRate(rate) }
        guard weightDecay >= 0, weightDecay.isFinite else {
            throw .option(field: "weight_decay", expected: "at least 0", actual: "\(weightDecay)")
        }
        if let limit = gradientClipping, !(limit > 0) {
            throw .option(field: "gradient_clipping", expected: "above 0", actual: "\(limit)")
        }
    }

    /// Most epochs, and most examples of a batch.
    private static let largestCount = 1_000_000_000

    static func checkLearningRate(_ rate: Float) throws(NetworkError) {
        guard rate >= 0, rate.isFinite else {
            throw .option(field: "learning_rate", expected: "at least 0 and finite", actual: "\(rate)")
        }
    }

    /// The learning rate at a point of training, checked.
    func learningRate(at progress: Double) throws -> Float {
        switch learningRate {
        case .constant(let rate): return rate
        case .schedule(let function):
            let rate = try function(progress)
            try TrainingOptions.checkLearningRate(rate)
            return rate
        }
    }
}

/// The state of training after a batch.
public struct TrainingProgress: Sendable {
    /// From 1 to `epochs`.
    public let epoch: Int
    public let epochs: Int
    /// From 1 to `batches`, the number of batches in an epoch.
    public let batch: Int
    public let batches: Int
    /// Mean loss of this batch.
    public let batchLoss: Float
    /// Mean loss of this epoch so far (each batch as it was before its step).
    public let loss: Float
    /// Share of right answers in this epoch so far; nil for losses without.
    public let accuracy: Double?
    public let learningRate: Float
    /// Examples per second since training began.
    public let examplesPerSecond: Double
}

/// What a progress callback wants.
public enum TrainingDirective: Sendable {
    case proceed
    /// End training cleanly after this batch.
    case stop
}

/// What training did.
public struct TrainingResult: Sendable {
    public struct Epoch: Sendable, Equatable {
        /// Mean loss over the epoch.
        public let loss: Float
        /// Share of right answers over the epoch; nil for losses without.
        public let accuracy: Double?
    }

    /// One entry per epoch, the last one perhaps cut short.
    public let epochs: [Epoch]
    /// Steps taken.
    public let steps: Int
    /// Whether the callback ended training early.
    public let wasStopped: Bool
}

public import RLEditCore

/// How `Network.fit` trains.
public struct TrainingOptions: Configurable {
    public var epochs = 1
    public var batchSize = 128
    /// Default Adam, which needs the least tuning.
    public var optimizer = OptimizerConfiguration.adam(Adam())
    /// Asked once before each batch, on the thread that called `fit`. The default suits Adam.
    public var learningRate: Schedule = 1e-3
    public var weightDecay = 0.0
    public var gradientClipping: Double?
    public var loss = Loss.crossEntropy
    public var shuffle = true
    /// Seed of the order of examples and of dropout.
    public var seed: UInt64 = 0

    public init() {}

    public var owner: String { "fit" }

    public var settings: [Setting<Self>] {
        [
            .integer("epochs", \.epochs, .count(upTo: TrainingOptions.largestCount), "times that each example is seen"),
            .integer(
                "batchSize", \.batchSize, .count(upTo: TrainingOptions.largestCount),
                "examples per step; the last batch of an epoch may be smaller"),
            .boolean("shuffle", \.shuffle, "whether each epoch has a new random order"),
            .number(
                "weightDecay", \.weightDecay, .notNegative,
                "pull of each parameter towards 0: λ in ½ λ ‖p‖², which adamw applies to p directly"),
            .number(
                "gradientClipping", \.gradientClipping, .positive,
                "largest norm of the gradient over all parameters; false for no limit"),
            .word("loss", \.loss, "what is minimized"),
            .schedule("learningRate", \.learningRate, .notNegative, "step size"),
        ]
    }

    public func validateTogether(owner: String) throws { try optimizer.validate() }

    /// Products of counts with a number of examples must not overflow.
    private static let largestCount = 1_000_000_000
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

public import RLEditTensor

extension PPO {
    /// Settings of ``PPO`` under the field's names. Defaults are those of Stable-Baselines3 unless a field says why not;
    /// those that differ were chosen on seeds ≥ 100 and validation images (docs/results.md, "Defaults").
    public struct Configuration {
        /// Transitions to collect over the whole run, in candidate evaluations; ≥ 1. Default 8,192, the reference task's.
        /// Environments step together, so a run ends with the first step of all of them that reaches this number: at
        /// horizon 1, `steps` rounded up to whole rollouts.
        public var steps = 8192
        /// Transitions per update over all environments together; ≥ 1. Default 32, not 256: more
        /// updates from the same candidates reach a good edit with fewer of them.
        /// A run of fewer `steps` is one rollout of that length.
        /// With episodes of `horizon` steps, `rolloutLength / horizon` of them run side by side, each for one episode.
        public var rolloutLength = 32
        /// Transitions per gradient step; in 1 ... `rolloutLength`. Default 32, a whole rollout. The last minibatch of an epoch is
        /// smaller when `rolloutLength` is not a multiple.
        public var minibatchSize = 32
        /// Passes over each rollout; ≥ 1. Default 10.
        public var epochs = 10
        /// Adam's step size as a function of progress; ≥ 0. Default from 6e-4 linearly to 0: a mean policy
        /// that has settled keeps more of the model than one that still moves.
        public var learningRate = Schedule.linear(6e-4, 0)
        /// γ, the weight of the next step's value; in [0, 1]. Default nil: 0 at horizon 1, else 0.5.
        ///
        /// A one-step task's return is its reward. With γ > 0 its truncated end would be bootstrapped by V of the edited
        /// weights, and V, fitted to a return that contains V, grows without learning anything: see `docs/ppo.md`.
        public var discount: Double?
        /// λ of generalized advantage estimation: 0 is the one-step error, 1 the whole return; in [0, 1]. Default 0.95.
        public var gaeLambda = 0.95
        /// Whether an episode that was cut by the horizon is bootstrapped by the value of its final observation.
        /// Default true. False treats the horizon as the end: the value of what would follow is 0.
        public var bootstrapTruncated = true
        /// ε of the clipped objective, as a function of progress: the probability ratio earns nothing outside of
        /// [1 − ε, 1 + ε]; > 0. Default 0.2.
        public var clipRange = Schedule.constant(0.2)
        /// How far the value may move from the rollout's, in units of the return, as a function of progress; > 0.
        /// Default nil: not clipped, since the right range depends on the scale of the reward.
        public var valueClipRange: Schedule?
        /// Weight of the entropy bonus as a function of progress; ≥ 0. Default 0.
        public var entropyCoefficient = Schedule.constant(0)
        /// Weight of the value loss; ≥ 0. Default 0.5.
        public var valueCoefficient = 0.5
        /// Largest global norm of the gradient over all parameters: longer ones are scaled down to it; > 0. Default 0.5.
        public var maxGradientNorm = 0.5
        /// Stop the epochs of an update once a minibatch's approximate KL divergence exceeds 1.5 times this; > 0.
        /// Default nil: never.
        public var targetKL: Double?
        /// Standardise the advantages of each minibatch to mean 0 and standard deviation 1. Default true.
        public var normalizeAdvantage = true
        /// Standardise each observed feature by its running mean and variance, clipped to ± `observationClip`.
        /// Default false: environments of this project standardise their observation already.
        public var normalizeObservation = false
        /// Bound of a normalised feature, in standard deviations; > 0. Default 10.
        public var observationClip = 10.0
        /// Units of each hidden layer of the mean's network; each ≥ 1. Default 64, 64.
        public var hiddenSizes = [64, 64]
        /// Units of each hidden layer of the value's network; each ≥ 1. Default nil: as `hiddenSizes`.
        public var valueHiddenSizes: [Int]?
        /// Orthogonal initial weights. Default true; false draws them as PyTorch's linear layers do.
        public var orthogonalInitialization = true
        /// log σ of every number of an action before the first update; in [−20, 2]. Default nil: −0.7 at horizon 1, where
        /// with 0 a third of the numbers would be clamped to the box; −1 beyond, where the noise of all steps adds up.
        public var initialLogStandardDeviation: Double?
        /// Adam's decay of the mean gradient; in [0, 1). Default 0.9.
        public var adamBeta1 = 0.9
        /// Adam's decay of the mean squared gradient; in [0, 1). Default 0.999.
        public var adamBeta2 = 0.999
        /// Adam's ε; > 0. Default 1e-5, not PyTorch's 1e-8 ("37 implementation details of PPO", detail 3).
        public var adamEpsilon = 1e-5

        public init() {}

        /// The defaults of Stable-Baselines3, for comparisons.
        public static var stableBaselines3: Configuration {
            var configuration = Configuration()
            configuration.rolloutLength = 256
            configuration.minibatchSize = 64
            configuration.learningRate = .constant(3e-4)
            configuration.initialLogStandardDeviation = 0
            return configuration
        }

        /// Transitions per update of a run of `steps`.
        var effectiveRolloutLength: Int { min(rolloutLength, steps) }

        /// log σ before the first update at a horizon.
        public func initialLogStandardDeviation(horizon: Int) -> Double {
            initialLogStandardDeviation ?? (horizon == 1 ? -0.7 : -1)
        }

        /// γ at a horizon.
        public func discount(horizon: Int) -> Double { discount ?? (horizon == 1 ? 0 : 0.5) }

        /// - Throws: ``ConfigurationError`` naming the first field outside its range. Schedules are checked at the
        ///   start, the middle and the end of a run here, and again wherever they are read.
        public func validate() throws {
            try check("steps", steps >= 1, "must be at least 1, got \(steps)")
            try check("rolloutLength", rolloutLength >= 1, "must be at least 1, got \(rolloutLength)")
            try check(
                "rolloutLength", rolloutLength <= largestBatch, "must be at most \(largestBatch), got \(rolloutLength)")
            try check(
                "minibatchSize", (1...rolloutLength).contains(minibatchSize),
                "must be from 1 to rolloutLength (\(rolloutLength)), got \(minibatchSize)")
            try check("epochs", epochs >= 1, "must be at least 1, got \(epochs)")
            if let discount { try checkUnit("discount", discount) }
            try checkUnit("gaeLambda", gaeLambda)
            try check("valueCoefficient", valueCoefficient >= 0, "must not be negative, got \(valueCoefficient)")
            try checkPositive("maxGradientNorm", maxGradientNorm)
            if let targetKL { try checkPositive("targetKL", targetKL) }
            try checkPositive("observationClip", observationClip)
            for (field, sizes) in [("hiddenSizes", hiddenSizes), ("valueHiddenSizes", valueHiddenSizes ?? [])] {
                try check(
                    field, sizes.allSatisfy { (1...65_536).contains($0) },
                    "must be from 1 to 65536 units each, got \(sizes)")
            }
            if let initialLogStandardDeviation {
                try check(
                    "initialLogStandardDeviation", (-20...2).contains(initialLogStandardDeviation),
                    "must be from -20 to 2, got \(initialLogStandardDeviation)")
            }
            for (field, beta) in [("adamBeta1", adamBeta1), ("adamBeta2", adamBeta2)] {
                try check(field, (0..<1).contains(beta), "must be at least 0 and below 1, got \(beta)")
            }
            try checkPositive("adamEpsilon", adamEpsilon)
            for progress in [0, 0.5, 1] { _ = try scheduled(at: progress) }
        }

        /// The values of the schedules at one moment of a run.
        struct Scheduled {
            let learningRate: Double
            let clipRange: Double
            let valueClipRange: Double?
            let entropyCoefficient: Double
        }

        func scheduled(at progress: Double) throws -> Scheduled {
            let values = Scheduled(
                learningRate: try learningRate(progress), clipRange: try clipRange(progress),
                valueClipRange: try valueClipRange?(progress), entropyCoefficient: try entropyCoefficient(progress))
            let when = "at progress \(progress)"
            try check(
                "learningRate", values.learningRate >= 0 && values.learningRate.isFinite,
                "must not be negative, got \(values.learningRate) \(when)")
            try checkPositive("clipRange", values.clipRange, when)
            if let range = values.valueClipRange { try checkPositive("valueClipRange", range, when) }
            try check(
                "entropyCoefficient", values.entropyCoefficient >= 0 && values.entropyCoefficient.isFinite,
                "must not be negative, got \(values.entropyCoefficient) \(when)")
            return values
        }

        private func check(_ field: String, _ isValid: Bool, _ message: @autoclosure () -> String) throws {
            guard isValid else { throw ConfigurationError("PPO", field, message()) }
        }

        private func checkUnit(_ field: String, _ value: Double) throws {
            try check(field, (0...1).contains(value), "must be from 0 to 1, got \(value)")
        }

        private func checkPositive(_ field: String, _ value: Double, _ when: String = "") throws {
            try check(
                field, value > 0 && value.isFinite, "must be positive, got \(value)\(when.isEmpty ? "" : " " + when)")
        }
    }
}

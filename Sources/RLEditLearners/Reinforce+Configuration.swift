public import RLEditTensor

extension Reinforce {
    /// Settings of ``Reinforce``, under the names that ``PPO`` has for them. Defaults were chosen on seeds ≥ 100 and
    /// validation images (docs/learners.md).
    public struct Configuration {
        /// Transitions to collect over the whole run, in candidate evaluations; ≥ 1. Default 8,192, as ``PPO``'s.
        public var steps = 8192
        /// Transitions per update over all environments together, each used once; ≥ 1. Default 16: one step a rollout
        /// wants many small ones.
        public var rolloutLength = 16
        /// Adam's step size as a function of progress; ≥ 0. Default from 3e-3 linearly to 0.
        public var learningRate = Schedule.linear(3e-3, 0)
        /// γ, the weight of the next step's reward; in [0, 1]. Default nil: 0 at horizon 1, else 0.5, as ``PPO``'s.
        public var discount: Double?
        /// Weight of the entropy bonus as a function of progress; ≥ 0. Default 0.
        public var entropyCoefficient = Schedule.constant(0)
        /// Weight of the loss of the value network, which is the baseline; ≥ 0, and 0 leaves it untrained. Default 0.5.
        public var valueCoefficient = 0.5
        /// Largest global norm of the gradient over all parameters: longer ones are scaled down to it; > 0. Default 0.5.
        public var maxGradientNorm = 0.5
        /// Standardise what the returns of a rollout gain over the baseline to mean 0 and deviation 1. Default true: the
        /// step then does not depend on the unit of the reward.
        public var normalizeAdvantage = true
        /// Units of each hidden layer of the mean's network and of the value's; each ≥ 1. Default 64, 64.
        public var hiddenSizes = [64, 64]
        /// log σ of every number of an action before the first update; in [−20, 2]. Default nil: −0.5 at horizon 1, −1
        /// beyond.
        public var initialLogStandardDeviation: Double?

        public init() {}

        /// Transitions per update of a run of `steps`.
        var effectiveRolloutLength: Int { min(rolloutLength, steps) }

        /// log σ before the first update at a horizon.
        public func initialLogStandardDeviation(horizon: Int) -> Double {
            initialLogStandardDeviation ?? (horizon == 1 ? -0.5 : -1)
        }

        /// γ at a horizon.
        public func discount(horizon: Int) -> Double { discount ?? PPO.Configuration().discount(horizon: horizon) }

        /// - Throws: ``ConfigurationError`` naming the first field outside its range. Schedules are checked at the
        ///   start, the middle and the end of a run here, and again wherever they are read.
        public func validate() throws {
            let check = SettingCheck("Reinforce")
            try check.atLeastOne("steps", steps)
            try check.batch("rolloutLength", rolloutLength)
            if let discount { try check.unit("discount", discount) }
            try check.notNegative("valueCoefficient", valueCoefficient)
            try check.positive("maxGradientNorm", maxGradientNorm)
            try check.require(
                "hiddenSizes", hiddenSizes.allSatisfy { (1...65_536).contains($0) },
                "must be from 1 to 65536 units each, got \(hiddenSizes)")
            if let initialLogStandardDeviation {
                try check.require(
                    "initialLogStandardDeviation", (-20...2).contains(initialLogStandardDeviation),
                    "must be from -20 to 2, got \(initialLogStandardDeviation)")
            }
            for progress in [0, 0.5, 1] { _ = try scheduled(at: progress) }
        }

        /// The values of the schedules at one moment of a run.
        func scheduled(at progress: Double) throws -> (learningRate: Double, entropyCoefficient: Double) {
            let check = SettingCheck("Reinforce")
            let values = (try learningRate(progress), try entropyCoefficient(progress))
            try check.notNegative("learningRate", values.0, at: progress)
            try check.notNegative("entropyCoefficient", values.1, at: progress)
            return values
        }
    }
}

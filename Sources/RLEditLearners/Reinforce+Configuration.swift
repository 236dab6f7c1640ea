public import RLEditCore

extension Reinforce {
    /// Settings of ``Reinforce``, under the names that ``PPO`` has for them. Defaults were chosen on seeds ≥ 100 and
    /// validation images (docs/learners.md).
    public struct Configuration: LearnerConfiguration {
        public var steps = 8192
        /// One step a rollout wants many small ones.
        public var rolloutLength = 16
        public var learningRate = Schedule.linear(3e-3, 0)
        public var discount: Double?
        public var entropyCoefficient = Schedule.constant(0)
        public var valueCoefficient = 0.5
        public var maxGradientNorm = 0.5
        /// On: the step then does not depend on the unit of the reward.
        public var normalizeAdvantage = true
        public var hiddenSizes = [64, 64]
        public var initialLogStandardDeviation: Double?

        public init() {}

        public var owner: String { Reinforce.name }

        public var settings: [Setting<Self>] {
            [
                .steps,
                .integer(
                    "rolloutLength", \.rolloutLength, .count(upTo: largestBatch),
                    "evaluations per update, over all environments, each used once"),
                .schedule("learningRate", \.learningRate, .notNegative, "Adam's step size"),
                .number(
                    "discount", \.discount, .unit,
                    "γ, weight of the next step's reward; false: 0 at horizon 1, else 0.5"),
                .schedule("entropyCoefficient", \.entropyCoefficient, .notNegative, "weight of the entropy bonus"),
                .number(
                    "valueCoefficient", \.valueCoefficient, .notNegative,
                    "weight of the loss of the baseline, which is a value network; 0 leaves it untrained"),
                .number(
                    "maxGradientNorm", \.maxGradientNorm, .positive,
                    "longer gradients, over all parameters, are scaled down to it"),
                .boolean(
                    "normalizeAdvantage", \.normalizeAdvantage,
                    "standardize what the returns of a rollout gain over the baseline"),
                .integers("hiddenSizes", \.hiddenSizes, .hiddenUnits, "units of each hidden layer of both networks"),
                .number(
                    "initialLogStandardDeviation", \.initialLogStandardDeviation, .logStandardDeviation,
                    "log σ of actions before the first update; false: -0.5 at horizon 1, else -1"),
            ]
        }

        /// Transitions per update of a run of `steps`.
        var effectiveRolloutLength: Int { min(rolloutLength, steps) }

        /// log σ before the first update at a horizon.
        public func initialLogStandardDeviation(horizon: Int) -> Double {
            initialLogStandardDeviation ?? (horizon == 1 ? -0.5 : -1)
        }

        /// γ at a horizon.
        public func discount(horizon: Int) -> Double { discount ?? PPO.Configuration().discount(horizon: horizon) }
    }
}

public import RLEditCore

extension PPO {
    /// Settings of ``PPO`` under the field's names. Defaults are those of Stable-Baselines3 unless a comment says why not;
    /// those that differ were chosen on seeds ≥ 100 and validation images (docs/results.md, "Defaults").
    public struct Configuration: LearnerConfiguration, AdamConfiguration {
        /// As many as the reference task's.
        public var steps = 8192
        /// Not 256: more updates from the same candidates reach a good edit with fewer of them. With episodes of
        /// `horizon` steps, `rolloutLength / horizon` of them run side by side, each for one episode.
        public var rolloutLength = 32
        /// A whole rollout.
        public var minibatchSize = 32
        public var epochs = 10
        /// A mean policy that has settled keeps more of the model than one that still moves.
        public var learningRate = Schedule.linear(6e-4, 0)
        /// A one-step task's return is its reward. With γ > 0 its truncated end would be bootstrapped by V of the edited
        /// weights, and V, fitted to a return that contains V, grows without learning anything: see `docs/ppo.md`.
        public var discount: Double?
        public var gaeLambda = 0.95
        public var bootstrapTruncated = true
        public var clipRange = Schedule.constant(0.2)
        /// Off: the right range depends on the scale of the reward.
        public var valueClipRange: Schedule?
        public var entropyCoefficient = Schedule.constant(0)
        public var valueCoefficient = 0.5
        public var maxGradientNorm = 0.5
        public var targetKL: Double?
        public var normalizeAdvantage = true
        /// Off: environments of this project standardize their observation already.
        public var normalizeObservation = false
        public var observationClip = 10.0
        public var hiddenSizes = [64, 64]
        public var valueHiddenSizes: [Int]?
        public var orthogonalInitialization = true
        /// At horizon 1, with 0 a third of the numbers would be clamped to the box; beyond, the noise of all steps adds up.
        public var initialLogStandardDeviation: Double?
        public var adamBeta1 = 0.9
        public var adamBeta2 = 0.999
        /// Not PyTorch's 1e-8 ("37 implementation details of PPO", detail 3).
        public var adamEpsilon = 1e-5

        public init() {}

        public var owner: String { PPO.name }

        public var settings: [Setting<Self>] {
            [
                .steps,
                .integer(
                    "rolloutLength", \.rolloutLength, .count(upTo: largestBatch),
                    "evaluations per update, over all environments, at most `steps`"),
                .integer("minibatchSize", \.minibatchSize, .any, "transitions per gradient step, at most a rollout"),
                .integer("epochs", \.epochs, .atLeast(1), "passes over each rollout"),
                .schedule("learningRate", \.learningRate, .notNegative, "Adam's step size"),
                .number(
                    "discount", \.discount, .unit, "γ, weight of the next step's value; false: 0 at horizon 1, else 0.5"
                ),
                .number(
                    "gaeLambda", \.gaeLambda, .unit,
                    "λ of generalized advantage estimation; 0 is the one-step error, 1 the whole return"),
                .boolean(
                    "bootstrapTruncated", \.bootstrapTruncated,
                    "whether an episode cut by the horizon counts the value of what would follow"),
                .schedule(
                    "clipRange", \.clipRange, .positive,
                    "ε of the clipped objective: how far from 1 the probability ratio still earns"),
                .schedule(
                    "valueClipRange", \.valueClipRange, .positive,
                    "how far a value may move from the rollout's, in units of the return; false: not clipped"),
                .schedule("entropyCoefficient", \.entropyCoefficient, .notNegative, "weight of the entropy bonus"),
                .number("valueCoefficient", \.valueCoefficient, .notNegative, "weight of the value loss"),
                .number(
                    "maxGradientNorm", \.maxGradientNorm, .positive,
                    "longer gradients, over all parameters, are scaled down to it"),
                .number(
                    "targetKL", \.targetKL, .positive,
                    "ends the epochs of an update beyond 1.5 times this divergence, in nats; false: never for an action of "
                        + "up to 1,024 numbers, beyond at 0.005 for each number"),
                .boolean("normalizeAdvantage", \.normalizeAdvantage, "standardize the advantages of each minibatch"),
                .boolean(
                    "normalizeObservation", \.normalizeObservation, "standardize observations by running statistics"),
                .number(
                    "observationClip", \.observationClip, .positive,
                    "bound of a normalized feature, in standard deviations"),
                .integers(
                    "hiddenSizes", \.hiddenSizes, .hiddenUnits, "units of each hidden layer of the mean's network"),
                .integers(
                    "valueHiddenSizes", \.valueHiddenSizes, .hiddenUnits,
                    "those of the value's network; false: the same"),
                .boolean(
                    "orthogonalInitialization", \.orthogonalInitialization,
                    "orthogonal initial weights; false draws them as PyTorch's linear layers do"),
                .number(
                    "initialLogStandardDeviation", \.initialLogStandardDeviation, .logStandardDeviation,
                    "log σ of actions before the first update; false: -0.7 at horizon 1, else -1"),
            ] + Setting.adam
        }

        public func validateTogether(owner: String) throws {
            guard (1...rolloutLength).contains(minibatchSize) else {
                throw ConfigurationError(
                    owner, "minibatchSize", "must be from 1 to rolloutLength (\(rolloutLength)), got \(minibatchSize)")
            }
        }

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

        /// Numbers of the longest action that has one probability ratio. Beyond, each number has its own: the ratio of
        /// thousands of them leaves the clip range with one step of the optimizer (docs/learners.md).
        static let longestWhole = 1024

        /// Numbers of an action that share a probability ratio.
        func ratioNumbers(actionSize: Int) -> Int {
            actionSize > Configuration.longestWhole ? 1 : actionSize
        }

        /// The divergence that ends the epochs of an update, in nats of a whole action; nil for none.
        func targetKL(actionSize: Int) -> Double? {
            targetKL ?? (actionSize > Configuration.longestWhole ? 0.005 * Double(actionSize) : nil)
        }

        /// γ at a horizon.
        public func discount(horizon: Int) -> Double { discount ?? (horizon == 1 ? 0 : 0.5) }
    }
}

extension Bounds {
    /// Units of one hidden layer.
    static let hiddenUnits = Bounds.within(1, 65_536)
    /// log σ of a number of an action: beyond, σ is nothing or the whole box many times over.
    static let logStandardDeviation = Bounds.within(-20, 2)
}

extension PPO {
    /// One line for each update of the policy. Means are over the minibatches of the update unless said otherwise.
    public static let logKeys: [LogKey] = [
        .updates, .meanReward, .rewardStandardDeviation, .clippedPolicyLoss, .valueLoss, .entropy, .approximateKL,
        .clipFraction, .explainedVariance, .gradientNorm, .policyDeviation, .epochs, .stoppedEarly, .learningRate,
        .clipRange, .entropyCoefficient, .valueClipRange,
    ]
}

extension LogKey {
    static let clippedPolicyLoss = LogKey(
        "policy_loss", "−mean min(r A, clip(r, 1−ε, 1+ε) A), r = π/π_old, A standardized", unit: "–",
        good: "slightly negative, −0.1 to 0; beyond 1,024 numbers a sum over them, rising from −100 to 0")
    static let approximateKL = LogKey(
        "approximate_kl", "mean (r − 1 − log r) over the minibatches of the last epoch", unit: "nats",
        good: """
            falling to below 0.1 as the learning rate falls. A one-step task with the defaults begins above 10, since \
            early on long steps pay, and is below 1 from the middle of the run on. When it stays above 1 after that, \
            lower the learning rate or set `target_kl`. \
            For an action of over 1,024 numbers it is the sum over these, below 0.01 for each
            """)
    static let clipFraction = LogKey(
        "clip_fraction", "share of transitions, beyond 1,024 numbers of their numbers, with abs(r − 1) > ε",
        unit: "0 to 1",
        good: "falling, from 0.85 with the defaults to below 0.1 at the end")
    static let epochs = LogKey(
        "epochs", "passes over the rollout that were begun", unit: "count",
        good: "the setting, less when stopped early")
    static let stoppedEarly = LogKey(
        "stopped_early", "1 when `target_kl` ended the update, else 0", unit: "0 or 1", good: "mostly 0")
    static let clipRange = LogKey(
        "clip_range", "the schedule's value for this update", unit: "ratio", good: "as configured")
    static let valueClipRange = LogKey(
        "value_clip_range", "the schedule's value for this update; only when configured", unit: "unit of the reward",
        good: "as configured")
}

internal import RLEditCore

/// A number that learners log, declared once: its key and what the glossary says of it. Calling it makes the logged value.
public struct LogKey: Sendable, Equatable {
    public let name: String
    public let formula: String
    public let unit: String
    /// What to expect of it in a run that goes well.
    public let goodRange: String

    init(_ name: String, _ formula: String, unit: String, good goodRange: String) {
        self.name = name
        self.formula = formula
        self.unit = unit
        self.goodRange = goodRange
    }

    func callAsFunction(_ value: Double) -> NamedNumber { NamedNumber(name, value) }
}

/// What several learners log.
extension LogKey {
    static let updates = LogKey("updates", "updates so far, this one included", unit: "count", good: "rises by 1")
    static let meanReward = LogKey(
        "mean_reward", "mean reward of the rollout's transitions", unit: "unit of the reward", good: "rising")
    static let rewardStandardDeviation = LogKey(
        "reward_standard_deviation", "population standard deviation of the rollout's rewards",
        unit: "unit of the reward",
        good: "falling as the policy narrows; at 0 the reward no longer tells candidates apart")
    static let valueLoss = LogKey(
        "value_loss", "mean (V − return)²", unit: "squared unit of the reward",
        good: "falling to the variance of the return")
    static let entropy = LogKey(
        "entropy", "Σ log σ + ½ n (1 + log 2π) over the n numbers of an action", unit: "nats",
        good: "falling slowly; a collapse in the first updates means too little exploration")
    static let explainedVariance = LogKey(
        "explained_variance", "1 − Var(return − V) / Var(return) over the rollout, before the update", unit: "≤ 1",
        good: "towards 1 on tasks of several steps; 0 at horizon 1, where V is one number")
    static let gradientNorm = LogKey(
        "gradient_norm", "global norm of the gradient before clipping", unit: "–",
        good: "any; when it stays far above `max_gradient_norm`, every step is clipped")
    static let policyDeviation = LogKey(
        "standard_deviation", "mean σ over the numbers of an action, after the update", unit: "unit of the action",
        good: "falling slowly from its initial value")
    static let learningRate = LogKey(
        "learning_rate", "the schedule's value for this update", unit: "–", good: "as configured")
    static let entropyCoefficient = LogKey(
        "entropy_coefficient", "the schedule's value for this update",
        unit: "unit of the standardized advantage per nat", good: "as configured")

    static let bestReturn = LogKey(
        "best_return", "highest return of an episode so far", unit: "unit of the reward", good: "rising")
    static let meanReturn = LogKey(
        "mean_return", "mean return of the generation", unit: "unit of the reward", good: "rising")
    static let searchDeviation = LogKey(
        "standard_deviation", "root mean square of the deviations of the numbers of an action, after the update",
        unit: "unit of the action", good: "falling as the optimum comes near")
    static let stepSize = LogKey(
        "step_size", "σ, after the update", unit: "unit of the action", good: "as `standard_deviation`")
    static let axisRatio = LogKey(
        "axis_ratio", "longest axis of the distribution over the shortest", unit: "≥ 1",
        good: "rising as the shape of the task is learned; above 1e7 the numbers' precision ends")
}

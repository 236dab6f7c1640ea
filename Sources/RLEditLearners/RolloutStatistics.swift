internal import RLEditCore
internal import RLEditTensor

extension RolloutBuffer {
    /// What every learner of rollouts logs of them.
    var log: [NamedNumber] {
        let rewards = rewards.map { Double($0) }
        return [
            LogKey.meanReward(mean(rewards)),
            LogKey.rewardStandardDeviation(variance(rewards).squareRoot()),
        ]
    }
}

extension Policy {
    /// The mean of σ over the numbers of an action.
    func meanStandardDeviation() throws -> Double {
        let deviation = try DiagonalGaussian(logStandardDeviation: logStandardDeviation()).standardDeviation
        return mean(deviation.scalars.map { Double($0) })
    }
}

/// 1 − Var(returns − values) / Var(returns): 1 for a perfect value function, 0 for a constant; 0 when the returns do not
/// vary, where the ratio has no meaning.
package func explainedVariance(values: [Float], returns: [Float]) -> Double {
    let total = variance(returns.map { Double($0) })
    guard total > 0 else { return 0 }
    return 1 - variance(zip(returns, values).map { Double($0) - Double($1) }) / total
}

/// 0 of nothing.
func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
}

/// Population variance.
func variance(_ values: [Double]) -> Double {
    let center = mean(values)
    return mean(values.map { ($0 - center) * ($0 - center) })
}

/// Advantages and the returns that the value function is fitted to, one for each transition of a rollout.
package struct AdvantageEstimates: Sendable, Equatable {
    package var advantages: [Float]
    /// Advantage + value: the TD(λ) return.
    package var returns: [Float]

    package init(advantages: [Float], returns: [Float]) {
        self.advantages = advantages
        self.returns = returns
    }

    /// The advantages of some transitions, standardized by their mean and unbiased deviation if wanted. One transition
    /// has no deviation and stays as it is.
    func advantages(of transitions: ArraySlice<Int>, standardized: Bool) -> [Double] {
        let advantages = transitions.map { Double(self.advantages[$0]) }
        guard standardized, advantages.count > 1 else { return advantages }
        let mean = advantages.reduce(0, +) / Double(advantages.count)
        let squares = advantages.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let deviation = (squares / Double(advantages.count - 1)).squareRoot()
        return advantages.map { ($0 - mean) / (deviation + 1e-8) }
    }
}

/// Generalized advantage estimation (Schulman et al., arXiv 1506.02438, equation 16), with the two ends of an episode
/// kept apart (Pardo et al., arXiv 1712.00378):
///
///     δ_t = r_t + γ V(s_{t+1}) − V(s_t)          nothing follows a terminated step: its V(s_{t+1}) counts as 0
///     A_t = δ_t + γ λ A_{t+1}                    neither end lets the next episode's advantage through
///
/// All arrays are step after step, `[steps · environments]`, element `step · environments + environment`.
/// - Parameters:
///   - values: V of what was acted upon.
///   - nextValues: V of what the step led to, before any reset: a truncated step is bootstrapped by it.
package func generalizedAdvantages(
    environments: Int, rewards: [Float], values: [Float], nextValues: [Float], terminated: [Bool], truncated: [Bool],
    discount: Double, lambda: Double
) -> AdvantageEstimates {
    let count = rewards.count
    precondition(
        environments > 0 && count % environments == 0 && values.count == count && nextValues.count == count
            && terminated.count == count && truncated.count == count, "one number for each transition")
    var advantages = [Float](repeating: 0, count: count)
    for environment in 0..<environments {
        var following = 0.0
        for index in stride(from: count - environments + environment, through: 0, by: -environments) {
            let bootstrap = terminated[index] ? 0 : discount * Double(nextValues[index])
            let delta = Double(rewards[index]) + bootstrap - Double(values[index])
            let ended = terminated[index] || truncated[index]
            following = delta + (ended ? 0 : discount * lambda * following)
            advantages[index] = Float(following)
        }
    }
    return AdvantageEstimates(advantages: advantages, returns: zip(advantages, values).map { $0 + $1 })
}

extension RolloutBuffer {
    /// The estimates of its transitions.
    func advantages(discount: Double, lambda: Double) -> AdvantageEstimates {
        generalizedAdvantages(
            environments: environments, rewards: rewards, values: values, nextValues: nextValues,
            terminated: terminated, truncated: truncated, discount: discount, lambda: lambda)
    }
}

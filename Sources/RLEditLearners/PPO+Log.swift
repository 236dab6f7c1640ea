internal import RLEditTensor

extension PPO {
    /// Collects what an update logs; `docs/metrics.md` explains each name.
    struct UpdateLog {
        private var losses: [(policy: Double, value: Double, entropy: Double, clipFraction: Double)] = []
        /// Approximate KL divergences of the epoch in progress.
        private var divergences: [Double] = []
        private var epochs = 0
        var gradientNorms: [Double] = []
        var stoppedEarly = false

        mutating func beginEpoch() {
            divergences = []
            epochs += 1
        }

        mutating func add(_ loss: Loss) {
            losses.append((loss.policyLoss, loss.valueLoss, loss.entropy, loss.clipFraction))
            divergences.append(loss.approximateKL)
        }

        func values(
            rollout: RolloutBuffer, estimates: AdvantageEstimates, scheduled: Configuration.Scheduled,
            standardDeviation: Tensor, updates: Int
        ) -> [LoggedValue] {
            let rewards = rollout.rewards.map { Double($0) }
            var result = [
                LoggedValue("updates", Double(updates)),
                LoggedValue("mean_reward", mean(rewards)),
                LoggedValue("reward_standard_deviation", variance(rewards).squareRoot()),
                LoggedValue("policy_loss", mean(losses.map(\.policy))),
                LoggedValue("value_loss", mean(losses.map(\.value))),
                LoggedValue("entropy", mean(losses.map(\.entropy))),
                LoggedValue("approximate_kl", mean(divergences)),
                LoggedValue("clip_fraction", mean(losses.map(\.clipFraction))),
                LoggedValue(
                    "explained_variance", explainedVariance(values: rollout.values, returns: estimates.returns)),
                LoggedValue("gradient_norm", mean(gradientNorms)),
                LoggedValue("standard_deviation", mean(standardDeviation.scalars.map { Double($0) })),
                LoggedValue("epochs", Double(epochs)),
                LoggedValue("stopped_early", stoppedEarly ? 1 : 0),
                LoggedValue("learning_rate", scheduled.learningRate),
                LoggedValue("clip_range", scheduled.clipRange),
                LoggedValue("entropy_coefficient", scheduled.entropyCoefficient),
            ]
            if let range = scheduled.valueClipRange { result.append(LoggedValue("value_clip_range", range)) }
            return result
        }
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

internal import RLEditCore
package import RLEditTensor

extension PPO {
    /// What the loss of one minibatch depends on beside the rollout.
    package struct LossSettings: Sendable {
        package var clipRange: Double
        package var valueClipRange: Double?
        package var entropyCoefficient: Double
        package var valueCoefficient: Double
        package var normalizeAdvantage: Bool

        package init(
            clipRange: Double, valueClipRange: Double?, entropyCoefficient: Double, valueCoefficient: Double,
            normalizeAdvantage: Bool
        ) {
            self.clipRange = clipRange
            self.valueClipRange = valueClipRange
            self.entropyCoefficient = entropyCoefficient
            self.valueCoefficient = valueCoefficient
            self.normalizeAdvantage = normalizeAdvantage
        }
    }

    /// The loss of one minibatch, its parts, and its derivative by what the policy said.
    package struct Loss: Sendable {
        package var policyLoss = 0.0
        package var valueLoss = 0.0
        package var entropy = 0.0
        package var approximateKL = 0.0
        /// Share of the transitions whose ratio lies outside of the clip range.
        package var clipFraction = 0.0
        /// policyLoss + valueCoefficient · valueLoss − entropyCoefficient · entropy: what the gradient is of.
        package var total = 0.0
        package var gradient: PolicyGradient
    }

    /// Ratios are taken as at most e²⁰: their gradients and the squares of these stay within `Float`.
    private static let largestLogRatio = 20.0

    /// The clipped objective of one minibatch (arXiv 1707.06347, equations 7 and 9).
    ///
    /// Where `old` splits an action into parts, each part has a ratio and a clip of its own, and the policy's losses of
    /// the parts are added (Han and Sung, *Dimension-wise importance sampling weight clipping*, arXiv 1905.02363). The
    /// ratio of a whole action is the product of those of its numbers: with thousands of them one step of the optimizer
    /// takes it out of the clip range for every transition, and nothing more is learned from the rollout.
    /// - Parameters:
    ///   - output: of each transition, or of one row that all transitions share: then the gradient is their sum.
    ///   - old: log-probabilities under the policy that acted; nil for the rollout's, of whole actions.
    ///   - transitions: which of the rollout's transitions the minibatch holds, in this order.
    package static func loss(
        of output: PolicyOutput, logStandardDeviation: Tensor, rollout: RolloutBuffer,
        old: OldLogProbabilities? = nil, estimates: AdvantageEstimates, transitions: ArraySlice<Int>,
        settings: LossSettings
    ) throws -> Loss {
        let old = old ?? OldLogProbabilities(whole: rollout)
        let rows = try GaussianRows(
            output, gaussian: DiagonalGaussian(logStandardDeviation: logStandardDeviation), rollout: rollout,
            entropyCoefficient: settings.entropyCoefficient)
        let advantages = estimates.advantages(
            of: transitions, standardized: settings.normalizeAdvantage)  // detail 7
        let weight = 1 / Double(transitions.count)
        let partWeight = weight / Double(old.parts.count)
        var (policyLoss, valueLoss, approximateKL, clipFraction) = (0.0, 0.0, 0.0, 0.0)
        for (position, transition) in transitions.enumerated() {
            let row = rows.row(position)
            let advantage = advantages[position]
            for (part, numbers) in old.parts.enumerated() {
                // r = π(a|s) / π_old(a|s)
                let logProbability = rows.logProbability(transition, row: row, numbers: numbers)
                let logRatio = Double(Float(logProbability)) - Double(old[transition, part])
                let ratio = PortableMath.exp(min(max(logRatio, -largestLogRatio), largestLogRatio))

                // Equation 7: L = −min(r A, clip(r, 1 − ε, 1 + ε) A). Where the clipped branch is the smaller one,
                // nothing is gained by moving r, and the gradient is 0; elsewhere d(r A)/d log π = r A.
                let clipped = min(max(ratio, 1 - settings.clipRange), 1 + settings.clipRange)
                policyLoss -= weight * min(ratio * advantage, clipped * advantage)
                if ratio * advantage <= clipped * advantage {
                    rows.addGradient(Float(-weight * ratio * advantage), transition, row: row, numbers: numbers)
                }
                if abs(ratio - 1) > settings.clipRange { clipFraction += partWeight }
                // The estimator k3 of Schulman, "Approximating KL divergence" (2020): unbiased, ≥ 0.
                approximateKL += weight * (ratio - 1 - logRatio)
            }

            // Equation 9's L^VF, optionally with V kept near the rollout's (detail 9).
            let prediction = Double(rows.values[row])
            let before = Double(rollout.values[transition])
            var kept = prediction
            if let range = settings.valueClipRange { kept = before + min(max(prediction - before, -range), range) }
            let error = kept - Double(estimates.returns[transition])
            valueLoss += weight * error * error
            if kept == prediction {
                rows.valueGradient[row] += Float(settings.valueCoefficient * 2 * weight * error)
            }
        }
        let entropy = rows.gaussian.entropy
        return Loss(
            policyLoss: policyLoss, valueLoss: valueLoss, entropy: entropy, approximateKL: approximateKL,
            clipFraction: clipFraction,
            total: policyLoss + settings.valueCoefficient * valueLoss - settings.entropyCoefficient * entropy,
            gradient: try rows.gradient())
    }
}

internal import CKernels
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

    /// The clipped objective of one minibatch (arXiv 1707.06347, equations 7 and 9).
    /// - Parameters:
    ///   - output: of each transition, or of one row that all transitions share: then the gradient is their sum.
    ///   - transitions: which of the rollout's transitions the minibatch holds, in this order.
    package static func loss(
        of output: PolicyOutput, logStandardDeviation: Tensor, rollout: RolloutBuffer, estimates: AdvantageEstimates,
        transitions: ArraySlice<Int>, settings: LossSettings
    ) throws -> Loss {
        let size = rollout.actionSize
        let rows = output.values.count
        let isShared = rows == 1
        let gaussian = try DiagonalGaussian(logStandardDeviation: logStandardDeviation)
        let advantages = estimates.advantages(
            of: transitions, standardized: settings.normalizeAdvantage)  // detail 7
        let weight = 1 / Double(transitions.count)
        var values = [Float](repeating: 0, count: rows)
        var loss = Loss(
            gradient: PolicyGradient(
                means: try Tensor.zeros([rows, size]), values: try Tensor.zeros([rows]),
                // The entropy's derivative by each log σ is 1.
                logStandardDeviation: try Tensor(
                    repeating: Float(-settings.entropyCoefficient), shape: [size])))

        output.means.withUnsafeBufferPointer { means in
            output.values.withUnsafeBufferPointer { predictions in
                gaussian.inverseDeviation.withUnsafeBufferPointer { inverse in
                    loss.gradient.means.withUnsafeMutableBufferPointer { dMeans in
                        loss.gradient.logStandardDeviation.withUnsafeMutableBufferPointer { dLog in
                            guard let means = means.baseAddress, let inverse = inverse.baseAddress,
                                let dMeans = dMeans.baseAddress, let dLog = dLog.baseAddress
                            else { return }
                            for (position, transition) in transitions.enumerated() {
                                let row = isShared ? 0 : position
                                let mean = means + row * size

                                // r = π(a|s) / π_old(a|s)
                                let logProbability =
                                    rollout.withAction(transition) {
                                        gaussian.logProbability(action: $0, mean: mean)
                                    } ?? 0
                                let logRatio =
                                    Double(Float(logProbability)) - Double(rollout.logProbabilities[transition])
                                let ratio = PortableMath.exp(min(max(logRatio, -80), 80))

                                // Equation 7: L = −min(r A, clip(r, 1 − ε, 1 + ε) A). Where the clipped branch is
                                // the smaller one, nothing is gained by moving r, and the gradient is 0.
                                let advantage = advantages[position]
                                let clipped = min(max(ratio, 1 - settings.clipRange), 1 + settings.clipRange)
                                loss.policyLoss -= weight * min(ratio * advantage, clipped * advantage)
                                if ratio * advantage <= clipped * advantage {
                                    // d(r A)/d log π = r A
                                    let coefficient = Float(-weight * ratio * advantage)
                                    _ = rollout.withAction(transition) {
                                        rl_gaussian_backward(
                                            Int64(size), $0, mean, inverse, coefficient, dMeans + row * size, dLog)
                                    }
                                }
                                if abs(ratio - 1) > settings.clipRange { loss.clipFraction += weight }
                                // The estimator k3 of Schulman, "Approximating KL divergence" (2020): unbiased, ≥ 0.
                                loss.approximateKL += weight * (ratio - 1 - logRatio)

                                // Equation 9's L^VF, optionally with V kept near the rollout's (detail 9).
                                let prediction = Double(predictions[row])
                                let old = Double(rollout.values[transition])
                                var kept = prediction
                                if let range = settings.valueClipRange {
                                    kept = old + min(max(prediction - old, -range), range)
                                }
                                let error = kept - Double(estimates.returns[transition])
                                loss.valueLoss += weight * error * error
                                if kept == prediction {
                                    values[row] += Float(settings.valueCoefficient * 2 * weight * error)
                                }
                            }
                        }
                    }
                }
            }
        }
        loss.gradient.values = Tensor(values)
        loss.entropy = gaussian.entropy
        loss.total =
            loss.policyLoss + settings.valueCoefficient * loss.valueLoss - settings.entropyCoefficient * loss.entropy
        return loss
    }
}

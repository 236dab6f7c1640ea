import RLEditCore
import RLEditLearners
import RLEditTensor
import RLEditTestSupport
import RLEditWorlds
import Testing

@Suite("REINFORCE") struct ReinforceTests {
    private func settings(steps: Int, rolloutLength: Int = 64) -> Reinforce.Configuration {
        var settings = Reinforce.Configuration()
        settings.steps = steps
        settings.rolloutLength = rolloutLength
        // The networks here are small and the tasks easy.
        settings.learningRate = .linear(1e-2, 0)
        return settings
    }

    /// A rollout of two one-step episodes of one number.
    private func rollout() throws -> RolloutBuffer {
        var rollout = RolloutBuffer(environments: 2, steps: 1, actionSize: 1)
        try rollout.append(
            observation: .shared(Tensor([0]), environments: 2), actions: Tensor([0.5, -1], shape: [2, 1]),
            logProbabilities: [0, 0], values: [0, 0])
        rollout.complete(rewards: [3, 1], terminated: [true, true], truncated: [false, false], nextValues: [0, 0])
        return rollout
    }

    @Test("the loss and its gradient, worked by hand")
    func handWorked() throws {
        // μ = 0.1, σ = 2; advantages 3 − 0.5 and 1 − 0.5; returns 3 and 1, both predicted as 2.
        let output = PolicyOutput(means: try Tensor([0.1], shape: [1, 1]), values: Tensor([2]))
        let gaussian = try DiagonalGaussian(logStandardDeviation: Tensor([Float(PortableMath.log(2))]))
        let loss = try Reinforce.loss(
            of: output, gaussian: gaussian, rollout: rollout(),
            estimates: AdvantageEstimates(advantages: [2.5, 0.5], returns: [3, 1]), normalizeAdvantage: false,
            entropyCoefficient: 0.1, valueCoefficient: 0.5)
        // z = (a − μ)/σ: 0.2 and −0.55. ∂ log π/∂μ = z/σ, ∂ log π/∂ log σ = z² − 1.
        let dMean = -(2.5 * 0.2 / 2 + 0.5 * -0.55 / 2) / 2
        let dLog = -(2.5 * (0.04 - 1) + 0.5 * (0.3025 - 1)) / 2 - 0.1
        #expect(abs(Double(loss.gradient.means.scalars[0]) - dMean) < 1e-6)
        #expect(abs(Double(loss.gradient.logStandardDeviation.scalars[0]) - dLog) < 1e-6)
        // Errors −1 and 1: the loss is 1, its gradient cancels.
        #expect(loss.valueLoss == 1)
        #expect(loss.gradient.values.scalars == [0])
        let normal = { (z: Double) in -0.5 * z * z - PortableMath.log(2) - 0.918938533204672741780 }
        #expect(abs(loss.policyLoss + (2.5 * normal(0.2) + 0.5 * normal(-0.55)) / 2) < 1e-6)
    }

    @Test("its gradient is that of PPO's objective where the policy has not moved yet")
    func likePPO() throws {
        let estimates = AdvantageEstimates(advantages: [2.5, 0.5], returns: [3, 1])
        let logDeviation = Tensor([Float(-0.3)])
        let gaussian = try DiagonalGaussian(logStandardDeviation: logDeviation)
        let means = try Tensor([0.1], shape: [1, 1])
        var rollout = RolloutBuffer(environments: 2, steps: 1, actionSize: 1)
        let actions: [Float] = [0.5, -1]
        let logProbabilities = actions.map { action in
            withUnsafePointer(to: action) { action in
                means.withUnsafeBufferPointer { mean in
                    mean.baseAddress.map { Float(gaussian.logProbability(action: action, mean: $0)) } ?? 0
                }
            }
        }
        try rollout.append(
            observation: .shared(Tensor([0]), environments: 2), actions: Tensor(actions, shape: [2, 1]),
            logProbabilities: logProbabilities, values: [0, 0])
        rollout.complete(rewards: [3, 1], terminated: [true, true], truncated: [false, false], nextValues: [0, 0])
        let output = PolicyOutput(means: means, values: Tensor([2.25]))
        let ours = try Reinforce.loss(
            of: output, gaussian: gaussian, rollout: rollout, estimates: estimates, normalizeAdvantage: true,
            entropyCoefficient: 0.02, valueCoefficient: 0.5)
        let theirs = try PPO.loss(
            of: output, logStandardDeviation: logDeviation, rollout: rollout, estimates: estimates,
            transitions: [0, 1],
            settings: PPO.LossSettings(
                clipRange: 0.2, valueClipRange: nil, entropyCoefficient: 0.02, valueCoefficient: 0.5,
                normalizeAdvantage: true))
        #expect(ours.gradient.means.isClose(to: theirs.gradient.means))
        #expect(ours.gradient.logStandardDeviation.isClose(to: theirs.gradient.logStandardDeviation))
        #expect(ours.gradient.values.isClose(to: theirs.gradient.values))
    }

    @Test("it finds the hidden point of a one-step task")
    func bandit() throws {
        let environment = QuadraticBandit(environments: 64, target: [0.6, -0.4, 0.2, -0.7])
        let driver = try LearnerDriver(
            Reinforce(settings(steps: 16_384)), environment, seed: 1, pool: WorkerPool(workers: 1))
        try driver.run()
        #expect(driver.log.count == 256)
        #expect(try driver.meanRewardOfMeanAction(steps: 1, seed: 9) > 0.99)
    }

    @Test("it learns to copy its observation")
    func identity() throws {
        let environment = ContinuousIdentity(environments: 64, size: 2)
        let driver = try LearnerDriver(
            Reinforce(settings(steps: 32_768)), environment, seed: 1, pool: WorkerPool(workers: 1))
        try driver.run()
        #expect(try driver.meanRewardOfMeanAction(steps: 4, seed: 9) > 0.95)
    }

    @Test("it learns to move to a target over several steps, and the horizon is the end")
    func accumulate() throws {
        let environment = AccumulateToTarget(environments: 32, size: 2, horizon: 4)
        let driver = try LearnerDriver(
            Reinforce(settings(steps: 65_536, rolloutLength: 128)), environment, seed: 1,
            pool: WorkerPool(workers: 1))
        let before = try driver.meanRewardOfMeanAction(steps: 4, seed: 9)
        try driver.run()
        #expect(before < -0.2)
        #expect(try driver.meanRewardOfMeanAction(steps: 4, seed: 9) > -0.1)
    }

    @Test("settings outside their range are refused by name")
    func validation() {
        func message(_ change: (inout Reinforce.Configuration) -> Void) -> String? {
            var settings = Reinforce.Configuration()
            change(&settings)
            do { try settings.validate() } catch { return "\(error)" }
            return nil
        }
        #expect(message { _ in } == nil)
        #expect(message { $0.steps = 0 } == "Reinforce: steps must be at least 1, got 0")
        #expect(message { $0.rolloutLength = 20_000 } == "Reinforce: rolloutLength must be at most 16384, got 20000")
        #expect(message { $0.discount = 1.5 } == "Reinforce: discount must be from 0 to 1, got 1.5")
        #expect(
            message { $0.learningRate = .linear(0.1, -0.1) }
                == "Reinforce: learningRate must not be negative, got -0.1 at progress 1.0")
        #expect(
            message { $0.hiddenSizes = [0] } == "Reinforce: hiddenSizes must be from 1 to 65536, got [0]")
        #expect(message { $0.maxGradientNorm = 0 } == "Reinforce: maxGradientNorm must be positive, got 0.0")
    }
}

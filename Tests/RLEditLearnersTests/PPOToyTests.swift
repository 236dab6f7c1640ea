import RLEditCore
import RLEditLearners
import RLEditTensor
import RLEditTestSupport
import RLEditWorlds
import Testing

/// Tasks that a working PPO solves in about a second each, with room to spare at other seeds.
@Suite struct PPOToyTests {
    private func settings(steps: Int) -> PPO.Configuration {
        var settings = PPO.Configuration.stableBaselines3
        settings.steps = steps
        // The networks here are small and the tasks easy: a tenfold rate makes them quick.
        settings.learningRate = .linear(3e-3, 0)
        return settings
    }

    @Test("PPO finds the hidden point of a one-step task", arguments: [1, 2] as [UInt64])
    func bandit(seed: UInt64) throws {
        let environment = QuadraticBandit(environments: 256, target: [0.6, -0.4, 0.2, -0.7])
        let driver = try LearnerDriver(
            PPO(settings(steps: 16_384)), environment, seed: seed, pool: WorkerPool(workers: 1))
        #expect(try driver.meanRewardOfMeanAction(steps: 1, seed: 9) < 0.8)
        try driver.run()
        #expect(try driver.meanRewardOfMeanAction(steps: 1, seed: 9) > 0.995)
        let rewards = driver.logged("mean_reward")
        #expect(rewards.count == 64)
        #expect((rewards.last ?? 0) > 0.98)
    }

    /// One ratio for 2,048 numbers leaves the clip range with the first step, and the end is worse than the start (below 0.8).
    @Test("PPO with its defaults learns actions of thousands of numbers, and its divergence stays bounded")
    func longActions() throws {
        let numbers = 2048
        let target = (0..<numbers).map { Float($0 % 7) / 5 - 0.6 }
        let environment = QuadraticBandit(environments: 32, target: target)
        var settings = PPO.Configuration()
        settings.steps = 2048
        let driver = try LearnerDriver(PPO(settings), environment, seed: 1, pool: WorkerPool(workers: 1))
        let before = try driver.meanRewardOfMeanAction(steps: 1, seed: 9)
        try driver.run()
        let after = try driver.meanRewardOfMeanAction(steps: 1, seed: 9)
        #expect(after > before + 0.02, "\(before) → \(after)")
        for name in ["approximate_kl", "policy_loss", "gradient_norm", "clip_fraction"] {
            #expect(driver.logged(name).allSatisfy { $0.isFinite })
        }
        // The step that passes 1.5 times the target, 0.005 for each number, is the last one.
        #expect(driver.logged("approximate_kl").allSatisfy { $0 < 0.02 * Double(numbers) })
    }

    @Test("PPO learns to copy its observation") func identity() throws {
        let environment = ContinuousIdentity(environments: 256, size: 2)
        let driver = try LearnerDriver(
            PPO(settings(steps: 32_768)), environment, seed: 1, pool: WorkerPool(workers: 1))
        try driver.run()
        #expect(try driver.meanRewardOfMeanAction(steps: 4, seed: 9) > 0.99)
    }

    @Test("PPO learns to move to a target over several steps, cut or ended on arrival", arguments: [false, true])
    func accumulate(terminates: Bool) throws {
        let environment = AccumulateToTarget(environments: 64, size: 2, horizon: 4, terminates: terminates)
        let driver = try LearnerDriver(
            PPO(settings(steps: 65_536)), environment, seed: 1, pool: WorkerPool(workers: 1))
        let before = try driver.meanRewardOfMeanAction(steps: 4, seed: 9)
        try driver.run()
        let after = try driver.meanRewardOfMeanAction(steps: 4, seed: 9)
        #expect(before < -0.2)
        // Two steps of at most 0.5 reach any target; the rewards of the steps on the way stay below 0.
        #expect(after > (terminates ? -0.1 : -0.05))
        #expect((driver.logged("explained_variance").last ?? 0) > 0.5)
    }

    @Test("Normalized observations make a badly scaled task learnable") func normalized() throws {
        var settings = settings(steps: 32_768)
        settings.normalizeObservation = true
        let environment = Rescaled(ContinuousIdentity(environments: 256, size: 2), scale: 1000, shift: 5000)
        let driver = try LearnerDriver(PPO(settings), environment, seed: 1, pool: WorkerPool(workers: 1))
        try driver.run()
        #expect(try driver.meanRewardOfMeanAction(steps: 4, seed: 9) > 0.98)
    }
}

/// The same task seen through other units.
private final class Rescaled: VectorEnvironment {
    private let base: any VectorEnvironment
    private let scale: Float
    private let shift: Float
    var environments: Int { base.environments }
    var observationSize: Int { base.observationSize }
    var actionSize: Int { base.actionSize }
    var horizon: Int { base.horizon }

    init(_ base: any VectorEnvironment, scale: Float, shift: Float) {
        self.base = base
        self.scale = scale
        self.shift = shift
    }

    private func rescale(_ observation: ObservationBatch) throws -> ObservationBatch {
        let rows = try observation.rows()
        return .distinct(try Tensor(rows.scalars.map { $0 * scale + shift }, shape: rows.shape))
    }

    func reset(seed: UInt64) throws -> ObservationBatch { try rescale(base.reset(seed: seed)) }

    func step(_ actions: Tensor) throws -> StepBatch {
        let outcome = try base.step(actions)
        return StepBatch(
            rewards: outcome.rewards, terminated: outcome.terminated, truncated: outcome.truncated,
            observation: try rescale(outcome.observation), finalObservation: outcome.finalObservation)
    }
}

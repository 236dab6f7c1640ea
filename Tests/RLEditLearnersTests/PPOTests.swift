import Foundation
import RLEditCore
import RLEditLearners
import RLEditTensor
import RLEditTestSupport
import RLEditWorlds
import Testing

/// What PPO does with its settings and with its caller's mistakes.
@Suite struct PPOTests {
    private func makeDriver(
        _ environment: any VectorEnvironment, _ change: (inout PPO.Configuration) -> Void = { _ in }
    ) throws -> LearnerDriver {
        var settings = PPO.Configuration.stableBaselines3
        settings.steps = 1024
        settings.hiddenSizes = [16]
        change(&settings)
        return try LearnerDriver(PPO(settings), environment, seed: 3, pool: WorkerPool(workers: 1))
    }

    private var bandit: QuadraticBandit { QuadraticBandit(environments: 256, target: [0.5, -0.5]) }

    @Test("A rollout is one episode of each environment") func environments() {
        let ppo = PPO(.stableBaselines3)
        #expect(ppo.environments(horizon: 1) == 256)
        #expect(ppo.environments(horizon: 4) == 64)
        #expect(ppo.environments(horizon: 3) == 85)
        #expect(ppo.environments(horizon: 1000) == 1)
    }

    @Test("A run shorter than a rollout is one rollout of as many steps")
    func shortRun() throws {
        let environment = QuadraticBandit(environments: 64, target: [0.5, -0.5])
        let driver = try makeDriver(environment) { $0.steps = 64 }
        var settings = PPO.Configuration.stableBaselines3
        settings.steps = 64
        #expect(PPO(settings).environments(horizon: 1) == 64)
        try driver.step()
        #expect(driver.logged("updates") == [1])
    }

    @Test("The first minibatch sees the very policy that acted: ratio 1, divergence 0")
    func firstMinibatch() throws {
        for environment in [bandit, AccumulateToTarget(environments: 64, size: 3, horizon: 4)]
            as [any VectorEnvironment]
        {
            let driver = try makeDriver(environment) {
                $0.epochs = 1
                $0.minibatchSize = 256
            }
            try driver.run(evaluations: 256)
            #expect(abs(try #require(driver.logged("approximate_kl").first)) < 1e-9)
            #expect(driver.logged("clip_fraction") == [0])
        }
    }

    @Test("Epochs stop once the divergence passes 1.5 times its target, before the step that would add to it")
    func targetKL() throws {
        let free = try makeDriver(bandit) { $0.learningRate = .constant(0.01) }
        try free.run(evaluations: 256)
        let stopped = try makeDriver(bandit) {
            $0.learningRate = .constant(0.01)
            $0.targetKL = 0.01
        }
        try stopped.run(evaluations: 256)
        #expect(free.logged("stopped_early") == [0])
        #expect(free.logged("epochs") == [10])
        #expect(stopped.logged("stopped_early") == [1])
        #expect(try #require(stopped.logged("epochs").first) < 10)
        #expect(try #require(free.logged("approximate_kl").first) > 0.015)
        // A target that nothing can keep: the second minibatch stops, after one step.
        let first = try makeDriver(bandit) { $0.targetKL = 1e-12 }
        try first.run(evaluations: 256)
        #expect(try first.learner.snapshot().integers["optimizerSteps"] == 1)
    }

    @Test("Schedules follow the progress at which a rollout began") func schedules() throws {
        let driver = try makeDriver(bandit) {
            $0.learningRate = .linear(1e-3, 0)
            $0.clipRange = .linear(0.3, 0.1)
            $0.entropyCoefficient = .linear(0, 0.04)
            $0.valueClipRange = .constant(0.5)
        }
        try driver.run()
        func isClose(_ values: [Double], _ expected: [Double]) -> Bool {
            values.count == expected.count && zip(values, expected).allSatisfy { abs($0 - $1) < 1e-12 }
        }
        #expect(isClose(driver.logged("learning_rate"), [1e-3, 0.75e-3, 0.5e-3, 0.25e-3]))
        #expect(isClose(driver.logged("clip_range"), [0.3, 0.25, 0.2, 0.15]))
        #expect(isClose(driver.logged("entropy_coefficient"), [0, 0.01, 0.02, 0.03]))
        #expect(isClose(driver.logged("value_clip_range"), Array(repeating: 0.5, count: 4)))
    }

    @Test("A learning rate of 0 changes nothing; the entropy bonus widens the policy") func learningRate() throws {
        let frozen = try makeDriver(bandit) { $0.learningRate = .constant(0) }
        let before = try frozen.learner.snapshot().tensors.filter { !$0.key.contains("Moment") }
        try frozen.run()
        for (name, tensor) in before { #expect(try frozen.learner.snapshot().tensors[name] == tensor) }
        let wide = try makeDriver(bandit) { $0.entropyCoefficient = .constant(1) }
        try wide.run()
        #expect(try #require(wide.logged("standard_deviation").last) > 1.005)
    }

    @Test("The gradient's norm is clipped over all parameters together") func gradientClipping() throws {
        // With Adam's moments switched off, a step is lr · g / (|g| + ε): a large ε makes it proportional to g.
        func movement(_ maximum: Double) throws -> Double {
            let driver = try makeDriver(bandit) {
                $0.maxGradientNorm = maximum
                $0.adamBeta1 = 0
                $0.adamBeta2 = 0
                $0.adamEpsilon = 1e6
                $0.learningRate = .constant(1e5)
                $0.epochs = 1
                $0.minibatchSize = 256
            }
            let before = try driver.learner.snapshot().tensors
            try driver.run(evaluations: 256)
            let after = try driver.learner.snapshot().tensors
            var square = 0.0
            for (name, tensor) in before where !name.contains("Moment") {
                let other = try #require(after[name])
                for (a, b) in zip(tensor.scalars, other.scalars) { square += Double(a - b) * Double(a - b) }
            }
            return square.squareRoot()
        }
        let norm = try #require(
            try { () -> Double? in
                let driver = try makeDriver(bandit) {
                    $0.epochs = 1
                    $0.minibatchSize = 256
                }
                try driver.run(evaluations: 256)
                return driver.logged("gradient_norm").first
            }())
        #expect(abs(try movement(1000) / (0.1 * norm) - 1) < 1e-3)
        #expect(abs(try movement(0.01) / (0.1 * 0.01) - 1) < 1e-3)
    }

    @Test("Without a discount, final observations are never asked for; with one, at the horizon only")
    func finalObservations() throws {
        for (discount, bootstraps, expected) in [
            (nil, true, 0), (0.9, true, 4), (0.9, false, 0),
        ] as [(Double?, Bool, Int)] {
            let environment = CountingFinalObservations(bandit)
            let driver = try makeDriver(environment) {
                $0.discount = discount
                $0.bootstrapTruncated = bootstraps
            }
            try driver.run()
            #expect(environment.calls.count == expected)
        }
        let environment = CountingFinalObservations(AccumulateToTarget(environments: 64, size: 1, horizon: 4))
        try makeDriver(environment).run()
        #expect(environment.calls.count == 4)
    }

    @Test("At horizon 1 an automatic discount is 0: the value is the mean reward, and does not chase itself")
    func automaticDiscount() throws {
        #expect(PPO.Configuration().discount(horizon: 1) == 0)
        #expect(PPO.Configuration().discount(horizon: 4) == 0.5)
        func valueLoss(_ discount: Double?) throws -> Double {
            let driver = try makeDriver(bandit) {
                $0.steps = 8192
                $0.learningRate = .constant(3e-3)
                $0.discount = discount
            }
            try driver.run()
            return try #require(driver.logged("value_loss").last)
        }
        #expect(try valueLoss(nil) < 0.05)
        #expect(try valueLoss(0.99) > 2 * valueLoss(nil))
    }

    @Test("A rollout that minibatches do not divide is used up to the last transition") func unevenMinibatches() throws
    {
        let driver = try makeDriver(bandit) {
            $0.minibatchSize = 100
            $0.epochs = 2
        }
        try driver.run(evaluations: 256)
        #expect(try driver.learner.snapshot().integers["optimizerSteps"] == 6)
    }

    @Test("Calls out of turn, wrong sizes and rewards that are not numbers are refused") func misuse() throws {
        let ppo = PPO(.stableBaselines3)
        let observation = ObservationBatch.shared(Tensor([1, 2]), environments: 3)
        #expect(throws: LearnerError.notBegun(learner: "PPO")) { try ppo.ask(observation, progress: 0) }
        try ppo.begin(
            LearningProblem(
                observationSize: 2, actionSize: 2, horizon: 1, budget: 8192, random: RandomStream(seed: 0)),
            pool: WorkerPool(workers: 1))
        func outcome(_ rewards: [Double]) -> StepBatch {
            StepBatch(
                rewards: rewards, terminated: rewards.map { _ in false }, truncated: rewards.map { _ in true },
                observation: observation, finalObservation: { observation })
        }
        #expect(throws: LearnerError.outOfTurn(learner: "PPO", call: "tell", expected: "ask")) {
            try ppo.tell(outcome([0, 0, 0]), progress: 0)
        }
        #expect(
            throws: LearnerError.sizeMismatch(
                learner: "PPO", what: "features of an observation", expected: 2, actual: 1)
        ) {
            try ppo.ask(.shared(Tensor([1]), environments: 3), progress: 0)
        }
        _ = try ppo.ask(observation, progress: 0)
        #expect(throws: LearnerError.outOfTurn(learner: "PPO", call: "ask", expected: "tell")) {
            try ppo.ask(observation, progress: 0)
        }
        #expect(throws: LearnerError.outOfTurn(learner: "PPO", call: "snapshot", expected: "tell")) {
            try ppo.snapshot()
        }
        #expect(throws: LearnerError.sizeMismatch(learner: "PPO", what: "rewards", expected: 3, actual: 2)) {
            try ppo.tell(outcome([0, 0]), progress: 0)
        }
        #expect(throws: LearnerError.nonFiniteReward(learner: "PPO", environment: 1, value: "nan")) {
            try ppo.tell(outcome([0, .nan, 0]), progress: 0)
        }
        #expect(
            LearnerError.nonFiniteReward(learner: "PPO", environment: 1, value: "nan").description
                == "PPO: the reward of environment 1 is nan; rewards must be finite")
        #expect(try ppo.tell(outcome([0, 1, 0]), progress: 0) == nil)
    }

    @Test("A learning rate that destroys the policy is reported as divergence") func divergence() throws {
        let driver = try makeDriver(bandit) { $0.learningRate = .constant(1e30) }
        #expect {
            try driver.run()
        } throws: { error in
            guard case LearnerError.diverged(_, let update, _, _) = error else { return false }
            return update >= 1
        }
    }

    @Test("The mean action does not depend on how an observation is batched, and draws nothing") func meanAction()
        throws
    {
        let driver = try makeDriver(bandit)
        try driver.run()
        let before = try driver.learner.snapshot()
        let observation = try bandit.reset(seed: 0)
        let shared = try #require(try driver.learner.meanAction(observation))
        let distinct = try #require(try driver.learner.meanAction(.distinct(observation.rows())))
        #expect(shared.shape == [256, 2])
        for (a, b) in zip(shared.scalars, distinct.scalars) { #expect(abs(a - b) < 1e-5) }
        #expect(try driver.learner.snapshot() == before)
    }
}

/// Counts how often the final observation is made.
private final class CountingFinalObservations: VectorEnvironment {
    final class Counter: @unchecked Sendable { var count = 0 }
    private let base: any VectorEnvironment
    let calls = Counter()
    var environments: Int { base.environments }
    var observationSize: Int { base.observationSize }
    var actionSize: Int { base.actionSize }
    var horizon: Int { base.horizon }

    init(_ base: any VectorEnvironment) { self.base = base }

    func reset(seed: UInt64) throws -> ObservationBatch { try base.reset(seed: seed) }

    func step(_ actions: Tensor) throws -> StepBatch {
        let outcome = try base.step(actions)
        return StepBatch(
            rewards: outcome.rewards, terminated: outcome.terminated, truncated: outcome.truncated,
            observation: outcome.observation,
            finalObservation: { [calls, final = outcome.finalObservation] in
                calls.count += 1
                return try final()
            })
    }
}

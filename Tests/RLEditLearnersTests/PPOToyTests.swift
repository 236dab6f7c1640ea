import RLEditLearners
import RLEditTensor
import RLEditTestSupport
import Testing

@Suite struct PPOToyTests {
    @Test("PPO finds the hidden point of a one-step task") func bandit() throws {
        var settings = PPO.Configuration()
        settings.steps = 16_384
        settings.learningRate = .linear(3e-3, 0)
        let environment = QuadraticBandit(environments: 256, target: [0.6, -0.4, 0.2, -0.7])
        let driver = try LearnerDriver(PPO(settings), environment, seed: 1, pool: WorkerPool(workers: 1))
        try driver.run()
        #expect(try driver.meanRewardOfMeanAction(steps: 1, seed: 9) > 0.99)
        print(driver.log.map { $0.map { "\($0.name)=\($0.value)" }.joined(separator: " ") }.enumerated().filter { $0.offset % 8 == 0 }.map(\.element).joined(separator: "\n"))
    }

    @Test("PPO learns to copy its observation") func identity() throws {
        var settings = PPO.Configuration()
        settings.steps = 32_768
        settings.learningRate = .linear(3e-3, 0)
        let environment = ContinuousIdentity(environments: 256, size: 2)
        let driver = try LearnerDriver(PPO(settings), environment, seed: 1, pool: WorkerPool(workers: 1))
        try driver.run()
        let r = try driver.meanRewardOfMeanAction(steps: 4, seed: 9)
        print(r)
        #expect(r > 0.98)
    }

    @Test("PPO learns to move to a target over several steps") func accumulate() throws {
        var settings = PPO.Configuration()
        settings.steps = 65_536
        settings.learningRate = .linear(3e-3, 0)
        let environment = AccumulateToTarget(environments: 64, size: 2, horizon: 4)
        let driver = try LearnerDriver(PPO(settings), environment, seed: 1, pool: WorkerPool(workers: 1))
        let before = try driver.meanRewardOfMeanAction(steps: 4, seed: 9)
        try driver.run()
        let r = try driver.meanRewardOfMeanAction(steps: 4, seed: 9)
        print(before, r)
        #expect(r > -0.06)
    }
}

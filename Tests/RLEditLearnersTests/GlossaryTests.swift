import RLEditCore
import RLEditLearners
import RLEditTensor
import RLEditTestSupport
import Testing

@Suite struct GlossaryTests {
    @Test(
        "Every learner logs the keys that it declares, in the same order, and nothing else",
        arguments: Learners.namesForTasks)
    func keys(name: String) throws {
        let type = try #require(Learners.named(name))
        var learner: any Learner = type.standard(budget: 64)
        if type is PPO.Type {
            // What is logged only when configured.
            var settings = PPO.Configuration()
            settings.valueClipRange = .constant(1)
            learner = PPO(settings)
        }
        let environment = QuadraticBandit(environments: learner.environments(horizon: 1), target: [0.1])
        let driver = try LearnerDriver(learner, environment, seed: 0, pool: WorkerPool(workers: 1))
        try driver.step()
        #expect(try #require(driver.log.first).map(\.name) == type.logKeys.map { $0.name })
    }
}

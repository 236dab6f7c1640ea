import RLEditCore
import RLEditLearners
import RLEditTensor
import RLEditTestSupport
import RLEditWorlds
import Testing

/// Random search and the hill climber.
@Suite struct SearchLearnerTests {
    private let target: [Float] = [0.6, -0.4, 0.2, -0.7]

    @Test("Random search keeps the best action it saw, and says its true score") func randomSearch() throws {
        var settings = RandomSearch.Configuration()
        settings.steps = 2048
        settings.standardDeviation = nil
        let environment = QuadraticBandit(environments: 256, target: target)
        let driver = try LearnerDriver(RandomSearch(settings), environment, seed: 1, pool: WorkerPool(workers: 1))
        try driver.run()
        let best = driver.logged("best_return")
        #expect(best.count == 8)
        #expect(best == best.sorted())
        let action = try #require(try driver.learner.meanAction(environment.reset(seed: 0)))
        #expect(action.shape == [256, 4])
        #expect(environment.reward(Array(action.scalars[0..<4])) == best.last)
        #expect(try #require(best.last) > 0.9)
        #expect(action.scalars.allSatisfy { (-1...1).contains($0) })
    }

    @Test("Random search's rounds are equal, and end at its budget or within a candidate a round of it")
    func rounds() {
        for (steps, batch, horizon, environments) in [
            (8192, 256, 1, 256), (400, 256, 1, 200), (300, 256, 1, 150), (128, 256, 1, 128), (1, 256, 1, 1),
            (401, 256, 1, 201), (8192, 256, 4, 64), (100, 256, 4, 25), (10, 2, 4, 1), (7, 4, 1, 4),
        ] {
            var settings = RandomSearch.Configuration()
            (settings.steps, settings.batchSize) = (steps, batch)
            #expect(
                RandomSearch(settings).environments(horizon: horizon) == environments, "\(steps) \(batch) \(horizon)")
        }
    }

    @Test("Random search draws from a normal distribution when given a deviation") func normal() throws {
        var settings = RandomSearch.Configuration()
        settings.standardDeviation = 0.1
        let search = RandomSearch(settings)
        try search.begin(
            LearningProblem(observationSize: 1, actionSize: 64, horizon: 1, budget: 1, random: RandomStream(seed: 2)),
            pool: WorkerPool(workers: 1))
        let actions = try search.ask(.shared(Tensor([0]), environments: 64), progress: 0).scalars
        let mean = actions.reduce(0, +) / Float(actions.count)
        let variance = actions.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(actions.count)
        #expect(abs(mean) < 0.01)
        #expect(abs(variance.squareRoot() - 0.1) < 0.005)
    }

    @Test("The hill climber reaches the target, far closer than random search on the same budget")
    func hillClimber() throws {
        var settings = HillClimber.Configuration()
        settings.steps = 2048
        let climber = HillClimber(settings)
        #expect(climber.environments(horizon: 1) == 32)
        let environment = QuadraticBandit(environments: 32, target: target)
        let driver = try LearnerDriver(climber, environment, seed: 1, pool: WorkerPool(workers: 1))
        try driver.run()
        let best = driver.logged("best_return")
        #expect(best.count == 64)
        #expect(best == best.sorted())
        #expect(try #require(best.last) > 0.9999)
        // The mutations shrink as the target comes near.
        #expect(try #require(driver.logged("standard_deviation").last) < 0.1)
    }

    @Test("A candidate is held through its episode and scored by the sum of its rewards") func episodes() throws {
        var settings = HillClimber.Configuration()
        settings.populationSize = 2
        let climber = HillClimber(settings)
        try climber.begin(
            LearningProblem(observationSize: 1, actionSize: 1, horizon: 2, budget: 8, random: RandomStream(seed: 2)),
            pool: WorkerPool(workers: 1))
        let observation = ObservationBatch.shared(Tensor([0]), environments: 2)
        func outcome(_ rewards: [Double], ended: [Bool]) -> StepBatch {
            StepBatch(
                rewards: rewards, terminated: [ended[0], false], truncated: [false, ended[1]], observation: observation,
                finalObservation: { observation })
        }
        let first = try climber.ask(observation, progress: 0)
        #expect(try climber.tell(outcome([1, 2], ended: [false, false]), progress: 0) == nil)
        #expect(try climber.ask(observation, progress: 0) == first)
        // The first candidate ends with 1 + 3; what its environment does in a further episode does not count.
        #expect(try climber.tell(outcome([3, 1], ended: [true, false]), progress: 0) == nil)
        #expect(try climber.ask(observation, progress: 0) == first)
        let log = try #require(try climber.tell(outcome([100, 0.5], ended: [true, true]), progress: 0))
        #expect(log.first == NamedNumber("best_return", 4))
        #expect(log.dropFirst().first == NamedNumber("mean_return", 3.75))
        let best = try #require(try climber.meanAction(observation))
        #expect(best.scalars == [first.scalars[0], first.scalars[0]])
        #expect(try climber.ask(observation, progress: 0) != first)
    }

    @Test("Settings outside their range are refused by name") func validation() {
        var search = RandomSearch.Configuration()
        search.standardDeviation = 0
        #expect {
            try search.validate()
        } throws: { "\($0)" == "RandomSearch: standardDeviation must be positive, got 0.0" }
        var climber = HillClimber.Configuration()
        climber.adaptationFactor = 0.5
        #expect {
            try climber.validate()
        } throws: { "\($0)" == "HillClimber: adaptationFactor must be at least 1, got 0.5" }
        climber = HillClimber.Configuration()
        climber.populationSize = 0
        #expect {
            try climber.validate()
        } throws: { "\($0)" == "HillClimber: populationSize must be at least 1, got 0" }
    }

    @Test("Rewards that are not finite are refused") func nonFinite() throws {
        let search = RandomSearch()
        try search.begin(
            LearningProblem(observationSize: 1, actionSize: 1, horizon: 1, budget: 8, random: RandomStream(seed: 2)),
            pool: WorkerPool(workers: 1))
        let observation = ObservationBatch.shared(Tensor([0]), environments: 1)
        _ = try search.ask(observation, progress: 0)
        #expect(throws: LearnerError.nonFiniteReward(learner: "RandomSearch", environment: 0, value: "inf")) {
            try search.tell(
                StepBatch(
                    rewards: [.infinity], terminated: [false], truncated: [true], observation: observation,
                    finalObservation: { observation }), progress: 0)
        }
    }
}

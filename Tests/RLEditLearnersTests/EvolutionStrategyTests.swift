import RLEditCore
import RLEditLearners
import RLEditTensor
import RLEditTestSupport
import RLEditWorlds
import Testing

@Suite("Evolution strategy") struct EvolutionStrategyTests {
    private let observation = ObservationBatch.shared(Tensor([0]), environments: 4)

    private func begun(_ change: (inout EvolutionStrategy.Configuration) -> Void) throws -> EvolutionStrategy {
        var settings = EvolutionStrategy.Configuration()
        settings.populationSize = 4
        change(&settings)
        let strategy = EvolutionStrategy(settings)
        try strategy.begin(
            LearningProblem(observationSize: 1, actionSize: 3, horizon: 1, budget: 8, random: RandomStream(seed: 2)),
            pool: WorkerPool(workers: 1))
        return strategy
    }

    private func outcome(_ rewards: [Double]) -> StepBatch {
        StepBatch(
            rewards: rewards, terminated: rewards.map { _ in false }, truncated: rewards.map { _ in true },
            observation: observation, finalObservation: { [observation] in observation })
    }

    @Test("ranks are centred, spread over one unit, and shared by equal scores")
    func ranks() {
        #expect(centeredRanks([3, 1, 2]) == [0.5, -0.5, 0])
        #expect(centeredRanks([5, 5, 5, 5]) == [0, 0, 0, 0])
        // Ranks 0, 1.5, 1.5, 3 of 3.
        #expect(centeredRanks([0, 7, 7, 9]) == [-0.5, 0, 0, 0.5])
        #expect(centeredRanks([1]) == [0])
    }

    @Test("candidates are mirrored pairs around the mean")
    func mirrored() throws {
        let actions = try begun { $0.standardDeviation = .constant(0.25) }.ask(observation, progress: 0).scalars
        for index in 0..<3 {
            #expect(actions[index] == -actions[3 + index])
            #expect(actions[6 + index] == -actions[9 + index])
        }
        #expect(actions[0] != actions[6])
    }

    @Test("the gradient is that of algorithm 1, worked by hand, and Adam's first step is one learning rate")
    func firstStep() throws {
        let strategy = try begun {
            $0.learningRate = .constant(0.05)
            $0.standardDeviation = .constant(0.3)
        }
        let actions = try strategy.ask(observation, progress: 0).scalars.map(Double.init)
        let log = try #require(try strategy.tell(outcome([4, 1, 2, 3]), progress: 0))
        // Shaped: ½, −½, −1/6, 1/6. ε = x/σ of the first of each pair, since the mean is 0.
        let sigma = 0.3
        let gradient = (0..<3).map { index in
            let (first, second) = (actions[index] / sigma, actions[6 + index] / sigma)
            return (1 * first - 1.0 / 3 * second) / (4 * sigma)
        }
        let norm = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
        #expect(abs(try #require(log.first { $0.name == "gradient_norm" }).value - norm) < 1e-5)
        let mean = try #require(try strategy.meanAction(observation)).scalars
        #expect(mean.count == 12)
        for index in 0..<3 { #expect(abs(Double(mean[index]) - (gradient[index] > 0 ? 0.05 : -0.05)) < 1e-5) }
    }

    @Test("returns that do not differ move nothing")
    func ties() throws {
        let strategy = try begun { _ in }
        _ = try strategy.ask(observation, progress: 0)
        _ = try strategy.tell(outcome([1, 1, 1, 1]), progress: 0)
        #expect(try #require(try strategy.meanAction(observation)).scalars.allSatisfy { $0 == 0 })
    }

    @Test("the mean stays in the box, and decays towards 0 when told to")
    func boxAndDecay() throws {
        let strategy = try begun { $0.learningRate = .constant(5) }
        let pulled = try begun { $0.weightDecay = 1e6 }
        for each in [strategy, pulled] {
            for _ in 0..<2 {
                _ = try each.ask(observation, progress: 0)
                _ = try each.tell(outcome([4, 1, 2, 3]), progress: 0)
            }
        }
        #expect(try #require(try strategy.meanAction(observation)).scalars.allSatisfy { (-1...1).contains($0) })
        // The second step goes back towards 0, where only the gradient of the first had led.
        #expect(try #require(try pulled.meanAction(observation)).scalars.allSatisfy { abs($0) < 0.1 })
    }

    @Test("schedules are read when a generation is drawn")
    func schedules() throws {
        let strategy = try begun { $0.standardDeviation = .linear(0.5, 0.1) }
        let wide = try strategy.ask(observation, progress: 0).scalars
        let log = try #require(try strategy.tell(outcome([1, 2, 3, 4]), progress: 1))
        #expect(log.first { $0.name == "standard_deviation" }?.value == 0.5)
        _ = try strategy.ask(observation, progress: 1)
        let second = try #require(try strategy.tell(outcome([1, 2, 3, 4]), progress: 1))
        #expect(second.first { $0.name == "standard_deviation" }?.value == 0.1)
        #expect(wide.contains { abs($0) > 0.1 })
    }

    @Test("settings outside their range are refused by name")
    func validation() {
        func message(_ change: (inout EvolutionStrategy.Configuration) -> Void) -> String? {
            var settings = EvolutionStrategy.Configuration()
            change(&settings)
            do { try settings.validate() } catch { return "\(error)" }
            return nil
        }
        #expect(message { _ in } == nil)
        #expect(
            message { $0.populationSize = 5 }
                == "EvolutionStrategy: populationSize must be even, for mirrored pairs, got 5")
        #expect(message { $0.populationSize = 0 } == "EvolutionStrategy: populationSize must be at least 1, got 0")
        #expect(
            message { $0.standardDeviation = .linear(0.5, 0) }
                == "EvolutionStrategy: standardDeviation must be positive, got 0.0 at progress 1.0")
        #expect(
            message { $0.learningRate = .constant(-1) }
                == "EvolutionStrategy: learningRate must not be negative, got -1.0 at progress 0.0")
        #expect(message { $0.weightDecay = .nan } == "EvolutionStrategy: weightDecay must not be negative, got nan")
        #expect(message { $0.adamBeta1 = 1 } == "EvolutionStrategy: adamBeta1 must be at least 0 and below 1, got 1.0")
    }

    @Test("another number of environments than candidates is refused")
    func environments() throws {
        let strategy = try begun { _ in }
        #expect(throws: LearnerError.self) { try strategy.ask(.shared(Tensor([0]), environments: 5), progress: 0) }
        #expect(try strategy.ask(observation, progress: 0).shape == [4, 3])
    }
}

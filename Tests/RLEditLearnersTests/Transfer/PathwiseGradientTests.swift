import RLEditCore
import RLEditLearners
import RLEditTensor
import RLEditTestSupport
import RLEditWorlds
import Testing

@Suite struct PathwiseGradientTests {
    private static func problem(
        reward: any RewardFunction, world: UnitWorld = .shift, rank: Int = 1, workers: Int = 1
    ) throws -> (problem: TransferProblem, pool: WorkerPool) {
        let pool = WorkerPool(workers: workers)
        let networks = try (1...2).map { try TransferFixture.network(seed: $0) }
        let pairs = try TransferFixture.pairs(
            networks, classes: [0, 1], rules: TransferFixture.rules(world, rank: rank), pool: pool)
        return (
            TransferProblem(
                pairs: pairs, policy: TransferFixture.policy(rank: rank), reward: reward, pairsPerStep: 4), pool
        )
    }

    private static func reward(_ value: @escaping (RewardContext) throws -> Double) -> ClosureReward {
        ClosureReward { Reward(try value($0)) }
    }

    private static func learner(_ steps: Int) -> PathwiseGradient {
        var configuration = PathwiseGradient.Configuration()
        configuration.steps = steps
        configuration.learningRate = .constant(0.02)
        return PathwiseGradient(configuration)
    }

    @Test("the gradient is that of differences of the reward", arguments: UnitWorld.allCases, [1, 2])
    func differences(world: UnitWorld, rank: Int) throws {
        let (problem, pool) = try Self.problem(
            reward: Self.reward { context in
                let kept = try context.value(.trueProbability, set: 1) - 0.1 * context.value(.margin, set: 1)
                let (loss, entropy) = (try context.value(.loss, set: 0), try context.value(.entropy, set: 0))
                return kept + loss / (1 + loss) + 0.3 * entropy - 0.2 * (try context.value(.confidence, set: 0))
            }, world: world, rank: rank)
        let learner = Self.learner(1)
        let environment = try TransferEnvironment(
            problem, learner: learner, pool: pool, random: RandomStream(seed: 1))
        _ = try environment.reset()
        let size = environment.actionSize
        let gradient = try #require(try environment.step(Tensor.zeros([1, size])).gradient)
        #expect(gradient.count == size)
        // All pairs are met in each step.
        let distance: Float = 2e-3
        var differences: [Double] = []
        for place in 0..<size {
            var sides: [Double] = []
            for sign: Float in [1, -1] {
                var action = [Float](repeating: 0, count: size)
                action[place] = sign * distance
                sides.append(try environment.step(Tensor(action, shape: [1, size])).rewards[0])
            }
            differences.append((sides[0] - sides[1]) / Double(2 * distance))
        }
        let length = differences.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let error = zip(gradient, differences).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
        #expect(length > 0.1)
        #expect(error < 0.02 * length, "\(error) of \(length)")
    }

    @Test("it learns, and goes on from a snapshot to the same bytes for any number of workers")
    func learns() throws {
        func run(_ updates: Range<Int>, _ learner: PathwiseGradient, workers: Int) throws -> [Double] {
            let (problem, pool) = try Self.problem(reward: TransferFixture.reward(), workers: workers)
            let random = RandomStream(seed: 1)
            let environment = try TransferEnvironment(problem, learner: learner, pool: pool, random: random)
            if updates.lowerBound == 0 {
                try learner.begin(
                    LearningProblem(
                        observationSize: 1, actionSize: environment.actionSize, horizon: 1, budget: 40, random: random),
                    pool: pool)
            }
            var state = EnvironmentSnapshot()
            state.integers["steps"] = updates.lowerBound
            var observation = try environment.restore(state)
            var rewards: [Double] = []
            for update in updates {
                let outcome = try environment.step(
                    learner.ask(observation, progress: Double(update) / 40))
                _ = try learner.tell(outcome, progress: Double(update + 1) / 40)
                observation = outcome.observation
                rewards.append(outcome.rewards[0])
            }
            return rewards
        }
        let learner = Self.learner(40)
        let rewards = try run(0..<40, learner, workers: 1)
        // 1 for a network that is left as it is, 2 for one that keeps all and forgets all.
        #expect(rewards[0] < 1.5 && rewards[39] > 1.9, "\(rewards)")

        let first = Self.learner(40)
        #expect(try run(0..<20, first, workers: 2) == Array(rewards[..<20]))
        let second = Self.learner(40)
        _ = try run(0..<1, second, workers: 1)
        try second.restore(first.snapshot())
        #expect(try run(20..<40, second, workers: 2) == Array(rewards[20...]))
    }

    @Test("a reward that reads scores, and a policy of several steps, are refused by what they are")
    func refused() throws {
        let (problem, pool) = try Self.problem(
            reward: Self.reward { Double(try $0.batch.scores(candidate: $0.candidate, set: 0).scalars[0]) })
        let environment = try TransferEnvironment(
            problem, learner: Self.learner(1), pool: pool, random: RandomStream(seed: 1))
        _ = try environment.reset()
        let scores = #expect(throws: WorldError.self) { try environment.step(Tensor.zeros([1, 95])) }
        #expect(scores?.description.contains("reads scores of single examples") == true)

        var rules = try TransferFixture.rules()
        rules.steps = UnitSteps(horizon: 2)
        var several = problem
        several.pairs = try TransferFixture.pairs(
            [TransferFixture.network(seed: 1)], classes: [0], rules: rules, pool: pool)
        several.pairsPerStep = 1
        let steps = #expect(throws: WorldError.self) {
            try TransferEnvironment(several, learner: Self.learner(1), pool: pool, random: RandomStream(seed: 1))
        }
        #expect(steps?.description.contains("must be 1: the gradient goes through one step") == true)
    }
}

import RLEditCore
import RLEditLearners
import RLEditNN
import RLEditTensor
import RLEditTestSupport
import RLEditWorlds
import Testing

@Suite struct TransferEnvironmentTests {
    private static func problem(
        networks: [Network]? = nil, pairsPerStep: Int = 3, workers: Int = 1
    ) throws -> (problem: TransferProblem, pool: WorkerPool) {
        let pool = WorkerPool(workers: workers)
        let networks = try networks ?? (1...2).map { try TransferFixture.network(seed: $0) }
        let pairs = try TransferFixture.pairs(
            networks, classes: [0, 1, 2], rules: TransferFixture.rules(), pool: pool)
        return (
            TransferProblem(
                pairs: pairs, policy: TransferFixture.policy(), reward: TransferFixture.reward(),
                pairsPerStep: pairsPerStep), pool
        )
    }

    @Test("every pair is met equally often, in another order each round")
    func draws() throws {
        let (problem, pool) = try Self.problem(pairsPerStep: 4)
        let environment = try TransferEnvironment(
            problem, learner: TransferFixture.search(16), pool: pool, random: RandomStream(seed: 1))
        var counts = [Int](repeating: 0, count: 6)
        for step in 0..<30 { for pair in environment.drawnPairs(step: step) { counts[pair] += 1 } }
        #expect(counts == [Int](repeating: 20, count: 6))
        let rounds = (0..<6).map { environment.drawnPairs(step: 3 * $0) }
        #expect(Set(rounds).count > 1)
    }

    @Test("the reward of a candidate is the mean over the pairs, and learners that use ranks get them")
    func rewards() throws {
        let (problem, pool) = try Self.problem(pairsPerStep: 6)
        let ranked = try TransferEnvironment(
            problem, learner: TransferFixture.search(16), pool: pool, random: RandomStream(seed: 1))
        _ = try ranked.reset()
        var stream = RandomStream(seed: 2)
        var actions = try Tensor.zeros([16, 95])
        actions.withUnsafeMutableBufferPointer { stream.fillNormal($0, scale: 0.2) }
        let outcome = try ranked.step(actions)
        let record = try #require(outcome.record)
        #expect(record.evaluations.last == 96)
        #expect(outcome.rewards.contains { abs($0) <= 0.5 } && abs(outcome.rewards.reduce(0, +)) < 1e-9)
        // The same by hand, of the first candidate.
        let policy = actions.withUnsafeBufferPointer {
            TransferEnvironment.policy(problem.policy, moved: UnsafeBufferPointer(rebasing: $0[0..<95]))
        }
        let own = try problem.pairs.map { pair in
            try pair.judge([pair.edits(pair.features.map { policy.factors(for: $0) })], by: problem.reward)[0].value
        }
        #expect(abs(record.rewards[0].value - own.reduce(0, +) / 6) < 1e-9)
        #expect(record.rewards[0].terms.map(\.name) == ["keep", "drop"])
        let plain = try TransferEnvironment(
            problem, learner: HillClimber(), pool: pool, random: RandomStream(seed: 1))
        #expect(plain.actionSize == 95)
    }

    @Test(
        "learners that search over parameters take networks of different widths, those that act on factors say why not")
    func widths() throws {
        let networks = [
            try TransferFixture.network(seed: 1), try TransferFixture.network(seed: 2, hidden: 24, edited: 7),
        ]
        let (problem, pool) = try Self.problem(networks: networks)
        _ = try TransferEnvironment(
            problem, learner: TransferFixture.search(16), pool: pool, random: RandomStream(seed: 1))
        let refusal = #expect(throws: WorldError.self) {
            try TransferEnvironment(problem, learner: PPO(), pool: pool, random: RandomStream(seed: 1))
        }
        #expect(refusal?.description.contains("layer 'fc2' is 7×24 in 'network 2' and 10×16 in 'network 1'") == true)
    }

    @Test("no pair, too many pairs a step and features that do not fit are refused")
    func refused() throws {
        var (problem, pool) = try Self.problem()
        func make() throws {
            _ = try TransferEnvironment(
                problem, learner: TransferFixture.search(16), pool: pool, random: RandomStream(seed: 1))
        }
        problem.pairsPerStep = 7
        #expect(throws: WorldError.self) { try make() }
        problem.pairsPerStep = 1
        problem.policy = UnitPolicyNetwork(
            UnitPolicyNetwork.Shape(features: 10, context: 3, hidden: 2, rank: 1), random: RandomStream(seed: 1))
        #expect(throws: LearnerError.self) { try make() }
        problem.pairs = []
        #expect(throws: WorldError.self) { try make() }
    }

    private static func learners() -> [any Learner] {
        var ppo = PPO.Configuration()
        ppo.steps = 8192
        ppo.rolloutLength = 128
        ppo.minibatchSize = 128
        ppo.epochs = 4
        ppo.learningRate = .linear(5e-3, 0)
        ppo.initialLogStandardDeviation = -1.5
        var cma = CMAES.Configuration()
        cma.steps = 1280
        cma.populationSize = 32
        cma.initialStandardDeviation = 0.05
        return [TransferFixture.search(1280), SeparableCMAES(cma), CMAES(cma), PPO(ppo)]
    }

    @Test("PPO, an evolution strategy and CMA-ES train a policy that edits a network and a class it has never met")
    func transfers() throws {
        let pool = WorkerPool(workers: 2)
        let networks = try (1...4).map { try TransferFixture.network(seed: $0) }
        let rules = try TransferFixture.rules()
        let training = try TransferFixture.pairs(networks, classes: [0, 1, 2], rules: rules, pool: pool)
        let unseen = try TransferFixture.pairs(
            [TransferFixture.network(seed: 50)], classes: [3], rules: rules, pool: pool)[0]
        let reward = TransferFixture.reward()
        func worth(_ policy: UnitPolicyNetwork) throws -> Double {
            try unseen.judge([unseen.edits(unseen.features.map { policy.factors(for: $0) })], by: reward)[0].value
        }
        let before = try worth(TransferFixture.policy())
        for learner in Self.learners() {
            let problem = TransferProblem(
                pairs: training, policy: TransferFixture.policy(), reward: reward, pairsPerStep: 4)
            let policy = try TransferDriver.train(learner, problem, pool: pool)
            let after = try worth(policy)
            #expect(before < 1.6)
            #expect(after > 1.9, "\(learner.name): \(after)")
        }
    }

    @Test("a policy is trained to the same bits by any number of workers")
    func deterministic() throws {
        func train(_ learner: any Learner, workers: Int) throws -> [Float] {
            let (problem, pool) = try Self.problem(workers: workers)
            return try TransferDriver.train(learner, problem, pool: pool).parameters
        }
        #expect(try train(TransferFixture.search(64), workers: 1) == train(TransferFixture.search(64), workers: 3))
        func ppo() -> PPO {
            var configuration = PPO.Configuration()
            configuration.steps = 128
            return PPO(configuration)
        }
        #expect(try train(ppo(), workers: 1) == train(ppo(), workers: 3))
    }
}

/// Trains a policy as a run does, without its files.
enum TransferDriver {
    static func train(
        _ learner: any Learner, _ problem: TransferProblem, pool: WorkerPool
    ) throws -> UnitPolicyNetwork {
        let random = RandomStream(seed: 7)
        let environment = try TransferEnvironment(problem, learner: learner, pool: pool, random: random)
        let problemOfLearner = LearningProblem(
            observationSize: environment.observationSize, actionSize: environment.actionSize, horizon: 1,
            budget: learner.budget, random: random)
        var policy: UnitPolicy?
        if let learner = learner as? any PolicyLearner {
            let made = try UnitPolicy(
                problem.policy, layers: problem.pairs[0].frames.map { ($0.layer.rows, $0.inputs) },
                initialLogStandardDeviation: Float(learner.initialLogStandardDeviation(horizon: 1)),
                random: random.split("init"))
            try learner.begin(problemOfLearner, policy: made, pool: pool)
            policy = made
        } else {
            try learner.begin(problemOfLearner, pool: pool)
        }
        var observation = try environment.reset()
        var done = 0
        while done < learner.budget {
            let progress = Double(done) / Double(learner.budget)
            environment.progress = progress
            let outcome = try environment.step(learner.ask(observation, progress: progress))
            done += environment.environments
            _ = try learner.tell(outcome, progress: Double(done) / Double(learner.budget))
            observation = outcome.observation
        }
        if let policy { return try policy.network() }
        let action = try #require(
            try learner.meanAction(.shared(try Tensor.zeros([1]), environments: 1)))
        return action.withUnsafeBufferPointer { TransferEnvironment.policy(problem.policy, moved: $0) }
    }
}

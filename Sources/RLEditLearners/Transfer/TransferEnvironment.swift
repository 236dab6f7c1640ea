internal import RLEditCore
public import RLEditTensor
public import RLEditWorlds

/// One policy, many pairs of a network and what is to be changed in it.
public struct TransferProblem {
    /// What the policy is trained on.
    public var pairs: [EditPair]
    /// Sizes and initial parameters of the policy.
    public var policy: UnitPolicyNetwork
    public var reward: any RewardFunction
    /// Pairs on which a step judges its candidates.
    public var pairsPerStep: Int
    /// What becomes of a candidate without a valid reward.
    public var invalidRewards: InvalidRewardRule
    /// Whether the reward judges the network after every step of a policy, and the mean counts; else after the last.
    public var judgesEveryStep: Bool

    public init(
        pairs: [EditPair], policy: UnitPolicyNetwork, reward: any RewardFunction, pairsPerStep: Int,
        invalidRewards: InvalidRewardRule = .stop, judgesEveryStep: Bool = false
    ) {
        self.pairs = pairs
        self.policy = policy
        self.reward = reward
        self.pairsPerStep = pairsPerStep
        self.invalidRewards = invalidRewards
        self.judgesEveryStep = judgesEveryStep
    }

    /// - Throws: ``WorldError`` for no pair, a number of pairs a step outside 1 … all, or features that do not fit.
    func validate() throws {
        guard !pairs.isEmpty else {
            throw WorldError.invalidSetting(
                owner: "TaskDistribution", field: "networks", message: "give no training pair")
        }
        guard (1...pairs.count).contains(pairsPerStep) else {
            throw WorldError.invalidSetting(
                owner: "rledit.task", field: "pairs_per_step",
                message: "must be 1 to the number of training pairs, \(pairs.count), got \(pairsPerStep)")
        }
        for pair in pairs { try pair.features.forEach(policy.requireFit) }
    }
}

/// Episodes on pairs that are drawn for each step: a contextual bandit over networks. The steps that a policy itself takes on a
/// pair (``UnitSteps``) are all within one step here, judged at their end or each.
///
/// Pairs come in shuffled rounds, so that each is met equally often; which ones a step meets depends on its number and the
/// stream `pairs` alone. What an action is depends on who learns:
///
/// - A ``PolicyLearner`` sees the features of its pair and answers with factors. Environment i meets the i-th drawn pair,
///   counted round and round. All pairs must have layers of the same sizes.
/// - Everybody else searches over the policy's parameters, θ = θ₀ + 5a: an action is a policy, judged on every drawn pair.
///   Its reward is the mean over those pairs; for a ``GenerationLearner`` of its rank among the candidates on each pair. A
///   ``GradientLearner`` is told the gradient of that mean.
public final class TransferEnvironment: VectorEnvironment {
    public let environments: Int
    public let observationSize: Int
    public let actionSize: Int
    public let horizon = 1
    /// Share of the run's budget spent, 0 … 1, set by whoever runs the loop.
    public var progress = 0.0
    /// Steps done: with the stream, all that decides which pairs come next.
    package private(set) var stepCount = 0
    /// Who judges, and the lowest reward on a pair so far.
    package let rewardJudge: RewardJudge

    private let problem: TransferProblem
    private let actsOnFactors: Bool
    private let tellsRanks: Bool
    private let tellsGradient: Bool
    /// What goes through the edits of each pair, made when it is first met.
    private var gradients: [Int: EditGradient] = [:]
    private let layers: [(outputs: Int, inputs: Int)]
    private let pool: WorkerPool
    private let random: RandomStream
    private let observations: [[Float]]
    private var isReset = false

    /// What 1 in an action is in a parameter: wide enough that no trained policy meets the border.
    package static let parameterUnit: Float = 5

    /// - Parameters:
    ///   - learner: decides what an action is.
    ///   - random: the run's root stream.
    /// - Throws: ``WorldError``.
    package init(_ problem: TransferProblem, learner: any Learner, pool: WorkerPool, random: RandomStream) throws {
        try problem.validate()
        self.problem = problem
        rewardJudge = RewardJudge(problem.reward, rule: problem.invalidRewards)
        self.pool = pool
        self.random = random.split("pairs")
        environments = learner.environments(horizon: 1)
        actsOnFactors = learner is any PolicyLearner
        tellsRanks = learner is any GenerationLearner
        tellsGradient = learner is any GradientLearner
        if tellsGradient, problem.pairs.contains(where: { $0.episodes.whole.horizon > 1 }) {
            throw WorldError.invalidSetting(
                owner: learner.name, field: "horizon",
                message: "must be 1: the gradient goes through one step; EvolutionStrategy trains policies of several")
        }
        layers = problem.pairs[0].frames.map { ($0.layer.rows, $0.inputs) }
        if actsOnFactors {
            for (field, isGiven) in [
                ("draw_images", problem.pairs.contains(where: \.episodes.drawsExamples)),
                ("horizon", problem.pairs.contains { $0.episodes.whole.horizon > 1 }),
            ] where isGiven {
                throw WorldError.invalidSetting(
                    owner: learner.name, field: field,
                    message: "needs a learner that searches over the policy's parameters, such as EvolutionStrategy")
            }
            for pair in problem.pairs {
                for (frame, expected) in zip(pair.frames, layers)
                where frame.layer.rows != expected.outputs || frame.inputs != expected.inputs {
                    throw WorldError.invalidSetting(
                        owner: learner.name, field: "networks",
                        message: "layer '\(frame.layer.name)' is \(frame.layer.rows)×\(frame.inputs) in "
                            + "'\(pair.network)' and \(expected.outputs)×\(expected.inputs) in "
                            + "'\(problem.pairs[0].network)': this learner acts on factors of one size; "
                            + "EvolutionStrategy and the other searches train over any")
                }
            }
            observations = problem.pairs.map { UnitPolicy.observation(of: $0.features) }
            observationSize = observations[0].count
            actionSize = problem.pairs[0].actionSize
        } else {
            observations = []
            observationSize = 1
            actionSize = problem.policy.shape.parameterCount
        }
    }

    /// The pairs of a step, from 0. A step that spans two rounds may meet a pair twice; it then counts twice.
    package func drawnPairs(step: Int) -> [Int] {
        let count = problem.pairs.count
        var orders: [Int: [Int]] = [:]
        return (0..<problem.pairsPerStep).map { offset in
            let place = step * problem.pairsPerStep + offset
            let round = place / count
            if orders[round] == nil {
                var stream = random.split("round", round)
                orders[round] = stream.permutation(count)
            }
            return orders[round]?[place % count] ?? 0
        }
    }

    public func reset(seed: UInt64 = 0) throws -> ObservationBatch {
        isReset = true
        return try observe()
    }

    /// The number of the step, which with the stream decides what comes next, and the lowest reward so far.
    package func snapshot() -> EnvironmentSnapshot {
        var snapshot = EnvironmentSnapshot()
        snapshot.integers = ["steps": stepCount]
        snapshot.numbers["worstReward"] = rewardJudge.worst
        return snapshot
    }

    /// - Throws: ``WorldError/invalidSnapshot(message:)`` for one of an ``EditEnvironment``.
    package func restore(_ snapshot: EnvironmentSnapshot) throws -> ObservationBatch {
        guard let steps = snapshot.integers["steps"], (0...TransferEnvironment.mostSteps).contains(steps) else {
            throw WorldError.invalidSnapshot(message: "it is of a run of another kind")
        }
        stepCount = steps
        rewardJudge.restore(worst: snapshot.numbers["worstReward"])
        return try reset()
    }

    /// More than any run takes; times the pairs of a step it is still a number.
    private static let mostSteps = 1 << 40

    /// - Throws: ``WorldError``, or what the reward throws.
    public func step(_ actions: Tensor) throws -> StepBatch {
        guard isReset else { throw WorldError.notReset }
        guard actions.rank == 2, actions.shape[1] == actionSize else {
            throw WorldError.actionSize(expected: actionSize, actual: actions.shape.last ?? 0)
        }
        guard actions.shape[0] == environments else {
            throw WorldError.actionCount(expected: environments, actual: actions.shape[0])
        }
        let drawn = drawnPairs(step: stepCount)
        let episodes = try episodes(of: drawn)
        if tellsGradient { return try step(actions, drawn, episodes) }
        // Who meets whom: (environment, its place among the drawn pairs), pair by pair.
        let meetings: [[Int]] = drawn.indices.map { place in
            (0..<environments).filter { !actsOnFactors || $0 % drawn.count == place }
        }
        var values = [[Double]](repeating: [], count: environments)
        var terms = [[NamedNumber]](repeating: [], count: environments)
        var told = [Double](repeating: 0, count: environments)
        var isInvalid = [Bool](repeating: false, count: environments)
        for (place, index) in drawn.enumerated() where !meetings[place].isEmpty {
            let courses = try courses(of: episodes[place], actions, for: meetings[place])
            for step in courses[0].indices {
                let rewards = try problem.pairs[index].judge(
                    courses.map { $0[step] }, by: rewardJudge, step: step + 1, episode: stepCount + 1,
                    progress: progress)
                let shaped = tellsRanks ? centeredRanks(rewards.map(\.value)) : rewards.map(\.value)
                for (candidate, environment) in meetings[place].enumerated() {
                    values[environment].append(rewards[candidate].value)
                    told[environment] += shaped[candidate]
                    if rewards[candidate].isInvalid { isInvalid[environment] = true }
                    add(rewards[candidate].terms, to: &terms[environment])
                }
            }
        }
        for environment in told.indices { told[environment] /= Double(max(values[environment].count, 1)) }
        var rewards = zip(values, terms).map { mean(of: $0, terms: $1) }
        for environment in rewards.indices { rewards[environment].isInvalid = isInvalid[environment] }
        return try finish(
            actions, told: told, rewards: rewards, evaluations: values.reduce(0) { $0 + $1.count }, gradient: nil)
    }

    /// The step of a learner that is told the gradient.
    private func step(_ actions: Tensor, _ drawn: [Int], _ episodes: [Episode]) throws -> StepBatch {
        let policy = actions.withUnsafeBufferPointer { TransferEnvironment.policy(problem.policy, moved: $0) }
        var (values, terms, isInvalid): ([Double], [NamedNumber], Bool) = ([], [], false)
        var gradient = [Double](repeating: 0, count: actionSize)
        for (index, episode) in zip(drawn, episodes) {
            let through = try gradients[index] ?? EditGradient(problem.pairs[index], pool: pool)
            gradients[index] = through
            let judged = try through.judge(
                policy, episode, by: rewardJudge, number: stepCount + 1, progress: progress)
            values.append(judged.reward.value)
            add(judged.reward.terms, to: &terms)
            if judged.reward.isInvalid { isInvalid = true }
            // A parameter moves as many units as its number of the action says.
            let share = Double(TransferEnvironment.parameterUnit) / Double(drawn.count)
            for place in gradient.indices { gradient[place] += share * judged.gradient[place] }
        }
        var reward = mean(of: values, terms: terms)
        reward.isInvalid = isInvalid
        return try finish(
            actions, told: [reward.value], rewards: [reward], evaluations: values.count, gradient: gradient)
    }

    /// The mean of an action's rewards, and of their terms.
    private func mean(of values: [Double], terms: [NamedNumber]) -> Reward {
        let count = Double(max(values.count, 1))
        return Reward(
            values.reduce(0, +) / count, terms: terms.map { NamedNumber($0.name, $0.value / count) })
    }

    private func finish(
        _ actions: Tensor, told: [Double], rewards: [Reward], evaluations: Int, gradient: [Double]?
    ) throws -> StepBatch {
        let record = StepRecord(
            actions: actions, batch: nil, rewards: rewards, evaluations: rewards.map { _ in evaluations },
            episodes: rewards.map { _ in stepCount + 1 }, steps: rewards.map { _ in 1 })
        stepCount += 1
        let observation = try observe()
        return StepBatch(
            rewards: told, terminated: Array(repeating: true, count: environments),
            truncated: Array(repeating: false, count: environments), observation: observation,
            finalObservation: { observation }, gradient: gradient, record: record)
    }

    private func add(_ new: [NamedNumber], to terms: inout [NamedNumber]) {
        for term in new {
            if let index = terms.firstIndex(where: { $0.name == term.name }) {
                terms[index].value += term.value
            } else {
                terms.append(term)
            }
        }
    }

    // MARK: - Parts of a step

    /// What is seen of each drawn pair in this step.
    private func episodes(of drawn: [Int]) throws -> [Episode] {
        let sources = drawn.map { problem.pairs[$0].episodes }
        let (random, first) = (random, stepCount * problem.pairsPerStep)
        let made = Slots<Episode>(count: drawn.count)
        try pool.forEach(drawn.count) { place, _ in
            made[place] = try sources[place].episode(random.split("episode", first + place))
        }
        return try made.values()
    }

    /// The edits of a pair that are judged, by environment and step, spread over the workers.
    private func courses(of episode: Episode, _ actions: Tensor, for environments: [Int]) throws -> [[[LayerEdit]]] {
        let (policy, layers, size, actsOnFactors) = (problem.policy, layers, actionSize, actsOnFactors)
        let judged = problem.judgesEveryStep ? episode.horizon : 1
        let made = Slots<[[LayerEdit]]>(count: environments.count)
        try pool.forEach(environments.count) { place, _ in
            made[place] = try actions.withUnsafeBufferPointer { buffer in
                let action = UnsafeBufferPointer(
                    rebasing: buffer[environments[place] * size..<(environments[place] + 1) * size])
                if actsOnFactors {
                    let clamped = action.map { min(max($0, -1), 1) }
                    let factors = clamped.withUnsafeBufferPointer {
                        UnitPolicy.factors($0, layers: layers, rank: policy.shape.rank)
                    }
                    return try episode.course { _ in factors.map { [$0] } }.suffix(judged)
                }
                let candidate = TransferEnvironment.policy(policy, moved: action)
                return try episode.course { $0.map { [candidate.factors(for: $0)] } }.suffix(judged)
            }
        }
        return try made.values()
    }

    /// θ₀ + 5a, a clamped to the box.
    package static func policy(
        _ origin: UnitPolicyNetwork, moved action: UnsafeBufferPointer<Float>
    ) -> UnitPolicyNetwork {
        var policy = origin
        for (index, step) in action.enumerated() {
            policy.parameters[index] += parameterUnit * min(max(step, -1), 1)
        }
        return policy
    }

    /// What the environments show now.
    private func observe() throws -> ObservationBatch {
        guard actsOnFactors else { return .shared(try Tensor.zeros([1]), environments: environments) }
        let drawn = drawnPairs(step: stepCount)
        return .distinct(
            try Tensor(shape: [environments, observationSize]) { buffer in
                for environment in 0..<environments {
                    let row = observations[drawn[environment % drawn.count]]
                    for (feature, value) in row.enumerated() { buffer[environment * row.count + feature] = value }
                }
            })
    }
}

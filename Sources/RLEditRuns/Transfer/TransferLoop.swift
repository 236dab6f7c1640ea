internal import RLEditCore
public import RLEditLearners
public import RLEditTensor
internal import RLEditWorlds

/// The loop of a task that trains a policy over many networks: keeps the policy that does best on the validation pairs.
public final class TransferLoop: LearningLoop {
    public let task: TransferTask
    public override var plannedEvaluations: Int { policy == nil ? budget * task.problem.pairsPerStep : budget }
    /// Whether the learner has made an update: before, there is no policy worth keeping.
    public var hasLearned: Bool { updates > 0 }

    private let environment: TransferEnvironment
    /// nil for a learner that searches over parameters.
    private let policy: UnitPolicy?
    /// The policy that did best on the validation pairs, and what it reached there.
    private var selected: (policy: UnitPolicyNetwork, reward: Double)?
    /// What the validation pairs showed when they were first looked at.
    private var judged: [[Episode]]?
    /// Draws of each validation pair.
    private static let validationDraws = 4
    /// The last update that was judged on the validation pairs.
    private var judgedUpdate = -1

    /// - Parameters:
    ///   - seed: of the run; all streams derive from it.
    ///   - logs: where the run is written; nil for a run that leaves nothing.
    /// - Throws: ``WorldError``, ``ConfigurationError``, or what the learner throws.
    public init(
        _ task: TransferTask, seed: UInt64, pool: WorkerPool, logs: RunLogs? = nil, progress: ProgressReporter? = nil,
        delegate: (any RunDelegate)? = nil
    ) throws {
        let random = RandomStream(seed: seed)
        let learner = task.learner
        self.task = task
        guard learner.hasMeanAction else { throw TransferLoop.noPolicy(learner) }
        environment = try TransferEnvironment(task.problem, learner: learner, pool: pool, random: random)
        let problem = LearningProblem(
            observationSize: environment.observationSize, actionSize: environment.actionSize, horizon: 1,
            budget: learner.budget, random: random)
        if let learner = learner as? any PolicyLearner {
            let policy = try UnitPolicy(
                task.problem.policy,
                layers: task.problem.pairs[0].frames.map { ($0.layer.rows, $0.inputs) },
                initialLogStandardDeviation: Float(learner.initialLogStandardDeviation(horizon: 1)),
                random: random.split("init"))
            try learner.begin(problem, policy: policy, pool: pool)
            self.policy = policy
        } else {
            try learner.begin(problem, pool: pool)
            policy = nil
        }
        try super.init(
            environment, learner: learner, target: task.target, logs: logs, progress: progress,
            processes: pool.processes, delegate: delegate)
    }

    /// What the policy of the end reached on the validation pairs; nil without any.
    public var validationReward: Double? { selected?.reward }

    /// The policy that the run ends with: the one that did best on the validation pairs, else the learner's own now.
    public func finalPolicy() throws -> UnitPolicyNetwork { try selected?.policy ?? currentPolicy() }

    /// The learner's deterministic policy now.
    private func currentPolicy() throws -> UnitPolicyNetwork {
        if let policy { return try policy.network() }
        let shown = try ObservationBatch.shared(Tensor.zeros([1]), environments: 1)
        guard let action = try learner.meanAction(shown) else { throw TransferLoop.noPolicy(learner) }
        return action.withUnsafeBufferPointer { TransferEnvironment.policy(task.problem.policy, moved: $0) }
    }

    private static func noPolicy(_ learner: any Learner) -> ConfigurationError {
        ConfigurationError(
            learner.name, "learner", "has no policy of its own to keep: one of a script needs 'mean_action'")
    }

    override var isPolicyDue: Bool { updates % task.validationInterval == 0 }

    /// Judges the current policy on the validation pairs, and keeps it if none was better.
    override func judgePolicy() throws -> [NamedNumber] {
        if task.validation.isEmpty || judgedUpdate == updates { return [] }
        judgedUpdate = updates
        let policy = try currentPolicy()
        let reward = try validationReward(of: [policy]) ?? 0
        // Of equally good ones the later has learned more.
        if reward >= selected?.reward ?? -.infinity { selected = (policy, reward) }
        return [NamedNumber("validation_reward", reward)]
    }

    /// Mean reward of the mean edit of some policies on the validation pairs; nil without any.
    public func validationReward(of members: [UnitPolicyNetwork]) throws -> Double? {
        guard !task.validation.isEmpty else { return nil }
        var sum = 0.0
        for (pair, episodes) in zip(task.validation, try validationEpisodes()) {
            let edits = try episodes.map { try PolicyApplication(members, to: pair, episode: $0).edits }
            sum +=
                try pair.judge(edits, by: environment.rewardJudge, isRemembered: false)
                .reduce(0) { $0 + $1.value } / Double(edits.count)
        }
        return sum / Double(task.validation.count)
    }

    /// What is seen of each validation pair; where examples are drawn, the same draws each time.
    private func validationEpisodes() throws -> [[Episode]] {
        if let judged { return judged }
        let random = RandomStream(seed: 0, name: "validation")
        let made = try task.validation.enumerated().map { index, pair in
            try (0..<(pair.episodes.drawsExamples ? TransferLoop.validationDraws : 1)).map {
                try pair.episodes.episode(random.split("pair", index).split("draw", $0))
            }
        }
        judged = made
        return made
    }

    override func keep(in checkpoint: inout Checkpoint) {
        checkpoint.counters["candidates"] = candidates
        checkpoint.counters["judgedUpdate"] = judgedUpdate
        guard let selected else { return }
        checkpoint.numbers["selectedReward"] = selected.reward
        checkpoint.tensors["selected"] = Tensor(selected.policy.parameters)
    }

    override func takeBack(from checkpoint: Checkpoint) throws {
        judgedUpdate = checkpoint.counters["judgedUpdate"] ?? -1
        guard let tensor = checkpoint.tensors["selected"], let reward = checkpoint.numbers["selectedReward"] else {
            return
        }
        selected = (try UnitPolicyNetwork(task.problem.policy.shape, parameters: tensor.scalars), reward)
    }
}

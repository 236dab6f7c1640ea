internal import RLEditCore
public import RLEditLearners
public import RLEditTensor
internal import RLEditWorlds

/// Trains a policy over pairs: asks a learner, edits the networks that the step has drawn, measures, judges, tells, until
/// the budget is spent. The same six steps as ``EditLoop``, on many networks.
///
/// Deterministic in the same way: `metrics.jsonl` is the same for any number of workers, and for a run that is continued.
public final class TransferLoop {
    public let task: TransferTask
    /// Edited networks measured so far for training.
    public private(set) var evaluations = 0
    public private(set) var evaluationsToTarget: Int?
    /// Edited networks that the whole budget comes to.
    public var plannedEvaluations: Int { policy == nil ? budget * task.problem.pairsPerStep : budget }
    /// Highest mean reward of a candidate so far, each over the pairs of its own step.
    public private(set) var bestReward = -Double.infinity
    /// Candidates without a valid reward on some pair, counted there as the worst so far.
    public private(set) var invalidRewards = 0
    /// Whether the learner has made an update: before, there is no policy worth keeping.
    public var hasLearned: Bool { updates > 0 }
    /// The policy that did best on the validation pairs, and what it reached there.
    private var selected: (policy: UnitPolicyNetwork, reward: Double)?

    private let environment: TransferEnvironment
    private let learner: any Learner
    /// nil for a learner that searches over parameters.
    private let policy: UnitPolicy?
    private let budget: Int
    private let logs: RunLogs?
    private weak var delegate: (any RunDelegate)?
    private let progressReporter: ProgressReporter?
    private var observation: ObservationBatch
    /// Candidates of the learner: what its budget counts.
    private var candidates = 0
    private var updates = 0
    private var tally = UpdateTally()
    /// Mean reward of the latest update and the highest so far: which checkpoint counts as the best.
    private var latestMeanReward = -Double.infinity
    private var bestMeanReward = -Double.infinity
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
        self.task = task
        learner = task.learner
        budget = learner.budget
        self.logs = logs
        self.delegate = delegate
        progressReporter = progress
        guard learner.hasMeanAction else { throw TransferLoop.noPolicy(learner) }
        environment = try TransferEnvironment(task.problem, learner: learner, pool: pool, random: random)
        let problem = LearningProblem(
            observationSize: environment.observationSize, actionSize: environment.actionSize, horizon: 1,
            budget: budget, random: random)
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
        observation = try environment.reset()
    }

    /// Run until the budget is spent or something asks to stop.
    /// - Returns: why the run stopped early; nil when the budget is spent.
    public func run() throws -> StopReason? {
        defer { progressReporter?.finish() }
        if candidates == 0 { try checkpoint() }
        do { return try iterate() } catch {
            // What was learned before the fault is kept; the fault itself matters more than a fault in keeping it.
            try? logs?.saveHeld()
            throw error
        }
    }

    private func iterate() throws -> StopReason? {
        while candidates < budget {
            if tally.isEmpty, let reason = delegate?.stopRequest {
                // What an interrupted run goes on to must not depend on where it was stopped.
                if reason != .interrupted, updates > 0 { try validate() }
                try checkpoint()
                return reason
            }
            let progress = Double(candidates) / Double(budget)
            environment.progress = progress
            // 1. The learner proposes policies, or its policy proposes factors for the pairs of this step.
            let actions = try learner.ask(observation, progress: progress)
            // 2.–4. Each becomes edits of its pairs' networks, which are measured and judged.
            let outcome = try environment.step(actions)
            take()
            // 5. The learner is told, and improves its policy when it has seen enough.
            let logged = try learner.tell(outcome, progress: Double(candidates) / Double(budget))
            observation = outcome.observation
            if let logged, try !finishUpdate(logged) {
                try validate()
                try checkpoint()
                return .callback
            }
        }
        if !tally.isEmpty { _ = try finishUpdate([]) }
        try validate()
        try checkpoint()
        return nil
    }

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

    // MARK: - Bookkeeping

    private func take() {
        guard let record = environment.record else { return }
        evaluations += record.evaluations
        candidates += record.rewards.count
        for reward in record.rewards {
            tally.add(reward)
            if reward.isInvalid { invalidRewards += 1 } else { bestReward = max(bestReward, reward.value) }
        }
        if let target = task.target, evaluationsToTarget == nil, bestReward >= target {
            evaluationsToTarget = evaluations
        }
    }

    /// Logs one update of the learner.
    /// - Returns: false when a callback asks to stop.
    private func finishUpdate(_ logged: [LoggedValue]) throws -> Bool {
        guard let (statistics, terms, invalid) = tally.take() else { return true }
        updates += 1
        latestMeanReward = statistics.mean
        bestMeanReward = max(bestMeanReward, statistics.mean)
        var values = logged.map { NamedNumber($0.name, $0.value) }
        let isLast = candidates >= budget
        if updates % task.validationInterval == 0 || isLast, let reward = try validate() {
            values.append(NamedNumber("validation_reward", reward))
        }
        let record = UpdateRecord(
            update: updates, evaluations: evaluations, progress: Double(candidates) / Double(budget),
            reward: statistics, bestReward: bestReward, terms: terms, learner: values, invalidRewards: invalid)
        progressReporter?.update(
            Progress(
                evaluations: candidates, budget: budget, bestReward: bestReward, meanReward: statistics.mean))
        try logs?.add(record)
        let goesOn = try delegate?.didUpdate(record) ?? true
        if logs?.isCheckpointDue == true { try checkpoint() } else { try logs?.hold(makeCheckpoint) }
        return goesOn
    }

    /// Judges the current policy on the validation pairs, and keeps it if none was better.
    /// - Returns: its mean reward; nil without such pairs.
    @discardableResult
    private func validate() throws -> Double? {
        if task.validation.isEmpty || judgedUpdate == updates { return nil }
        judgedUpdate = updates
        let policy = try currentPolicy()
        var sum = 0.0
        for pair in task.validation {
            sum += try pair.judge(
                [PolicyApplication(policy, to: pair).edits], by: environment.rewardJudge, isRemembered: false)[0].value
        }
        let reward = sum / Double(task.validation.count)
        // Of equally good ones the later has learned more.
        if reward >= selected?.reward ?? -.infinity { selected = (policy, reward) }
        return reward
    }

    // MARK: - Checkpoints

    private func checkpoint() throws {
        guard let logs else { return }
        try logs.save(try makeCheckpoint(), isBest: updates > 0 && latestMeanReward >= bestMeanReward)
    }

    private func makeCheckpoint() throws -> Checkpoint {
        var checkpoint = Checkpoint(evaluations: evaluations, learner: try learner.snapshot())
        checkpoint.counters = [
            "updates": updates, "evaluationsToTarget": evaluationsToTarget ?? 0, "candidates": candidates,
            "environment.steps": environment.stepCount, "invalidRewards": invalidRewards,
        ]
        checkpoint.numbers["environment.worstReward"] = environment.rewardJudge.worst
        checkpoint.numbers["bestReward"] = bestReward
        checkpoint.numbers["bestMeanReward"] = bestMeanReward
        checkpoint.counters["judgedUpdate"] = judgedUpdate
        if let selected {
            checkpoint.numbers["selectedReward"] = selected.reward
            checkpoint.tensors["selected"] = Tensor(selected.policy.parameters)
        }
        checkpoint.script = try delegate?.scriptState() ?? []
        return checkpoint
    }

    /// Continues where a checkpoint of the same task and seed left off.
    /// - Throws: ``WorldError/invalidSnapshot(message:)`` or what the learner throws when the checkpoint does not fit.
    public func restore(_ checkpoint: Checkpoint) throws {
        guard let steps = checkpoint.counters["environment.steps"], let candidates = checkpoint.counters["candidates"],
            (0...Swift.max(budget, 0)).contains(steps), candidates >= 0
        else { throw WorldError.invalidSnapshot(message: "it is of a run of another kind") }
        observation = try environment.restore(
            steps: steps, worst: checkpoint.numbers["environment.worstReward"])
        try learner.restore(checkpoint.learner)
        evaluations = checkpoint.evaluations
        self.candidates = candidates
        updates = checkpoint.counters["updates"] ?? 0
        evaluationsToTarget = checkpoint.counters["evaluationsToTarget"].flatMap { $0 == 0 ? nil : $0 }
        invalidRewards = checkpoint.counters["invalidRewards"] ?? 0
        bestReward = checkpoint.numbers["bestReward"] ?? -.infinity
        bestMeanReward = checkpoint.numbers["bestMeanReward"] ?? -.infinity
        latestMeanReward = bestMeanReward
        judgedUpdate = checkpoint.counters["judgedUpdate"] ?? -1
        if let tensor = checkpoint.tensors["selected"], let reward = checkpoint.numbers["selectedReward"] {
            selected = (
                try UnitPolicyNetwork(task.problem.policy.shape, parameters: tensor.scalars), reward
            )
        }
        try delegate?.restoreScriptState(checkpoint.script)
    }
}

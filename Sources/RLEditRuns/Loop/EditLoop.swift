internal import RLEditLearners
public import RLEditTensor
public import RLEditWorlds

/// The main loop: asks a learner for actions, edits, measures, judges, tells, until the budget is spent.
///
/// Deterministic: the same task, seed and kernels give the same `metrics.jsonl` for any number of workers, and so does a
/// run that is continued from a checkpoint.
public final class EditLoop {
    public let task: EditTask
    public let environment: EditEnvironment
    public private(set) var best: BestCandidate?
    /// Candidates evaluated so far.
    public private(set) var evaluations = 0
    /// Number of the first evaluation whose reward reached the task's target.
    public private(set) var evaluationsToTarget: Int?
    /// Candidates without a valid reward, each counted as the worst so far.
    public private(set) var invalidRewards = 0

    private let learner: any Learner
    private let budget: Int
    private let logs: RunLogs?
    private weak var delegate: (any RunDelegate)?
    private let progressReporter: ProgressReporter?
    private var observation: ObservationBatch
    private var updates = 0
    private var tally = UpdateTally()
    /// Mean reward of the latest update and the highest so far: which checkpoint counts as the best.
    private var latestMeanReward = -Double.infinity
    private var bestMeanReward = -Double.infinity

    /// - Parameters:
    ///   - seed: of the run; all streams derive from it.
    ///   - logs: where the run is written; nil for a run that leaves nothing.
    /// - Throws: ``WorldError``, ``ConfigurationError``, or what the learner throws.
    public init(
        _ task: EditTask, seed: UInt64, pool: WorkerPool, logs: RunLogs? = nil, progress: ProgressReporter? = nil,
        delegate: (any RunDelegate)? = nil
    ) throws {
        let random = RandomStream(seed: seed)
        self.task = task
        learner = task.learner
        budget = learner.budget
        self.logs = logs
        self.delegate = delegate
        progressReporter = progress
        environment = try EditEnvironment(
            task.problem, environments: learner.environments(horizon: task.problem.horizon), pool: pool, random: random)
        try learner.begin(
            LearningProblem(
                observationSize: environment.observationSize, actionSize: environment.actionSize,
                horizon: environment.horizon, budget: budget, random: random), pool: pool)
        observation = try environment.reset()
    }

    /// Run until the budget is spent or something asks to stop.
    /// - Returns: why the run stopped early; nil when the budget is spent.
    public func run() throws -> StopReason? {
        defer { progressReporter?.finish() }
        // So that a run always has a checkpoint to begin again from, whatever stops it.
        if evaluations == 0 { try checkpoint() }
        do {
            return try iterate()
        } catch {
            // What was learned before the fault is kept; the fault itself matters more than a fault in keeping it.
            try? logs?.saveHeld()
            keepBest()
            throw error
        }
    }

    /// Takes the best of the candidates that were judged before the one that ended the run. They are in no log and no
    /// checkpoint: a run that goes on judges them again.
    private func keepBest() {
        guard let record = environment.unfinished else { return }
        for (index, reward) in record.rewards.enumerated() where isBest(reward) {
            best = BestCandidate(
                reward: reward, edits: record.batch.candidates[index], evaluation: evaluations + index + 1)
        }
    }

    private func isBest(_ reward: Reward) -> Bool {
        !reward.isInvalid && reward.value > best?.reward.value ?? -.infinity
    }

    private func iterate() throws -> StopReason? {
        while evaluations < budget {
            // Between updates only, where a checkpoint is complete; an update takes a fraction of a second.
            if tally.isEmpty, let reason = delegate?.stopRequest {
                try checkpoint()
                return reason
            }
            let progress = Double(evaluations) / Double(budget)
            environment.progress = progress
            // 1. The learner's policy proposes an action for each environment.
            let actions = try learner.ask(observation, progress: progress)
            // 2.–4. The world makes candidates of them, the evaluator measures these, the reward judges them.
            let outcome = try environment.step(actions)
            let continues = try take(outcome)
            // 5. The learner is told, and improves its policy when it has seen enough.
            let logged = try learner.tell(outcome, progress: Double(evaluations) / Double(budget))
            observation = outcome.observation
            let goesOn = try logged.map(finishUpdate) ?? true
            if !continues || !goesOn {
                if !tally.isEmpty { _ = try finishUpdate([]) }
                try checkpoint()
                return .callback
            }
        }
        if !tally.isEmpty { _ = try finishUpdate([]) }
        try checkpoint()
        return nil
        // 6. Applying, measuring and saving the result is `RunOutcome`'s part.
    }

    /// The edit of the learner's deterministic policy: the best state of one episode of its mean actions from the
    /// unedited weights, judged by the reward. At horizon 1 there is only one state.
    ///
    /// A policy learns from noisy episodes when a good edit is reached; nothing makes its noiseless episode hold still
    /// there until the horizon.
    /// - Returns: nil for a learner without a mean policy, and where no state of that episode has a valid reward.
    public func meanPolicyEdit() throws -> [LayerEdit]? {
        var edits = environment.evaluator.layers.map { _ in LayerEdit.unchanged }
        var states: [[LayerEdit]] = []
        // Schedules are where the last step found them: at the very end one may have reached 0.
        environment.progress = Double(max(0, evaluations - environment.environments)) / Double(budget)
        for _ in 0..<environment.horizon {
            let shown = try ObservationBatch.shared(environment.observation(of: edits), environments: 1)
            guard let action = try learner.meanAction(shown) else { return nil }
            edits = try environment.apply(action, to: edits)
            states.append(edits)
        }
        if states.count == 1 { return edits }
        let rewards = try environment.judge(episode: states)
        let valid = rewards.indices.filter { !rewards[$0].isInvalid }
        guard let first = valid.first else { return nil }
        return states[valid.reduce(first) { rewards[$1].value > rewards[$0].value ? $1 : $0 }]
    }

    // MARK: - Bookkeeping

    /// Records a step: candidates in order, the best one, ended episodes.
    /// - Returns: false when a callback asks to stop.
    private func take(_ outcome: StepBatch) throws -> Bool {
        guard let record = environment.record else { return true }
        var goesOn = true
        for (index, reward) in record.rewards.enumerated() {
            evaluations += 1
            tally.add(reward)
            try logs?.add(
                candidate: index, of: record, evaluation: evaluations, selection: environment.source.selection)
            if reward.isInvalid { invalidRewards += 1 }
            if let target = task.target, evaluationsToTarget == nil, !reward.isInvalid, reward.value >= target {
                evaluationsToTarget = evaluations
            }
            if isBest(reward) {
                let found = BestCandidate(
                    reward: reward, edits: record.batch.candidates[index], evaluation: evaluations)
                best = found
                if try delegate?.didFindBest(found) == false { goesOn = false }
            }
            if outcome.terminated[index] || outcome.truncated[index],
                try delegate?.didEndEpisode(record.episodes[index], reward: reward) == false
            {
                goesOn = false
            }
        }
        return goesOn
    }

    /// Logs one update of the learner.
    /// - Returns: false when a callback asks to stop.
    private func finishUpdate(_ logged: [LoggedValue]) throws -> Bool {
        guard let (statistics, terms, invalid) = tally.take() else { return true }
        updates += 1
        let record = UpdateRecord(
            update: updates, evaluations: evaluations, progress: Double(evaluations) / Double(budget),
            reward: statistics, bestReward: best?.reward.value ?? statistics.mean, terms: terms,
            learner: logged.map { NamedNumber($0.name, $0.value) }, invalidRewards: invalid)
        latestMeanReward = statistics.mean
        bestMeanReward = max(bestMeanReward, statistics.mean)
        progressReporter?.update(
            Progress(
                evaluations: evaluations, budget: budget, bestReward: best?.reward.value,
                meanReward: statistics.mean))
        try logs?.add(record)
        let goesOn = try delegate?.didUpdate(record) ?? true
        if logs?.isCheckpointDue == true { try checkpoint() } else { try logs?.hold(makeCheckpoint) }
        return goesOn
    }

    // MARK: - Checkpoints

    /// Writes everything needed to continue from here to the same bytes. Only between updates, where the sums of an
    /// update are empty.
    private func checkpoint() throws {
        guard let logs else { return }
        try logs.save(try makeCheckpoint(), isBest: updates > 0 && latestMeanReward >= bestMeanReward)
    }

    private func makeCheckpoint() throws -> Checkpoint {
        var checkpoint = Checkpoint(evaluations: evaluations, learner: try learner.snapshot())
        checkpoint.counters = [
            "updates": updates, "evaluationsToTarget": evaluationsToTarget ?? 0, "invalidRewards": invalidRewards,
        ]
        checkpoint.numbers["bestMeanReward"] = bestMeanReward
        let environmentState = environment.snapshot()
        for (name, value) in environmentState.integers { checkpoint.counters["environment.\(name)"] = value }
        for (name, value) in environmentState.numbers { checkpoint.numbers["environment.\(name)"] = value }
        for (name, tensor) in environmentState.tensors { checkpoint.tensors["environment.\(name)"] = tensor }
        if let best {
            checkpoint.counters["bestEvaluation"] = best.evaluation
            checkpoint.numbers["bestReward"] = best.reward.value
            for (edit, layer) in zip(best.edits, environment.evaluator.layers) {
                for part in edit.parts { checkpoint.tensors["best.\(layer.name).\(part.name)"] = part.value }
            }
        }
        checkpoint.script = try delegate?.scriptState() ?? []
        return checkpoint
    }

    /// Continues where a checkpoint of the same task and seed left off.
    /// - Throws: ``WorldError/invalidSnapshot(message:)`` or what the learner throws when the checkpoint does not fit.
    public func restore(_ checkpoint: Checkpoint) throws {
        func parts(_ prefix: String) -> [String: Tensor] {
            var parts: [String: Tensor] = [:]
            for (name, tensor) in checkpoint.tensors where name.hasPrefix(prefix) {
                parts[String(name.dropFirst(prefix.count))] = tensor
            }
            return parts
        }
        var state = EnvironmentSnapshot()
        state.tensors = parts("environment.")
        for (name, value) in checkpoint.counters where name.hasPrefix("environment.") {
            state.integers[String(name.dropFirst("environment.".count))] = value
        }
        for (name, value) in checkpoint.numbers where name.hasPrefix("environment.") {
            state.numbers[String(name.dropFirst("environment.".count))] = value
        }
        observation = try environment.restore(state)
        try learner.restore(checkpoint.learner)
        evaluations = checkpoint.evaluations
        updates = checkpoint.counters["updates"] ?? 0
        evaluationsToTarget = checkpoint.counters["evaluationsToTarget"].flatMap { $0 == 0 ? nil : $0 }
        invalidRewards = checkpoint.counters["invalidRewards"] ?? 0
        bestMeanReward = checkpoint.numbers["bestMeanReward"] ?? -.infinity
        latestMeanReward = bestMeanReward
        if let evaluation = checkpoint.counters["bestEvaluation"], let reward = checkpoint.numbers["bestReward"] {
            let edits = try environment.evaluator.layers.map { layer in
                // One layer's name may begin with another's: `features` and `features.0`.
                let known = parts("best.\(layer.name).").filter { LayerEdit.partNames.contains($0.key) }
                guard let edit = try LayerEdit(parts: known) else {
                    throw WorldError.invalidSnapshot(message: "the best edit of layer '\(layer.name)' is incomplete")
                }
                return edit
            }
            best = BestCandidate(reward: Reward(reward), edits: edits, evaluation: evaluation)
        }
        try delegate?.restoreScriptState(checkpoint.script)
    }
}

internal import RLEditCore
internal import RLEditLearners
public import RLEditTensor
public import RLEditWorlds

/// The loop of a task that edits one network: keeps the edits of the best candidate.
public final class EditLoop: LearningLoop {
    public let task: EditTask
    public let environment: EditEnvironment

    /// - Parameters:
    ///   - seed: of the run; all streams derive from it.
    ///   - logs: where the run is written; nil for a run that leaves nothing.
    /// - Throws: ``WorldError``, ``ConfigurationError``, or what the learner throws.
    public init(
        _ task: EditTask, seed: UInt64, pool: WorkerPool, logs: RunLogs? = nil, progress: ProgressReporter? = nil,
        delegate: (any RunDelegate)? = nil
    ) throws {
        let random = RandomStream(seed: seed)
        let learner = task.learner
        guard !(learner is any GradientLearner) else {
            throw ConfigurationError(
                learner.name, "learner",
                "follows the gradient through the edits of a policy over many networks: give the task a 'distribution', "
                    + "or take another learner")
        }
        self.task = task
        environment = try EditEnvironment(
            task.problem, environments: learner.environments(horizon: task.problem.horizon), pool: pool, random: random)
        try learner.begin(
            LearningProblem(
                observationSize: environment.observationSize, actionSize: environment.actionSize,
                horizon: environment.horizon, budget: learner.budget, random: random), pool: pool)
        try super.init(
            environment, learner: learner, target: task.target, stopsAtTarget: task.stopsAtTarget, logs: logs,
            progress: progress, processes: pool.processes, delegate: delegate)
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
        // Schedules stay where the last step found them: at the very end one may have reached 0.
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

    override func keep(in checkpoint: inout Checkpoint) {
        guard let best else { return }
        for (edit, layer) in zip(best.edits, environment.evaluator.layers) {
            for part in edit.parts { checkpoint.tensors["best.\(layer.name).\(part.name)"] = part.value }
        }
    }

    override func takeBack(from checkpoint: Checkpoint) throws {
        guard let found = best else { return }
        let edits = try environment.evaluator.layers.map { layer in
            // One layer's name may begin with another's: `features` and `features.0`.
            let known = parts(of: checkpoint.tensors, "best.\(layer.name).")
                .filter { LayerEdit.partNames.contains($0.key) }
            guard let edit = try LayerEdit(parts: known) else {
                throw WorldError.invalidSnapshot(message: "the best edit of layer '\(layer.name)' is incomplete")
            }
            return edit
        }
        best = BestCandidate(reward: found.reward, edits: edits, evaluation: found.evaluation)
    }
}

internal import RLEditCore
internal import RLEditLearners
internal import RLEditTensor
internal import RLEditWorlds

/// The loop of every run: asks a learner for actions, edits, measures, judges, tells, until the budget is spent.
///
/// ``EditLoop`` edits one network and ``TransferLoop`` trains a policy over many. They add what they keep of the
/// candidates; the turns are the same.
///
/// Deterministic: the same task, seed and kernels give the same `metrics.jsonl` for any number of workers, and so does a
/// run that is continued from a checkpoint.
public class LearningLoop {
    /// The candidate with the highest reward so far.
    public internal(set) var best: BestCandidate?
    /// Edited networks measured so far.
    public private(set) var evaluations = 0
    /// Number of the first evaluation whose reward reached the task's target.
    public private(set) var evaluationsToTarget: Int?
    /// Candidates without a valid reward, each counted as the worst so far.
    public private(set) var invalidRewards = 0
    /// The reward of every candidate so far, when there were at least ``constantAfter`` and all had the same; else nil.
    public var constantReward: Double? {
        let isConstant = lowestReward == best?.reward.value && invalidRewards == 0
        return isConstant && candidates >= LearningLoop.constantAfter ? lowestReward : nil
    }
    /// ``constantReward`` in a sentence.
    public var constantRewardFinding: String? {
        constantReward.map { RunFindings.constant($0, candidates: candidates) }
    }
    /// Edited networks that the whole budget comes to.
    public var plannedEvaluations: Int { budget }

    let learner: any Learner
    let budget: Int
    /// Candidates of the learner so far: what its budget counts.
    private(set) var candidates = 0
    private(set) var updates = 0
    private let environment: any LoopEnvironment
    private let target: Double?
    private let stopsAtTarget: Bool
    private let logs: RunLogs?
    private weak var delegate: (any RunDelegate)?
    private let progressReporter: ProgressReporter?
    /// The processes that share the candidates; nil for one process.
    private let processes: ProcessGroup?
    private var observation: ObservationBatch
    private var tally = UpdateTally()
    /// Mean reward of the latest update and the highest so far: which checkpoint counts as the best.
    private var latestMeanReward = -Double.infinity
    private var bestMeanReward = -Double.infinity
    /// The lowest valid reward so far.
    private var lowestReward: Double?
    private var hasToldOfConstantReward = false

    /// At least so many candidates of equal reward are reported.
    static let constantAfter = 16

    /// - Parameters:
    ///   - learner: which has begun.
    ///   - stopsAtTarget: whether the run ends with the update in which the target is reached.
    ///   - logs: where the run is written; nil for a run that leaves nothing.
    init(
        _ environment: any LoopEnvironment, learner: any Learner, target: Double?, stopsAtTarget: Bool = false,
        logs: RunLogs?, progress: ProgressReporter?, processes: ProcessGroup?, delegate: (any RunDelegate)?
    ) throws {
        self.environment = environment
        self.processes = processes
        self.learner = learner
        self.target = target
        self.stopsAtTarget = stopsAtTarget
        self.logs = logs
        self.delegate = delegate
        budget = learner.budget
        progressReporter = progress
        observation = try environment.reset(seed: 0)
    }

    /// Run until the budget is spent or something asks to stop.
    /// - Returns: why the run stopped early; nil when the budget is spent.
    public func run() throws -> StopReason? {
        defer { progressReporter?.finish() }
        // So that a run always has a checkpoint to begin again from, whatever stops it.
        if candidates == 0 { try checkpoint() }
        do {
            return try iterate()
        } catch {
            // What was learned before the fault is kept; the fault itself matters more than a fault in keeping it.
            try? logs?.saveHeld()
            keepBest()
            throw error
        }
    }

    private func iterate() throws -> StopReason? {
        while candidates < budget {
            // Between updates only, where a checkpoint is complete; an update takes a fraction of a second.
            if tally.isEmpty, let reason = try stopRequest() {
                // A resumed run must not depend on where it was interrupted.
                return try end(reason, isFinal: reason != .interrupted)
            }
            // A resumed run knows from its checkpoint that the target was reached.
            if tally.isEmpty, stopsAtTarget, evaluationsToTarget != nil { return try end(.target) }
            let progress = Double(candidates) / Double(budget)
            environment.progress = progress
            // 1. The learner's policy proposes an action for each environment.
            let actions = try learner.ask(observation, progress: progress)
            if let processes, processes.isTogether { actions.withUnsafeBufferPointer { processes.note($0) } }
            // 2.–4. The environment makes candidates of them, measures these and has the reward judge them.
            let outcome = try environment.step(actions)
            let continues = try take(outcome)
            // 5. The learner is told, and improves its policy when it has seen enough.
            let logged = try learner.tell(outcome, progress: Double(candidates) / Double(budget))
            observation = outcome.observation
            let goesOn = try logged.map(finishUpdate) ?? true
            if !continues || !goesOn { return try end(.callback) }
        }
        return try end(nil)
        // 6. Applying, measuring and saving the result is the part of `RunOutcome` and `TransferOutcome`.
    }

    /// Why the run has to stop now. Clocks and signals differ between processes: those of process 0 decide.
    private func stopRequest() throws -> StopReason? {
        guard let processes, processes.isTogether else { return delegate?.stopRequest }
        let reasons: [StopReason?] = [nil, .interrupted, .timeLimit, .callback, .target]
        let own = processes.isFirst ? reasons.firstIndex(of: delegate?.stopRequest) ?? 0 : 0
        let first = try processes.first(UInt64(own), for: .stop)
        return reasons[min(Int(truncatingIfNeeded: first), reasons.count - 1)]
    }

    /// Takes the last update and a checkpoint.
    private func end(_ reason: StopReason?, isFinal: Bool = true) throws -> StopReason? {
        if !tally.isEmpty { _ = try finishUpdate([]) }
        if isFinal, updates > 0 { _ = try judgePolicy() }
        try checkpoint()
        return reason
    }

    // MARK: - What kinds of loops add

    /// Whether the policy is judged after an update, and not only at the end.
    var isPolicyDue: Bool { false }

    /// Judges the learner's policy, if it is not known by its candidates alone.
    /// - Returns: what the log says of it.
    func judgePolicy() throws -> [NamedNumber] { [] }

    /// Writes what the loop keeps of the candidates into a checkpoint.
    func keep(in checkpoint: inout Checkpoint) {}

    /// Takes back what ``keep(in:)`` wrote.
    /// - Throws: ``WorldError/invalidSnapshot(message:)``.
    func takeBack(from checkpoint: Checkpoint) throws {}

    // MARK: - Bookkeeping

    /// Records a step: candidates in order, the best one, ended episodes.
    /// - Returns: false when a callback asks to stop.
    private func take(_ outcome: StepBatch) throws -> Bool {
        guard let record = outcome.record else { return true }
        let before = evaluations
        var goesOn = true
        for (index, reward) in record.rewards.enumerated() {
            candidates += 1
            evaluations = before + record.evaluations[index]
            tally.add(reward)
            if let batch = record.batch {
                try logs?.add(candidate: index, of: batch, reward: reward.value, evaluation: evaluations)
            }
            if reward.isInvalid {
                invalidRewards += 1
            } else {
                lowestReward = min(lowestReward ?? reward.value, reward.value)
            }
            if let target, evaluationsToTarget == nil, !reward.isInvalid, reward.value >= target {
                evaluationsToTarget = evaluations
            }
            if let found = better(index, of: record, evaluation: evaluations) {
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

    /// A candidate, if it is better than all before.
    private func better(_ index: Int, of record: StepRecord, evaluation: Int) -> BestCandidate? {
        let reward = record.rewards[index]
        guard !reward.isInvalid, reward.value > best?.reward.value ?? -.infinity else { return nil }
        return BestCandidate(
            reward: reward, edits: record.batch?.candidates[index] ?? [], evaluation: evaluation)
    }

    /// Takes the best of the candidates that were judged before the one that ended the run. They are in no log and no
    /// checkpoint: a run that goes on judges them again.
    private func keepBest() {
        guard let record = environment.unfinished else { return }
        for index in record.rewards.indices {
            best = better(index, of: record, evaluation: evaluations + record.evaluations[index]) ?? best
        }
    }

    /// Logs one update of the learner.
    /// - Returns: false when a callback asks to stop.
    private func finishUpdate(_ logged: [NamedNumber]) throws -> Bool {
        guard let (statistics, terms, invalid) = tally.take() else { return true }
        updates += 1
        latestMeanReward = statistics.mean
        bestMeanReward = max(bestMeanReward, statistics.mean)
        var values = logged
        if isPolicyDue || candidates >= budget { values += try judgePolicy() }
        let record = UpdateRecord(
            update: updates, evaluations: evaluations, progress: Double(candidates) / Double(budget),
            reward: statistics, bestReward: best?.reward.value ?? statistics.mean, terms: terms, learner: values,
            invalidRewards: invalid)
        progressReporter?.update(
            Progress(
                evaluations: candidates, budget: budget, bestReward: best?.reward.value, meanReward: statistics.mean))
        try logs?.add(record)
        if let finding = constantRewardFinding, !hasToldOfConstantReward {
            hasToldOfConstantReward = true
            delegate?.didNotice(finding)
        }
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
        checkpoint.numbers["lowestReward"] = lowestReward
        checkpoint.numbers["bestReward"] = best?.reward.value
        checkpoint.counters["bestEvaluation"] = best?.evaluation
        let state = environment.snapshot()
        for (name, value) in state.integers { checkpoint.counters["environment.\(name)"] = value }
        for (name, value) in state.numbers { checkpoint.numbers["environment.\(name)"] = value }
        for (name, tensor) in state.tensors { checkpoint.tensors["environment.\(name)"] = tensor }
        keep(in: &checkpoint)
        checkpoint.script = try delegate?.scriptState() ?? []
        return checkpoint
    }

    /// Continues where a checkpoint of the same task and seed left off.
    /// - Throws: ``WorldError/invalidSnapshot(message:)`` or what the learner throws when the checkpoint does not fit.
    public func restore(_ checkpoint: Checkpoint) throws {
        var state = EnvironmentSnapshot()
        state.integers = parts(of: checkpoint.counters, "environment.")
        state.numbers = parts(of: checkpoint.numbers, "environment.")
        state.tensors = parts(of: checkpoint.tensors, "environment.")
        observation = try environment.restore(state)
        try learner.restore(checkpoint.learner)
        evaluations = checkpoint.evaluations
        candidates = checkpoint.counters["candidates"] ?? evaluations
        updates = checkpoint.counters["updates"] ?? 0
        evaluationsToTarget = checkpoint.counters["evaluationsToTarget"].flatMap { $0 == 0 ? nil : $0 }
        invalidRewards = checkpoint.counters["invalidRewards"] ?? 0
        bestMeanReward = checkpoint.numbers["bestMeanReward"] ?? -.infinity
        latestMeanReward = bestMeanReward
        lowestReward = checkpoint.numbers["lowestReward"]
        best = checkpoint.numbers["bestReward"].flatMap { reward in
            let evaluation = checkpoint.counters["bestEvaluation"] ?? 0
            return reward.isFinite ? BestCandidate(reward: Reward(reward), edits: [], evaluation: evaluation) : nil
        }
        hasToldOfConstantReward = constantReward != nil
        try takeBack(from: checkpoint)
        try delegate?.restoreScriptState(checkpoint.script)
    }

    /// Entries whose names begin with a prefix, without it.
    func parts<Value>(of entries: [String: Value], _ prefix: String) -> [String: Value] {
        var parts: [String: Value] = [:]
        for (name, value) in entries where name.hasPrefix(prefix) {
            parts[String(name.dropFirst(prefix.count))] = value
        }
        return parts
    }
}

/// What a loop steps.
protocol LoopEnvironment: VectorEnvironment {
    /// Share of the budget spent, 0 … 1.
    var progress: Double { get set }
    /// The step that the reward ended with an error; nil where nothing of it is worth keeping.
    var unfinished: StepRecord? { get }
    /// The whole state between two steps.
    func snapshot() -> EnvironmentSnapshot
    /// Takes it back.
    /// - Returns: what the environments show then.
    func restore(_ snapshot: EnvironmentSnapshot) throws -> ObservationBatch
}

extension EditEnvironment: LoopEnvironment {}
extension TransferEnvironment: LoopEnvironment {
    var unfinished: StepRecord? { nil }
}

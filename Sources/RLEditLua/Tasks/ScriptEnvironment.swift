internal import LuaBridge
internal import RLEditNN
internal import RLEditTensor
internal import RLEditWorlds

/// One environment for scripts that write their own loop: `rledit.env`.
///
/// In Gymnasium's way an ended episode must be reset by the script; the observation of its last step is that of its end.
final class ScriptEnvironment: LuaBound {
    static var luaName: String { "rledit.Environment" }

    /// The best candidate that a step or an evaluation has seen.
    struct Best {
        let reward: Reward
        let edits: [LayerEdit]
        /// Number of the candidate, from 1, over steps and evaluations.
        let evaluation: Int
    }

    let name: String
    let environment: EditEnvironment
    private(set) var best: Best?
    /// Candidates judged so far.
    private(set) var evaluations = 0
    /// What the episode has done to each layer so far.
    private(set) var edits: [LayerEdit]
    private enum Phase {
        case beforeFirstReset
        case running
        /// The episode is over; the environment has begun the next one, which shows this.
        case ended(next: ObservationBatch)
    }
    private var phase = Phase.beforeFirstReset
    /// Set while `rledit.check_environment` tries it.
    private var isChecked = false

    init(name: String, problem: EditProblem, context: ScriptContext) throws {
        self.name = name
        environment = try EditEnvironment(problem, environments: 1, pool: context.pool, random: context.random)
        edits = environment.evaluator.layers.map { _ in .unchanged }
    }

    /// Begins an episode.
    /// - Returns: what it shows first, `[observationSize]`.
    func reset(seed: UInt64) throws -> Tensor {
        try requireUnchecked()
        let shown: ObservationBatch
        // The next episode has begun by itself: beginning another one would skip its number.
        if case .ended(let next) = phase { shown = next } else { shown = try environment.reset(seed: seed) }
        phase = .running
        edits = edits.map { _ in .unchanged }
        return try row(shown)
    }

    struct Step {
        let observation: Tensor
        let record: StepRecord
        let terminated: Bool
        let truncated: Bool
    }

    func step(_ action: Tensor) throws -> Step {
        try requireUnchecked()
        switch phase {
        case .running: break
        case .beforeFirstReset: throw LuaUsageError("'step' before the first 'reset'")
        case .ended: throw LuaUsageError("the episode has ended: call 'reset' before the next 'step'")
        }
        let outcome = try environment.step(action.reshaped([1, action.count]))
        guard let record = outcome.record, let batch = record.batch else {
            throw LuaUsageError("the step left no record")
        }
        note(record)
        edits = batch.candidates[0]
        let (terminated, truncated) = (outcome.terminated[0], outcome.truncated[0])
        if terminated || truncated { phase = .ended(next: outcome.observation) }
        let observation = try row(terminated || truncated ? outcome.finalObservation() : outcome.observation)
        return Step(observation: observation, record: record, terminated: terminated, truncated: truncated)
    }

    /// Judges actions from the unedited weights; the running episode is left as it is.
    func evaluate(_ actions: Tensor) throws -> StepRecord {
        try requireUnchecked()
        let record = try environment.evaluate(actions)
        note(record)
        return record
    }

    func check() throws -> [EnvironmentFinding] {
        try requireUnchecked()
        isChecked = true
        defer { isChecked = false }
        return EnvironmentChecker().check(environment)
    }

    /// A reward must not change the environment that is being checked with it.
    private func requireUnchecked() throws {
        guard !isChecked else {
            throw LuaUsageError("\(ScriptEnvironment.luaName) is in use by 'rledit.check_environment'")
        }
    }

    func network(of edits: [LayerEdit]) throws -> Network { try environment.evaluator.editedNetwork(edits) }

    private func note(_ record: StepRecord) {
        for (index, reward) in record.rewards.enumerated() {
            evaluations += 1
            guard let batch = record.batch, !reward.isInvalid, reward.value > best?.reward.value ?? -.infinity else {
                continue
            }
            best = Best(reward: reward, edits: batch.candidates[index], evaluation: evaluations)
        }
    }

    private func row(_ shown: ObservationBatch) throws -> Tensor {
        switch shown {
        case .shared(let row, _): return row
        case .distinct(let rows): return try rows.reshaped([rows.count])
        }
    }
}

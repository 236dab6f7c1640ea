internal import LuaBridge
internal import RLEditCore
internal import RLEditNN
internal import RLEditRuns
internal import RLEditWorlds

/// What a running task tells its script, and the script's state in checkpoints: the same for a task that edits one network
/// and one that trains a policy over many.
package final class TaskEvents {
    /// What callbacks are given.
    static let annotation =
        """
        @class rledit.Update
        @field update integer number of the update
        @field evaluations integer candidates evaluated so far
        @field progress number share of the budget spent, 0 … 1
        @field reward { mean: number, min: number, q10: number, median: number, q90: number, max: number } rewards of \
        this update
        @field best_reward number best reward of the run so far
        @field terms table<string, number> means of the reward's terms
        @field learner table<string, number> what the learner logs, for example `policy_loss`
        @field invalid_rewards integer candidates of this update without a valid reward, each counted as the worst so far

        @class rledit.Episode
        @field episode integer
        @field reward number of its last step
        @field terms table<string, number>
        @field terminated boolean whether the reward ended it

        @class rledit.BestCandidate
        @field reward number
        @field terms table<string, number>
        @field evaluation integer number of the candidate
        @field model rledit.Model the candidate as a model of its own, for example for the measures of depth in \
        `rledit.metrics`

        @class rledit.Ending
        @field reason "finished"|"interrupted"|"time_limit"|"callback"|"target"
        @field evaluations integer
        @field evaluations_to_target integer?
        @field best_reward number?
        @field best_evaluation integer?
        """

    let callbacks: ScriptCallbacks
    /// The script's own state; saved in checkpoints.
    let state: LuaTable
    /// The learner of the run under way, when a script wrote it: its state is saved with the script's.
    weak var customLearner: CustomLearner?
    private let host: LuaHost
    private let context: ScriptContext

    init(callbacks: ScriptCallbacks, state: LuaTable, host: LuaHost, context: ScriptContext) {
        self.callbacks = callbacks
        self.state = state
        self.host = host
        self.context = context
    }

    /// Calls `on_update`.
    /// - Returns: false when the script asks to stop.
    func didUpdate(_ record: UpdateRecord) throws -> Bool {
        context.noteArgumentsUnreadSoFar { host.warningSink($0) }
        guard let function = callbacks.onUpdate else { return true }
        var statistics = JSONObject()
        statistics["mean"] = .number(record.reward.mean)
        statistics["min"] = .number(record.reward.minimum)
        statistics["q10"] = .number(record.reward.lowerDecile)
        statistics["median"] = .number(record.reward.median)
        statistics["q90"] = .number(record.reward.upperDecile)
        statistics["max"] = .number(record.reward.maximum)
        var learner = JSONObject()
        for number in record.learner { learner[number.name.snakeCased] = .number(number.value) }
        var event = JSONObject()
        event["update"] = .integer(record.update)
        event["evaluations"] = .integer(record.evaluations)
        event["progress"] = .number(record.progress)
        event["reward"] = .object(statistics)
        event["best_reward"] = .number(record.bestReward)
        event["terms"] = .object(JSONObject(record.terms))
        event["learner"] = .object(learner)
        event["invalid_rewards"] = .integer(record.invalidRewards)
        return try goesOn(function, event)
    }

    func warn(_ finding: String) { host.warningSink("warning: \(finding)") }

    /// Calls a function with an event.
    /// - Returns: false when it returned false.
    func goesOn(
        _ function: LuaFunction, _ event: JSONObject, with models: KeyValuePairs<String, Network> = [:]
    ) throws -> Bool {
        let argument = try host.makeTable()
        for member in event.members { try argument.set(member.key, try PlainTable.make(member.value, host: host)) }
        for (name, model) in models { try argument.set(name, model) }
        return try function.call(with: argument) { results in Bool.luaRead(results.slot(1)) != false }
    }

    /// Calls `on_end`.
    func didEnd(_ loop: LearningLoop, reason: StopReason?) throws {
        guard let function = callbacks.onEnd else { return }
        var event = JSONObject()
        event["reason"] = .string(reason?.luaName ?? "finished")
        event["evaluations"] = .integer(loop.evaluations)
        if let target = loop.evaluationsToTarget { event["evaluations_to_target"] = .integer(target) }
        if let best = loop.best {
            event["best_reward"] = .number(best.reward.value)
            event["best_evaluation"] = .integer(best.evaluation)
        }
        _ = try goesOn(function, event)
    }

    // MARK: - State

    func encodedState() throws -> [UInt8] {
        let table = try host.makeTable()
        try table.set("state", state)
        let streams = try host.makeTable()
        for stream in try context.encodedStreams() { try streams.set(stream.name, stream.text) }
        try table.set("streams", streams)
        if let learner = customLearner { try table.set("learner", try learner.save()) }
        let parts = [("task.state", "state"), ("streams", "streams"), ("save() of the learner", "learner")]
        var bytes: [UInt8] = []
        for (path, field) in parts {
            let encoded = try ScriptState.encode(try table.get(field), path: path, host: host)
            withUnsafeBytes(of: UInt64(encoded.count).littleEndian) { bytes += $0 }
            bytes += encoded
        }
        return bytes
    }

    func restoreState(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        func next() throws -> LuaValue {
            guard rest.count >= 8 else { throw ScriptState.damaged }
            let size = rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            rest = rest.dropFirst(8)
            guard size <= rest.count else { throw ScriptState.damaged }
            defer { rest = rest.dropFirst(Int(size)) }
            return try ScriptState.decode(Array(rest.prefix(Int(size))), host: host)
        }
        guard case .table(let saved) = try next(), case .table(let streams) = try next() else {
            throw ScriptState.damaged
        }
        // The same table with the saved content: functions of the script hold it.
        try state.removeAll()
        for key in try saved.sortedKeys() { try state.set(key, try saved.get(key)) }
        try context.restoreStreams(streams)
        let learnerState = try next()
        guard rest.isEmpty else { throw ScriptState.damaged }
        try customLearner?.load(learnerState)
    }
}

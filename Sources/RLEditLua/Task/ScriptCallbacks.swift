internal import LuaBridge
internal import RLEditNN
package import RLEditRuns
package import RLEditWorlds

/// The functions that a script wants to have called while its task runs.
struct ScriptCallbacks {
    let onUpdate: LuaFunction?
    let onEpisode: LuaFunction?
    let onBest: LuaFunction?
    let onEnd: LuaFunction?

    init(_ options: LuaOptions) throws {
        onUpdate = try options.optional("on_update", as: LuaFunction.self)
        onEpisode = try options.optional("on_episode", as: LuaFunction.self)
        onBest = try options.optional("on_best", as: LuaFunction.self)
        onEnd = try options.optional("on_end", as: LuaFunction.self)
    }
}

extension ScriptTask: RunDelegate {
    package var stopRequest: StopReason? { stop() }

    package func didUpdate(_ record: UpdateRecord) throws -> Bool {
        guard let function = callbacks.onUpdate else { return true }
        var statistics = JSONObject()
        statistics["mean"] = .number(record.reward.mean)
        statistics["min"] = .number(record.reward.minimum)
        statistics["q10"] = .number(record.reward.lowerDecile)
        statistics["median"] = .number(record.reward.median)
        statistics["q90"] = .number(record.reward.upperDecile)
        statistics["max"] = .number(record.reward.maximum)
        var learner = JSONObject()
        for number in record.learner { learner[LuaName.snakeCase(number.name)] = .number(number.value) }
        var event = JSONObject()
        event["update"] = .integer(record.update)
        event["evaluations"] = .integer(record.evaluations)
        event["progress"] = .number(record.progress)
        event["reward"] = .object(statistics)
        event["best_reward"] = .number(record.bestReward)
        event["terms"] = .object(JSONObject(record.terms))
        event["learner"] = .object(learner)
        return try goesOn(function, event)
    }

    package func didEndEpisode(_ episode: Int, reward: Reward) throws -> Bool {
        guard let function = callbacks.onEpisode else { return true }
        var event = JSONObject()
        event["episode"] = .integer(episode)
        event["reward"] = .number(reward.value)
        event["terms"] = .object(reward.shownTerms)
        event["terminated"] = .bool(reward.terminated)
        return try goesOn(function, event)
    }

    package func didFindBest(_ best: BestCandidate) throws -> Bool {
        guard let function = callbacks.onBest else { return true }
        var event = JSONObject()
        event["reward"] = .number(best.reward.value)
        event["evaluation"] = .integer(best.evaluation)
        event["terms"] = .object(best.reward.shownTerms)
        return try goesOn(function, event, besides: ["model": try parts.edited(best.edits)])
    }

    /// Tells the script that its run is over; whoever ran the loop calls it, before results are written.
    /// - Parameter reason: why the run stopped early; nil when the budget is spent.
    package func didEnd(_ loop: EditLoop, reason: StopReason?) throws {
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

    private func goesOn(
        _ function: LuaFunction, _ event: JSONObject, besides models: KeyValuePairs<String, Network> = [:]
    ) throws -> Bool {
        let argument = try host.makeTable()
        for member in event.members { try argument.set(member.key, try PlainTable.make(member.value, host: host)) }
        for (name, model) in models { try argument.set(name, model) }
        return try function.call(with: argument) { results in Bool.luaRead(results.slot(1)) != false }
    }

    // MARK: - State

    package func scriptState() throws -> [UInt8] {
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

    package func restoreScriptState(_ bytes: [UInt8]) throws {
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

extension StopReason {
    /// As `on_end` gets it.
    var luaName: String {
        switch self {
        case .interrupted: "interrupted"
        case .timeLimit: "time_limit"
        case .callback: "callback"
        }
    }
}

extension Reward {
    /// Terms by name.
    var shownTerms: JSONObject {
        var object = JSONObject()
        for term in terms { object[term.name] = .number(term.value) }
        return object
    }
}

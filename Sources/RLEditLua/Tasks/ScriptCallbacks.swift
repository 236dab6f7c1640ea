internal import LuaBridge
internal import RLEditCore
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

extension ScriptTask {
    package func didEndEpisode(_ episode: Int, reward: Reward) throws -> Bool {
        guard let function = events.callbacks.onEpisode else { return true }
        var event = JSONObject()
        event["episode"] = .integer(episode)
        event["reward"] = .number(reward.value)
        event["terms"] = .object(reward.shownTerms)
        event["terminated"] = .bool(reward.terminated)
        return try events.goesOn(function, event)
    }

    package func didFindBest(_ best: BestCandidate) throws -> Bool {
        guard let function = events.callbacks.onBest else { return true }
        var event = JSONObject()
        event["reward"] = .number(best.reward.value)
        event["evaluation"] = .integer(best.evaluation)
        event["terms"] = .object(best.reward.shownTerms)
        return try events.goesOn(function, event, with: ["model": try parts.edited(best.edits)])
    }
}

extension StopReason {
    /// As `on_end` gets it.
    var luaName: String {
        switch self {
        case .interrupted: "interrupted"
        case .timeLimit: "time_limit"
        case .callback: "callback"
        case .target: "target"
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

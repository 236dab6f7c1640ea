internal import LuaBridge
internal import RLEditLearners
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

extension HostModules {
    /// `rledit.run`: runs a task from within a script, without a run folder.
    static func addRun(to host: LuaHost, context: ScriptContext) throws {
        host.addModule("rledit.run") { module in
            module.function("task") { call in
                try call.atMost(1)
                let task = try call.argument(1, as: ScriptTask.self)
                return try call.returns(try run(task, host: call.host, context: context))
            }
        }
    }

    private static func run(_ task: ScriptTask, host: LuaHost, context: ScriptContext) throws -> LuaTable {
        let reporter = context.progress(task.name)
        let (loop, reason) = try task.exclusively {
            let loop = try EditLoop(
                try task.makeEditTask(), seed: UInt64(bitPattern: Int64(context.seed)), pool: context.pool,
                progress: reporter, delegate: task)
            let reason = try loop.run()
            try task.didEnd(loop, reason: reason)
            return (loop, reason)
        }
        let outcome = try RunOutcome(of: loop, pool: context.pool)
        let result = try host.makeTable()
        try result.set("reason", reason?.luaName ?? "finished")
        try result.set("evaluations", loop.evaluations)
        try result.set("evaluations_to_target", loop.evaluationsToTarget)
        try result.set("invalid_rewards", loop.invalidRewards)
        if let best = loop.best {
            let table = try host.makeTable()
            try table.set("reward", best.reward.value)
            try table.set("terms", try PlainTable.make(.object(best.reward.shownTerms), host: host))
            try table.set("evaluation", best.evaluation)
            try result.set("best", table)
        }
        let evaluator = loop.environment.evaluator
        if let edits = outcome.meanPolicy { try result.set("model", try evaluator.editedNetwork(edits)) }
        if let edits = outcome.bestSeen { try result.set("best_model", try evaluator.editedNetwork(edits)) }
        var heldOut = JSONObject()
        for set in outcome.heldOut {
            var stages = JSONObject()
            for entry in set.stages.entries { stages[entry.stage.name] = .object(JSONObject(entry.value)) }
            heldOut[set.set] = .object(stages)
        }
        if !outcome.costs.entries.isEmpty {
            try result.set("costs", try PlainTable.make(outcome.costs.json, host: host))
        }
        if !outcome.groups.isEmpty { try result.set("groups", try groups(of: outcome, host: host)) }
        try result.set("heldout", try PlainTable.make(.object(heldOut), host: host))
        return result
    }

    /// Set → group → stage → measure.
    private static func groups(of outcome: RunOutcome, host: LuaHost) throws -> LuaValue {
        var sets = JSONObject()
        for result in outcome.groups {
            var groups = sets[result.set]?.object ?? JSONObject()
            var stages = JSONObject()
            for entry in result.stages.entries { stages[entry.stage.name] = .object(JSONObject(entry.value)) }
            groups[result.group] = .object(stages)
            sets[result.set] = .object(groups)
        }
        return try PlainTable.make(.object(sets), host: host)
    }
}

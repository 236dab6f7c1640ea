internal import LuaBridge
internal import RLEditCore
internal import RLEditLearners
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

extension HostModules {
    /// `rledit.run`: runs a task from within a script, without a run folder.
    static func addRun(to host: LuaHost, context: ScriptContext) throws {
        host.addModule("rledit.run") { module in
            module.documentation(
                """
                Runs tasks from within a script.

                ```lua
                local rledit = require "rledit"
                local digits = rledit.data.generated_digits { train = 500, test = 100 }
                local forget, retain = digits.train:partition(function(label) return label == 7 end)
                local model = rledit.models.digit_cnn()
                model:fit(digits.train, { epochs = 2 })

                local result = rledit.run.task(rledit.task {
                  model = model,
                  world = rledit.MaskWorld { layer = "fc2", rank = 1 },
                  sets = { forget = forget, retain = retain },
                  reward = function(m) return m.retain.accuracy - m.forget.accuracy end,
                  learner = rledit.PPO { steps = 512 },
                })
                print(result.reason, result.evaluations, result.best.reward)
                result.model:save "forgets-7.safetensors"
                ```
                """
            )
            module.types(
                """
                @class rledit.RunResult
                @field reason "finished"|"interrupted"|"time_limit"|"callback"|"target"
                @field evaluations integer
                @field evaluations_to_target integer?
                @field invalid_rewards integer candidates without a valid reward, each counted as the worst so far
                @field best rledit.BestCandidate?
                @field model rledit.Model? the model with the mean policy's edit; nil for a learner without one
                @field best_model rledit.Model? the model with the best edit seen
                @field groups table<string, table<string, table<string, table<string, number>>>>? measures of the \
                groups of held-out sets: set, group, stage, measure; what is undefined is left out
                @field heldout table<string, { before: table<string, number>, mean_policy: table<string, number>?, \
                best_seen: table<string, number>? }>
                """
            )
            module.function(
                "task",
                """
                Runs a task to its end, without a run folder. Return the task from the script instead to have a folder
                and a report.
                @param task rledit.Task
                @return rledit.RunResult
                """
            ) { call in
                try call.atMost(1)
                let task = try call.argument(1, as: ScriptTask.self)
                return try call.returns(try run(task, host: call.host, context: context))
            }
        }
    }

    private static func run(_ task: ScriptTask, host: LuaHost, context: ScriptContext) throws -> LuaTable {
        let reporter = context.progress(task.name)
        let (loop, reason) = try task.exclusively {
            let loop = try task.makeLoop(seed: context.seed, pool: context.pool, progress: reporter)
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

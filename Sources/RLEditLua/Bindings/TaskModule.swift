internal import LuaBridge
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

extension HostModules {
    /// `rledit.task`: the table of a task, read and checked.
    static func addTask(to host: LuaHost, context: ScriptContext) throws {
        host.types(
            in: "rledit.task",
            """
            @class rledit.EnvironmentOptions
            @field name string? names the run folder and the report; the script's name by default
            @field model rledit.Model
            @field world rledit.World|rledit.CustomWorld
            @field sets table<string, rledit.Set>|rledit.NamedSet[] what the reward may read: by name, or a list that \
            keeps its order
            @field reward fun(m: rledit.Metrics): number, table<string, number>?, boolean? judges a candidate: the \
            number to maximize, named terms for the log, and true to end the episode
            @field metrics table<string, fun(set: rledit.SetMetrics): number>? metrics of your own, read as \
            `m.<set>.<name>`
            @field observation ("standardized"|"raw"|"statistics")? how the policy sees the weights: all of them, \
            standardized or as they are, or the mean and root mean square of each row and column; by default \
            standardized up to 65,536 edited weights, statistics above
            @field on_invalid_reward ("stop"|"worst")? what becomes of a candidate for which the reward raises, or gives no \
            finite number: `"stop"`, the default, ends the run and keeps the best edit so far; `"worst"` counts it as the \
            worst so far

            @class rledit.TaskOptions: rledit.EnvironmentOptions
            @field heldout (table<string, rledit.Set>|rledit.NamedSet[])? sets that no reward sees: what the report \
            judges by
            @field learner (rledit.Learner|rledit.CustomLearner)? PPO by default
            @field baselines table<integer|string, rledit.Baseline|rledit.Model>? what the result is compared with: \
            results of baselines under their own names, and results or models by name
            @field measures (string[]|table<string, string[]>)? measures that tables and the report show of held-out \
            sets: a list for all, or lists by name of the set. By default accuracy and loss; for a set with groups \
            accuracy, `auc`, `fped`, `fned`, `error_difference_at_eer`, `final_auc`. The threshold of the last but one \
            is taken from the reward's set of the same name, if that has groups
            @field target number? a reward; the run reports how many evaluations it took to reach it
            @field stop_at_target boolean? whether the run ends with the learner's update in which a candidate reached \
            the target; false by default. Comparisons spend the whole budget all the same
            @field state table? becomes `task.state`
            @field on_update (fun(update: rledit.Update): boolean?)? after each update of the learner; returning false \
            ends the run
            @field on_episode (fun(episode: rledit.Episode): boolean?)? after each episode; returning false ends the run
            @field on_best (fun(best: rledit.BestCandidate): boolean?)? after each candidate that is better than all \
            before; returning false ends the run
            @field on_end (fun(ending: rledit.Ending))? when the run is over

            @class rledit.NamedSet
            @field name string
            @field set rledit.Set
            """
        )
        host.types(in: "rledit.task", TaskEvents.annotation)
        try addMetricsArgument(to: host)
        try host.register(ScriptTask.self) { type in
            type.documentation(
                in: "rledit.task",
                """
                A task: what may be edited, on what it is judged, and how. Made by `rledit.task`, returned by a script
                to be run.

                Model and sets are taken as they are when the task is made; what the script does to its own later does
                not reach a run.
                """
            )
            type.property("name", "string") { task, call in try call.returns(task.name) }
            type.property("state", "table your own state: plain values and tensors, kept in checkpoints") {
                task, call in
                try call.returns(task.events.state)
            }
            type.property("world", "rledit.World") { task, call in try call.returns(task.world) }
            type.property("learner", "rledit.Learner") { task, call in try call.returns(task.learner) }
            type.property("target", "number?") { task, call in try call.returns(task.target) }
            type.description { "task '\($0.name)': \($0.worldName), \($0.learnerName)" }
        }
    }

    static func makeTask(_ call: LuaCall, context: ScriptContext) throws -> ScriptTask {
        let options = try LuaOptions(owner: "rledit.task", table: call.table(1))
        let name = try options.optional("name", as: String.self)
        if let name { try checkName(name, options) }
        let parts = try TaskParts(options, context)
        let heldOut = try TaskParts.sets("heldout", options)
        let measures = try shownMeasures(options, heldOut: heldOut)
        let compared = try ComparedModels.read(options)
        let learner = try options.optional("learner", as: ScriptLearner.self) ?? .standard
        let target = try options.optional("target", as: Double.self)
        if let target, !target.isFinite { throw options.fieldError("target", "must be finite, got \(target)") }
        let stopsAtTarget = try options.optional("stop_at_target", as: Bool.self) ?? false
        if stopsAtTarget, target == nil { throw options.fieldError("stop_at_target", "needs a 'target' to stop at") }
        let state = try options.optional("state", as: LuaTable.self) ?? call.host.makeTable()
        let callbacks = try ScriptCallbacks(options)
        try options.finish()
        return ScriptTask(
            parts, name: name, learner: learner, heldOut: heldOut, measures: measures, compared: compared,
            target: target, stopsAtTarget: stopsAtTarget, state: state, callbacks: callbacks, host: call.host,
            context: context)
    }

    /// `measures = { "accuracy", "fped" }` for all held-out sets, or lists by name of the set.
    private static func shownMeasures(_ options: LuaOptions, heldOut: [NamedSet]) throws -> [String: [SetMetric]] {
        guard let table = try options.optional("measures", as: LuaTable.self) else { return [:] }
        func list(_ table: LuaTable) throws -> [SetMetric] {
            let names: [String]
            do { names = try table.array(of: String.self) } catch let error as LuaUsageError {
                throw options.fieldError("measures", error.description)
            }
            return try names.map { name in
                guard let metric = SetMetric(name: name) else {
                    throw options.unknownWord(name, "measures", among: SetMetric.allCases.map(\.name))
                }
                return metric
            }
        }
        let keys = try table.sortedKeys()
        if case .integer? = keys.first {
            let all = try list(table)
            return Dictionary(uniqueKeysWithValues: heldOut.map { ($0.name, all) })
        }
        var measures: [String: [SetMetric]] = [:]
        for key in keys {
            guard case .string(let name) = key, heldOut.contains(where: { $0.name == name.text }) else {
                throw options.fieldError("measures", "names of held-out sets or a list of measures expected")
            }
            guard case .table(let own) = try table.get(key) else {
                throw options.fieldError("measures", "a list of measures expected for '\(name.text)'")
            }
            measures[name.text] = try list(own)
        }
        return measures
    }

    static func checkName(_ name: String, _ options: LuaOptions) throws {
        let isFit = name.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 && $0 != "/" }
        guard isFit, !name.isEmpty, name.utf8.count <= 100, !name.hasPrefix(".") else {
            throw options.fieldError("name", "up to 100 printable characters without / expected")
        }
    }
}

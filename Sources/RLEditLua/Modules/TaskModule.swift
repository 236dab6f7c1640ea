internal import LuaBridge
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

extension HostModules {
    /// `rledit.task`: the table of a task, read and checked.
    static func addTask(to host: LuaHost, context: ScriptContext) throws {
        try addMetricsArgument(to: host)
        try host.register(ScriptTask.self) { type in
            type.property("name") { task, call in try call.returns(task.name) }
            type.property("state") { task, call in try call.returns(task.events.state) }
            type.property("world") { task, call in try call.returns(task.world) }
            type.property("learner") { task, call in try call.returns(task.learner) }
            type.property("target") { task, call in try call.returns(task.target) }
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
        let learner = try options.optional("learner", as: ScriptLearner.self) ?? LearnerFields.standard
        let target = try options.optional("target", as: Double.self)
        if let target, !target.isFinite { throw options.fieldError("target", "must be finite, got \(target)") }
        let state = try options.optional("state", as: LuaTable.self) ?? call.host.makeTable()
        let callbacks = try ScriptCallbacks(options)
        try options.finish()
        return ScriptTask(
            parts, name: name, learner: learner, heldOut: heldOut, measures: measures, compared: compared,
            target: target, state: state, callbacks: callbacks, host: call.host, context: context)
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
                    throw options.fieldError("measures", unknown(name, SetMetric.allCases.map(\.name)))
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

internal import LuaBridge
internal import RLEditRuns
internal import RLEditTensor

extension HostModules {
    /// `rledit.task`: the table of a task, read and checked.
    static func addTask(to host: LuaHost, context: ScriptContext) throws {
        try addMetricsArgument(to: host)
        try host.register(ScriptTask.self) { type in
            type.property("name") { task, call in try call.returns(task.name) }
            type.property("state") { task, call in try call.returns(task.state) }
            type.property("world") { task, call in try call.returns(task.world) }
            type.property("learner") { task, call in try call.returns(task.learner) }
            type.property("target") { task, call in try call.returns(task.target) }
            type.description { "task '\($0.name)': \($0.worldName), \($0.learnerName)" }
        }
    }

    static func makeTask(_ call: LuaCall, context: ScriptContext) throws -> ScriptTask {
        try call.atMost(1)
        let options = try LuaOptions(owner: "rledit.task", table: call.table(1))
        let name = try options.optional("name", as: String.self)
        if let name { try checkName(name, options) }
        let parts = try TaskParts(options, random: context.random)
        let heldOut = try TaskParts.sets("heldout", options)
        let learner = try options.optional("learner", as: ScriptLearner.self) ?? LearnerFields.standard
        let target = try options.optional("target", as: Double.self)
        if let target, !target.isFinite { throw options.fieldError("target", "must be finite, got \(target)") }
        let state = try options.optional("state", as: LuaTable.self) ?? call.host.makeTable()
        let callbacks = try ScriptCallbacks(options)
        try options.finish()
        return ScriptTask(
            parts, name: name, learner: learner, heldOut: heldOut, target: target, state: state, callbacks: callbacks,
            host: call.host, context: context)
    }

    private static func checkName(_ name: String, _ options: LuaOptions) throws {
        let isFit = name.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 && $0 != "/" }
        guard isFit, !name.isEmpty, name.utf8.count <= 100, !name.hasPrefix(".") else {
            throw options.fieldError("name", "up to 100 printable characters without / expected")
        }
    }
}

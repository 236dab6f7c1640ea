internal import LuaBridge
internal import RLEditBaselines
internal import RLEditCore

extension HostModules {
    /// The methods of unlearning by the name that stands in `rledit.baselines`.
    static var unlearningMethods: [(name: String, run: (LuaCall, ScriptContext) throws -> LuaResults)] {
        Baselines.all.map { method in
            func run(_ method: some UnlearningMethod, _ call: LuaCall, _ context: ScriptContext) throws -> LuaResults {
                try call.atMost(1)
                let options = LuaOptions(owner: "rledit.baselines.\(method.name)", table: try call.table(1))
                var method = method
                try method.read(options)
                let chosen =
                    method is any LayerUnlearningMethod ? method.editing(try WorldPlace.layers(options)) : method
                return try unlearn(chosen, options, call, context)
            }
            return (method.name, { try run(method, $0, $1) })
        } + [("policy_edit", policyEdit)]
    }

    /// A trained policy as a method: zero-shot, or refined by a few evaluations of the standard reward.
    private static func policyEdit(_ call: LuaCall, _ context: ScriptContext) throws -> LuaResults {
        try call.atMost(1)
        let options = LuaOptions(owner: "rledit.baselines.policy_edit", table: try call.table(1))
        let policy = try ScriptPolicy.read(options, "policy", context)
        var method = PolicyEdit(policy.file)
        if try !options.value("layer").isNil || !options.value("layers").isNil {
            method.layers = try WorldPlace.layers(options)
        }
        method.refinement = try refinement(options).map { PolicyEdit.Refinement(count: $0.count, search: $0.search) }
        return try unlearn(method, options, call, context)
    }
}

internal import LuaBridge
internal import RLEditBaselines
internal import RLEditCore

extension HostModules {
    /// The methods of unlearning, those of the catalogue and a trained policy.
    static func addUnlearning(to module: LuaModule, context: ScriptContext) {
        for method in Baselines.all {
            module.types(optionsAnnotation(of: method))
            module.function(method.name, documentation(of: method)) { try run(method, $0, context) }
        }
        module.types(
            """
            @class rledit.PolicyEditOptions: rledit.LayerUnlearningOptions
            @field policy rledit.Policy|string the policy, or the name of its file; it edits its own layers unless told \
            otherwise
            @field refine (integer|false)? evaluations of the reward; none by default
            @field refine_by ("scale"|"samples")? what they vary; the scale by default
            """
        )
        module.function(
            "policy_edit",
            """
            A trained policy (`rledit.transfer`): what it does at once, or with `refine` evaluations of the standard reward.
            What its training cost is not counted.
            @param options rledit.PolicyEditOptions
            @return rledit.Baseline
            """
        ) { try policyEdit($0, context) }
    }

    private static func optionsClass(of method: any UnlearningMethod) -> String {
        "rledit.\(LuaName.capWords(method.name))Options"
    }

    private static func optionsAnnotation(of method: some UnlearningMethod) -> String {
        method.annotation(
            optionsClass(of: method),
            parent: method is any LayerUnlearningMethod ? "rledit.LayerUnlearningOptions" : "rledit.UnlearningOptions")
    }

    private static func documentation(of method: any UnlearningMethod) -> String {
        """
        \(method.documentation)
        @param options \(optionsClass(of: method))
        @return rledit.Baseline
        """
    }

    private static func run(
        _ method: some UnlearningMethod, _ call: LuaCall, _ context: ScriptContext
    ) throws -> LuaResults {
        try call.atMost(1)
        let options = LuaOptions(owner: "rledit.baselines.\(method.name)", table: try call.table(1))
        var method = method
        try method.read(options)
        let chosen = method is any LayerUnlearningMethod ? method.editing(try WorldPlace.layers(options)) : method
        return try unlearn(chosen, options, call, context)
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

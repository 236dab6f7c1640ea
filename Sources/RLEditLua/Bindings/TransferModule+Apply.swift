internal import LuaBridge
internal import RLEditCore
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

extension HostModules {
    /// `rledit.apply`.
    static func apply(_ call: LuaCall, _ context: ScriptContext) throws -> LuaResults {
        try call.atMost(1)
        let options = LuaOptions(owner: "rledit.apply", table: try call.table(1))
        let policy = try ScriptPolicy.read(options, "policy", context)
        let model = try options.required("model", as: ScriptModel.self)
        let sets = try TaskParts.sets("sets", options)
        var request = PolicyRequest(policy: policy.file, network: model.network, sets: sets)
        request.layers = try layers(options)
        request.refinement = try refinement(options)
        if let function = try options.optional("reward", as: LuaFunction.self) {
            guard request.refinement != nil else {
                throw options.fieldError("reward", "needs 'refine'")
            }
            request.reward = try ScriptReward(
                task: "apply", function: function, sets: sets, metrics: [], host: call.host)
        }
        if let function = try options.optional("custom_features", as: LuaFunction.self) {
            let custom = CustomFeatureFunction(function)
            request.custom = { [host = call.host] in try custom($0, host: host) }
        }
        try options.finish()
        let result = try request.run(pool: context.pool, random: context.random.split("apply"))
        let info = try call.host.makeTable()
        try info.set("evaluations", result.evaluations)
        if let reward = result.reward { try info.set("reward", reward) }
        try info.set("feature_seconds", result.featureSeconds)
        try info.set("edit_seconds", result.editSeconds)
        if let distance = result.distance { try info.set("distance", distance.value) }
        let advice = try call.host.makeTable()
        for (place, sentence) in result.advice.enumerated() { try advice.set(place + 1, sentence) }
        try info.set("advice", advice)
        return try call.returns(ScriptModel(result.network, name: model.name, source: model.source), info)
    }

    /// `layer` or `layers`; nil for neither.
    private static func layers(_ options: LuaOptions) throws -> [String]? {
        let isGiven = try !options.value("layer").isNil || !options.value("layers").isNil
        return isGiven ? try WorldPlace.layers(options) : nil
    }

    /// `refine = N` and `refine_by`.
    static func refinement(_ options: LuaOptions) throws -> (count: Int, search: PolicyApplication.Search)? {
        let search = try options.word(
            "refine_by", among: PolicyApplication.Search.allCases.map { (word: $0.rawValue, value: $0) })
        guard let count = try options.switchable("refine", as: Int.self) ?? nil else {
            if search != nil { throw options.fieldError("refine_by", "needs 'refine'") }
            return nil
        }
        guard (1...10_000).contains(count) else {
            throw options.fieldError("refine", "must be from 1 to 10000, got \(count)")
        }
        return (count, search ?? .scale)
    }
}

internal import LuaBridge
internal import RLEditBaselines
internal import RLEditCore
internal import RLEditData
internal import RLEditTensor

extension HostModules {
    /// The methods against bias of the catalogue.
    static func addDebiasing(to module: LuaModule, context: ScriptContext) {
        for method in Baselines.debiasing {
            let options = "rledit.\(LuaName.capWords(method.name))Options"
            module.types(annotation(of: method, options))
            module.function(
                method.name,
                """
                \(method.documentation)
                @param options \(options)
                @return rledit.Baseline
                """
            ) { try run(method, $0, context) }
        }
    }

    private static func annotation(of method: some DebiasingMethod, _ name: String) -> String {
        let sets = method.sets.map { set in
            "\(set.role.rawValue) rledit.Set\(set.isRequired ? "" : "?") \(set.documentation)"
        }
        return method.annotation(name, parent: "rledit.DebiasingOptions", sets)
    }

    private static func run(
        _ method: some DebiasingMethod, _ call: LuaCall, _ context: ScriptContext
    ) throws -> LuaResults {
        try call.atMost(1)
        let options = LuaOptions(owner: "rledit.baselines.\(method.name)", table: try call.table(1))
        var method = method
        try method.read(options)
        method.layer = try options.optional("layer", as: String.self)
        let request = try BaselineRequest(options, context)
        var sets: [DebiasingRole: ExampleSet] = [:]
        for set in method.sets {
            let name = set.role.rawValue
            sets[set.role] =
                try set.isRequired
                ? options.required(name, as: ExampleSet.self) : options.optional(name, as: ExampleSet.self)
        }
        try options.finish()
        let problem = DebiasingProblem(
            network: request.model.network, sets: sets, seed: UInt64(bitPattern: Int64(request.seed)),
            pool: context.pool)
        let chosen = method
        return try request.result(call, method.name, context) { watch in
            try options.blamingFields { try chosen.run(problem, watch: watch) }
        }
    }
}

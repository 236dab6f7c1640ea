internal import LuaBridge
internal import RLEditBaselines
internal import RLEditCore
internal import RLEditData
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

extension HostModules {
    /// `rledit.baselines`: methods to compare an edit with. Each runs at once and returns a result with a new model.
    static func addBaselines(to host: LuaHost, context: ScriptContext) throws {
        try host.register(ScriptBaseline.self) { type in
            type.documentation(
                in: "rledit.baselines",
                """
                The result of a baseline. A task measures it beside its own result: `baselines = { result }`.
                """
            )
            type.property("name", "string the method's, or the one given") { baseline, call in
                try call.returns(baseline.result.name)
            }
            type.property("model", "rledit.Model") { baseline, call in try call.returns(baseline.model) }
            type.property("cost", "rledit.BaselineCost") { baseline, call in
                try call.returns(try PlainTable.make(.object(baseline.result.cost.json), host: call.host))
            }
            type.description { baseline in
                let cost = baseline.result.cost
                return "\(baseline.result.name): \(NumberText.fixed(cost.kfe, digits: 1)) kFE in "
                    + "\(NumberText.fixed(cost.seconds, digits: 1)) s"
            }
        }
        host.addModule("rledit.baselines") { module in
            module.documentation(
                """
                Published methods, and trivial ones, to compare an edit with. Each runs at once, on any model and sets,
                and returns a result with a new model; the given one is never changed. The defaults are the settings
                that worked for the digit network and 2,500 examples (`docs/results.md`). `docs/baselines.md` compares
                them.

                ```lua
                local rledit = require "rledit"
                local digits = rledit.data.generated_digits { train = 200, test = 100 }
                local model = rledit.models.digit_cnn()
                local forget, retain = digits.train:partition(function(label) return label == 7 end)
                local result = rledit.baselines.fine_tune { model = model, forget = forget, retain = retain, epochs = 1 }
                print(result.name, result.cost.kfe, result.model.parameter_count)
                ```
                """
            )
            module.types(
                """
                Passes are counted in full-forward equivalents: one example through the whole network. A pass through
                the last layers only counts as their share of the multiply-adds.
                @class rledit.BaselineCost
                @field forwards number forward passes of one example each
                @field backwards number backward passes of one example each
                @field kfe number thousand full-forward equivalents: (forwards + 2 · backwards) / 1000
                @field seconds number

                What every baseline takes.
                @class rledit.BaselineOptions
                @field model rledit.Model
                @field seed integer? orders of examples and all that is drawn come from it; the run's seed by default
                @field name string? names the result, when a task compares with two of one method

                What every method of unlearning takes. A method may leave one of the sets unused, and then does without
                it.
                @class rledit.UnlearningOptions: rledit.BaselineOptions
                @field forget rledit.Set? examples to forget
                @field retain rledit.Set? examples to keep

                What methods that edit some layers take as well: either `layer` or `layers`.
                @class rledit.LayerUnlearningOptions: rledit.UnlearningOptions
                @field layer string?
                @field layers string[]?
                """
            )
            addUnlearning(to: module, context: context)
            module.types(
                """
                What the methods against bias of the catalogue take beside their sets.
                @class rledit.DebiasingOptions: rledit.BaselineOptions
                @field layer string? what is edited, or trained with all that follows it; the last layer by default
                """
            )
            addDebiasing(to: module, context: context)
            module.types(
                FineTuneLastLayer().annotation(
                    "rledit.FineTuneLastLayerOptions", parent: "rledit.BaselineOptions",
                    ["set rledit.Set"]))
            module.types(
                ThresholdTuning().annotation(
                    "rledit.ThresholdOptions", parent: "rledit.BaselineOptions",
                    [
                        "set rledit.Set labelled 0 and 1, with groups",
                        "utility rledit.Set? what the accuracy is taken on; `set` by default",
                    ]))
            module.function(
                "fine_tune_last_layer",
                """
                Trains the last layer alone on a rebalanced set: small classes, or small groups' classes, come as often
                as large ones.
                @param options rledit.FineTuneLastLayerOptions
                @return rledit.Baseline
                """
            ) { try fineTuneLastLayer($0, context) }
            module.function(
                "threshold",
                """
                Moves the decision threshold to where the groups' false positive and false negative rates differ least
                from the overall ones, at a bounded loss of accuracy. The threshold is folded into the output bias: the
                model's own stays 0.
                @param options rledit.ThresholdOptions
                @return rledit.Baseline
                """
            ) { try threshold($0, context) }
        }
    }

    /// Runs a method of unlearning on the fields that all of them have.
    static func unlearn(
        _ method: any UnlearningMethod, _ options: LuaOptions, _ call: LuaCall, _ context: ScriptContext
    ) throws -> LuaResults {
        let request = try BaselineRequest(options, context)
        // A set that the method does not use may be absent, so that the same options fit every method.
        let forget = try options.optional("forget", as: ExampleSet.self)
        let retain = try options.optional("retain", as: ExampleSet.self)
        for (role, set) in [(SetRole.forget, forget), (.retain, retain)] where method.needs.contains(role) && set == nil
        {
            throw try options.missing(role.rawValue, expected: ScriptSet.luaName)
        }
        try options.finish()
        if let forget, let retain {
            let sets = [(SetRole.forget, forget), (.retain, retain)].map { NamedSet(name: $0.rawValue, examples: $1) }
            if let warning = SetOverlap.conflict(sets[0], sets[1]) {
                call.host.warningSink("warning: \(options.owner): \(warning)")
            }
        }
        guard let some = forget ?? retain else { throw try options.missing("forget", expected: ScriptSet.luaName) }
        let problem = UnlearningProblem(
            network: request.model.network, forget: forget ?? some, retain: retain ?? some,
            seed: UInt64(bitPattern: Int64(request.seed)), pool: context.pool)
        let remembered = RememberedBaseline(
            method, network: request.model.network, seed: request.seed, forget: forget, retain: retain, context)
        return try request.result(call, method.name, context) { watch in
            try remembered.result(method.name) {
                try options.blamingFields { try method.run(problem, watch: watch) }
            }
        }
    }

    private static func fineTuneLastLayer(_ call: LuaCall, _ context: ScriptContext) throws -> LuaResults {
        try call.atMost(1)
        let options = LuaOptions(owner: "rledit.baselines.fine_tune_last_layer", table: try call.table(1))
        let method = try FineTuneLastLayer().reading(options)
        let request = try BaselineRequest(options, context)
        let set = try options.required("set", as: ExampleSet.self)
        try options.finish()
        return try request.result(call, FineTuneLastLayer.name, context) { watch in
            try options.blamingFields {
                try method.run(
                    request.model.network, on: set, seed: UInt64(bitPattern: Int64(request.seed)),
                    pool: context.pool, watch: watch)
            }
        }
    }

    private static func threshold(_ call: LuaCall, _ context: ScriptContext) throws -> LuaResults {
        try call.atMost(1)
        let options = LuaOptions(owner: "rledit.baselines.threshold", table: try call.table(1))
        let method = try ThresholdTuning().reading(options)
        let request = try BaselineRequest(options, context)
        let set = try options.required("set", as: ExampleSet.self)
        let utility = try options.optional("utility", as: ExampleSet.self) ?? set
        try options.finish()
        return try request.result(call, ThresholdTuning.name, context) { _ in
            try options.blamingFields {
                try method.run(request.model.network, on: set, utility: utility, pool: context.pool)
            }
        }
    }
}

/// The fields that every baseline takes: the model, the seed, and a name for the result.
struct BaselineRequest {
    let model: ScriptModel
    let seed: Int
    private let name: String?

    init(_ options: LuaOptions, _ context: ScriptContext) throws {
        model = try options.required("model", as: ScriptModel.self)
        seed = try options.optional("seed", as: Int.self) ?? context.seed
        name = try options.optional("name", as: String.self)
        if let name, name.isEmpty || name.utf8.count > 64 || name.unicodeScalars.contains(where: { $0.value < 32 }) {
            throw options.fieldError("name", "1 to 64 printable characters expected")
        }
    }

    /// Runs the method with a progress line, and gives its result the chosen name.
    func result(
        _ call: LuaCall, _ method: String, _ context: ScriptContext,
        _ run: (_ watch: @escaping (Double) -> Bool) throws -> BaselineResult
    ) throws -> LuaResults {
        let progress = context.progress("baseline \(name ?? method)")
        let found: BaselineResult
        do {
            found = try run { share in
                progress.update(Progress(evaluations: Int(100 * share), budget: 100))
                return !context.isInterrupted()
            }
            progress.finish()
        } catch {
            progress.finish()
            throw error
        }
        let result = BaselineResult(name: name ?? found.name, network: found.network, cost: found.cost)
        return try call.returns(
            ScriptBaseline(
                result: result, model: ScriptModel(result.network, name: result.name, source: model.source)))
    }
}

extension Cost {
    /// As scripts and files have it.
    var json: JSONObject {
        [
            "forwards": .number(forwards), "backwards": .number(backwards), "kfe": .number(kfe),
            "seconds": .number(seconds),
        ]
    }
}

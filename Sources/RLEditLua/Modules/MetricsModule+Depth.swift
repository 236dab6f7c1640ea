internal import LuaBridge
internal import RLEditBaselines
internal import RLEditData
internal import RLEditNN
internal import RLEditTensor

extension HostModules {
    /// The measures of `rledit.metrics` that tell whether a model has forgotten or only hides what it knows, by name. They
    /// take models and sets, and some of them train: they cost from milliseconds to a second.
    static var depthMeasures: [(name: String, measure: (LuaCall, LuaOptions, ScriptContext) throws -> LuaResults)] {
        [
            ("membership_auc", membershipAUC), ("membership_rate", membershipRate), ("relearn_steps", relearnSteps),
            ("probe_recall", probeRecall), ("total_variation", totalVariation), ("agreement", agreement),
            ("weight_distance", weightDistance), ("prediction_entropy", predictionEntropy),
        ]
    }

    static func addDepthMeasures(to module: LuaModule, context: ScriptContext) {
        for (name, measure) in depthMeasures {
            module.function(name) { call in
                try call.atMost(1)
                return try measure(call, LuaOptions(owner: "rledit.metrics.\(name)", table: try call.table(1)), context)
            }
        }
    }

    private static func membershipAUC(
        _ call: LuaCall, _ options: LuaOptions, _ context: ScriptContext
    ) throws -> LuaResults {
        let model = try options.required("model", as: Network.self)
        let members = try options.required("members", as: ExampleSet.self)
        let others = try options.required("others", as: ExampleSet.self)
        let limit = try count("limit", options) ?? 1000
        try options.finish()
        return try call.returns(
            try MembershipInference.auc(model, members: members, others: others, limit: limit, pool: context.pool))
    }

    private static func membershipRate(
        _ call: LuaCall, _ options: LuaOptions, _ context: ScriptContext
    ) throws -> LuaResults {
        let model = try options.required("model", as: Network.self)
        let examples = try options.required("examples", as: ExampleSet.self)
        let trained = try options.required("trained", as: ExampleSet.self)
        let untrained = try options.required("untrained", as: ExampleSet.self)
        let limit = try count("limit", options) ?? 2000
        try options.finish()
        return try call.returns(
            try MembershipInference.entropyRate(
                model, examples: examples, trained: trained, untrained: untrained, limit: limit, pool: context.pool))
    }

    private static func relearnSteps(
        _ call: LuaCall, _ options: LuaOptions, _ context: ScriptContext
    ) throws -> LuaResults {
        var relearning = Relearning()
        try relearning.read(options)
        let model = try options.required("model", as: Network.self)
        let forget = try options.required("forget", as: ExampleSet.self)
        let test = try options.required("test", as: ExampleSet.self)
        let seed = try options.optional("seed", as: Int.self) ?? context.seed
        try options.finish()
        let chosen = relearning
        return try call.returns(
            try options.blamingFields {
                try chosen.steps(
                    model, forget: forget, test: test, seed: UInt64(bitPattern: Int64(seed)), pool: context.pool)
            })
    }

    private static func probeRecall(
        _ call: LuaCall, _ options: LuaOptions, _ context: ScriptContext
    ) throws -> LuaResults {
        var probe = LinearProbe()
        try probe.read(options)
        let model = try options.required("model", as: Network.self)
        let layer = try options.required("layer", as: String.self)
        let train = try options.required("train", as: ExampleSet.self)
        let test = try options.required("test", as: ExampleSet.self)
        try options.finish()
        let chosen = probe
        return try call.returns(
            try options.blamingFields {
                try chosen.recall(model, layer: layer, train: train, test: test, pool: context.pool)
            })
    }

    private static func totalVariation(
        _ call: LuaCall, _ options: LuaOptions, _ context: ScriptContext
    ) throws -> LuaResults {
        let (model, reference, set) = try pair(options)
        return try call.returns(
            try Disagreement.totalVariation(model, reference, on: set, pool: context.pool))
    }

    private static func agreement(
        _ call: LuaCall, _ options: LuaOptions, _ context: ScriptContext
    ) throws -> LuaResults {
        let (model, reference, set) = try pair(options)
        return try call.returns(try Disagreement.agreement(model, reference, on: set, pool: context.pool))
    }

    private static func weightDistance(
        _ call: LuaCall, _ options: LuaOptions, _ context: ScriptContext
    ) throws -> LuaResults {
        let model = try options.required("model", as: Network.self)
        let reference = try options.required("reference", as: Network.self)
        try options.finish()
        let (distance, relative) = try Disagreement.weightDistance(model, reference)
        return try call.returns(distance, relative)
    }

    private static func predictionEntropy(
        _ call: LuaCall, _ options: LuaOptions, _ context: ScriptContext
    ) throws -> LuaResults {
        let model = try options.required("model", as: Network.self)
        let set = try options.required("set", as: ExampleSet.self)
        try options.finish()
        return try call.returns(try Disagreement.predictionEntropy(model, on: set, pool: context.pool))
    }

    /// A model, the one it is compared with, and a set.
    private static func pair(_ options: LuaOptions) throws -> (Network, Network, ExampleSet) {
        let model = try options.required("model", as: Network.self)
        let reference = try options.required("reference", as: Network.self)
        let set = try options.required("set", as: ExampleSet.self)
        try options.finish()
        return (model, reference, set)
    }

    private static func count(_ name: String, _ options: LuaOptions) throws -> Int? {
        guard let count = try options.optional(name, as: Int.self) else { return nil }
        guard count >= 1 else { throw options.fieldError(name, "must be at least 1, got \(count)") }
        return count
    }
}

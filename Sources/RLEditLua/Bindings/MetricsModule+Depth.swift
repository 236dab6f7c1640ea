internal import LuaBridge
internal import RLEditBaselines
internal import RLEditCore
internal import RLEditData
internal import RLEditNN
internal import RLEditTensor

extension HostModules {
    typealias DepthMeasure = (LuaCall, LuaOptions, ScriptContext) throws -> LuaResults

    /// The measures of `rledit.metrics` that tell whether a model has forgotten or only hides what it knows, by name. They
    /// take models and sets, and some of them train: they cost from milliseconds to a second.
    static var depthMeasures: [(name: String, documentation: String, measure: DepthMeasure)] {
        [
            (
                "membership_auc",
                """
                Whether one can tell from the loss what a model was trained on: ROC AUC of −cross entropy, members
                against others in equal numbers. 0.5 is ideal. Costs a forward pass.
                @param options rledit.MembershipOptions
                @return number
                """,
                measuring(MembershipAUC(), on: ["members", "others"]) { measure, model, sets, pool in
                    try measure.auc(model, members: sets[0], others: sets[1], pool: pool)
                }
            ),
            (
                "membership_rate",
                """
                Share of the examples that a class-balanced logistic regression on the entropy of the answer calls
                members. Compare with the value of a retrained model, not with 0. Costs a forward pass.
                @param options rledit.MembershipRateOptions
                @return number
                """,
                measuring(MembershipRate(), on: ["examples", "trained", "untrained"]) { measure, model, sets, pool in
                    try measure.rate(model, examples: sets[0], trained: sets[1], untrained: sets[2], pool: pool)
                }
            ),
            (
                "relearn_steps",
                """
                Steps of gradient descent on `forget`, through the whole model, until it names `target` of the unseen
                examples; `cap` when that many do not suffice. Few steps mean that a class was hidden, not removed.
                Costs a pass over the unseen examples per step: up to seconds for a model that has truly forgotten. It
                can be gamed by dead units, which make any learning slow: look at accuracy per class too, and take the
                least of several learning rates.
                @param options rledit.RelearnOptions
                @return integer
                """,
                relearnSteps
            ),
            (
                "probe_recall",
                """
                Recall of a linear classifier of what a layer gives: a newly fitted multinomial logistic regression on
                standardized features, after the activation that follows the layer. High where the layer still knows the
                class. Costs a fit, some tenths of a second for 2,500 examples.
                @param options rledit.ProbeOptions
                @return number
                """,
                probeRecall
            ),
            (
                "total_variation",
                """
                Mean total variation of the answers of two models, ½ Σ |p − q|, 0 … 1.
                @param options rledit.ComparisonOptions
                @return number
                """,
                comparing(Disagreement.totalVariation)
            ),
            (
                "divergence",
                """
                Mean Kullback–Leibler divergence of the answers of a model from the reference's, Σ q (ln q − ln p), in nats.
                @param options rledit.ComparisonOptions
                @return number
                """,
                comparing(Disagreement.divergence)
            ),
            (
                "agreement",
                """
                Share of the examples that two models name alike.
                @param options rledit.ComparisonOptions
                @return number
                """,
                comparing(Disagreement.agreement)
            ),
            (
                "weight_distance",
                """
                Euclidean distance of the parameters of two models, and the same in units of the reference's norm.
                @param options { model: rledit.Model, reference: rledit.Model }
                @return number distance
                @return number relative
                """,
                weightDistance
            ),
            (
                "prediction_entropy",
                """
                Mean entropy of a model's answers, in nats: low where it is sure.
                @param options { model: rledit.Model, set: rledit.Set }
                @return number
                """,
                predictionEntropy
            ),
        ]
    }

    static func addDepthMeasures(to module: LuaModule, context: ScriptContext) {
        module.types(
            """
            @class rledit.ComparisonOptions
            @field model rledit.Model
            @field reference rledit.Model for example the retrained one
            @field set rledit.Set
            """
        )
        module.types(
            MembershipAUC().annotation(
                "rledit.MembershipOptions",
                [
                    "model rledit.Model", "members rledit.Set examples that the model was trained on",
                    "others rledit.Set examples of the same classes that it was not trained on",
                ]))
        module.types(
            MembershipRate().annotation(
                "rledit.MembershipRateOptions",
                [
                    "model rledit.Model", "examples rledit.Set what is asked about",
                    "trained rledit.Set examples to keep that the model was trained on",
                    "untrained rledit.Set examples of the same classes that it was not trained on",
                ]))
        module.types(
            Relearning().annotation(
                "rledit.RelearnOptions",
                [
                    "model rledit.Model", "forget rledit.Set what is learned again",
                    "test rledit.Set unseen examples of the same classes", "seed integer? the run's seed by default",
                ]))
        module.types(
            LinearProbe().annotation(
                "rledit.ProbeOptions",
                [
                    "model rledit.Model", "layer string", "train rledit.Set examples of all classes",
                    "test rledit.Set unseen examples, of the forgotten class for its recall",
                ]))
        for (name, documentation, measure) in depthMeasures {
            module.function(name, documentation) { call in
                try call.atMost(1)
                return try measure(call, LuaOptions(owner: "rledit.metrics.\(name)", table: try call.table(1)), context)
            }
        }
    }

    /// A measure of a model on named sets.
    /// - Parameters:
    ///   - settings: with their defaults.
    ///   - sets: names of the fields that hold them.
    private static func measuring<Settings: Configurable>(
        _ settings: Settings, on sets: [String],
        _ value: @escaping (Settings, Network, [ExampleSet], WorkerPool) throws -> Double
    ) -> DepthMeasure {
        { call, options, context in
            let settings = try settings.reading(options)
            let model = try options.required("model", as: Network.self)
            let sets = try sets.map { try options.required($0, as: ExampleSet.self) }
            try options.finish()
            return try call.returns(try options.blamingFields { try value(settings, model, sets, context.pool) })
        }
    }

    private static func relearnSteps(
        _ call: LuaCall, _ options: LuaOptions, _ context: ScriptContext
    ) throws -> LuaResults {
        let relearning = try Relearning().reading(options)
        let model = try options.required("model", as: Network.self)
        let forget = try options.required("forget", as: ExampleSet.self)
        let test = try options.required("test", as: ExampleSet.self)
        let seed = try options.optional("seed", as: Int.self) ?? context.seed
        try options.finish()
        return try call.returns(
            try options.blamingFields {
                try relearning.steps(
                    model, forget: forget, test: test, seed: UInt64(bitPattern: Int64(seed)), pool: context.pool)
            })
    }

    private static func probeRecall(
        _ call: LuaCall, _ options: LuaOptions, _ context: ScriptContext
    ) throws -> LuaResults {
        let probe = try LinearProbe().reading(options)
        let model = try options.required("model", as: Network.self)
        let layer = try options.required("layer", as: String.self)
        let train = try options.required("train", as: ExampleSet.self)
        let test = try options.required("test", as: ExampleSet.self)
        try options.finish()
        return try call.returns(
            try options.blamingFields {
                try probe.recall(model, layer: layer, train: train, test: test, pool: context.pool)
            })
    }

    /// How the answers of two models on a set differ.
    private static func comparing(
        _ value: @escaping (Network, Network, ExampleSet, WorkerPool?) throws -> Double
    ) -> DepthMeasure {
        { call, options, context in
            let model = try options.required("model", as: Network.self)
            let reference = try options.required("reference", as: Network.self)
            let set = try options.required("set", as: ExampleSet.self)
            try options.finish()
            return try call.returns(try value(model, reference, set, context.pool))
        }
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
}

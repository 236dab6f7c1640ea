internal import LuaBridge
internal import RLEditBaselines

extension HostModules {
    /// The methods of unlearning by the name that stands in `rledit.baselines`.
    static var unlearningMethods: [(name: String, run: (LuaCall, ScriptContext) throws -> LuaResults)] {
        [
            ("retrain", method("retrain", BaselineFields.retrain) { _ in Retrain() }),
            ("fine_tune", method("fine_tune", BaselineFields.fineTune) { _ in FineTune() }),
            ("gradient_ascent", method("gradient_ascent", BaselineFields.gradientAscent) { _ in GradientAscent() }),
            (
                "gradient_ascent_stopped",
                method("gradient_ascent_stopped", BaselineFields.stoppedAscent) { _ in GradientAscent.stopped }
            ),
            ("neg_grad_plus", method("neg_grad_plus", BaselineFields.negGradPlus) { _ in NegGradPlus() }),
            ("random_label", method("random_label", BaselineFields.randomLabel) { _ in RandomLabel() }),
            ("salun", method("salun", BaselineFields.salUn) { _ in SalUn() }),
            ("l1_sparse", method("l1_sparse", BaselineFields.l1Sparse) { _ in L1Sparse() }),
            (
                "fisher_forgetting",
                method("fisher_forgetting", BaselineFields.fisherForgetting) { _ in FisherForgetting() }
            ),
            ("ssd", method("ssd", BaselineFields.ssd) { _ in SelectiveSynapticDampening() }),
            ("scrub", method("scrub", BaselineFields.scrub) { _ in SCRUB() }),
            (
                "gradient_edit",
                method("gradient_edit", BaselineFields.gradientEdit) { GradientEdit(.weights, layers: try layers($0)) }
            ),
            (
                "gradient_mask",
                method("gradient_mask", BaselineFields.gradientFactors) { GradientEdit(.mask, layers: try layers($0)) }
            ),
            (
                "gradient_shift",
                method("gradient_shift", BaselineFields.gradientFactors) {
                    GradientEdit(.shift, layers: try layers($0))
                }
            ),
            (
                "greedy_pruning",
                method("greedy_pruning", BaselineFields.greedyPruning) { GreedyPruning(layers: try layers($0)) }
            ),
            ("bias_edit", method("bias_edit", BaselineFields.biasEdit) { _ in BiasEdit() }),
            (
                "contrast_rule",
                method("contrast_rule", BaselineFields.contrastRule) { ContrastRule(layers: try layers($0)) }
            ),
            ("erasure", method("erasure", BaselineFields.erasure) { Erasure(layers: try layers($0)) }),
            (
                "neighbour_transport",
                method("neighbour_transport", BaselineFields.neighbourTransport) {
                    NeighbourTransport(layers: try layers($0))
                }
            ),
            ("policy_edit", policyEdit),
        ]
    }

    /// The function of a method with these fields.
    private static func method<Method: UnlearningMethod>(
        _ name: String, _ fields: [SettingField<Method>], _ make: @escaping (LuaOptions) throws -> Method
    ) -> (LuaCall, ScriptContext) throws -> LuaResults {
        { call, context in
            try call.atMost(1)
            let options = LuaOptions(owner: "rledit.baselines.\(name)", table: try call.table(1))
            var method = try make(options)
            try fields.read(options, into: &method)
            return try unlearn(method, options, call, context)
        }
    }

    /// A trained policy as a method: zero-shot, or refined by a few evaluations of the standard reward.
    private static func policyEdit(_ call: LuaCall, _ context: ScriptContext) throws -> LuaResults {
        try call.atMost(1)
        let options = LuaOptions(owner: "rledit.baselines.policy_edit", table: try call.table(1))
        let policy = try ScriptPolicy.read(options, "policy", context)
        var method = PolicyEdit(policy.file)
        if try !options.value("layer").isNil || !options.value("layers").isNil { method.layers = try layers(options) }
        method.refinement = try refinement(options).map { PolicyEdit.Refinement(count: $0.count, search: $0.search) }
        return try unlearn(method, options, call, context)
    }

    /// `layer = "fc2"`, or `layers = { … }`, as worlds take them.
    private static func layers(_ options: LuaOptions) throws -> [String] { try WorldPlace.layers(options) }
}

/// The settings of each baseline. A test compares their defaults with the annotation files.
enum BaselineFields {
    static var retrain: [SettingField<Retrain>] {
        [.integer("epochs", \.epochs), .integer("batchSize", \.batchSize), .number("learningRate", \.learningRate)]
    }

    static var fineTune: [SettingField<FineTune>] {
        [.integer("epochs", \.epochs), .integer("batchSize", \.batchSize), .number("learningRate", \.learningRate)]
    }

    static var gradientAscent: [SettingField<GradientAscent>] {
        [
            .integer("epochs", \.epochs), .integer("batchSize", \.batchSize), .number("learningRate", \.learningRate),
            .optionalNumber("gradientClipping", \.gradientClipping),
        ]
    }

    static var stoppedAscent: [SettingField<GradientAscent>] {
        gradientAscent + [.optionalNumber("stopAccuracy", \.stopAccuracy)]
    }

    static var negGradPlus: [SettingField<NegGradPlus>] {
        [
            .integer("epochs", \.epochs), .integer("batchSize", \.batchSize), .number("learningRate", \.learningRate),
            .number("retainWeight", \.retainWeight), .number("gradientClipping", \.gradientClipping),
        ]
    }

    static var randomLabel: [SettingField<RandomLabel>] {
        [.integer("epochs", \.epochs), .integer("batchSize", \.batchSize), .number("learningRate", \.learningRate)]
    }

    static var salUn: [SettingField<SalUn>] {
        [
            .integer("epochs", \.epochs), .integer("batchSize", \.batchSize), .number("learningRate", \.learningRate),
            .number("saliency", \.saliency),
        ]
    }

    static var l1Sparse: [SettingField<L1Sparse>] {
        [
            .integer("epochs", \.epochs), .integer("batchSize", \.batchSize), .number("learningRate", \.learningRate),
            .number("penalty", \.penalty),
        ]
    }

    static var fisherForgetting: [SettingField<FisherForgetting>] { [.number("noise", \.noise)] }

    static var ssd: [SettingField<SelectiveSynapticDampening>] {
        [
            .number("selection", \.selection), .number("dampening", \.dampening),
            .integer("groupSize", \.groupSize),
        ]
    }

    static var scrub: [SettingField<SCRUB>] {
        [
            .integer("epochs", \.epochs), .integer("maximisingEpochs", \.maximisingEpochs),
            .integer("batchSize", \.batchSize), .number("learningRate", \.learningRate),
            .number("temperature", \.temperature), .number("crossEntropyWeight", \.crossEntropyWeight),
            .number("divergenceWeight", \.divergenceWeight),
        ]
    }

    static var gradientEdit: [SettingField<GradientEdit>] {
        [.integer("steps", \.steps), .number("learningRate", \.learningRate)]
    }

    static var gradientFactors: [SettingField<GradientEdit>] { gradientEdit + [.integer("rank", \.rank)] }

    static var greedyPruning: [SettingField<GreedyPruning>] { [.integer("maximumRemoved", \.maximumRemoved)] }

    static var contrastRule: [SettingField<ContrastRule>] { [.number("strength", \.strength)] }

    static var erasure: [SettingField<Erasure>] { [.optionalNumber("biasAmount", \.biasAmount)] }

    static var neighbourTransport: [SettingField<NeighbourTransport>] {
        [
            .integer("neighbours", \.neighbours), .number("classShare", \.classShare), .number("ridge", \.ridge),
            .optionalNumber("biasAmount", \.biasAmount),
        ]
    }

    static var biasEdit: [SettingField<BiasEdit>] { [.number("amount", \.amount)] }

    static var fineTuneLastLayer: [SettingField<FineTuneLastLayer>] {
        [.integer("epochs", \.epochs), .integer("batchSize", \.batchSize), .number("learningRate", \.learningRate)]
    }

    static var threshold: [SettingField<ThresholdTuning>] { [.number("maximumAccuracyLoss", \.maximumAccuracyLoss)] }
}

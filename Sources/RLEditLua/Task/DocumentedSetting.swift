internal import RLEditBaselines
internal import RLEditLearners
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// A field of a settings table with its default, for the test that holds the annotation files to the truth.
package struct DocumentedSetting: Sendable, Equatable {
    /// In Swift's spelling, as the configuration struct has it.
    package let swiftName: String
    /// As scripts write it.
    package let name: String
    /// `integer`, `(number|false)`, …
    package let type: String
    /// `8192`, `false`, `{ 64, 64 }`.
    package let standard: String

    /// Settings with defaults by the class that annotates them.
    package static var all: [(owner: String, settings: [DocumentedSetting])] {
        [
            ("rledit.PPOOptions", list(LearnerFields.ppo, PPO.Configuration())),
            ("rledit.ReinforceOptions", list(LearnerFields.reinforce, Reinforce.Configuration())),
            (
                "rledit.EvolutionStrategyOptions",
                list(LearnerFields.evolutionStrategy, EvolutionStrategy.Configuration())
            ),
            ("rledit.CMAESOptions", list(LearnerFields.cmaes, CMAES.Configuration())),
            ("rledit.RandomSearchOptions", list(LearnerFields.randomSearch, RandomSearch.Configuration())),
            ("rledit.HillClimberOptions", list(LearnerFields.hillClimber, HillClimber.Configuration())),
            ("rledit.MaskWorldOptions", list(WorldFields.mask, MaskWorld.Configuration())),
            ("rledit.ShiftWorldOptions", list(WorldFields.shift, ShiftWorld.Configuration())),
        ] + baselines
    }

    private static var baselines: [(owner: String, settings: [DocumentedSetting])] {
        [
            ("rledit.RetrainOptions", list(BaselineFields.retrain, Retrain())),
            ("rledit.FineTuneOptions", list(BaselineFields.fineTune, FineTune())),
            ("rledit.GradientAscentOptions", list(BaselineFields.gradientAscent, GradientAscent())),
            ("rledit.StoppedAscentOptions", list(BaselineFields.stoppedAscent, GradientAscent.stopped)),
            ("rledit.NegGradPlusOptions", list(BaselineFields.negGradPlus, NegGradPlus())),
            ("rledit.RandomLabelOptions", list(BaselineFields.randomLabel, RandomLabel())),
            ("rledit.SalunOptions", list(BaselineFields.salUn, SalUn())),
            ("rledit.L1SparseOptions", list(BaselineFields.l1Sparse, L1Sparse())),
            ("rledit.FisherForgettingOptions", list(BaselineFields.fisherForgetting, FisherForgetting())),
            ("rledit.SSDOptions", list(BaselineFields.ssd, SelectiveSynapticDampening())),
            ("rledit.ScrubOptions", list(BaselineFields.scrub, SCRUB())),
            ("rledit.GradientEditOptions", list(BaselineFields.gradientEdit, GradientEdit(.weights, layers: []))),
            ("rledit.GradientFactorsOptions", list(BaselineFields.gradientFactors, GradientEdit(.mask, layers: []))),
            ("rledit.GreedyPruningOptions", list(BaselineFields.greedyPruning, GreedyPruning(layers: []))),
            ("rledit.BiasEditOptions", list(BaselineFields.biasEdit, BiasEdit())),
            ("rledit.LastLayerOptions", list(BaselineFields.fineTuneLastLayer, FineTuneLastLayer())),
            ("rledit.ThresholdOptions", list(BaselineFields.threshold, ThresholdTuning())),
            ("rledit.RelearnOptions", list(DepthFields.relearning, Relearning())),
            ("rledit.ProbeOptions", list(DepthFields.probe, LinearProbe())),
        ]
    }

    private static func list<Configuration>(
        _ fields: [SettingField<Configuration>], _ defaults: Configuration
    ) -> [DocumentedSetting] {
        fields.map { field in
            let type = field.type.contains("|") ? "(\(field.type))" : field.type
            return DocumentedSetting(
                swiftName: field.swiftName, name: field.name, type: type, standard: text(field.json(defaults)))
        }
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .array(let values): "{ " + values.map(text).joined(separator: ", ") + " }"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): value == value.rounded() && abs(value) < 1e9 ? "\(Int(value))" : "\(value)"
        case .string(let value): "\"\(value)\""
        case .null, .object: "nil"
        }
    }
}

/// Settings of the worlds whose default is one value.
enum WorldFields {
    static var mask: [SettingField<MaskWorld.Configuration>] {
        [.number("offset", \.offset), .boolean("bias", \.bias)]
    }

    static var shift: [SettingField<ShiftWorld.Configuration>] {
        [.number("offset", \.offset), .boolean("bias", \.bias)]
    }
}

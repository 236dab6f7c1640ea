internal import LuaBridge
internal import RLEditLearners
internal import RLEditRuns

extension HostModules {
    /// `rledit.learners`: who looks for edits.
    static func addLearners(to host: LuaHost) throws {
        try host.register(ScriptLearner.Holder.self) { type in
            type.property("name") { holder, call in try call.returns(holder.learner.name) }
            type.description { holder in WordList.call(holder.learner.name, holder.learner.settings) }
        }
        host.addModule("rledit.learners") { module in
            for (name, make) in learners { module.function(name) { try make($0) } }
        }
    }

    /// Learners by the name that stands in `rledit` and in `rledit.learners`.
    static var learners: [(name: String, make: (LuaCall) throws -> LuaResults)] {
        [
            (
                "PPO",
                learner("PPO", LearnerFields.ppo, PPO.Configuration.init, { try $0.validate() }) { PPO($0) }
            ),
            (
                "RandomSearch",
                learner(
                    "RandomSearch", LearnerFields.randomSearch, RandomSearch.Configuration.init, { try $0.validate() }
                ) { RandomSearch($0) }
            ),
            (
                "HillClimber",
                learner(
                    "HillClimber", LearnerFields.hillClimber, HillClimber.Configuration.init, { try $0.validate() }
                ) { HillClimber($0) }
            ),
        ]
    }

    /// The constructor of a learner with these fields.
    private static func learner<Configuration>(
        _ name: String, _ fields: [SettingField<Configuration>], _ defaults: @escaping () -> Configuration,
        _ validate: @escaping (Configuration) throws -> Void,
        _ make: @escaping (Configuration) throws -> any Learner
    ) -> (LuaCall) throws -> LuaResults {
        { call in
            try call.atMost(1)
            let options = try call.options(1, of: "rledit.\(name)")
            var configuration = defaults()
            try fields.read(options, into: &configuration)
            try options.finish()
            try options.blamingFields { try validate(configuration) }
            let resolved = configuration
            return try call.returns(
                ScriptLearner(name: name, settings: fields.json(resolved)) { try make(resolved) })
        }
    }
}

/// The settings of each learner. A test compares them with the fields of the configuration structs.
enum LearnerFields {
    /// PPO with its defaults: who learns when a task names nobody.
    static var standard: ScriptLearner {
        let configuration = PPO.Configuration()
        return ScriptLearner(name: "PPO", settings: ppo.json(configuration)) { PPO(configuration) }
    }

    static var ppo: [SettingField<PPO.Configuration>] {
        [
            .integer("steps", \.steps),
            .integer("rolloutLength", \.rolloutLength),
            .integer("minibatchSize", \.minibatchSize),
            .integer("epochs", \.epochs),
            .schedule("learningRate", \.learningRate),
            .optionalNumber("discount", \.discount),
            .number("gaeLambda", \.gaeLambda),
            .boolean("bootstrapTruncated", \.bootstrapTruncated),
            .schedule("clipRange", \.clipRange),
            .optionalSchedule("valueClipRange", \.valueClipRange),
            .schedule("entropyCoefficient", \.entropyCoefficient),
            .number("valueCoefficient", \.valueCoefficient),
            .number("maxGradientNorm", \.maxGradientNorm),
            .optionalNumber("targetKL", \.targetKL),
            .boolean("normalizeAdvantage", \.normalizeAdvantage),
            .boolean("normalizeObservation", \.normalizeObservation),
            .number("observationClip", \.observationClip),
            .integers("hiddenSizes", \.hiddenSizes),
            .optionalIntegers("valueHiddenSizes", \.valueHiddenSizes),
            .boolean("orthogonalInitialization", \.orthogonalInitialization),
            .optionalNumber("initialLogStandardDeviation", \.initialLogStandardDeviation),
            .number("adamBeta1", \.adamBeta1),
            .number("adamBeta2", \.adamBeta2),
            .number("adamEpsilon", \.adamEpsilon),
        ]
    }

    static var randomSearch: [SettingField<RandomSearch.Configuration>] {
        [
            .integer("steps", \.steps),
            .integer("batchSize", \.batchSize),
            .optionalNumber("standardDeviation", \.standardDeviation),
        ]
    }

    static var hillClimber: [SettingField<HillClimber.Configuration>] {
        [
            .integer("steps", \.steps),
            .integer("populationSize", \.populationSize),
            .number("initialStandardDeviation", \.initialStandardDeviation),
            .number("adaptationFactor", \.adaptationFactor),
        ]
    }
}

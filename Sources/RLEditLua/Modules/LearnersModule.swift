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
            learner("PPO", LearnerFields.ppo, PPO.Configuration.init, { try $0.validate() }) { PPO($0) },
            learner("Reinforce", LearnerFields.reinforce, Reinforce.Configuration.init, { try $0.validate() }) {
                Reinforce($0)
            },
            learner(
                "EvolutionStrategy", LearnerFields.evolutionStrategy, EvolutionStrategy.Configuration.init,
                { try $0.validate() }
            ) { EvolutionStrategy($0) },
            learner("CMAES", LearnerFields.cmaes, CMAES.Configuration.init, { try $0.validate() }) { CMAES($0) },
            learner(
                "SeparableCMAES", LearnerFields.cmaes, SeparableCMAES.Configuration.init, { try $0.validate() }
            ) { SeparableCMAES($0) },
            learner("HillClimber", LearnerFields.hillClimber, HillClimber.Configuration.init, { try $0.validate() }) {
                HillClimber($0)
            },
            learner(
                "RandomSearch", LearnerFields.randomSearch, RandomSearch.Configuration.init, { try $0.validate() }
            ) { RandomSearch($0) },
        ]
    }

    /// The name and the constructor of a learner with these fields.
    private static func learner<Configuration>(
        _ name: String, _ fields: [SettingField<Configuration>], _ defaults: @escaping () -> Configuration,
        _ validate: @escaping (Configuration) throws -> Void,
        _ make: @escaping (Configuration) throws -> any Learner
    ) -> (name: String, make: (LuaCall) throws -> LuaResults) {
        let construct = { (call: LuaCall) throws -> LuaResults in
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
        return (name, construct)
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

    static var reinforce: [SettingField<Reinforce.Configuration>] {
        [
            .integer("steps", \.steps),
            .integer("rolloutLength", \.rolloutLength),
            .schedule("learningRate", \.learningRate),
            .optionalNumber("discount", \.discount),
            .schedule("entropyCoefficient", \.entropyCoefficient),
            .number("valueCoefficient", \.valueCoefficient),
            .number("maxGradientNorm", \.maxGradientNorm),
            .boolean("normalizeAdvantage", \.normalizeAdvantage),
            .integers("hiddenSizes", \.hiddenSizes),
            .optionalNumber("initialLogStandardDeviation", \.initialLogStandardDeviation),
        ]
    }

    static var evolutionStrategy: [SettingField<EvolutionStrategy.Configuration>] {
        [
            .integer("steps", \.steps),
            .integer("populationSize", \.populationSize),
            .schedule("standardDeviation", \.standardDeviation),
            .schedule("learningRate", \.learningRate),
            .number("weightDecay", \.weightDecay),
            .number("adamBeta1", \.adamBeta1),
            .number("adamBeta2", \.adamBeta2),
            .number("adamEpsilon", \.adamEpsilon),
        ]
    }

    static var cmaes: [SettingField<CMAES.Configuration>] {
        [
            .integer("steps", \.steps),
            .integer("populationSize", \.populationSize),
            .number("initialStandardDeviation", \.initialStandardDeviation),
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

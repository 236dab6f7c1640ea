internal import LuaBridge
internal import RLEditData
internal import RLEditLearners
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

extension HostModules {
    /// `rledit.transfer`: one policy for many networks. Its functions stand in `rledit` too.
    static func addTransfer(to host: LuaHost, context: ScriptContext) throws {
        try host.register(ScriptTaskDistribution.self) { type in
            type.length { $0.pairs.count }
            type.description { distribution in
                let counts = distribution.networks.map { "\($0.models.count) \($0.purpose.rawValue)" }
                return "distribution: \(counts.joined(separator: ", ")) networks, "
                    + "\(distribution.trainingClasses.count) training and \(distribution.unseenClasses.count) unseen classes"
            }
        }
        try host.register(UnitPolicySettings.self) { type in
            type.description { WordList.call("UnitPolicy", $0.settings) }
        }
        try host.register(ScriptTransferTask.self) { type in
            type.property("name") { task, call in try call.returns(task.name) }
            type.property("state") { task, call in try call.returns(task.events.state) }
            type.description { "task '\($0.name)': a policy in \($0.worldName), \($0.learnerName)" }
        }
        try addTransferEnvironment(to: host)
        try host.register(ScriptPolicy.self) { type in
            type.property("world") { policy, call in try call.returns(policy.file.world.rawValue) }
            type.property("layers") { policy, call in try call.returns(policy.file.layers) }
            type.property("rank") { policy, call in try call.returns(policy.file.network.shape.rank) }
            type.property("features") { policy, call in
                try call.returns(policy.file.features.features.map(\.name))
            }
            type.property("training") { policy, call in
                try call.returns(try PlainTable.make(.object(policy.file.training), host: call.host))
            }
            type.property("heldout") { policy, call in
                try call.returns(try PlainTable.make(.object(policy.file.heldOut), host: call.host))
            }
            type.description { policy in
                "policy: \(policy.file.world.rawValue) on \(policy.file.layers.joined(separator: ", ")), rank "
                    + "\(policy.file.network.shape.rank), \(policy.file.features.count) features, "
                    + "\(policy.file.network.parameters.count) parameters"
            }
        }
        host.addModule("rledit.transfer") { module in
            for (name, run) in transferFunctions { module.function(name) { try run($0, context) } }
        }
    }

    /// What stands in `rledit.transfer` and in `rledit`.
    static var transferFunctions: [(name: String, run: (LuaCall, ScriptContext) throws -> LuaResults)] {
        [
            (
                "TaskDistribution",
                { call, _ in
                    try call.atMost(1)
                    return try call.returns(
                        ScriptTaskDistribution(
                            LuaOptions(owner: ScriptTaskDistribution.luaName, table: try call.table(1))))
                }
            ),
            (
                "UnitPolicy",
                { call, _ in
                    try call.atMost(1)
                    return try call.returns(
                        UnitPolicySettings(try call.options(1, of: UnitPolicySettings.luaName)))
                }
            ),
            (
                "load_policy",
                { call, context in
                    try call.atMost(1)
                    return try call.returns(ScriptPolicy.load(try call.string(1), context))
                }
            ),
            ("apply", apply),
        ]
    }

    // MARK: - apply

    private static func apply(_ call: LuaCall, _ context: ScriptContext) throws -> LuaResults {
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
                throw options.fieldError("reward", "is of use together with 'refine' only")
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
            if search != nil { throw options.fieldError("refine_by", "is of use together with 'refine' only") }
            return nil
        }
        guard (1...10_000).contains(count) else {
            throw options.fieldError("refine", "must be from 1 to 10000, got \(count)")
        }
        return (count, search ?? .scale)
    }

    // MARK: - Tasks

    /// `rledit.task { distribution = … }`.
    static func makeTransferTask(_ options: LuaOptions, _ call: LuaCall, _ context: ScriptContext) throws
        -> ScriptTransferTask
    {
        let name = try options.optional("name", as: String.self)
        if let name { try checkName(name, options) }
        let distribution = try options.required("distribution", as: ScriptTaskDistribution.self)
        let (world, layers, rank) = try unitWorld(options)
        let policy = try options.optional("policy", as: UnitPolicySettings.self)
        let settings = try policy ?? UnitPolicySettings(LuaOptions(owner: UnitPolicySettings.luaName, table: nil))
        let reward = try options.required("reward", as: LuaFunction.self)
        let metrics = try TaskParts.metrics(options)
        let learner = try options.optional("learner", as: ScriptLearner.self) ?? LearnerFields.transferStandard
        var validationInterval = 10
        if let given = try options.optional("validation_interval", as: Int.self) {
            guard (1...1_000_000).contains(given) else {
                throw options.fieldError("validation_interval", "must be from 1 to 1000000, got \(given)")
            }
            validationInterval = given
        }
        let pairsPerStep = try options.optional("pairs_per_step", as: Int.self)
        let refinement = try refinement(options)
        let invalidRewards = try InvalidRewardRule.read(options, context)
        let target = try options.optional("target", as: Double.self)
        if let target, !target.isFinite { throw options.fieldError("target", "must be finite, got \(target)") }
        let state = try options.optional("state", as: LuaTable.self) ?? call.host.makeTable()
        let callbacks = try ScriptCallbacks(options)
        for (field, function) in [("on_episode", callbacks.onEpisode), ("on_best", callbacks.onBest)]
        where function != nil {
            throw options.fieldError(field, "is never called where a policy is trained over many networks")
        }
        try options.finish()
        return try ScriptTransferTask(
            name: name, distribution: distribution, world: world, layers: layers, rank: rank, policy: settings,
            reward: reward, metrics: metrics, learner: learner,
            settings: { pairs in
                let perStep = pairsPerStep ?? min(8, pairs)
                guard (1...pairs).contains(perStep) else {
                    throw options.fieldError(
                        "pairs_per_step", "must be from 1 to the number of training pairs, \(pairs), got \(perStep)")
                }
                return ScriptTransferTask.Settings(
                    pairsPerStep: perStep, validationInterval: validationInterval, refinement: refinement,
                    target: target, invalidRewards: invalidRewards)
            },
            events: TaskEvents(callbacks: callbacks, state: state, host: call.host, context: context), host: call.host,
            context: context)
    }

    /// The world's kind, layers and rank: all that a policy over units takes of a world, since it says itself how far to go.
    private static func unitWorld(_ options: LuaOptions) throws -> (UnitWorld, [String], Int) {
        let world = try options.required("world", as: ScriptWorld.self)
        let form: ActionForm
        let sparsity: EditSparsity
        switch world.world {
        case let mask as MaskWorld: (form, sparsity) = (mask.configuration.form, mask.configuration.sparsity)
        case let shift as ShiftWorld: (form, sparsity) = (shift.configuration.form, shift.configuration.sparsity)
        default: throw options.fieldError("world", "a policy over units edits in MaskWorld or ShiftWorld")
        }
        guard case .lowRank(let rank) = form, sparsity == .dense else {
            throw options.fieldError("world", "a policy over units makes low-rank edits: give the world a rank alone")
        }
        guard world.horizon == 1 else {
            throw options.fieldError("world", "a policy over units edits in one step: horizon must be 1")
        }
        guard let kind = UnitWorld(rawValue: world.world.name) else {
            throw options.fieldError("world", "a policy over units edits in MaskWorld or ShiftWorld")
        }
        return (kind, world.layers, rank)
    }
}

extension LearnerFields {
    /// Who trains a policy when a task names nobody. Steps count candidate policies, each judged on several pairs.
    static var transferStandard: ScriptLearner {
        var configuration = EvolutionStrategy.Configuration()
        configuration.steps = 9600
        configuration.populationSize = 32
        configuration.standardDeviation = .constant(0.01)
        configuration.learningRate = .linear(0.006, 0.0006)
        configuration.adamBeta2 = 0.99
        let resolved = configuration
        return ScriptLearner(name: "EvolutionStrategy", settings: evolutionStrategy.json(resolved)) {
            EvolutionStrategy(resolved)
        }
    }
}

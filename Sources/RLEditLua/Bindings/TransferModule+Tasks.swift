internal import LuaBridge
internal import RLEditCore
internal import RLEditData
internal import RLEditLearners
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

extension HostModules {
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
        let learner = try options.optional("learner", as: ScriptLearner.self) ?? .transferStandard
        var validationInterval = 10
        if let given = try options.optional("validation_interval", as: Int.self) {
            guard (1...1_000_000).contains(given) else {
                throw options.fieldError("validation_interval", "must be from 1 to 1000000, got \(given)")
            }
            validationInterval = given
        }
        let pairsPerStep = try options.optional("pairs_per_step", as: Int.self)
        let draws = try draws(options)
        let steps = try steps(options, layers: layers.count)
        let everyStep = try options.optional("every_step", as: Bool.self) ?? false
        if everyStep, steps.horizon == 1 { throw options.fieldError("every_step", "needs a 'horizon' of 2 or more") }
        for (field, isGiven) in [("draw_images", draws != nil), ("horizon", steps.horizon > 1)]
        where isGiven && settings.custom != nil {
            throw options.fieldError(
                field, "needs a policy without custom_features: they see all images at once, unedited")
        }
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
            name: name, distribution: distribution, world: world, layers: layers, rank: rank, steps: steps,
            draws: draws,
            policy: settings, reward: reward, metrics: metrics, learner: learner,
            settings: { pairs in
                let perStep = pairsPerStep ?? min(8, pairs)
                guard (1...pairs).contains(perStep) else {
                    throw options.fieldError(
                        "pairs_per_step", "must be from 1 to the number of training pairs, \(pairs), got \(perStep)")
                }
                return ScriptTransferTask.Settings(
                    pairsPerStep: perStep, validationInterval: validationInterval, refinement: refinement,
                    target: target, invalidRewards: invalidRewards, everyStep: everyStep)
            },
            events: TaskEvents(callbacks: callbacks, state: state, host: call.host, context: context), host: call.host,
            context: context)
    }

    /// `horizon`, `blind` and `in_turn`.
    private static func steps(_ options: LuaOptions, layers: Int) throws -> UnitSteps {
        let horizon = try options.optional("horizon", as: Int.self) ?? 1
        let isBlind = try options.optional("blind", as: Bool.self) ?? false
        let inTurn = try options.optional("in_turn", as: Bool.self) ?? false
        guard (1...UnitSteps.mostSteps).contains(horizon) else {
            throw options.fieldError("horizon", "must be from 1 to \(UnitSteps.mostSteps), got \(horizon)")
        }
        if isBlind, horizon == 1 { throw options.fieldError("blind", "needs a 'horizon' of 2 or more") }
        if inTurn, horizon < max(layers, 2) {
            throw options.fieldError(
                "in_turn", "needs a 'horizon' of at least \(max(layers, 2)), so that each layer has its turn")
        }
        return UnitSteps(horizon: horizon, isBlind: isBlind, inTurn: inTurn)
    }

    /// `draw_images = { least, most }`.
    private static func draws(_ options: LuaOptions) throws -> ExampleDraws? {
        guard let table = try options.optional("draw_images", as: LuaTable.self) else { return nil }
        let numbers: [Int]
        do { numbers = try table.array(of: Int.self, limit: 3) } catch let error as LuaUsageError {
            throw options.fieldError("draw_images", error.description)
        }
        guard numbers.count == 2, numbers[0] >= 2, numbers[1] >= numbers[0], numbers[1] <= 100_000 else {
            throw options.fieldError(
                "draw_images",
                "two whole numbers expected, the least and the most images of an episode, from 2 to 100000")
        }
        return ExampleDraws(least: numbers[0], most: numbers[1])
    }

    /// The world's kind, layers and rank: all that a policy over units takes of a world, since it says itself how far to go.
    private static func unitWorld(_ options: LuaOptions) throws -> (UnitWorld, [String], Int) {
        let world = try options.required("world", as: ScriptWorld.self)
        let form: ActionForm
        let sparsity: EditSparsity
        let rows: [Int]?
        switch world.world {
        case let mask as MaskWorld:
            (form, sparsity, rows) = (mask.configuration.form, mask.configuration.sparsity, mask.configuration.rows)
        case let shift as ShiftWorld:
            (form, sparsity, rows) = (shift.configuration.form, shift.configuration.sparsity, shift.configuration.rows)
        default: throw options.fieldError("world", "a policy over units edits in MaskWorld or ShiftWorld")
        }
        guard case .lowRank(let rank) = form, sparsity == .dense, rows == nil else {
            throw options.fieldError("world", "a policy over units makes low-rank edits: give the world a rank alone")
        }
        guard world.horizon == 1 else {
            throw options.fieldError(
                "world", "a policy over units takes the steps of its task: the world's horizon must be 1")
        }
        guard let kind = UnitWorld(rawValue: world.world.name) else {
            throw options.fieldError("world", "a policy over units edits in MaskWorld or ShiftWorld")
        }
        return (kind, world.layers, rank)
    }
}

extension ScriptLearner {
    /// Who trains a policy when a task names nobody. Steps count candidate policies, each judged on several pairs.
    static var transferStandard: ScriptLearner {
        var configuration = EvolutionStrategy.Configuration()
        configuration.steps = 9600
        configuration.populationSize = 32
        configuration.standardDeviation = .constant(0.01)
        configuration.learningRate = .linear(0.006, 0.0006)
        configuration.adamBeta2 = 0.99
        return ScriptLearner(EvolutionStrategy.self, configuration)
    }
}

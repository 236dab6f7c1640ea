internal import LuaBridge
internal import RLEditNN
internal import RLEditTensor
internal import RLEditWorlds

/// - Throws: when the sets of a pair have other names than those of the pairs before it.
func requireSameNames(
    _ sets: [NamedSet], as known: [String]?, _ field: String, _ network: String, _ label: String
) throws {
    let names = sets.map(\.name)
    guard let known, names != known else { return }
    throw LuaUsageError(
        "\(ScriptTaskDistribution.luaName).\(field)(\(network), \(label)) returned the sets \(names.joined(separator: ", ")), but "
            + "the pairs before it have \(known.joined(separator: ", ")): all pairs need the same")
}

/// Makes pairs by the same rules; the number of custom features is what the script's function gives for the first.
struct PairBuilder {
    let world: UnitWorld
    let layers: [String]
    let rank: Int
    let steps: UnitSteps
    /// How many images an episode looks at; nil for all.
    let draws: ExampleDraws?
    let settings: UnitPolicySettings
    let host: LuaHost
    let context: ScriptContext
    private var customCount: Int?
    /// Names of the sets of the first pair: a reward reads them by their places.
    private var setNames: [String]?

    init(
        world: UnitWorld, layers: [String], rank: Int, steps: UnitSteps, draws: ExampleDraws?,
        settings: UnitPolicySettings,
        host: LuaHost, context: ScriptContext
    ) {
        self.world = world
        self.layers = layers
        self.rank = rank
        self.steps = steps
        self.draws = draws
        self.settings = settings
        self.host = host
        self.context = context
    }

    func rules() throws -> EditPair.Rules {
        EditPair.Rules(
            world: world, layers: layers, rank: rank,
            features: try UnitFeatureSet(
                settings.features, customCount: customCount ?? 0, seesCount: draws != nil,
                seesSteps: steps.horizon > 1),
            steps: steps, forgetSet: settings.forgetSet, retainSet: settings.retainSet)
    }

    /// - Parameters:
    ///   - layers: of this network; nil for the world's.
    ///   - isDrawn: whether its episodes look at some images each, if those of the task do.
    mutating func build(
        _ network: Network, name: String, label: String, sets: [NamedSet], layers: [String]?, isDrawn: Bool
    ) throws -> EditPair {
        try requireSameNames(sets, as: setNames, "sets", name, label)
        setNames = sets.map(\.name)
        do {
            if let custom = settings.custom, customCount == nil { customCount = try count(custom, network, sets) }
            var rules = try rules()
            if let layers {
                guard layers.count == rules.layers.count else {
                    throw LuaUsageError(
                        "network '\(name)': \(ScriptTaskDistribution.luaName).layers gave \(layers.count) layers, and the "
                            + "world has \(rules.layers.count)")
                }
                rules.layers = layers
            }
            return try EditPair(
                network: network, name: name, label: label, sets: sets, rules: rules, draws: isDrawn ? draws : nil,
                custom: settings.custom.map { [host] custom in { try custom($0, host: host) } }, pool: context.pool)
        } catch let error as WorldError {
            throw LuaUsageError("network '\(name)', class '\(label)': \(error.description)")
        }
    }

    /// How many features of its own a script's function gives.
    private func count(_ custom: CustomFeatureFunction, _ network: Network, _ sets: [NamedSet]) throws -> Int {
        // Only layers and sets matter for activations.
        let rules = EditPair.Rules(
            world: world, layers: layers, rank: rank,
            features: try UnitFeatureSet(settings.features, customCount: 1), forgetSet: settings.forgetSet,
            retainSet: settings.retainSet)
        let activations = try EditPair.activations(of: network, sets: sets, rules: rules, pool: context.pool)
        let count = try activations.first.map { try custom($0, host: host).outputs.shape[1] } ?? 0
        guard count <= UnitFeatureSet.mostCustom else {
            throw LuaUsageError(
                "custom_features gave \(count) features, at most \(UnitFeatureSet.mostCustom) are possible")
        }
        return count
    }
}

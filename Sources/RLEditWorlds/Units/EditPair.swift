public import RLEditNN
public import RLEditTensor

/// One thing to be done to one network: the network, the class (or whatever else is to change), the examples that say so,
/// and what a unit policy sees of it.
public final class EditPair {
    /// What tables call the network and the class.
    public let network: String
    public let label: String
    /// The evaluator on the pair's sets, and what its readers have asked for.
    public let source: MetricSource
    /// What a policy sees of its layers while it is trained.
    public let episodes: EpisodeSource

    /// Of each edited layer, as all examples show it.
    public var features: [UnitFeatures] { episodes.whole.first.features }
    public var frames: [UnitFrame] { episodes.whole.first.frames }

    /// Numbers in an action that holds the factors of all layers.
    public var actionSize: Int { frames.reduce(0) { $0 + $1.actionSize } }
    public var evaluator: Evaluator { source.evaluator }

    /// What all pairs of a task have in common.
    public struct Rules: Sendable {
        public var world: UnitWorld
        public var layers: [String]
        public var rank: Int
        public var features: UnitFeatureSet
        public var steps: UnitSteps
        /// Names of the sets that hold what is to change and what is to stay.
        public var forgetSet: String
        public var retainSet: String

        public init(
            world: UnitWorld, layers: [String], rank: Int, features: UnitFeatureSet, steps: UnitSteps = .one,
            forgetSet: String = "forget", retainSet: String = "retain"
        ) {
            self.world = world
            self.layers = layers
            self.rank = rank
            self.features = features
            self.steps = steps
            self.forgetSet = forgetSet
            self.retainSet = retainSet
        }
    }

    /// Further features of a layer, from its activations: `[out, customCount]` and `[in, customCount]`.
    public typealias CustomFeatures = (LayerActivations) throws -> (outputs: Tensor, inputs: Tensor)

    /// - Parameters:
    ///   - sets: what the reward reads; two of them are those that the features are of.
    ///   - draws: each episode looks at some examples of a part of those two, and the reward reads the rest.
    /// - Throws: ``WorldError`` naming the layer or set at fault.
    public init(
        network: Network, name: String, label: String, sets: [NamedSet], rules: Rules, draws: ExampleDraws? = nil,
        custom: CustomFeatures? = nil, pool: WorkerPool
    ) throws {
        self.network = name
        self.label = label
        var (seen, judged) = (sets, sets)
        if let draws {
            for (place, set) in sets.enumerated() where [rules.forgetSet, rules.retainSet].contains(set.name) {
                (seen[place], judged[place]) = try draws.split(set, isForget: set.name == rules.forgetSet)
            }
        }
        let activations = try EditPair.activations(of: network, sets: seen, rules: rules, pool: pool)
        let whole = try EditPair.episode(
            of: network, activations, sets: seen, rules: rules, custom: custom, pool: pool)
        episodes = EpisodeSource(
            whole: whole,
            drawn: draws.map {
                EpisodeSource.Drawn(
                    draws: $0, activations: activations, network: network)
            })
        let frames = whole.first.frames
        // Layers with and without a bias side by side would be seen differently by the evaluator.
        guard frames.allSatisfy(\.layer.includesBias) || !frames.contains(where: \.layer.includesBias) else {
            throw WorldError.invalidSetting(
                owner: "ShiftWorld", field: "layers", message: "must all have a bias, or none of them")
        }
        source = MetricSource(
            evaluator: try Evaluator(network: network, edited: frames.map(\.layer), sets: judged, pool: pool))
    }

    /// What a policy sees of every edited layer, and what makes edits of what it says: all that a zero-shot edit needs.
    public static func episode(
        of network: Network, sets: [NamedSet], rules: Rules, custom: CustomFeatures? = nil, pool: WorkerPool
    ) throws -> Episode {
        try episode(
            of: network, activations(of: network, sets: sets, rules: rules, pool: pool), sets: sets, rules: rules,
            custom: custom, pool: pool)
    }

    private static func episode(
        of network: Network, _ activations: [LayerActivations], sets: [NamedSet], rules: Rules,
        custom: CustomFeatures?, pool: WorkerPool
    ) throws -> Episode {
        let inputs = try activations.map { try UnitInputs($0) }
        return Episode(
            first: try units(of: network, activations, rules: rules, inputs: inputs, custom: custom), rules: rules,
            view: rules.steps.looks > 0
                ? try EditedView(network, sets: sets, inputs: inputs, rules: rules, pool: pool) : nil)
    }

    static func units(
        of network: Network, _ activations: [LayerActivations], rules: Rules, inputs: [UnitInputs],
        custom: CustomFeatures? = nil
    ) throws -> EpisodeUnits {
        let frames = try zip(activations, inputs).map { activations, inputs in
            try UnitFrame(
                activations, bias: activations.biasName.flatMap(network.parameter), world: rules.world,
                rank: rules.rank, inputs: inputs.moments)
        }
        let features = try zip(activations, inputs).map { activations, inputs in
            try UnitFeatures(of: activations, rules.features, inputs: inputs, custom: custom?(activations))
        }
        return EpisodeUnits(features: features, frames: frames)
    }

    /// Activations of every edited layer.
    public static func activations(
        of network: Network, sets: [NamedSet], rules: Rules, pool: WorkerPool
    ) throws -> [LayerActivations] {
        func set(_ name: String) throws(WorldError) -> NamedSet {
            guard let set = sets.first(where: { $0.name == name }) else {
                throw .invalidSet(
                    name: name,
                    message: "is needed: the features of units are made of the sets '\(rules.forgetSet)' and "
                        + "'\(rules.retainSet)', and there are only \(sets.map { "'\($0.name)'" }.joined(separator: ", "))"
                )
            }
            return set
        }
        let (forget, retain) = (try set(rules.forgetSet), try set(rules.retainSet))
        for (place, layer) in rules.layers.enumerated() where rules.layers[..<place].contains(layer) {
            throw WorldError.duplicateLayer(layer)
        }
        return try rules.layers.map {
            try LayerActivations(
                network: network, layer: $0, forget: forget, retain: retain, readsLabels: rules.features.isLabelAware,
                pool: pool)
        }
    }

    /// The edits of all layers that these factors make in one step.
    public func edits(_ factors: [UnitFactors]) throws -> [LayerEdit] {
        try zip(frames, factors).map { try $0.edit($1) }
    }
}

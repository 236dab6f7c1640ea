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
    /// Of each edited layer.
    public let features: [UnitFeatures]
    public let frames: [UnitFrame]

    /// Numbers in an action that holds the factors of all layers.
    public var actionSize: Int { frames.reduce(0) { $0 + $1.actionSize } }
    public var evaluator: Evaluator { source.evaluator }

    /// What all pairs of a task have in common.
    public struct Rules: Sendable {
        public var world: UnitWorld
        public var layers: [String]
        public var rank: Int
        public var features: UnitFeatureSet
        /// Names of the sets that hold what is to change and what is to stay.
        public var forgetSet: String
        public var retainSet: String

        public init(
            world: UnitWorld, layers: [String], rank: Int, features: UnitFeatureSet, forgetSet: String = "forget",
            retainSet: String = "retain"
        ) {
            self.world = world
            self.layers = layers
            self.rank = rank
            self.features = features
            self.forgetSet = forgetSet
            self.retainSet = retainSet
        }
    }

    /// Further features of a layer, from its activations: `[out, customCount]` and `[in, customCount]`.
    public typealias CustomFeatures = (LayerActivations) throws -> (outputs: Tensor, inputs: Tensor)

    /// - Parameter sets: what the reward reads; two of them are those that the features are of.
    /// - Throws: ``WorldError`` naming the layer or set at fault.
    public init(
        network: Network, name: String, label: String, sets: [NamedSet], rules: Rules, custom: CustomFeatures? = nil,
        pool: WorkerPool
    ) throws {
        self.network = name
        self.label = label
        let (features, frames) = try EditPair.units(
            of: network, sets: sets, rules: rules, custom: custom, pool: pool)
        self.features = features
        self.frames = frames
        // Layers with and without a bias side by side would be seen differently by the evaluator.
        guard frames.allSatisfy(\.layer.includesBias) || !frames.contains(where: \.layer.includesBias) else {
            throw WorldError.invalidSetting(
                owner: "ShiftWorld", field: "layers", message: "must all have a bias, or none of them")
        }
        source = MetricSource(
            evaluator: try Evaluator(
                network: network, edited: frames.map(\.layer), sets: sets, pool: pool))
    }

    /// What a policy sees of every edited layer, and what makes edits of what it says: all that a zero-shot edit needs.
    public static func units(
        of network: Network, sets: [NamedSet], rules: Rules, custom: CustomFeatures? = nil, pool: WorkerPool
    ) throws -> (features: [UnitFeatures], frames: [UnitFrame]) {
        let activations = try activations(of: network, sets: sets, rules: rules, pool: pool)
        let frames = try activations.map { activations in
            try UnitFrame(
                activations, bias: activations.biasName.flatMap(network.parameter), world: rules.world,
                rank: rules.rank)
        }
        return (try activations.map { try UnitFeatures(of: $0, rules.features, custom: custom?($0)) }, frames)
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

    /// The edits of all layers that these factors make.
    public func edits(_ factors: [UnitFactors]) throws -> [LayerEdit] {
        try zip(frames, factors).map { try $0.edit($1) }
    }
}

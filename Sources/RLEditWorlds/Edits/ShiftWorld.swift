public import RLEditCore
public import RLEditTensor

/// The world in which an action adds to weights: `W ← W + s·u·(B + b₀)A/√rank`, or `W ← W + s·u·M` where M
/// holds a number for each weight, or the same one for all weights of a unit. Steps of an episode add up. (*Reinforcement
/// Learning for Neural Model Editing*, arXiv 2606.13461.)
///
/// The unit `u` makes the same scale mean the same on every layer; without it the published world is unstable, since a
/// first action is many times larger than the weights it is added to.
public struct ShiftWorld: CatalogueWorld {
    /// What one unit of a shift is, by the words that users write.
    public enum Unit: String, CaseIterable, Sendable {
        /// The layer's root-mean-square weight; a bias that is edited too is one of the weights.
        case rootMeanSquare = "rms"
        /// The shift of each step is rescaled so that its Frobenius norm is `scale` times the layer's.
        case relativeNorm = "relative"
        /// The weights' own unit.
        case absolute
    }

    public struct Configuration: EditConfiguration {
        public var form = ActionForm.lowRank(rank: 1)
        public var scale = LayerScale.constant(2)
        public var unit = Unit.rootMeanSquare
        public var offset = 0.5
        public var sparsity = EditSparsity.dense
        public var bias = false
        public var rows: [Int]?
        public init() {}

        public var owner: String { ShiftWorld.name }
        public var settings: [Setting<Self>] {
            sharedSettings + [
                .word(
                    "unit", \.unit,
                    """
                    unit of the scale: the layer's root-mean-square weight, the layer's norm for the whole step, or the \
                    weights' own
                    """)
            ]
        }
    }

    public static var name: String { "ShiftWorld" }
    public static var documentation: String {
        """
        The world in which an action adds to weights: `W ← W + scale · unit · (B + offset) A / √rank`. The shifts of an \
        episode's steps add up.
        """
    }

    public let configuration: Configuration

    public init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

    public func bind(to layers: [EditedLayer], random: RandomStream) throws -> any BoundWorld {
        try configuration.validate(for: layers)
        for layer in layers where layer.rootMeanSquare == 0 && configuration.unit != .absolute {
            throw WorldError.layerNotEditable(
                layer: layer.name, reason: "its weights are all 0, which leaves a relative shift without a unit")
        }
        return BoundShift(
            layers: layers,
            decoder: try StepDecoder(
                configuration.form, layers: layers, rows: configuration.rows,
                offset: SignOffset(magnitude: configuration.offset, random: random)),
            scale: try BoundScale(configuration.scale, layers: layers, owner: name), unit: configuration.unit,
            sparsity: configuration.sparsity)
    }
}

private struct BoundShift: BoundWorld {
    let layers: [EditedLayer]
    let decoder: StepDecoder
    let scale: BoundScale
    let unit: ShiftWorld.Unit
    let sparsity: EditSparsity
    var actionSize: Int { decoder.actionSize }

    func apply(_ action: UnsafeBufferPointer<Float>, to edits: [LayerEdit], progress: Double) throws -> [LayerEdit] {
        let scales = try scale.values(at: progress)
        return try layers.indices.map { index in
            let layer = layers[index]
            let step: LayerStep
            switch unit {
            case .absolute: step = try sparse(decoder.step(action, layer: index, strength: scales[index]))
            case .rootMeanSquare:
                step = try sparse(
                    decoder.step(action, layer: index, strength: scales[index] * layer.rootMeanSquare))
            case .relativeNorm:
                let raw = try sparse(decoder.step(action, layer: index, strength: 1))
                let norm = EditMagnitude.frobeniusNorm(of: try raw.product())
                // A shift of (almost) nothing has no direction and stays nothing.
                step = try raw.scaled(by: norm > 1e-20 ? Float(scales[index] * layer.norm / norm) : 0)
            }
            return try add(step, to: edits[index], of: layer)
        }
    }

    /// The largest changes of a step alone; what is left has no factors.
    private func sparse(_ step: LayerStep) throws -> LayerStep {
        guard sparsity != .dense else { return step }
        var changes = try step.product()
        sparsity.apply(to: &changes)
        return .dense(changes)
    }

    /// Factors of several steps are kept side by side while that is cheaper than the dense sum.
    private func add(_ step: LayerStep, to edit: LayerEdit, of layer: EditedLayer) throws -> LayerEdit {
        var weights: Tensor
        switch (step, edit) {
        case (.factors(let factors), .unchanged): return .shift(factors)
        case (.factors(let factors), .shift(let before))
        where (before.rank + factors.rank) * 4 <= min(layer.rows, layer.columns):
            return .shift(try before.appending(factors))
        case (.factors(let factors), _):
            weights = try edit.weights(of: layer)
            try weights.add(factors)
        case (.dense(let changes), _):
            weights = try edit.weights(of: layer)
            weights.withUnsafeMutableBufferPointer { weights in
                changes.withUnsafeBufferPointer { changes in
                    for index in weights.indices { weights[index] += changes[index] }
                }
            }
        }
        return .weights(weights)
    }
}

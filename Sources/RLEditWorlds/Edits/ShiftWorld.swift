public import RLEditTensor

/// The world in which an action adds to weights: `W ← W + s·u·(B + b₀)A/√rank`, or `W ← W + s·u·M` for a full action.
/// Steps of an episode add up. (*Reinforcement Learning for Neural Model Editing*, arXiv 2606.13461.)
///
/// The unit `u` makes the same scale mean the same on every layer; without it the published world is unstable, since a
/// first action is many times larger than the weights it is added to.
public struct ShiftWorld: EditWorld {
    /// What one unit of a shift is.
    public enum Unit: Sendable, Equatable {
        /// The layer's root-mean-square weight.
        case rootMeanSquare
        /// The shift of each step is rescaled so that its Frobenius norm is `scale` times the layer's.
        case relativeNorm
        /// The weights' own unit.
        case absolute
    }

    public struct Configuration {
        /// Low-rank factors (default rank 1) or a full shift.
        public var form = ActionForm.lowRank(rank: 1)
        /// Strength `s` of an action in units of `unit`, above 0 and at most 1e6, a number or a
        /// schedule of progress.
        /// Default 2, chosen by measurement on seeds ≥ 100 and validation images (docs/results.md, "Defaults").
        public var scale = Schedule.constant(2)
        /// What one unit of a shift is.
        public var unit = Unit.rootMeanSquare
        /// Magnitude of the sign offset on `B`, 0 … 1.
        public var offset = 0.5
        public init() {}
    }

    public let configuration: Configuration
    public var name: String { "ShiftWorld" }

    public init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

    public var settings: [(name: String, value: String)] {
        [
            ("action", configuration.form.description), ("scale", configuration.scale.description),
            ("unit", "\(configuration.unit)"), ("offset", "\(configuration.offset)"),
        ]
    }

    public func bind(to layers: [EditedLayer], random: RandomStream) throws -> any BoundWorld {
        try configuration.form.validate(for: layers)
        try validateOffset(configuration.offset, owner: name)
        for layer in layers where layer.rootMeanSquare == 0 && configuration.unit != .absolute {
            throw WorldError.layerNotEditable(
                layer: layer.name, reason: "its weights are all 0, which leaves a relative shift without a unit")
        }
        switch configuration.form {
        case .lowRank(let rank):
            return try LowRankShift(
                layers: layers, rank: rank, configuration: configuration,
                offset: SignOffset(magnitude: configuration.offset, random: random))
        case .full:
            return FullShift(layers: layers, configuration: configuration)
        }
    }
}

/// The factor that brings a shift of this norm to `scale` times the layer's. A shift of (almost) nothing has no direction
/// and stays nothing.
private func relativeStrength(scale: Double, layer: EditedLayer, norm: Double) -> Double {
    norm > 1e-20 ? scale * layer.norm / norm : 0
}

private struct LowRankShift: BoundWorld {
    let layers: [EditedLayer]
    let rank: Int
    let configuration: ShiftWorld.Configuration
    let decoder: LowRankDecoder
    let actionSize: Int

    init(layers: [EditedLayer], rank: Int, configuration: ShiftWorld.Configuration, offset: SignOffset) throws {
        self.layers = layers
        self.rank = rank
        self.configuration = configuration
        decoder = try LowRankDecoder(layers: layers, rank: rank, offset: offset)
        actionSize = layers.reduce(0) { $0 + ActionForm.lowRank(rank: rank).size(for: $1) }
    }

    func apply(_ action: UnsafeBufferPointer<Float>, to edits: [LayerEdit], progress: Double) throws -> [LayerEdit] {
        let scale = try checkedScale(configuration.scale, progress: progress, owner: "ShiftWorld")
        var start = 0
        return try layers.indices.map { index in
            let layer = layers[index]
            defer { start += ActionForm.lowRank(rank: rank).size(for: layer) }
            let factors: LowRankFactors
            switch configuration.unit {
            case .absolute:
                factors = try decoder.factors(
                    action, layer: index, start: start, scale: scale / Double(rank).squareRoot())
            case .rootMeanSquare:
                // Dividing by √rank keeps the size of an edit when the rank grows (arXiv 2312.03732).
                factors = try decoder.factors(
                    action, layer: index, start: start,
                    scale: scale * layer.rootMeanSquare / Double(rank).squareRoot())
            case .relativeNorm:
                let raw = try decoder.factors(action, layer: index, start: start, scale: 1)
                let norm = EditMagnitude.frobeniusNorm(of: try raw.product())
                let strength = Float(relativeStrength(scale: scale, layer: layer, norm: norm))
                factors = try LowRankFactors(
                    left: try Tensor(raw.left.scalars.map { $0 * strength }, shape: raw.left.shape), right: raw.right)
            }
            return try accumulate(factors, onto: edits[index], of: layer)
        }
    }

    /// Factors of several steps stand side by side while that is cheaper than the dense sum.
    private func accumulate(_ factors: LowRankFactors, onto edit: LayerEdit, of layer: EditedLayer) throws -> LayerEdit
    {
        switch edit {
        case .unchanged: return .shift(factors)
        case .shift(let before) where (before.rank + factors.rank) * 4 <= min(layer.rows, layer.columns):
            return .shift(try before.appending(factors))
        default:
            var weights = try edit.weights(of: layer)
            try weights.add(factors)
            return .weights(weights)
        }
    }
}

private struct FullShift: BoundWorld {
    let layers: [EditedLayer]
    let configuration: ShiftWorld.Configuration
    var actionSize: Int { layers.reduce(0) { $0 + $1.count } }

    func apply(_ action: UnsafeBufferPointer<Float>, to edits: [LayerEdit], progress: Double) throws -> [LayerEdit] {
        let scale = try checkedScale(configuration.scale, progress: progress, owner: "ShiftWorld")
        var start = 0
        return try layers.indices.map { index in
            let layer = layers[index]
            defer { start += layer.count }
            let strength: Double
            switch configuration.unit {
            case .absolute: strength = scale
            case .rootMeanSquare: strength = scale * layer.rootMeanSquare
            case .relativeNorm:
                var squares = 0.0
                for entry in 0..<layer.count {
                    squares += Double(action[start + entry]) * Double(action[start + entry])
                }
                strength = relativeStrength(scale: scale, layer: layer, norm: squares.squareRoot())
            }
            var weights = try edits[index].weights(of: layer)
            weights.withUnsafeMutableBufferPointer { buffer in
                for entry in buffer.indices { buffer[entry] += Float(strength) * action[start + entry] }
            }
            return .weights(weights)
        }
    }
}

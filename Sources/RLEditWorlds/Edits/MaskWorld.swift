public import RLEditCore
public import RLEditTensor

/// The world in which an action scales weights: `W ← W ⊙ (1 + s·(B + b₀)A/√rank)`, or `W ← W ⊙ (1 + s·M)` where M holds
/// a number for each weight, or the same one for all weights of a unit. Steps of an episode multiply. (*Reinforcement
/// Learning for Neural Model Editing*, arXiv 2606.13461, with the sign offset `b₀` and the rank scaling added here.)
public struct MaskWorld: CatalogueWorld {
    public struct Configuration: EditConfiguration {
        public var form = ActionForm.lowRank(rank: 1)
        public var scale = LayerScale.constant(2)
        public var offset = 0.5
        public var sparsity = EditSparsity.dense
        public var bias = false
        public var rows: [Int]?
        public init() {}

        public var owner: String { MaskWorld.name }
        public var settings: [Setting<Self>] { sharedSettings }
    }

    public static var name: String { "MaskWorld" }
    public static var documentation: String {
        """
        The world in which an action scales weights: `W ← W ⊙ (1 + scale · (B + offset) A / √rank)`. The masks of an \
        episode's steps multiply.
        """
    }

    public let configuration: Configuration

    public init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

    public func bind(to layers: [EditedLayer], random: RandomStream) throws -> any BoundWorld {
        try configuration.validate(for: layers)
        return BoundMask(
            layers: layers,
            decoder: try StepDecoder(
                configuration.form, layers: layers, rows: configuration.rows,
                offset: SignOffset(magnitude: configuration.offset, random: random)),
            scale: try BoundScale(configuration.scale, layers: layers, owner: name), sparsity: configuration.sparsity)
    }
}

private struct BoundMask: BoundWorld {
    let layers: [EditedLayer]
    let decoder: StepDecoder
    let scale: BoundScale
    let sparsity: EditSparsity
    var actionSize: Int { decoder.actionSize }

    func apply(_ action: UnsafeBufferPointer<Float>, to edits: [LayerEdit], progress: Double) throws -> [LayerEdit] {
        let scales = try scale.values(at: progress)
        return try layers.indices.map { index in
            let step = try decoder.step(action, layer: index, strength: scales[index])
            return try multiply(edits[index], by: step, of: layers[index])
        }
    }

    private func multiply(_ edit: LayerEdit, by step: LayerStep, of layer: EditedLayer) throws -> LayerEdit {
        if case .factors(let factors) = step, sparsity == .dense {
            switch edit {
            case .unchanged: return .mask(accumulated: nil, factors: factors)
            case .mask: return .mask(accumulated: try edit.mask(of: layer), factors: factors)
            case .shift, .weights: break
            }
        }
        var mask = try step.product()
        if sparsity != .dense {
            sparsity.apply(to: &mask, importance: mask.multiplied(by: try edit.weights(of: layer)))
        }
        mask.withUnsafeMutableBufferPointer { mask in
            for index in mask.indices { mask[index] += 1 }
        }
        switch edit {
        case .unchanged: return .mask(accumulated: mask, factors: nil)
        case .mask: return .mask(accumulated: mask.multiplied(by: try edit.mask(of: layer)), factors: nil)
        // Weights that another world made are scaled as they are.
        case .shift, .weights: return .weights(try edit.weights(of: layer).multiplied(by: mask))
        }
    }
}

extension Tensor {
    /// The product with a tensor of the same shape, element by element; nil means all ones.
    fileprivate func multiplied(by mask: Tensor?) -> Tensor {
        guard let mask else { return self }
        var result = self
        result.withUnsafeMutableBufferPointer { buffer in
            mask.withUnsafeBufferPointer { mask in
                for index in buffer.indices { buffer[index] *= mask[index] }
            }
        }
        return result
    }
}

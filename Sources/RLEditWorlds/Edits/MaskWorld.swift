public import RLEditTensor

/// The world in which an action scales weights: `W ← W ⊙ (1 + s·(B + b₀)A/√rank)`, or `W ← W ⊙ (1 + s·M)` for a full
/// action. Steps of an episode multiply. (*Reinforcement Learning for Neural Model Editing*, arXiv 2606.13461, with the
/// sign offset `b₀` and the rank scaling added here.)
public struct MaskWorld: EditWorld {
    public struct Configuration {
        /// Low-rank factors (default rank 1) or a full mask.
        public var form = ActionForm.lowRank(rank: 1)
        /// Strength `s` of an action, above 0 and at most 1e6, a number or a schedule of progress.
        /// Default 2, chosen by measurement on seeds ≥ 100 and validation images (docs/results.md, "Defaults").
        public var scale = Schedule.constant(2)
        /// Magnitude of the sign offset on `B`, 0 … 1; 0 switches it off and PPO then fails to start.
        public var offset = 0.5
        public init() {}
    }

    public let configuration: Configuration
    public var name: String { "MaskWorld" }

    public init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

    public var settings: [(name: String, value: String)] {
        [
            ("action", configuration.form.description), ("scale", configuration.scale.description),
            ("offset", "\(configuration.offset)"),
        ]
    }

    public func bind(to layers: [EditedLayer], random: RandomStream) throws -> any BoundWorld {
        try configuration.form.validate(for: layers)
        try validateOffset(configuration.offset, owner: name)
        switch configuration.form {
        case .lowRank(let rank):
            return try LowRankMask(
                layers: layers, rank: rank, scale: configuration.scale,
                offset: SignOffset(magnitude: configuration.offset, random: random))
        case .full:
            return FullMask(layers: layers, scale: configuration.scale)
        }
    }
}

/// - Throws: ``WorldError/invalidSetting(owner:field:message:)`` for an offset outside 0 … 1.
func validateOffset(_ offset: Double, owner: String) throws {
    guard (0...1).contains(offset) else {
        throw WorldError.invalidSetting(owner: owner, field: "offset", message: "must be in 0 … 1, got \(offset)")
    }
}

/// The value of a scale schedule, checked. A million times the weights is far past any use, and keeps products finite.
func checkedScale(_ scale: Schedule, progress: Double, owner: String) throws -> Double {
    let value = try scale(progress)
    guard value > 0, value <= 1e6 else {
        throw WorldError.invalidSetting(
            owner: owner, field: "scale", message: "must be above 0 and at most 1e6, got \(value)")
    }
    return value
}

private struct LowRankMask: BoundWorld {
    let layers: [EditedLayer]
    let rank: Int
    let scale: Schedule
    let decoder: LowRankDecoder
    let actionSize: Int

    init(layers: [EditedLayer], rank: Int, scale: Schedule, offset: SignOffset) throws {
        self.layers = layers
        self.rank = rank
        self.scale = scale
        decoder = try LowRankDecoder(layers: layers, rank: rank, offset: offset)
        actionSize = layers.reduce(0) { $0 + ActionForm.lowRank(rank: rank).size(for: $1) }
    }

    func apply(_ action: UnsafeBufferPointer<Float>, to edits: [LayerEdit], progress: Double) throws -> [LayerEdit] {
        // Dividing by √rank keeps the size of an edit when the rank grows (as in rank-stabilised LoRA, arXiv 2312.03732).
        let strength =
            try checkedScale(scale, progress: progress, owner: "MaskWorld") / Double(rank).squareRoot()
        var start = 0
        return try layers.indices.map { index in
            defer { start += ActionForm.lowRank(rank: rank).size(for: layers[index]) }
            let factors = try decoder.factors(action, layer: index, start: start, scale: strength)
            switch edits[index] {
            case .unchanged:
                return .mask(accumulated: nil, factors: factors)
            case .mask:
                return .mask(accumulated: try edits[index].mask(of: layers[index]), factors: factors)
            case .shift, .weights:
                // Weights that another world made are scaled as they are.
                let mask = try LayerEdit.mask(accumulated: nil, factors: factors).mask(of: layers[index])
                return .weights(try edits[index].weights(of: layers[index]).scaled(by: mask))
            }
        }
    }
}

private struct FullMask: BoundWorld {
    let layers: [EditedLayer]
    let scale: Schedule
    var actionSize: Int { layers.reduce(0) { $0 + $1.count } }

    func apply(_ action: UnsafeBufferPointer<Float>, to edits: [LayerEdit], progress: Double) throws -> [LayerEdit] {
        let strength = Float(try checkedScale(scale, progress: progress, owner: "MaskWorld"))
        var start = 0
        return try layers.indices.map { index in
            defer { start += layers[index].count }
            let mask = try Tensor(shape: [layers[index].rows, layers[index].columns]) { buffer in
                for entry in buffer.indices { buffer[entry] = 1 + strength * action[start + entry] }
            }
            switch edits[index] {
            case .unchanged, .mask:
                return .mask(accumulated: mask.scaled(by: try edits[index].mask(of: layers[index])), factors: nil)
            case .shift, .weights:
                return .weights(try edits[index].weights(of: layers[index]).scaled(by: mask))
            }
        }
    }
}

extension Tensor {
    /// The product with a tensor of the same shape, element by element; nil stands for all ones.
    fileprivate func scaled(by mask: Tensor?) -> Tensor {
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

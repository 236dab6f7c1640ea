public import RLEditTensor

/// The world in which an action scales weights: `W ← W ⊙ (1 + s·(B + b₀)A/√rank)`, or `W ← W ⊙ (1 + s·M)` where M holds
/// a number for each weight, or the same one for all weights of a unit. Steps of an episode multiply. (*Reinforcement
/// Learning for Neural Model Editing*, arXiv 2606.13461, with the sign offset `b₀` and the rank scaling added here.)
public struct MaskWorld: EditWorld {
    public struct Configuration {
        /// Low-rank factors (default rank 1), a full mask, or a number for each output unit or each input.
        public var form = ActionForm.lowRank(rank: 1)
        /// Strength `s` of an action, above 0 and at most 1e6: a number or a schedule of progress, for all layers or for
        /// each. Default 2, chosen by measurement on seeds ≥ 100 and validation images (docs/results.md, "Defaults").
        public var scale = LayerScale.constant(2)
        /// Magnitude of the sign offset on `B`, 0 … 1; 0 switches it off and PPO then fails to start.
        public var offset = 0.5
        /// Which weights a step changes: those whose weight would change most. Default all.
        public var sparsity = EditSparsity.dense
        /// Whether a layer counts with its bias, as the matrix `[W | b]` whose last input is always 1.
        public var bias = false
        /// Rows of the only edited layer that an action speaks of, such as the words of an embedding's table; nil for all.
        public var rows: [Int]?
        public init() {}
    }

    public let configuration: Configuration
    public var name: String { "MaskWorld" }
    public var editsBias: Bool { configuration.bias }

    public init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

    public var settings: [(name: String, value: String)] {
        [
            ("action", configuration.form.description), ("scale", configuration.scale.description),
            ("offset", "\(configuration.offset)"), ("sparsity", configuration.sparsity.description),
            ("bias", "\(configuration.bias)"),
        ] + rowsSetting(configuration.rows)
    }

    public func bind(to layers: [EditedLayer], random: RandomStream) throws -> any BoundWorld {
        try validateRows(configuration.rows, of: layers, owner: name)
        try configuration.form.validate(for: layers, rows: configuration.rows)
        try validateOffset(configuration.offset, owner: name)
        try configuration.sparsity.validate(for: layers, owner: name)
        return BoundMask(
            layers: layers,
            decoder: try StepDecoder(
                configuration.form, layers: layers, rows: configuration.rows,
                offset: SignOffset(magnitude: configuration.offset, random: random)),
            scale: try BoundScale(configuration.scale, layers: layers, owner: name), sparsity: configuration.sparsity)
    }
}

/// - Throws: ``WorldError/invalidSetting(owner:field:message:)`` for an offset outside 0 … 1.
func validateOffset(_ offset: Double, owner: String) throws {
    guard (0...1).contains(offset) else {
        throw WorldError.invalidSetting(owner: owner, field: "offset", message: "must be in 0 … 1, got \(offset)")
    }
}

/// The words for rows of a layer; none for all of them.
func rowsSetting(_ rows: [Int]?) -> [(name: String, value: String)] {
    rows.map { [("rows", "\($0)")] } ?? []
}

/// - Throws: ``WorldError/invalidSetting(owner:field:message:)`` for rows that are not those of a single layer.
func validateRows(_ rows: [Int]?, of layers: [EditedLayer], owner: String) throws {
    guard let rows else { return }
    func fault(_ message: String) -> WorldError { .invalidSetting(owner: owner, field: "rows", message: message) }
    guard layers.count == 1, let layer = layers.first else {
        throw fault("are those of one edited layer, and \(layers.count) are edited")
    }
    guard !rows.isEmpty else { throw fault("names no row") }
    guard Set(rows).count == rows.count else { throw fault("names a row twice") }
    if let row = rows.first(where: { !(0..<layer.rows).contains($0) }) {
        throw fault("names row \(row), and layer '\(layer.name)' has the rows 0 to \(layer.rows - 1)")
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

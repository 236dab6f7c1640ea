internal import RLEditTensor

/// What one action says of one layer, scale included, before a world multiplies or adds it.
enum LayerStep {
    /// A product of two factors: cheap to evaluate where weights are added.
    case factors(LowRankFactors)
    /// One number for each weight, `[rows, columns]`.
    case dense(Tensor)

    /// One number for each weight, `[rows, columns]`.
    func product() throws -> Tensor {
        switch self {
        case .factors(let factors): try factors.product()
        case .dense(let tensor): tensor
        }
    }

    /// The step times a number.
    func scaled(by factor: Float) throws -> LayerStep {
        switch self {
        case .factors(let factors):
            return .factors(
                try LowRankFactors(
                    left: try Tensor(factors.left.scalars.map { $0 * factor }, shape: factors.left.shape),
                    right: factors.right))
        case .dense(var tensor):
            tensor.withUnsafeMutableBufferPointer { buffer in
                for index in buffer.indices { buffer[index] *= factor }
            }
            return .dense(tensor)
        }
    }
}

/// Cuts an action into the steps of its layers.
struct StepDecoder {
    let actionSize: Int
    private let form: ActionForm
    private let layers: [EditedLayer]
    /// Where the numbers of each layer begin.
    private let starts: [Int]
    /// `b₀` of each layer for low-rank actions, `[rows, rank]`; ones of the layer's other side for actions per unit.
    private let companions: [Tensor]

    init(_ form: ActionForm, layers: [EditedLayer], offset: SignOffset) throws {
        self.form = form
        self.layers = layers
        var size = 0
        starts = layers.map { layer in
            defer { size += form.size(for: layer) }
            return size
        }
        actionSize = size
        companions = try layers.map { layer in
            switch form {
            case .lowRank(let rank): try offset.matrix(for: layer, rank: rank)
            case .units(.outputs): try Tensor.ones([1, layer.columns])
            case .units(.inputs): try Tensor.ones([layer.rows, 1])
            case .full: try Tensor.zeros([0])
            }
        }
    }

    /// The step of layer `index`: `strength` times `(B + b₀)A/√rank`, or the numbers of the layer's units or weights.
    ///
    /// Dividing by √rank keeps the size of an edit when the rank grows (as in rank-stabilized LoRA, arXiv 2312.03732).
    func step(_ action: UnsafeBufferPointer<Float>, layer index: Int, strength: Double) throws -> LayerStep {
        let (layer, start, companion) = (layers[index], starts[index], companions[index])
        func numbers(_ shape: [Int], from start: Int, times factor: Float) throws -> Tensor {
            try Tensor(shape: shape) { buffer in
                for entry in buffer.indices { buffer[entry] = factor * action[start + entry] }
            }
        }
        switch form {
        case .lowRank(let rank):
            let factor = Float(strength / Double(rank).squareRoot())
            let left = try Tensor(shape: [layer.rows, rank]) { buffer in
                companion.withUnsafeBufferPointer { offset in
                    for entry in buffer.indices { buffer[entry] = factor * (action[start + entry] + offset[entry]) }
                }
            }
            let right = try numbers([rank, layer.columns], from: start + layer.rows * rank, times: 1)
            return .factors(try LowRankFactors(left: left, right: right))
        case .units(.outputs):
            let left = try numbers([layer.rows, 1], from: start, times: Float(strength))
            return .factors(try LowRankFactors(left: left, right: companion))
        case .units(.inputs):
            let right = try numbers([1, layer.columns], from: start, times: Float(strength))
            return .factors(try LowRankFactors(left: companion, right: right))
        case .full:
            return .dense(try numbers([layer.rows, layer.columns], from: start, times: Float(strength)))
        }
    }
}

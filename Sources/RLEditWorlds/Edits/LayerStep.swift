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
    /// The rows of the only layer for which an action has numbers, in its order; nil for all rows of each layer.
    private let rows: [Int]?

    /// - Parameter rows: that fit the only layer (``EditConfiguration``).
    init(_ form: ActionForm, layers: [EditedLayer], rows: [Int]?, offset: SignOffset) throws {
        self.form = form
        self.layers = layers
        self.rows = rows
        var size = 0
        starts = layers.map { layer in
            defer { size += form.size(rows: rows?.count ?? layer.rows, columns: layer.columns) }
            return size
        }
        actionSize = size
        companions = try layers.map { layer in
            let count = rows?.count ?? layer.rows
            switch form {
            case .lowRank(let rank): return try offset.matrix(for: layer, rows: count, rank: rank)
            case .units(.outputs): return try Tensor.ones([1, layer.columns])
            case .units(.inputs): return try StepDecoder.placed(.ones([count, 1]), rows: rows, of: layer)
            case .full: return try Tensor.zeros([0])
            }
        }
    }

    /// Puts the numbers of the rows that an action names into these rows, and zeros into all others: `[count, width]` →
    /// `[layer.rows, width]`.
    private static func placed(_ numbers: Tensor, rows: [Int]?, of layer: EditedLayer) throws -> Tensor {
        guard let rows else { return numbers }
        let width = numbers.shape[1]
        return try Tensor(shape: [layer.rows, width]) { buffer in
            buffer.update(repeating: 0)
            numbers.withUnsafeBufferPointer { numbers in
                for (place, row) in rows.enumerated() {
                    for column in 0..<width { buffer[row * width + column] = numbers[place * width + column] }
                }
            }
        }
    }

    /// The step of layer `index`: `strength` times `(B + b₀)A/√rank`, or the numbers of the layer's units or weights.
    ///
    /// Dividing by √rank keeps the size of an edit when the rank grows (as in rank-stabilized LoRA, arXiv 2312.03732).
    func step(_ action: UnsafeBufferPointer<Float>, layer index: Int, strength: Double) throws -> LayerStep {
        let (layer, start, companion) = (layers[index], starts[index], companions[index])
        let count = rows?.count ?? layer.rows
        func numbers(_ shape: [Int], from start: Int, times factor: Float) throws -> Tensor {
            try Tensor(shape: shape) { buffer in
                for entry in buffer.indices { buffer[entry] = factor * action[start + entry] }
            }
        }
        func placed(_ numbers: Tensor) throws -> Tensor {
            try StepDecoder.placed(numbers, rows: rows, of: layer)
        }
        switch form {
        case .lowRank(let rank):
            let factor = Float(strength / Double(rank).squareRoot())
            let left = try Tensor(shape: [count, rank]) { buffer in
                companion.withUnsafeBufferPointer { offset in
                    for entry in buffer.indices { buffer[entry] = factor * (action[start + entry] + offset[entry]) }
                }
            }
            let right = try numbers([rank, layer.columns], from: start + count * rank, times: 1)
            return .factors(try LowRankFactors(left: placed(left), right: right))
        case .units(.outputs):
            let left = try numbers([count, 1], from: start, times: Float(strength))
            return .factors(try LowRankFactors(left: placed(left), right: companion))
        case .units(.inputs):
            let right = try numbers([1, layer.columns], from: start, times: Float(strength))
            return .factors(try LowRankFactors(left: companion, right: right))
        case .full:
            return .dense(try placed(numbers([count, layer.columns], from: start, times: Float(strength))))
        }
    }
}

public import RLEditTensor

/// The world in which an action adds to the scores of a network alone: `b ← b + s·a`, a number for each row of its last
/// layer. Steps of an episode add up.
///
/// It is a control. What a search reaches here needs no edit of weights: an offset of each class's score does as well.
public struct LogitBias: EditWorld {
    /// The largest offset of one action, s. With it a class can be excluded, or called whenever it is likely at all.
    public static let scale: Float = 10

    public init() {}
    public var name: String { "LogitBias" }
    public var editsBias: Bool { true }

    /// - Parameter layers: the last layer alone, with its bias.
    public func bind(to layers: [EditedLayer], random: RandomStream) throws -> any BoundWorld {
        guard let layer = layers.first, layers.count == 1, layer.includesBias else {
            throw WorldError.layerNotEditable(
                layer: layers.first?.name ?? "none", reason: "\(name) needs one layer, with its bias")
        }
        return Bound(layer: layer)
    }

    private struct Bound: BoundWorld {
        let layer: EditedLayer
        var actionSize: Int { layer.rows }

        /// The matrix `[0 | offsets]` as factors, so that the evaluator makes no product with it.
        func apply(_ action: UnsafeBufferPointer<Float>, to edits: [LayerEdit], progress: Double) throws -> [LayerEdit]
        {
            var offsets = action.map { LogitBias.scale * $0 }
            if case .shift(let before)? = edits.first {
                offsets = zip(offsets, before.left.scalars).map { $0 + $1 }
            }
            let isBias = (1...layer.columns).map { $0 == layer.columns ? Float(1) : 0 }
            let factors = try LowRankFactors(
                left: Tensor(offsets, shape: [layer.rows, 1]), right: Tensor(isBias, shape: [1, layer.columns]))
            return [.shift(factors)]
        }
    }
}

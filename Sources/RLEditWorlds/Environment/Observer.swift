public import RLEditTensor

/// Makes an observation of edited weights: what the policy sees of an episode's state.
public protocol Observer: Sendable {
    /// The observer's name in the configuration.
    var name: String { get }
    /// Features of one observation.
    func size(for layers: [EditedLayer]) -> Int
    /// Writes one observation.
    /// - Parameters:
    ///   - weights: the edited weights, one `[rows, columns]` per layer, with the bias where that is edited too.
    ///   - features: `size` floats to fill.
    func observe(_ weights: [Tensor], of layers: [EditedLayer], into features: UnsafeMutableBufferPointer<Float>)
}

/// All weights of the edited layers, each layer shifted and scaled by the mean and standard deviation of its unedited
/// weights. Without this the inputs of the policy are so small (σ ≈ 0.06) that PPO learns many times slower.
public struct StandardizedWeights: Observer {
    public init() {}
    public var name: String { "standardized" }
    public func size(for layers: [EditedLayer]) -> Int { layers.reduce(0) { $0 + $1.count } }

    public func observe(
        _ weights: [Tensor], of layers: [EditedLayer], into features: UnsafeMutableBufferPointer<Float>
    ) {
        var start = 0
        for (weight, layer) in zip(weights, layers) {
            let mean = Float(layer.mean)
            let factor = Float(layer.standardDeviation > 0 ? 1 / layer.standardDeviation : 1)
            weight.withUnsafeBufferPointer { weight in
                for index in weight.indices { features[start + index] = (weight[index] - mean) * factor }
            }
            start += layer.count
        }
    }
}

/// All weights of the edited layers as they are.
public struct RawWeights: Observer {
    public init() {}
    public var name: String { "raw" }
    public func size(for layers: [EditedLayer]) -> Int { layers.reduce(0) { $0 + $1.count } }

    public func observe(
        _ weights: [Tensor], of layers: [EditedLayer], into features: UnsafeMutableBufferPointer<Float>
    ) {
        var start = 0
        for weight in weights {
            weight.withUnsafeBufferPointer { weight in
                for index in weight.indices { features[start + index] = weight[index] }
            }
            start += weight.count
        }
    }
}

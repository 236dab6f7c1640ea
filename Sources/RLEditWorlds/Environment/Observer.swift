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

/// Mean and root mean square of each row and of each column, for layers with too many weights for a policy to look at:
/// `2 · (rows + columns)` numbers a layer.
///
/// Means are shifted and scaled as ``StandardizedWeights`` does, and multiplied by √n for n weights, so that they are near
/// ±1 for weights without a pattern. A root mean square is divided by that of the unedited layer, less 1.
public struct WeightStatistics: Observer {
    /// Edited weights above which it is the default: the perceptrons of the learners grow with what they look at.
    public static let standardAbove = 65_536

    public init() {}
    public var name: String { "statistics" }
    public func size(for layers: [EditedLayer]) -> Int { layers.reduce(0) { $0 + 2 * ($1.rows + $1.columns) } }

    public func observe(
        _ weights: [Tensor], of layers: [EditedLayer], into features: UnsafeMutableBufferPointer<Float>
    ) {
        var start = 0
        for (weight, layer) in zip(weights, layers) {
            var sums = [Double](repeating: 0, count: layer.rows + layer.columns)
            var squares = sums
            weight.withUnsafeBufferPointer { weight in
                for row in 0..<layer.rows {
                    for column in 0..<layer.columns {
                        let value = Double(weight[row * layer.columns + column])
                        sums[row] += value
                        squares[row] += value * value
                        sums[layer.rows + column] += value
                        squares[layer.rows + column] += value * value
                    }
                }
            }
            let deviation = layer.standardDeviation > 0 ? layer.standardDeviation : 1
            let unit = layer.rootMeanSquare > 0 ? layer.rootMeanSquare : 1
            for (place, sum) in sums.enumerated() {
                let count = Double(place < layer.rows ? layer.columns : layer.rows)
                features[start + 2 * place] = Float((sum / count - layer.mean) / deviation * count.squareRoot())
                features[start + 2 * place + 1] = Float((squares[place] / count).squareRoot() / unit - 1)
            }
            start += 2 * sums.count
        }
    }
}

/// The observer of a task that names none: all weights, or their statistics where there are too many.
public func standardObserver(for layers: [EditedLayer]) -> any Observer {
    let weights = layers.reduce(0) { $0 + $1.count }
    return weights > WeightStatistics.standardAbove ? WeightStatistics() : StandardizedWeights()
}

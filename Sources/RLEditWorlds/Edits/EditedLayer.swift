package import RLEditNN
public import RLEditTensor

/// One weight matrix that a world may change: the weight of a named layer, seen as `[rows, columns]`.
///
/// Rows are output units, columns inputs, as PyTorch stores them; a convolution's `[out, in, kh, kw]` is seen as
/// `[out, in·kh·kw]`. Biases are never edited.
public struct EditedLayer: Sendable {
    /// Name of the layer in its network, for example `fc2`.
    public let name: String
    /// Name of the parameter, for example `fc2.weight`.
    public let parameterName: String
    /// The parameter's own shape.
    public let shape: [Int]
    /// Output units.
    public let rows: Int
    /// Inputs of one output unit.
    public let columns: Int
    /// The unedited weights, `[rows, columns]`.
    public let base: Tensor
    /// Mean of the unedited weights.
    public let mean: Double
    /// Population standard deviation of the unedited weights.
    public let standardDeviation: Double
    /// √(mean of squares) of the unedited weights: the unit of a shift.
    public let rootMeanSquare: Double

    /// Number of weights.
    public var count: Int { rows * columns }
    /// Frobenius norm of the unedited weights.
    public var norm: Double { rootMeanSquare * Double(count).squareRoot() }

    /// - Throws: ``WorldError/layerNotEditable(layer:reason:)`` when the weight is not at least a matrix, is empty, or
    ///   holds values that are not finite.
    public init(name: String, parameterName: String, weight: Tensor) throws {
        guard weight.rank >= 2, weight.count > 0 else {
            throw WorldError.layerNotEditable(
                layer: name, reason: "its weight of shape \(weight.shape) is not a matrix or a convolution kernel")
        }
        self.name = name
        self.parameterName = parameterName
        shape = weight.shape
        rows = weight.shape[0]
        columns = weight.count / rows
        base = try weight.reshaped([rows, columns])
        var sum = 0.0
        var squares = 0.0
        base.withUnsafeBufferPointer { values in
            for value in values {
                sum += Double(value)
                squares += Double(value) * Double(value)
            }
        }
        // Squares of finite floats cannot overflow a double, so this finds NaN and infinity and nothing else.
        guard squares.isFinite else {
            throw WorldError.layerNotEditable(
                layer: name, reason: "its weights hold values that are not finite numbers")
        }
        let count = Double(weight.count)
        mean = sum / count
        standardDeviation = max(squares / count - mean * mean, 0).squareRoot()
        rootMeanSquare = (squares / count).squareRoot()
    }
}

extension Network {
    /// Names of the layers that worlds can edit: those with a weight matrix or a convolution kernel `[out, …]`.
    package var editableLayers: [String] {
        nodes.filter { !($0.layer is EmbeddingBag) && (parameter("\($0.name).weight")?.rank ?? 0) >= 2 }.map(\.name)
    }
}

extension EditedLayer {
    /// The layer of a network, as it is now.
    /// - Throws: ``WorldError`` when there is none of this name, or none that can be edited.
    package init(named name: String, of network: Network) throws {
        let editable = network.editableLayers
        guard let node = network.nodeIndex(named: name) else {
            throw WorldError.unknownLayer(
                name: name, nearest: Spelling.nearest(to: name, among: editable), editable: editable)
        }
        let others = "layers that can be edited: \(editable.joined(separator: ", "))"
        let layer = network.nodes[node].layer
        // Its weight lies one row a word, [words, out]: the factors of an edit would have their roles swapped, and all
        // examples would have to be kept with their zeros.
        guard !(layer is EmbeddingBag) else {
            throw WorldError.layerNotEditable(layer: name, reason: "it is the table of the words; \(others)")
        }
        guard let weight = network.parameter("\(name).weight") else {
            throw WorldError.layerNotEditable(layer: name, reason: "a \(layer.kind) has no weights; \(others)")
        }
        try self.init(name: name, parameterName: "\(name).weight", weight: weight)
    }
}

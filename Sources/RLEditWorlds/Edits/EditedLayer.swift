internal import RLEditCore
package import RLEditNN
public import RLEditTensor

/// One weight matrix that a world may change: the weight of a named layer, seen as `[rows, columns]`.
///
/// Rows are output units, columns inputs, as PyTorch stores them; a convolution's `[out, in, kh, kw]` is seen as
/// `[out, in·kh·kw]`. A layer that counts with its bias is seen as `[W | b]`: the bias is one more column, as if one more
/// input were always 1.
public struct EditedLayer: Sendable {
    /// Name of the layer in its network, for example `fc2`.
    public let name: String
    /// Name of the parameter, for example `fc2.weight`.
    public let parameterName: String
    /// The weight's own shape.
    public let shape: [Int]
    /// Name of the bias where it is edited too, for example `fc2.bias`.
    public let biasName: String?
    /// Output units.
    public let rows: Int
    /// Inputs of one output unit, and one more where the bias is the last column.
    public let columns: Int
    /// The unedited weights, `[rows, columns]`; in what follows, a bias that is edited is one of the weights.
    public let base: Tensor
    /// Mean of the unedited weights.
    public let mean: Double
    /// Population standard deviation of the unedited weights.
    public let standardDeviation: Double
    /// √(mean of squares) of the unedited weights: the unit of a shift.
    public let rootMeanSquare: Double

    /// Whether the bias is edited too.
    public var includesBias: Bool { biasName != nil }
    /// Number of weights.
    public var count: Int { rows * columns }
    /// Frobenius norm of the unedited weights.
    public var norm: Double { rootMeanSquare * Double(count).squareRoot() }

    /// - Parameter bias: name and values, `[rows]`, of the bias if it is to be edited too.
    /// - Throws: ``WorldError/layerNotEditable(layer:reason:)`` when the weight is not at least a matrix, is empty, or
    ///   holds values that are not finite, or the bias does not have one number for each row.
    public init(
        name: String, parameterName: String, weight: Tensor, bias: (name: String, values: Tensor)? = nil
    ) throws {
        guard weight.rank >= 2, weight.count > 0 else {
            throw WorldError.layerNotEditable(
                layer: name, reason: "its weight of shape \(weight.shape) is not a matrix or a convolution kernel")
        }
        self.name = name
        self.parameterName = parameterName
        shape = weight.shape
        biasName = bias?.name
        rows = weight.shape[0]
        let matrix = try weight.reshaped([rows, weight.count / rows])
        if let bias {
            guard bias.values.shape == [rows] else {
                throw WorldError.layerNotEditable(
                    layer: name, reason: "its bias has shape \(bias.values.shape), expected [\(rows)]")
            }
            base = try Tensor.concat([matrix, bias.values.reshaped([rows, 1])], dimension: 1)
        } else {
            base = matrix
        }
        columns = base.shape[1]
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
        let count = Double(base.count)
        mean = sum / count
        standardDeviation = max(squares / count - mean * mean, 0).squareRoot()
        rootMeanSquare = (squares / count).squareRoot()
    }
}

extension EditedLayer {
    /// Edited weights as the parameters they are: the weight in its own shape, and the bias if it is edited too.
    /// - Parameter weights: `[rows, columns]`.
    package func parameters(of weights: Tensor) throws -> [(name: String, value: Tensor)] {
        guard let biasName else { return [(parameterName, try weights.reshaped(shape))] }
        let inputs = columns - 1
        let weight = try Tensor(shape: shape) { buffer in
            weights.withUnsafeBufferPointer { source in
                for row in 0..<rows {
                    for column in 0..<inputs { buffer[row * inputs + column] = source[row * columns + column] }
                }
            }
        }
        let bias = try Tensor(shape: [rows]) { buffer in
            weights.withUnsafeBufferPointer { source in
                for row in 0..<rows { buffer[row] = source[row * columns + inputs] }
            }
        }
        return [(parameterName, weight), (biasName, bias)]
    }
}

extension Network {
    /// Sets the parameters of a layer to its edited ones. An unedited layer shares its storage.
    /// - Throws: ``WorldError/invalidEdit(layer:message:)`` for an edit of another shape than the layer.
    package mutating func apply(_ edit: LayerEdit, to layer: EditedLayer) throws {
        if case .unchanged = edit { return }
        for (name, value) in try layer.parameters(of: edit.weights(of: layer)) { try setParameter(name, value) }
    }

    /// Names of the layers that worlds can edit: those with a weight matrix or a convolution kernel `[out, …]`.
    package var editableLayers: [String] {
        nodes.filter { !($0.layer is EmbeddingBag) && (parameter("\($0.name).weight")?.rank ?? 0) >= 2 }.map(\.name)
    }
}

extension Network {
    /// Layers by name, in this order: the one way from names to layers for worlds and baselines.
    /// - Parameters:
    ///   - includingBias: whether they count with their bias.
    ///   - owner: who names them, in messages.
    /// - Throws: ``WorldError`` naming the layer that is not there, is named twice or cannot be edited.
    package func editedLayers(
        _ names: [String], includingBias: Bool = false, owner: String = "world"
    ) throws -> [EditedLayer] {
        guard !names.isEmpty else {
            throw WorldError.invalidSetting(owner: owner, field: "layer", message: "names no layer")
        }
        for (place, name) in names.enumerated() where names[..<place].contains(name) {
            throw WorldError.duplicateLayer(name)
        }
        return try names.map { try EditedLayer(named: $0, of: self, includingBias: includingBias) }
    }
}

extension EditedLayer {
    /// The layer of a network, as it is now.
    /// - Parameter includingBias: whether the bias is edited too.
    /// - Throws: ``WorldError`` when there is none of this name, or none that can be edited.
    package init(named name: String, of network: Network, includingBias: Bool = false) throws {
        let editable = network.editableLayers
        guard let node = network.nodeIndex(named: name) else {
            throw WorldError.unknownLayer(
                name: name, nearest: NearestName.of(name, among: editable), editable: editable)
        }
        let others = "layers that can be edited: \(editable.joined(separator: ", "))"
        let layer = network.nodes[node].layer
        // Its weight lies one row a word, [words, out]: the factors of an edit would have their roles swapped, and all
        // examples would have to be kept with their zeros.
        guard !(layer is EmbeddingBag) else {
            throw WorldError.layerNotEditable(layer: name, reason: "it is the table of the words; \(others)")
        }
        guard !(layer is Attention) else {
            throw WorldError.layerNotEditable(
                layer: name, reason: "attention has no weights: edit the linear layers before it; \(others)")
        }
        guard let weight = network.parameter("\(name).weight") else {
            throw WorldError.layerNotEditable(layer: name, reason: "a \(layer.kind) has no weights; \(others)")
        }
        guard includingBias else {
            try self.init(name: name, parameterName: "\(name).weight", weight: weight)
            return
        }
        guard let bias = network.parameter("\(name).bias") else {
            throw WorldError.layerNotEditable(
                layer: name, reason: "it has no bias, and the world edits layers with their bias")
        }
        try self.init(
            name: name, parameterName: "\(name).weight", weight: weight, bias: ("\(name).bias", bias))
    }
}

internal import CKernels
internal import RLEditTensor

/// How far an edit has moved the edited layers from their base, all layers taken together.
public struct EditMagnitude: Sendable, Equatable {
    /// Frobenius norm of the change.
    public let norm: Double
    /// Mean absolute change of a weight.
    public let meanAbsolute: Double
    /// `norm` divided by the Frobenius norm of the unedited weights.
    public let relativeNorm: Double

    /// - Throws: ``WorldError/invalidEdit(layer:message:)`` for an edit of another shape than its layer.
    public init(of edits: [LayerEdit], on layers: [EditedLayer]) throws {
        var squares = 0.0
        var absolute = 0.0
        var baseSquares = 0.0
        var count = 0
        for (edit, layer) in zip(edits, layers) {
            try edit.weights(of: layer).withUnsafeBufferPointer { edited in
                layer.base.withUnsafeBufferPointer { base in
                    for index in base.indices {
                        let change = Double(edited[index]) - Double(base[index])
                        squares += change * change
                        absolute += abs(change)
                    }
                }
            }
            baseSquares += layer.norm * layer.norm
            count += layer.count
        }
        norm = squares.squareRoot()
        meanAbsolute = count > 0 ? absolute / Double(count) : 0
        relativeNorm = baseSquares > 0 ? norm / baseSquares.squareRoot() : 0
    }

    static func frobeniusNorm(of tensor: Tensor) -> Double {
        tensor.withUnsafeBufferPointer { values in
            var squares = 0.0
            for value in values { squares += Double(value) * Double(value) }
            return squares.squareRoot()
        }
    }
}

extension Tensor {
    /// Adds the product of two factors to a matrix of their shape, in place.
    mutating func add(_ factors: LowRankFactors) throws(TensorError) {
        let expected = [factors.left.shape[0], factors.right.shape[1]]
        guard shape == expected else {
            throw .shapeMismatch(operation: "add factors", expected: expected, actual: shape)
        }
        withUnsafeMutableBufferPointer { buffer in
            factors.left.withUnsafeBufferPointer { left in
                factors.right.withUnsafeBufferPointer { right in
                    guard let out = buffer.baseAddress, let left = left.baseAddress, let right = right.baseAddress
                    else { return }
                    rl_shift_weights(
                        Int64(expected[0]), Int64(expected[1]), Int64(factors.rank), out, left, right, out)
                }
            }
        }
    }
}

package import RLEditTensor

/// A weight with orthonormal rows or columns, whichever are fewer, times `gain` (Saxe, McClelland and Ganguli,
/// arXiv 1312.6120): the Q of the QR decomposition of a matrix of normals, with the signs that make R's diagonal
/// positive, so that it is uniform over such matrices.
///
/// Gram and Schmidt's process in its modified form, each vector projected twice, in `Double` and in a fixed order:
/// initial weights are the same bits on every processor.
/// - Returns: `[outputs, inputs]`.
package func orthogonalMatrix(outputs: Int, inputs: Int, gain: Float, random: inout RandomStream) throws -> Tensor {
    let vectors = min(outputs, inputs)
    let length = max(outputs, inputs)
    guard vectors > 0 else { return try Tensor.zeros([outputs, inputs]) }
    var basis = [Double](repeating: 0, count: vectors * length)
    for index in basis.indices { basis[index] = Double(random.normal()) }
    basis.withUnsafeMutableBufferPointer { basis in
        for vector in 0..<vectors {
            let current = vector * length
            for _ in 0..<2 {
                for earlier in 0..<vector {
                    let other = earlier * length
                    var product = 0.0
                    for index in 0..<length { product += basis[current + index] * basis[other + index] }
                    for index in 0..<length { basis[current + index] -= product * basis[other + index] }
                }
            }
            var square = 0.0
            for index in 0..<length { square += basis[current + index] * basis[current + index] }
            let scale = 1 / square.squareRoot()
            for index in 0..<length { basis[current + index] *= scale }
        }
    }
    let rowsAreVectors = outputs <= inputs
    return try Tensor(shape: [outputs, inputs]) { weight in
        for row in 0..<outputs {
            for column in 0..<inputs {
                let source = rowsAreVectors ? row * length + column : column * length + row
                weight[row * inputs + column] = gain * Float(basis[source])
            }
        }
    }
}

internal import CKernels

/// Arithmetic on vectors in double precision, equal to the bit on every processor.
extension [Double] {
    /// Adds `factor` times a vector of the same length.
    mutating func add(_ other: [Double], times factor: Double) {
        withUnsafeMutableBufferPointer { target in
            other.withUnsafeBufferPointer { source in
                guard let target = target.baseAddress, let base = source.baseAddress else { return }
                rl_add_scaled_double(Int64(source.count), factor, base, target)
            }
        }
    }

    mutating func scale(by factor: Double) {
        withUnsafeMutableBufferPointer { values in
            for index in values.indices { values[index] *= factor }
        }
    }

    /// Adds `factor` x xᵀ to a square matrix.
    mutating func addOuter(_ x: [Double], times factor: Double) {
        withUnsafeMutableBufferPointer { matrix in
            x.withUnsafeBufferPointer { x in
                guard let rows = matrix.baseAddress, let vector = x.baseAddress else { return }
                for row in x.indices {
                    rl_add_scaled_double(Int64(x.count), factor * x[row], vector, rows + row * x.count)
                }
            }
        }
    }

    /// √ Σ x².
    var norm: Double {
        withUnsafeBufferPointer { values in
            values.baseAddress.map { rl_dot_double(Int64(values.count), $0, $0).squareRoot() } ?? 0
        }
    }
}

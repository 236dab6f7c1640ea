internal import CKernels

/// A = L Lᵀ for a symmetric, positive definite matrix: solves systems with it, in double precision and in one fixed order
/// of sums, so that results do not depend on a machine's numeric library.
package struct CholeskyFactor: Sendable {
    private let size: Int
    /// `[size, size]`; L in the lower half.
    private var values: [Double]

    /// - Parameter matrix: A, `[size, size]`, row by row; its lower half counts.
    package init(_ matrix: consuming [Double], size: Int) {
        self.size = size
        values = matrix
        values.withUnsafeMutableBufferPointer { buffer in
            guard let a = buffer.baseAddress else { return }
            for row in 0..<size {
                for column in 0..<row {
                    let sum = a[row * size + column] - rl_dot_double(Int64(column), a + row * size, a + column * size)
                    a[row * size + column] = sum / a[column * size + column]
                }
                let rest = a[row * size + row] - rl_dot_double(Int64(row), a + row * size, a + row * size)
                // Rounding alone can bring a pivot to 0.
                a[row * size + row] = max(rest, 1e-300).squareRoot()
            }
        }
    }

    /// X in A X = B.
    /// - Parameters:
    ///   - right: B, `[size, columns]`, row by row.
    package func solve(_ right: [Double], columns: Int = 1) -> [Double] {
        var solution = right
        values.withUnsafeBufferPointer { factor in
            solution.withUnsafeMutableBufferPointer { buffer in
                guard let l = factor.baseAddress, let x = buffer.baseAddress else { return }
                let width = Int64(columns)
                func divide(_ row: Int) {
                    for column in 0..<columns { x[row * columns + column] /= l[row * size + row] }
                }
                for row in 0..<size {
                    for above in 0..<row {
                        rl_add_scaled_double(width, -l[row * size + above], x + above * columns, x + row * columns)
                    }
                    divide(row)
                }
                for row in stride(from: size - 1, through: 0, by: -1) {
                    divide(row)
                    for above in 0..<row {
                        rl_add_scaled_double(width, -l[row * size + above], x + row * columns, x + above * columns)
                    }
                }
            }
        }
        return solution
    }
}

internal import CKernels

/// Eigenvalues, ascending, and orthonormal eigenvectors of a symmetric matrix: A = Σ λᵢ vᵢ vᵢᵀ.
///
/// Householder's reduction to a tridiagonal matrix, then the implicit QL algorithm with Wilkinson's shifts (Martin,
/// Reinsch and Wilkinson, and Dubrulle, in *Handbook for Automatic Computation II: Linear Algebra*, 1971). Our own and
/// in double precision, so that a run does not depend on the linear algebra library of a machine: the same bits on every
/// processor. About 12 n³ operations.
package struct SymmetricEigen: Sendable {
    package let size: Int
    /// λ, ascending, `[size]`.
    package private(set) var values: [Double]
    /// Row i is the eigenvector of λᵢ, `[size, size]`.
    package private(set) var vectors: [Double]

    /// Iterations in which one eigenvalue must settle; two are usual.
    private static let iterations = 64

    /// - Parameter matrix: `[size, size]`; only its lower triangle is trusted.
    /// - Returns: nil when the matrix holds NaN or infinity, or the iteration does not settle.
    package init?(_ matrix: [Double], size: Int) {
        precondition(size >= 1 && matrix.count == size * size, "a square matrix")
        guard matrix.allSatisfy(\.isFinite) else { return nil }
        self.size = size
        values = Array(repeating: 0, count: size)
        vectors = Array(repeating: 0, count: size * size)
        var work = matrix
        for row in 0..<size {
            for column in (row + 1)..<max(size, row + 1) { work[row * size + column] = work[column * size + row] }
        }
        var offDiagonal = [Double](repeating: 0, count: size)
        let settled = work.withUnsafeMutableBufferPointer { work in
            values.withUnsafeMutableBufferPointer { diagonal in
                vectors.withUnsafeMutableBufferPointer { vectors in
                    offDiagonal.withUnsafeMutableBufferPointer { offDiagonal in
                        guard let work = work.baseAddress, let diagonal = diagonal.baseAddress,
                            let vectors = vectors.baseAddress, let offDiagonal = offDiagonal.baseAddress
                        else { return false }
                        SymmetricEigen.tridiagonalize(
                            work, size, diagonal: diagonal, offDiagonal: offDiagonal, transposedBasis: vectors)
                        return SymmetricEigen.diagonalize(
                            size, diagonal: diagonal, offDiagonal: offDiagonal, rows: vectors)
                    }
                }
            }
        }
        guard settled else { return nil }
        sort()
    }

    /// A = Q T Qᵀ: T's diagonal and sub-diagonal (`offDiagonal[i]` couples i and i + 1), and the rows of Qᵀ.
    /// - Parameter a: the matrix, which is overwritten; column k's Householder vector ends up in its row k.
    private static func tridiagonalize(
        _ a: UnsafeMutablePointer<Double>, _ n: Int, diagonal: UnsafeMutablePointer<Double>,
        offDiagonal: UnsafeMutablePointer<Double>, transposedBasis q: UnsafeMutablePointer<Double>
    ) {
        var factors = [Double](repeating: 0, count: n)
        var product = [Double](repeating: 0, count: n)
        for k in 0..<max(n - 2, 0) {
            diagonal[k] = a[k * n + k]
            let rest = n - k - 1
            // The vector lies in row k right of the diagonal, which symmetry makes column k below it.
            let v = a + k * n + k + 1
            let norm = rl_dot_double(Int64(rest), v, v).squareRoot()
            let first = v[0]
            offDiagonal[k] = first > 0 ? -norm : norm
            // Nothing to reflect when all but the first number are 0.
            guard norm > 0, rl_dot_double(Int64(rest - 1), v + 1, v + 1) > 0 else {
                offDiagonal[k] = first
                continue
            }
            v[0] = first - offDiagonal[k]
            let factor = 2 / rl_dot_double(Int64(rest), v, v)
            factors[k] = factor
            // The block below becomes H S H with H = I − β v vᵀ: S − v wᵀ − w vᵀ, w = β S v − ½ β (β vᵀ S v) v.
            product.withUnsafeMutableBufferPointer { product in
                guard let w = product.baseAddress else { return }
                let block = a + (k + 1) * n + k + 1
                for row in 0..<rest { w[row] = factor * rl_dot_double(Int64(rest), block + row * n, v) }
                let half = 0.5 * factor * rl_dot_double(Int64(rest), w, v)
                rl_add_scaled_double(Int64(rest), -half, v, w)
                for row in 0..<rest {
                    rl_add_scaled_double(Int64(rest), -v[row], w, block + row * n)
                    rl_add_scaled_double(Int64(rest), -w[row], v, block + row * n)
                }
            }
        }
        if n >= 2 {
            diagonal[n - 2] = a[(n - 2) * n + n - 2]
            offDiagonal[n - 2] = a[(n - 2) * n + n - 1]
        }
        diagonal[n - 1] = a[n * n - 1]
        offDiagonal[n - 1] = 0
        // Qᵀ = H_{n−3} ⋯ H₁ H₀, made from its last factor on: rows of the product below k + 1 are touched only.
        for index in 0..<(n * n) { q[index] = index % (n + 1) == 0 ? 1 : 0 }
        for k in stride(from: n - 3, through: 0, by: -1) where factors[k] != 0 {
            let v = a + k * n + k + 1
            let rest = n - k - 1
            for row in (k + 1)..<n {
                let target = q + row * n + k + 1
                rl_add_scaled_double(Int64(rest), -factors[k] * rl_dot_double(Int64(rest), target, v), v, target)
            }
        }
    }

    /// Rotates the tridiagonal matrix to a diagonal one, and the rows of the basis with it.
    /// - Returns: false when an eigenvalue does not settle.
    private static func diagonalize(
        _ n: Int, diagonal d: UnsafeMutablePointer<Double>, offDiagonal e: UnsafeMutablePointer<Double>,
        rows: UnsafeMutablePointer<Double>
    ) -> Bool {
        for low in 0..<n {
            var iteration = 0
            while true {
                // The first place from `low` on where the matrix falls apart.
                var high = low
                while high < n - 1, e[high].magnitude > .ulpOfOne * (d[high].magnitude + d[high + 1].magnitude) {
                    high += 1
                }
                if high == low { break }
                iteration += 1
                guard iteration <= iterations else { return false }
                // Wilkinson's shift: the eigenvalue of the leading 2 × 2 block that is nearer to its first number.
                let half = (d[low + 1] - d[low]) / (2 * e[low])
                let root = hypotenuse(half, 1)
                var g = d[high] - d[low] + e[low] / (half + (half < 0 ? -root : root))
                var (sine, cosine, shift) = (1.0, 1.0, 0.0)
                var isSplit = false
                for i in stride(from: high - 1, through: low, by: -1) {
                    let f = sine * e[i]
                    let b = cosine * e[i]
                    let r = hypotenuse(f, g)
                    e[i + 1] = r
                    guard r > 0 else {
                        // Underflow: the matrix falls apart here.
                        d[i + 1] -= shift
                        e[high] = 0
                        isSplit = true
                        break
                    }
                    sine = f / r
                    cosine = g / r
                    let p = d[i + 1] - shift
                    let q = (d[i] - p) * sine + 2 * cosine * b
                    shift = sine * q
                    d[i + 1] = p + shift
                    g = cosine * q - b
                    rl_rotate_rows(Int64(n), rows + i * n, rows + (i + 1) * n, cosine, sine)
                }
                if isSplit { continue }
                d[low] -= shift
                e[low] = g
                e[high] = 0
            }
        }
        return true
    }

    /// √(a² + b²) without overflow on the way.
    private static func hypotenuse(_ a: Double, _ b: Double) -> Double {
        let (larger, smaller) = (max(a.magnitude, b.magnitude), min(a.magnitude, b.magnitude))
        guard larger > 0 else { return 0 }
        let ratio = smaller / larger
        return larger * (1 + ratio * ratio).squareRoot()
    }

    private mutating func sort() {
        let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
        values = order.map { values[$0] }
        let size = size
        vectors = order.flatMap { vectors[($0 * size)..<(($0 + 1) * size)] }
    }
}

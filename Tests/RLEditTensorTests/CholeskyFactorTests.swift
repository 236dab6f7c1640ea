import RLEditTensor
import Testing

@Suite("Cholesky's factorization")
struct CholeskyFactorTests {
    /// A = M Mᵀ + I of drawn numbers, and X: A X gives the right side.
    @Test("solves systems of any size for several right sides", arguments: [(1, 1), (2, 1), (7, 3), (40, 9)])
    func solves(size: Int, columns: Int) {
        var random = RandomStream(seed: 4, name: "matrix")
        let factor = (0..<size * size).map { _ in Double(random.uniform(-1, 1)) }
        let wanted = (0..<size * columns).map { _ in Double(random.uniform(-1, 1)) }
        var matrix = [Double](repeating: 0, count: size * size)
        for row in 0..<size {
            for column in 0..<size {
                for k in 0..<size { matrix[row * size + column] += factor[row * size + k] * factor[column * size + k] }
            }
            matrix[row * size + row] += 1
        }
        var right = [Double](repeating: 0, count: size * columns)
        for row in 0..<size {
            for column in 0..<columns {
                for k in 0..<size {
                    right[row * columns + column] += matrix[row * size + k] * wanted[k * columns + column]
                }
            }
        }
        let found = CholeskyFactor(matrix, size: size).solve(right, columns: columns)
        for (a, b) in zip(found, wanted) { #expect(abs(a - b) < 1e-11) }
    }
}

import RLEditCore
import RLEditLearners
import RLEditTensor
import Testing

@Suite("Symmetric eigen-solver") struct SymmetricEigenTests {
    /// A symmetric matrix of normals.
    private func random(_ size: Int, seed: UInt64) -> [Double] {
        var stream = RandomStream(seed: seed, name: "matrix")
        var matrix = [Double](repeating: 0, count: size * size)
        for row in 0..<size {
            for column in 0...row {
                matrix[row * size + column] = Double(stream.normal())
                matrix[column * size + row] = matrix[row * size + column]
            }
        }
        return matrix
    }

    /// Largest deviation of Σ λ v vᵀ from the matrix, and of V Vᵀ from the identity.
    private func errors(_ eigen: SymmetricEigen, of matrix: [Double]) -> (reconstruction: Double, orthogonality: Double)
    {
        let (size, v) = (eigen.size, eigen.vectors)
        var worst = (0.0, 0.0)
        for i in 0..<size {
            for j in 0..<size {
                let sum = (0..<size).reduce(0.0) { $0 + eigen.values[$1] * v[$1 * size + i] * v[$1 * size + j] }
                let dot = (0..<size).reduce(0.0) { $0 + v[i * size + $1] * v[j * size + $1] }
                worst.0 = max(worst.0, abs(sum - matrix[i * size + j]))
                worst.1 = max(worst.1, abs(dot - (i == j ? 1 : 0)))
            }
        }
        return worst
    }

    @Test("values and vectors make the matrix again, and the vectors are orthonormal", arguments: [1, 2, 3, 7, 16, 60])
    func reconstructs(size: Int) throws {
        let matrix = random(size, seed: UInt64(size))
        let eigen = try #require(SymmetricEigen(matrix, size: size))
        let (reconstruction, orthogonality) = errors(eigen, of: matrix)
        #expect(reconstruction < 1e-12 * Double(size))
        #expect(orthogonality < 1e-13 * Double(size))
        #expect(eigen.values == eigen.values.sorted())
    }

    @Test("eigenvalues of matrices worked by hand")
    func handWorked() throws {
        // [[2, 1], [1, 2]]: 1 and 3.
        let two = try #require(SymmetricEigen([2, 1, 1, 2], size: 2))
        #expect(zip(two.values, [1, 3]).allSatisfy { abs($0 - $1) < 1e-15 })
        #expect(abs(abs(two.vectors[2]) - 0.5.squareRoot()) < 1e-15 && two.vectors[2] == two.vectors[3])
        // The second difference of n points: 2 − 2 cos(kπ/(n + 1)).
        let n = 9
        let difference = (0..<(n * n)).map { index in
            let distance = abs(index / n - index % n)
            return distance == 0 ? 2.0 : distance == 1 ? -1 : 0
        }
        let eigen = try #require(SymmetricEigen(difference, size: n))
        for k in 1...n {
            let expected = 2 - 2 * PortableMath.cosineOfTurns(Double(k) / Double(2 * (n + 1)))
            #expect(abs(eigen.values[k - 1] - expected) < 1e-14)
        }
    }

    @Test("equal eigenvalues, diagonal matrices and zeros need no luck")
    func degenerate() throws {
        let ones = try #require(SymmetricEigen(Array(repeating: 1, count: 25), size: 5))
        #expect(zip(ones.values, [0, 0, 0, 0, 5]).allSatisfy { abs($0 - $1) < 1e-14 })
        #expect(errors(ones, of: Array(repeating: 1, count: 25)).orthogonality < 1e-14)
        let diagonal = try #require(SymmetricEigen([3, 0, 0, 0, 1, 0, 0, 0, 2], size: 3))
        #expect(diagonal.values == [1, 2, 3])
        let zero = try #require(SymmetricEigen(Array(repeating: 0, count: 16), size: 4))
        #expect(zero.values == [0, 0, 0, 0])
    }

    @Test("a condition of 1e12 is resolved to the precision of the largest value")
    func illConditioned() throws {
        let size = 12
        let basis = try #require(SymmetricEigen(random(size, seed: 5), size: size)).vectors
        let values = (0..<size).map { PortableMath.exp(Double($0) * PortableMath.log(1e12) / Double(size - 1)) }
        let matrix = (0..<(size * size)).map { index in
            (0..<size).reduce(0.0) {
                $0 + values[$1] * basis[$1 * size + index / size] * basis[$1 * size + index % size]
            }
        }
        let eigen = try #require(SymmetricEigen(matrix, size: size))
        for (found, expected) in zip(eigen.values, values) { #expect(abs(found - expected) < 1e-14 * 1e12) }
    }

    @Test("what is not a number is refused")
    func notFinite() {
        #expect(SymmetricEigen([1, .nan, .nan, 1], size: 2) == nil)
        #expect(SymmetricEigen([.infinity], size: 1) == nil)
    }

    @Test("the bits are those of every machine")
    func pinned() throws {
        let eigen = try #require(SymmetricEigen(random(24, seed: 11), size: 24))
        // FNV-1a over all bits, as first computed: a change of a rounding anywhere changes it.
        let hash = (eigen.values + eigen.vectors).reduce(UInt64(0xCBF2_9CE4_8422_2325)) {
            ($0 ^ $1.bitPattern) &* 0x100_0000_01B3
        }
        #expect(hash == 14_124_824_517_340_430_799)
    }
}

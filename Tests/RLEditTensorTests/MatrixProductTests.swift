import RLEditTensor
import Testing

@Suite("Matrix products")
struct MatrixProductTests {
    static let sizes = [(1, 1, 1), (2, 3, 4), (17, 5, 9), (64, 33, 128), (3, 100, 1), (1, 7, 300)]

    @Test("agree with a double-precision reference, either factor transposed", arguments: sizes)
    func reference(m: Int, n: Int, k: Int) throws {
        var stream = RandomStream(seed: 6)
        let a = try Tensor.normal([m, k], using: &stream)
        let b = try Tensor.normal([k, n], using: &stream)
        let (x, y) = (a.scalars.map { Double($0) }, b.scalars.map { Double($0) })
        let results = [
            try a.matmul(b), try a.transposed().matmul(b, transposeSelf: true),
            try a.matmul(b.transposed(), transposeOther: true),
            try a.transposed().matmul(b.transposed(), transposeSelf: true, transposeOther: true),
        ]
        for result in results {
            #expect(result.shape == [m, n])
            let values = result.scalars
            for row in 0..<m {
                for column in 0..<n {
                    let expected = (0..<k).reduce(0.0) { $0 + x[row * k + $1] * y[$1 * n + column] }
                    #expect(abs(Double(values[row * n + column]) - expected) <= 2e-6 * Double(k).squareRoot() * 4)
                }
            }
        }
    }

    @Test("empty factors give zeros or nothing")
    func empty() throws {
        #expect(try Tensor.zeros([2, 0]).matmul(Tensor.zeros([0, 3])).scalars == [0, 0, 0, 0, 0, 0])
        #expect(try Tensor.zeros([0, 2]).matmul(Tensor.zeros([2, 3])).shape == [0, 3])
    }

    @Test("factors that do not fit are refused with the shape that would")
    func errors() throws {
        let a = try Tensor.zeros([2, 3])
        #expect(throws: TensorError.shapeMismatch(operation: "matmul", expected: [3, 5], actual: [4, 5])) {
            try a.matmul(Tensor.zeros([4, 5]))
        }
        #expect(throws: TensorError.shapeMismatch(operation: "matmul", expected: [5, 3], actual: [5, 4])) {
            try a.matmul(Tensor.zeros([5, 4]), transposeOther: true)
        }
        #expect(throws: TensorError.rankMismatch(operation: "matmul", expected: "a matrix", actual: [3])) {
            try a.matmul(Tensor.zeros([3]))
        }
    }
}

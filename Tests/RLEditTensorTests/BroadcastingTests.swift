import Foundation
import RLEditTensor
import Testing

@Suite("Broadcasting arithmetic")
struct BroadcastingTests {
    static let shapes: [([Int], [Int])] = [
        ([], []), ([3], []), ([], [2, 3]), ([2, 3], [3]), ([2, 1], [1, 3]), ([4, 1, 3], [2, 1]),
        ([2, 3, 4], [2, 3, 4]),
        ([1, 3, 1, 5], [2, 1, 4, 1]), ([2, 3, 4], [1, 3, 4]), ([5, 1], [5, 7]), ([0, 3], [1, 3]), ([2, 0], [1]),
    ]

    @Test("agrees with an element-by-element reference for shapes of all kinds", arguments: shapes)
    func reference(left: [Int], right: [Int]) throws {
        var stream = RandomStream(seed: 11)
        let a = try Tensor.normal(left, using: &stream)
        let b = try Tensor.normal(right, using: &stream)
        let operations: [(String, (Tensor, Tensor) throws -> Tensor, (Float, Float) -> Float)] = [
            ("add", { try $0.add($1) }, { $0 + $1 }), ("sub", { try $0.sub($1) }, { $0 - $1 }),
            ("mul", { try $0.mul($1) }, { $0 * $1 }), ("div", { try $0.div($1) }, { $0 / $1 }),
            ("maximum", { try $0.maximum($1) }, { Swift.max($0, $1) }),
            ("minimum", { try $0.minimum($1) }, { Swift.min($0, $1) }),
            ("pow", { try $0.abs().pow($1) }, { Foundation.powf(Swift.abs($0), $1) }),
            ("lt", { try $0.lt($1) }, { $0 < $1 ? 1 : 0 }), ("ge", { try $0.ge($1) }, { $0 >= $1 ? 1 : 0 }),
        ]
        for (name, operation, scalar) in operations {
            let result = try operation(a, b)
            let (shape, expected) = BroadcastingTests.reference(a, b, scalar)
            #expect(result.shape == shape, "\(name)")
            #expect(result.scalars == expected, "\(name)")
        }
    }

    /// Walks all positions of the result and folds each back into the operands.
    static func reference(_ a: Tensor, _ b: Tensor, _ operation: (Float, Float) -> Float) -> ([Int], [Float]) {
        let rank = Swift.max(a.rank, b.rank)
        func padded(_ shape: [Int]) -> [Int] { [Int](repeating: 1, count: rank - shape.count) + shape }
        let (left, right) = (padded(a.shape), padded(b.shape))
        let shape = zip(left, right).map { $0 == 1 ? $1 : $0 }
        let (x, y) = (a.scalars, b.scalars)
        var result: [Float] = []
        for flat in 0..<shape.reduce(1, *) {
            var (rest, i, j, scaleI, scaleJ) = (flat, 0, 0, 1, 1)
            for dimension in (0..<rank).reversed() {
                let position = rest % shape[dimension]
                rest /= shape[dimension]
                if left[dimension] != 1 { i += position * scaleI }
                if right[dimension] != 1 { j += position * scaleJ }
                scaleI *= left[dimension]
                scaleJ *= right[dimension]
            }
            result.append(operation(x[i], y[j]))
        }
        return (shape, result)
    }

    @Test("scalars act on every element, and in place on the tensor itself")
    func scalars() throws {
        var tensor = try Tensor([1, -2, 3, 8], shape: [2, 2])
        #expect(tensor.add(1).scalars == [2, -1, 4, 9])
        #expect(tensor.sub(1).scalars == [0, -3, 2, 7])
        #expect(tensor.mul(2).scalars == [2, -4, 6, 16])
        #expect(tensor.div(2).scalars == [0.5, -1, 1.5, 4])
        #expect(tensor.pow(2).scalars == [1, 4, 9, 64])
        #expect(tensor.maximum(0).scalars == [1, 0, 3, 8])
        #expect(tensor.minimum(2).scalars == [1, -2, 2, 2])
        #expect(tensor.eq(3).scalars == [0, 0, 1, 0])
        #expect(tensor.ne(3).scalars == [1, 1, 0, 1])
        #expect(tensor.le(1).scalars == [1, 1, 0, 0])
        #expect(tensor.gt(1).scalars == [0, 0, 1, 1])
        tensor.mulInPlace(2)
        tensor.subInPlace(1)
        tensor.divInPlace(5)
        #expect(tensor.scalars == [0.2, -1, 1, 3])
        tensor.fill(4)
        #expect(tensor.scalars == [4, 4, 4, 4])
    }

    @Test("in place, the other operand is broadcast but the tensor keeps its shape")
    func inPlace() throws {
        var tensor = try Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3])
        try tensor.mulInPlace(Tensor([1, 10, 100]))
        #expect(tensor.scalars == [1, 20, 300, 4, 50, 600])
        try tensor.divInPlace(Tensor([1, 2], shape: [2, 1]))
        #expect(tensor.scalars == [1, 20, 300, 2, 25, 300])
        var row = Tensor([1, 2, 3])
        #expect(throws: TensorError.shapeMismatch(operation: "add_", expected: [3], actual: [2, 3])) {
            try row.addInPlace(tensor)
        }
        #expect(row.scalars == [1, 2, 3])
    }

    @Test("shapes that do not fit are named")
    func errors() throws {
        let a = try Tensor.zeros([2, 3])
        let b = try Tensor.zeros([4])
        let error = #expect(throws: TensorError.self) { try a.mul(b) }
        #expect(error == .notBroadcastable(operation: "mul", left: [2, 3], right: [4]))
        #expect(error.map { "\($0)" } == "mul: shapes [2, 3] and [4] cannot be broadcast together")
        #expect(throws: TensorError.shapeMismatch(operation: "broadcast", expected: [3], actual: [2, 3])) {
            try a.broadcast(to: [3])
        }
    }

    @Test("a result that no memory holds is an error")
    func hugeResult() throws {
        let column = try Tensor.zeros([1 << 20, 1, 1])
        let row = try Tensor.zeros([1, 1 << 20])
        #expect(throws: TensorError.invalidShape([1 << 20, 1, 1 << 20])) { try column.add(row) }
    }

    @Test("maximum and minimum keep NaN, comparisons with NaN do not hold")
    func notANumber() throws {
        let a = Tensor([.nan, 1, .nan])
        let b = Tensor([1, .nan, .nan])
        #expect(try a.maximum(b).scalars.allSatisfy(\.isNaN))
        #expect(try a.minimum(b).scalars.allSatisfy(\.isNaN))
        #expect(try a.eq(b).scalars == [0, 0, 0])
        #expect(try a.ne(b).scalars == [1, 1, 1])
    }

    @Test("broadcasting to a shape repeats elements")
    func broadcastTo() throws {
        #expect(try Tensor([1, 2], shape: [2, 1]).broadcast(to: [2, 3]).scalars == [1, 1, 1, 2, 2, 2])
        #expect(try Tensor([1, 2]).broadcast(to: [2, 2]).scalars == [1, 2, 1, 2])
        #expect(try Tensor(scalar: 7).broadcast(to: [0, 2]).shape == [0, 2])
    }
}

import RLEditTensor
import Testing

@Suite("Reductions")
struct ReductionTests {
    let cube: Tensor
    init() throws { cube = try Tensor.arange(to: 24).reshaped([2, 3, 4]) }

    @Test("sum over all, one or several dimensions, in any place")
    func sums() throws {
        #expect(try cube.sum().item() == 276)
        #expect(try cube.sum().shape == [])
        #expect(try cube.sum([2]).scalars == [6, 22, 38, 54, 70, 86])
        #expect(try cube.sum([0]).scalars == [12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34])
        #expect(try cube.sum([1]).scalars == [12, 15, 18, 21, 48, 51, 54, 57])
        #expect(try cube.sum([0, 2]).scalars == [60, 92, 124])
        #expect(try cube.sum([2, 0]).scalars == [60, 92, 124])
        #expect(try cube.sum([1], keepDimensions: true).shape == [2, 1, 4])
        #expect(try cube.sum(keepDimensions: true).shape == [1, 1, 1])
        #expect(try cube.sum([]).scalars == cube.scalars)
    }

    @Test("mean, extremes, variance, deviation and norm by hand-worked numbers")
    func handWorked() throws {
        let x = try Tensor([2, 4, 4, 4, 5, 5, 7, 9, -1, 1, -1, 1, -3, 3, -3, 3], shape: [2, 8])
        #expect(try x.mean([1]).scalars == [5, 0])
        #expect(try x.max([1]).scalars == [9, 3])
        #expect(try x.min([1]).scalars == [2, -3])
        #expect(try x.variance([1], correction: 0).scalars == [4, 5])
        #expect(try x.standardDeviation([1], correction: 0).scalars == [2, Float(5.0.squareRoot())])
        #expect(try x.variance([1]).scalars == [Float(32.0 / 7), Float(40.0 / 7)])
        #expect(try x.norm([1]).scalars == [Float(232.0.squareRoot()), Float(40.0.squareRoot())])
        #expect(try x.mean().item() == 2.5)
    }

    @Test("the place of the first extreme is given; NaN wins")
    func places() throws {
        let x = try Tensor([1, 5, 5, 2, .nan, 9], shape: [2, 3])
        #expect(try x.argmax(dimension: 1) == [1, 1])
        #expect(try x.argmin(dimension: 1) == [0, 1])
        #expect(try x.argmax(dimension: 0) == [0 + 1, 1, 1])
        #expect(try x.argmax() == 4)
        #expect(try Tensor([3, 1, 1]).argmin() == 1)
        #expect(try x.max([1]).scalars[0] == 5)
        #expect(try x.max([1]).scalars[1].isNaN)
        #expect(try x.min([1]).scalars[1].isNaN)
    }

    @Test("long sums keep the precision of their elements")
    func precision() throws {
        // Added one by one in single precision this would stop growing at 2^24 tenths.
        let x = try Tensor(repeating: 0.1, shape: [20_000_000])
        #expect(try x.sum().item() == Float(20_000_000 * Double(Float(0.1))))
        #expect(abs(try x.standardDeviation().item()) < 1e-9)
        // A variance far from zero needs two passes.
        #expect(try Tensor([10_000_001, 10_000_002, 10_000_003]).variance().item() == 1)
        #expect(try Tensor([1e30, 1e30]).norm().item() == Float(2e60.squareRoot()))
    }

    @Test("sums of random rows agree with a reference, at every length around the lanes")
    func lengths() throws {
        var stream = RandomStream(seed: 9)
        for width in [1, 2, 7, 8, 9, 15, 16, 17, 33, 100] {
            let x = try Tensor.normal([3, width], using: &stream)
            let values = x.scalars.map { Double($0) }
            for row in 0..<3 {
                let slice = values[row * width..<(row + 1) * width]
                let sum = slice.reduce(0, +)
                #expect(abs(Double(try x.sum([1]).scalars[row]) - sum) < 1e-6 * Double(width))
                #expect(Double(try x.max([1]).scalars[row]) == slice.max())
            }
        }
    }

    @Test("no elements: the sum is 0, what has no value is an error")
    func empty() throws {
        let none = try Tensor.zeros([3, 0])
        #expect(try none.sum([1]).scalars == [0, 0, 0])
        #expect(try none.norm().item() == 0)
        #expect(try none.sum([0]).shape == [0])
        #expect(throws: TensorError.self) { try none.mean([1]) }
        #expect(throws: TensorError.self) { try none.max() }
        #expect(throws: TensorError.self) { try none.argmax() }
        let error = #expect(throws: TensorError.self) { try Tensor([1]).variance() }
        #expect(error.map { "\($0)" } == "variance: 2 or more elements are needed, shape [1] gives 1")
        #expect(throws: TensorError.self) { try Tensor([1, 2]).variance(correction: -1) }
        #expect(throws: TensorError.self) { try Tensor([1, 2]).variance(correction: .max) }
    }

    @Test("wrong dimensions are named")
    func errors() {
        #expect(throws: TensorError.dimensionOutOfRange(operation: "sum", dimension: 3, rank: 3)) {
            try cube.sum([3])
        }
        #expect(throws: TensorError.dimensionOutOfRange(operation: "mean", dimension: -1, rank: 3)) {
            try cube.mean([-1])
        }
        #expect(throws: TensorError.self) { try cube.sum([1, 1]) }
    }

    @Test("softmax adds up to 1 and survives large numbers; its logarithm agrees")
    func softmax() throws {
        let x = try Tensor([1, 2, 3, 1000, 1001, 1002], shape: [2, 3])
        let expected: [Float] = [0.09003057, 0.24472847, 0.66524096, 0.09003057, 0.24472847, 0.66524096]
        #expect(try x.softmax().isClose(to: Tensor(expected, shape: [2, 3]), relativeTolerance: 3e-7))
        #expect(try x.logSoftmax().exp().isClose(to: x.softmax(), relativeTolerance: 1e-6))
        let columns = try x.transposed().softmax(dimension: 0).transposed()
        #expect(try columns == x.softmax())
        let middle = try cube.softmax(dimension: 1)
        #expect(middle.shape == [2, 3, 4])
        #expect(try middle.sum([1]).isClose(to: Tensor.ones([2, 4])))
        #expect(try Tensor.zeros([2, 0]).softmax().shape == [2, 0])
        #expect(throws: TensorError.self) { try Tensor(scalar: 1).softmax() }
    }
}

import RLEditTensor
import Testing

@Suite("Tensor storage and shapes")
struct TensorTests {
    @Test("a copy shares memory until one of the two is written")
    func copyOnWrite() throws {
        let original = try Tensor([1, 2, 3, 4], shape: [2, 2])
        var copy = original
        #expect(copy.sharesStorage(with: original))
        copy.addInPlace(1)
        #expect(!copy.sharesStorage(with: original))
        #expect(original.scalars == [1, 2, 3, 4])
        #expect(copy.scalars == [2, 3, 4, 5])
    }

    @Test("writing to the only owner does not copy")
    func writeInPlace() throws {
        var tensor = try Tensor.zeros([1000])
        let before = tensor.withUnsafeBufferPointer { $0.baseAddress }
        tensor.addInPlace(1)
        try tensor.setSlice([10..<20], Tensor(scalar: 5))
        try tensor.setElement([3], 2)
        #expect(tensor.withUnsafeBufferPointer { $0.baseAddress } == before)
        #expect(try tensor.sum().item() == 1000 + 40 + 1)
    }

    @Test("an operand that shares memory with the result is read as it was before")
    func aliasedOperand() throws {
        var tensor = try Tensor([1, 2, 3, 4], shape: [2, 2])
        try tensor.addInPlace(tensor)
        #expect(tensor.scalars == [2, 4, 6, 8])
        try tensor.subInPlace(tensor.row(0))
        #expect(tensor.scalars == [0, 0, 4, 4])
    }

    @Test("reshaping keeps the elements and refuses another count")
    func reshape() throws {
        let tensor = Tensor([1, 2, 3, 4, 5, 6])
        #expect(try tensor.reshaped([2, 3]).shape == [2, 3])
        #expect(throws: TensorError.shapeMismatch(operation: "reshape", expected: [4], actual: [6])) {
            try tensor.reshaped([4])
        }
    }

    @Test(
        "impossible shapes are errors, never traps",
        arguments: [
            [-1], [Int.max, 2], [1 << 62, 0], [0, 1 << 32, 1 << 32], [1 << 20, 1 << 20, 1 << 20], [Int.min],
        ])
    func impossibleShapes(shape: [Int]) {
        #expect(throws: TensorError.invalidShape(shape)) { try Tensor.zeros(shape) }
        #expect(throws: TensorError.invalidShape(shape)) { try Tensor([1], shape: shape) }
        #expect(throws: TensorError.invalidShape(shape)) { try Tensor(scalar: 1).broadcast(to: shape) }
        #expect(throws: TensorError.invalidShape(shape)) { try Tensor(scalar: 1).reshaped(shape) }
    }

    @Test("a count that does not fill the shape names both counts")
    func countMismatch() {
        #expect(throws: TensorError.countMismatch(shape: [2, 2], expected: 4, actual: 3)) {
            try Tensor([1, 2, 3], shape: [2, 2])
        }
        #expect(
            "\(TensorError.countMismatch(shape: [2, 2], expected: 4, actual: 3))"
                == "shape [2, 2] needs 4 values, got 3")
    }

    @Test("live memory is counted and given back")
    func liveBytes() throws {
        // Other tests allocate at the same time: only a tensor larger than all of theirs shows.
        let before = liveTensorBytes
        do {
            let tensor = try Tensor.zeros([64 << 20])
            #expect(liveTensorBytes - before > 140 << 20)
            withExtendedLifetime(tensor) {}
        }
        #expect(liveTensorBytes - before < 120 << 20)
    }

    @Test("printing shows the shape and the first values")
    func description() throws {
        #expect("\(try Tensor([1, 2.5], shape: [1, 2]))" == "Tensor [1, 2]:\n  1.0, 2.5")
        #expect("\(Tensor(scalar: 3))" == "Tensor []: 3.0")
        #expect("\(try Tensor.zeros([2, 0]))" == "Tensor [2, 0]: empty")
        #expect("\(try Tensor.zeros([9]))" == "Tensor [9]: 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, …")
    }

    @Test("closeness follows |a − b| ≤ absolute + relative · |b|")
    func isClose() {
        #expect(Tensor([1, .infinity]).isClose(to: Tensor([1.000_001, .infinity])))
        #expect(!Tensor([1]).isClose(to: Tensor([1.001])))
        #expect(Tensor([1]).isClose(to: Tensor([1.001]), relativeTolerance: 0.01))
        #expect(!Tensor([.nan]).isClose(to: Tensor([.nan])))
        #expect(!Tensor([1]).isClose(to: Tensor([.infinity])))
        #expect(!Tensor([1, 1]).isClose(to: Tensor([1])))
    }

    @Test("random tensors come from the stream alone")
    func randomTensors() throws {
        var a = RandomStream(seed: 1)
        var b = RandomStream(seed: 1)
        #expect(try Tensor.normal([3, 4], using: &a) == Tensor.normal([3, 4], using: &b))
        let uniform = try Tensor.uniform([1000], low: -2, high: 3, using: &a)
        #expect(try uniform.min().item() >= -2)
        #expect(try uniform.max().item() < 3)
        #expect(abs(try uniform.mean().item() - 0.5) < 0.2)
    }

    @Test("ranges stop before their end, in either direction")
    func arange() throws {
        #expect(try Tensor.arange(to: 4).scalars == [0, 1, 2, 3])
        #expect(try Tensor.arange(from: 1, to: 0, step: -0.25).scalars == [1, 0.75, 0.5, 0.25])
        #expect(try Tensor.arange(from: 1, to: 0).shape == [0])
        #expect(throws: TensorError.self) { try Tensor.arange(to: 1, step: 0) }
        #expect(throws: TensorError.self) { try Tensor.arange(to: .greatestFiniteMagnitude) }
        #expect(try Tensor.identity(2).scalars == [1, 0, 0, 1])
    }
}

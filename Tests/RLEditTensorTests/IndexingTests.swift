import RLEditTensor
import Testing

@Suite("Indexing, joining and rearranging")
struct IndexingTests {
    let cube: Tensor
    init() throws { cube = try Tensor.arange(to: 24).reshaped([2, 3, 4]) }

    @Test("elements are read and written by their indices")
    func elements() throws {
        var tensor = cube
        #expect(try tensor[1, 2, 3] == 23)
        try tensor.setElement([1, 0, 2], -5)
        #expect(try tensor[1, 0, 2] == -5)
        #expect(try cube[1, 0, 2] == 14)
        #expect(try Tensor(scalar: 4).element([]) == 4)
        #expect(throws: TensorError.indexOutOfRange(operation: "get", index: 3, count: 3)) { try cube[0, 3, 0] }
        #expect(throws: TensorError.indexOutOfRange(operation: "get", index: -1, count: 2)) { try cube[-1, 0, 0] }
        #expect(throws: TensorError.self) { try cube[0, 0] }
        #expect(throws: TensorError.self) { try cube.item() }
    }

    @Test("slices copy a block, whatever dimensions are taken whole")
    func slices() throws {
        #expect(try cube.slice([0..<1]).scalars == Array(cube.scalars[..<12]))
        #expect(try cube.slice([0..<2, 1..<2]).scalars == [4, 5, 6, 7, 16, 17, 18, 19])
        #expect(try cube.slice([0..<2, 0..<3, 3..<4]).scalars == [3, 7, 11, 15, 19, 23])
        #expect(try cube.slice([1..<2, 1..<3, 1..<3]).scalars == [17, 18, 21, 22])
        #expect(try cube.slice([]).scalars == cube.scalars)
        #expect(try cube.slice([1..<1]).shape == [0, 3, 4])
        #expect(try cube.slice([2..<2]).shape == [0, 3, 4])
        #expect(try Tensor(scalar: 2).slice([]).scalars == [2])
        #expect(throws: TensorError.indexOutOfRange(operation: "slice", index: 4, count: 3)) {
            try cube.slice([0..<1, 0..<5])
        }
        #expect(throws: TensorError.indexOutOfRange(operation: "slice", index: -1, count: 2)) {
            try cube.slice([-1..<1])
        }
        #expect(throws: TensorError.self) { try cube.slice([0..<1, 0..<1, 0..<1, 0..<1]) }
    }

    @Test("writing a slice broadcasts the values and leaves the rest")
    func setSlice() throws {
        var tensor = cube
        try tensor.setSlice([0..<2, 1..<2], Tensor([1, 2, 3, 4]))
        #expect(try tensor.slice([0..<2, 1..<2]).scalars == [1, 2, 3, 4, 1, 2, 3, 4])
        #expect(try tensor.sum().item() == 276 - (22 + 70) + 20)
        #expect(throws: TensorError.self) { try tensor.setSlice([0..<1], Tensor([1, 2])) }
        try tensor.setSlice([], tensor)
    }

    @Test("rows, selections and gathers follow the indices given")
    func selections() throws {
        #expect(try cube.row(1).shape == [3, 4])
        #expect(try cube.row(1).scalars == Array(cube.scalars[12...]))
        #expect(try cube.indexSelect([1, 1, 0]).shape == [3, 3, 4])
        #expect(
            try cube.indexSelect([2, 0], dimension: 1).scalars
                == [8, 9, 10, 11, 0, 1, 2, 3, 20, 21, 22, 23, 12, 13, 14, 15])
        #expect(try cube.indexSelect([3], dimension: 2).scalars == [3, 7, 11, 15, 19, 23])
        #expect(try cube.indexSelect([]).shape == [0, 3, 4])
        #expect(try cube.take([23, 0]).scalars == [23, 0])
        let matrix = try cube.reshaped([6, 4])
        #expect(try matrix.gather([0, 1, 2, 3, 0, 1]).scalars == [0, 5, 10, 15, 16, 21])
        #expect(throws: TensorError.indexOutOfRange(operation: "gather", index: 4, count: 4)) {
            try matrix.gather([0, 0, 0, 0, 0, 4])
        }
        #expect(throws: TensorError.shapeMismatch(operation: "gather", expected: [6], actual: [1])) {
            try matrix.gather([0])
        }
        #expect(throws: TensorError.indexOutOfRange(operation: "index select", index: 2, count: 2)) {
            try cube.indexSelect([2])
        }
        #expect(throws: TensorError.self) { try cube.row(2) }
        #expect(throws: TensorError.self) { try Tensor(scalar: 1).row(0) }
    }

    @Test("permuting moves every element to its place")
    func permutations() throws {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let result = try cube.permuted(order)
            #expect(result.shape == order.map { cube.shape[$0] })
            for i in 0..<2 {
                for j in 0..<3 {
                    for k in 0..<4 {
                        let place = [i, j, k]
                        #expect(try result.element(order.map { place[$0] }) == cube[i, j, k])
                    }
                }
            }
        }
        #expect(try cube.reshaped([6, 4]).transposed().shape == [4, 6])
        #expect(try cube.transposed(0, 2) == cube.permuted([2, 1, 0]))
        #expect(throws: TensorError.self) { try cube.transposed() }
        #expect(throws: TensorError.self) { try cube.permuted([0, 0, 1]) }
        #expect(throws: TensorError.dimensionOutOfRange(operation: "transpose", dimension: 3, rank: 3)) {
            try cube.transposed(0, 3)
        }
    }

    @Test("dimensions of size 1 come and go")
    func squeezing() throws {
        let tensor = try Tensor.zeros([1, 3, 1])
        #expect(try tensor.squeezed().shape == [3])
        #expect(try tensor.squeezed(0).shape == [3, 1])
        #expect(try tensor.unsqueezed(3).shape == [1, 3, 1, 1])
        #expect(try tensor.flattened().shape == [3])
        #expect(throws: TensorError.self) { try tensor.squeezed(1) }
        #expect(throws: TensorError.dimensionOutOfRange(operation: "unsqueeze", dimension: 4, rank: 3)) {
            try tensor.unsqueezed(4)
        }
    }

    @Test("concatenation and stacking put tensors side by side along any dimension")
    func joining() throws {
        let a = try Tensor([1, 2, 3, 4], shape: [2, 2])
        let b = try Tensor([5, 6], shape: [1, 2])
        #expect(try Tensor.concat([a, b]).scalars == [1, 2, 3, 4, 5, 6])
        #expect(try Tensor.concat([a, b.transposed()], dimension: 1).scalars == [1, 2, 5, 3, 4, 6])
        #expect(try Tensor.concat([a, Tensor.zeros([0, 2])]).shape == [2, 2])
        #expect(try Tensor.stack([a, a], dimension: 1).scalars == [1, 2, 1, 2, 3, 4, 3, 4])
        #expect(try Tensor.stack([Tensor(scalar: 1), Tensor(scalar: 2)]).scalars == [1, 2])
        #expect(throws: TensorError.shapeMismatch(operation: "concat", expected: [2, 2], actual: [2, 1])) {
            try Tensor.concat([a, b.transposed()])
        }
        #expect(throws: TensorError.self) { try Tensor.concat([]) }
        #expect(throws: TensorError.self) { try Tensor.stack([]) }
        #expect(throws: TensorError.self) { try Tensor.stack([a, b]) }
        #expect(throws: TensorError.dimensionOutOfRange(operation: "concat", dimension: 2, rank: 2)) {
            try Tensor.concat([a, a], dimension: 2)
        }
    }
}

internal import RLEditTensor
internal import RLEditWorlds
internal import Testing

@Suite("Layer edits")
struct LayerEditTests {
    private func layer(_ rows: Int = 5, _ columns: Int = 17) throws -> EditedLayer {
        try EditedLayer(name: "fc", parameterName: "fc.weight", weight: Fixture.tensor([rows, columns], "base"))
    }

    private func doubles(_ tensor: Tensor) -> [Double] { tensor.scalars.map(Double.init) }

    /// `left · right` in double precision, `[rows, columns]` row by row.
    private func product(_ factors: LowRankFactors) -> [Double] {
        let (left, right) = (doubles(factors.left), doubles(factors.right))
        let (rank, columns) = (factors.rank, factors.right.shape[1])
        return (0..<factors.left.shape[0] * columns).map { index in
            (0..<rank).reduce(0) { $0 + left[index / columns * rank + $1] * right[$1 * columns + index % columns] }
        }
    }

    private func expectClose(_ actual: Tensor, _ expected: [Double], sourceLocation: SourceLocation = #_sourceLocation)
    {
        let worst = zip(doubles(actual), expected).map { abs($0 - $1) }.max() ?? .infinity
        #expect(worst <= 1e-5 && actual.count == expected.count, "off by \(worst)", sourceLocation: sourceLocation)
    }

    @Test("an unchanged layer keeps the very memory of its base")
    func unchanged() throws {
        let layer = try layer()
        let weights = try LayerEdit.unchanged.weights(of: layer)
        #expect(weights.sharesStorage(with: layer.base))
        #expect(try LayerEdit.unchanged.mask(of: layer) == nil)
    }

    @Test("a mask of factors multiplies each weight by one plus their product", arguments: [1, 2, 5])
    func maskOfFactors(rank: Int) throws {
        let layer = try layer()
        let factors = try Fixture.factors(layer, rank: rank, "m")
        let edit = LayerEdit.mask(accumulated: nil, factors: factors)
        let (base, delta) = (doubles(layer.base), product(factors))
        expectClose(try edit.weights(of: layer), delta.indices.map { base[$0] * (1 + delta[$0]) })
        let mask = try #require(try edit.mask(of: layer))
        expectClose(mask, delta.map { 1 + $0 })
    }

    @Test("masks of several steps multiply")
    func maskOnMask() throws {
        let layer = try layer()
        let factors = try (0..<3).map { try Fixture.factors(layer, rank: 2, "step \($0)") }
        var edit = LayerEdit.unchanged
        var expected = [Double](repeating: 1, count: layer.count)
        for step in factors {
            edit = .mask(accumulated: try edit.mask(of: layer), factors: step)
            expected = zip(expected, product(step)).map { $0 * (1 + $1) }
        }
        expectClose(try #require(try edit.mask(of: layer)), expected)
        expectClose(try edit.weights(of: layer), zip(expected, doubles(layer.base)).map { $0 * $1 })
    }

    @Test("an empty mask is all ones")
    func emptyMask() throws {
        let layer = try layer()
        let edit = LayerEdit.mask(accumulated: nil, factors: nil)
        #expect(try edit.weights(of: layer) == layer.base)
        #expect(try edit.mask(of: layer) == Tensor.ones([5, 17]))
    }

    @Test("a shift adds the product of its factors, and is not a mask", arguments: [1, 2, 5])
    func shift(rank: Int) throws {
        let layer = try layer()
        let factors = try Fixture.factors(layer, rank: rank, "s")
        let edit = LayerEdit.shift(factors)
        expectClose(try edit.weights(of: layer), zip(doubles(layer.base), product(factors)).map { $0 + $1 })
        #expect(try edit.mask(of: layer) == nil)
        expectClose(try factors.product(), product(factors))
    }

    @Test("other weights stay as they are")
    func weights() throws {
        let layer = try layer()
        let other = try Fixture.tensor([5, 17], "other")
        #expect(try LayerEdit.weights(other).weights(of: layer) == other)
    }

    @Test("no edit writes to the base weights")
    func baseIsNeverWritten() throws {
        let layer = try layer()
        let before = layer.base.scalars
        for edit in try Fixture.edits(layer, "all") {
            var weights = try edit.weights(of: layer)
            weights.withUnsafeMutableBufferPointer { $0.update(repeating: 9) }
            if var mask = try edit.mask(of: layer) { mask.withUnsafeMutableBufferPointer { $0.update(repeating: 9) } }
        }
        #expect(layer.base.scalars == before)
    }

    @Test("factors whose shapes do not chain are refused")
    func factorShapes() {
        #expect(throws: TensorError.self) { try LowRankFactors(left: .zeros([4, 2]), right: .zeros([3, 4])) }
        #expect(throws: TensorError.self) { try LowRankFactors(left: .zeros([4]), right: .zeros([4, 4])) }
    }

    @Test("a layer sees a convolution's kernel as a matrix and knows its statistics")
    func editedLayer() throws {
        let weight = try Tensor([1, -1, 3, 5, 0, 4], shape: [2, 1, 3, 1])
        let layer = try EditedLayer(name: "conv", parameterName: "conv.weight", weight: weight)
        #expect(layer.rows == 2 && layer.columns == 3 && layer.count == 6)
        #expect(layer.shape == [2, 1, 3, 1] && layer.base.shape == [2, 3])
        #expect(layer.mean == 2)
        // Squares 1 + 1 + 9 + 25 + 0 + 16 = 52; variance 52/6 − 4.
        #expect(abs(layer.standardDeviation - (52.0 / 6 - 4).squareRoot()) < 1e-12)
        #expect(abs(layer.rootMeanSquare - (52.0 / 6).squareRoot()) < 1e-12)
        #expect(abs(layer.norm - 52.0.squareRoot()) < 1e-12)
    }

    @Test("a layer without a matrix of finite weights cannot be edited", arguments: [[6], [0, 3]])
    func notEditable(shape: [Int]) {
        #expect(throws: WorldError.self) {
            try EditedLayer(name: "n", parameterName: "n.weight", weight: .ones(shape))
        }
        #expect(throws: WorldError.self) {
            try EditedLayer(name: "n", parameterName: "n.weight", weight: Tensor([1, .infinity], shape: [1, 2]))
        }
    }
}

@Suite("Edit magnitude")
struct EditMagnitudeTests {
    @Test("norms of hand-worked changes, over all layers together")
    func handWorked() throws {
        let first = try EditedLayer(name: "a", parameterName: "a.weight", weight: Tensor([3, 4, 0, 0], shape: [2, 2]))
        let second = try EditedLayer(name: "b", parameterName: "b.weight", weight: Tensor([0, 12], shape: [1, 2]))
        let edits: [LayerEdit] = [
            .weights(try Tensor([3, 4, 1, -2], shape: [2, 2])), .weights(try Tensor([2, 12], shape: [1, 2])),
        ]
        let magnitude = try EditMagnitude(of: edits, on: [first, second])
        #expect(magnitude.norm == 3)
        #expect(abs(magnitude.meanAbsolute - 5.0 / 6) < 1e-12)
        #expect(abs(magnitude.relativeNorm - 3.0 / 13) < 1e-12)
        let none = try EditMagnitude(of: [.unchanged, .unchanged], on: [first, second])
        #expect(none.norm == 0 && none.meanAbsolute == 0 && none.relativeNorm == 0)
    }
}

internal import RLEditCore
internal import RLEditTensor
internal import RLEditWorlds
internal import Testing

/// What MaskWorld and ShiftWorld share, and each one's definition, checked against plain double arithmetic.
@Suite("MaskWorld and ShiftWorld")
struct WorldTests {
    private let random = RandomStream(seed: 42)

    private func layers() throws -> [EditedLayer] {
        [
            try EditedLayer(
                name: "fc", parameterName: "fc.weight", weight: Fixture.tensor([12, 40], "fc", scale: 0.1)),
            try EditedLayer(
                name: "conv", parameterName: "conv.weight", weight: Fixture.tensor([6, 3, 3, 3], "conv", scale: 0.3)),
        ]
    }

    private func mask(_ form: ActionForm, scale: Double = 2, offset: Double = 0.5) -> MaskWorld {
        var configuration = MaskWorld.Configuration()
        configuration.form = form
        configuration.scale = .constant(scale)
        configuration.offset = offset
        return MaskWorld(configuration)
    }

    private func shift(
        _ form: ActionForm, unit: ShiftWorld.Unit, scale: Double = 2, offset: Double = 0.5
    ) -> ShiftWorld {
        var configuration = ShiftWorld.Configuration()
        configuration.form = form
        configuration.unit = unit
        configuration.scale = .constant(scale)
        configuration.offset = offset
        return ShiftWorld(configuration)
    }

    private func action(_ count: Int, _ name: String) -> [Float] {
        var stream = RandomStream(seed: 9, name: name)
        return (0..<count).map { _ in stream.uniform(-1, 1) }
    }

    private func apply(
        _ world: any BoundWorld, _ action: [Float], to edits: [LayerEdit], progress: Double = 0
    ) throws -> [LayerEdit] {
        try action.withUnsafeBufferPointer { try world.apply($0, to: edits, progress: progress) }
    }

    private func unchanged(_ layers: [EditedLayer]) -> [LayerEdit] { layers.map { _ in .unchanged } }

    /// The sign offset read off the world itself: with A all ones and B all zeros, a mask is 1 + s·b₀·1/√rank per row.
    private func offsets(_ layers: [EditedLayer], rank: Int) throws -> [[[Double]]] {
        let world = try mask(.lowRank(rank: rank), scale: 1).bind(to: layers, random: random)
        var result = layers.map { _ in [[Double]]() }
        for k in 0..<rank {
            // Only row k of each A is ones, so each mask shows column k of b₀.
            var action: [Float] = []
            for layer in layers {
                action += [Float](repeating: 0, count: layer.rows * rank)
                for row in 0..<rank { action += [Float](repeating: row == k ? 1 : 0, count: layer.columns) }
            }
            let edits = try apply(world, action, to: unchanged(layers))
            for (index, layer) in layers.enumerated() {
                let mask = try #require(try edits[index].mask(of: layer)).scalars
                result[index].append(
                    (0..<layer.rows).map { (Double(mask[$0 * layer.columns]) - 1) * Double(rank).squareRoot() })
            }
        }
        return result
    }

    /// `(B + b₀)·A` of each layer for an action, in double precision.
    private func products(_ action: [Float], _ layers: [EditedLayer], rank: Int, offset: [[[Double]]]) -> [[Double]] {
        var start = 0
        return layers.enumerated().map { index, layer in
            let a = start + layer.rows * rank
            defer { start = a + rank * layer.columns }
            let b = start
            return (0..<layer.count).map { entry in
                let (row, column) = (entry / layer.columns, entry % layer.columns)
                return (0..<rank).reduce(0.0) { sum, k in
                    let left = Double(action[b + row * rank + k]) + offset[index][k][row]
                    return sum + left * Double(action[a + k * layer.columns + column])
                }
            }
        }
    }

    private func expectClose(
        _ actual: Tensor, _ expected: [Double], _ what: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let worst = zip(actual.scalars, expected).map { abs(Double($0) - $1) / max(1, abs($1)) }.max() ?? .infinity
        #expect(
            worst <= 1e-5 && actual.count == expected.count, "\(what): off by \(worst)", sourceLocation: sourceLocation)
    }

    @Test("offsets are ±½ with signs from the run's stream, different for layers, runs and columns")
    func signOffset() throws {
        let layers = try layers()
        let offset = try offsets(layers, rank: 2)
        for value in offset.joined().joined() { #expect(abs(abs(value) - 0.5) < 1e-6) }
        for column in offset.joined() { #expect(Set(column.map { $0 > 0 }).count == 2, "signs of a column are mixed") }
        #expect(offset[0][0] != offset[0][1])
        #expect(try offsets(layers, rank: 2) == offset)
        let other = try WorldTests.firstMask(mask(.lowRank(rank: 1)), layers, RandomStream(seed: 43))
        #expect(try WorldTests.firstMask(mask(.lowRank(rank: 1)), layers, random) != other)
    }

    private static func firstMask(_ world: MaskWorld, _ layers: [EditedLayer], _ random: RandomStream) throws -> Tensor?
    {
        let bound = try world.bind(to: layers, random: random)
        let action = [Float](repeating: 0.5, count: bound.actionSize)
        return try action.withUnsafeBufferPointer {
            try bound.apply($0, to: layers.map { _ in .unchanged }, progress: 0)[0].mask(of: layers[0])
        }
    }

    @Test("a low-rank mask is W ⊙ (1 + s(B + b₀)A/√rank), and steps multiply", arguments: [1, 2, 6])
    func lowRankMask(rank: Int) throws {
        let layers = try layers()
        let offset = try offsets(layers, rank: rank)
        let world = try mask(.lowRank(rank: rank), scale: 0.7).bind(to: layers, random: random)
        #expect(world.actionSize == rank * (12 + 40 + 6 + 27))
        var edits = unchanged(layers)
        var masks = layers.map { [Double](repeating: 1, count: $0.count) }
        for step in 0..<3 {
            let action = action(world.actionSize, "mask \(step)")
            edits = try apply(world, action, to: edits)
            let product = products(action, layers, rank: rank, offset: offset)
            for (index, layer) in layers.enumerated() {
                masks[index] = zip(masks[index], product[index]).map { $0 * (1 + 0.7 * $1 / Double(rank).squareRoot()) }
                expectClose(try #require(try edits[index].mask(of: layer)), masks[index], "mask of step \(step)")
                expectClose(
                    try edits[index].weights(of: layer),
                    zip(masks[index], layer.base.scalars).map { $0 * Double($1) }, "weights of step \(step)")
            }
        }
    }

    @Test("a low-rank shift is W + s·u·(B + b₀)A/√rank, and steps add up", arguments: [1, 2, 6])
    func lowRankShift(rank: Int) throws {
        let layers = try layers()
        let offset = try offsets(layers, rank: rank)
        for unit in [ShiftWorld.Unit.absolute, .rootMeanSquare] {
            let world = try shift(.lowRank(rank: rank), unit: unit, scale: 0.7).bind(to: layers, random: random)
            var edits = unchanged(layers)
            var weights = layers.map { $0.base.scalars.map(Double.init) }
            // Enough steps that the factors side by side become dense weights.
            for step in 0..<5 {
                let action = action(world.actionSize, "shift \(step)")
                edits = try apply(world, action, to: edits)
                let product = products(action, layers, rank: rank, offset: offset)
                for (index, layer) in layers.enumerated() {
                    let strength = 0.7 * (unit == .absolute ? 1 : layer.rootMeanSquare) / Double(rank).squareRoot()
                    weights[index] = zip(weights[index], product[index]).map { $0 + strength * $1 }
                    expectClose(try edits[index].weights(of: layer), weights[index], "\(unit), step \(step)")
                }
            }
        }
    }

    @Test("a relative shift has the stated share of the layer's norm whatever the action", arguments: [1, 3])
    func relativeNorm(rank: Int) throws {
        let layers = try layers()
        for form in [ActionForm.lowRank(rank: rank), .full] {
            let world = try shift(form, unit: .relativeNorm, scale: 0.4).bind(to: layers, random: random)
            for factor in [1, 0.01] as [Float] {
                let action = action(world.actionSize, "relative").map { $0 * factor }
                let edits = try apply(world, action, to: unchanged(layers))
                for (edit, layer) in zip(edits, layers) {
                    let relative = try EditMagnitude(of: [edit], on: [layer]).relativeNorm
                    #expect(abs(relative - 0.4) <= 1e-5)
                }
                let second = try apply(world, action, to: edits)
                #expect(abs(try EditMagnitude(of: second, on: layers).relativeNorm - 0.8) <= 1e-5)
            }
            let still = try shift(form, unit: .relativeNorm, offset: 0).bind(to: layers, random: random)
            let nothing = try apply(still, [Float](repeating: 0, count: still.actionSize), to: unchanged(layers))
            #expect(try EditMagnitude(of: nothing, on: layers).norm == 0)
        }
    }

    @Test("full actions change each weight by its own number")
    func fullActions() throws {
        let layers = try layers()
        let masking = try mask(.full, scale: 0.7).bind(to: layers, random: random)
        let shifting = try shift(.full, unit: .rootMeanSquare, scale: 0.7).bind(to: layers, random: random)
        #expect(masking.actionSize == 12 * 40 + 6 * 27 && shifting.actionSize == masking.actionSize)
        let steps = [action(masking.actionSize, "full 0"), action(masking.actionSize, "full 1")]
        var masks = unchanged(layers)
        var shifts = unchanged(layers)
        for step in steps {
            masks = try apply(masking, step, to: masks)
            shifts = try apply(shifting, step, to: shifts)
        }
        var start = 0
        for (index, layer) in layers.enumerated() {
            let base = layer.base.scalars.map(Double.init)
            let (first, second) = (steps[0].map(Double.init), steps[1].map(Double.init))
            expectClose(
                try masks[index].weights(of: layer),
                base.indices.map { base[$0] * (1 + 0.7 * first[start + $0]) * (1 + 0.7 * second[start + $0]) }, "mask")
            let unit = 0.7 * layer.rootMeanSquare
            expectClose(
                try shifts[index].weights(of: layer),
                base.indices.map { base[$0] + unit * (first[start + $0] + second[start + $0]) }, "shift")
            start += layer.count
        }
    }

    @Test("without an offset, an action of zeros changes nothing; with it, B = 0 does")
    func zeroAction() throws {
        let layers = try layers()
        for world in [mask(.lowRank(rank: 1), offset: 0), shift(.lowRank(rank: 1), unit: .absolute, offset: 0)]
            as [any EditWorld]
        {
            let bound = try world.bind(to: layers, random: random)
            let edits = try apply(bound, [Float](repeating: 0, count: bound.actionSize), to: unchanged(layers))
            #expect(try EditMagnitude(of: edits, on: layers).norm == 0)
        }
        let bound = try mask(.lowRank(rank: 1)).bind(to: layers, random: random)
        var action = [Float](repeating: 0, count: bound.actionSize)
        for index in 12..<52 { action[index] = 1 }
        #expect(try EditMagnitude(of: apply(bound, action, to: unchanged(layers)), on: layers).norm > 0)
    }

    @Test("an edit of one world is kept when another goes on from it")
    func otherWorldsEdits() throws {
        let layers = try layers()
        let shifting = try shift(.lowRank(rank: 1), unit: .absolute).bind(to: layers, random: random)
        let shifted = try apply(shifting, action(shifting.actionSize, "first"), to: unchanged(layers))
        for form in [ActionForm.lowRank(rank: 1), .full] {
            let masking = try mask(form, scale: 0.5).bind(to: layers, random: random)
            let second = action(masking.actionSize, "second")
            let both = try apply(masking, second, to: shifted)
            let alone = try apply(masking, second, to: unchanged(layers))
            for (index, layer) in layers.enumerated() {
                let mask = try #require(try alone[index].mask(of: layer))
                expectClose(
                    try both[index].weights(of: layer),
                    zip(try shifted[index].weights(of: layer).scalars, mask.scalars).map { Double($0) * Double($1) },
                    "mask on shift")
            }
        }
    }

    @Test("a scale may follow progress")
    func schedule() throws {
        let layers = try layers()
        var configuration = ShiftWorld.Configuration()
        configuration.form = .full
        configuration.unit = .relativeNorm
        configuration.scale = .linear(1, 0.5)
        let world = try ShiftWorld(configuration).bind(to: layers, random: random)
        let action = action(world.actionSize, "schedule")
        for (progress, expected) in [(0.0, 1.0), (0.5, 0.75), (1.0, 0.5)] {
            let edits = try apply(world, action, to: unchanged(layers), progress: progress)
            #expect(abs(try EditMagnitude(of: edits, on: layers).relativeNorm - expected) < 1e-5)
        }
    }

    private func message(_ world: any EditWorld, _ layers: [EditedLayer]) -> String {
        do {
            let bound = try world.bind(to: layers, random: random)
            _ = try apply(bound, action(bound.actionSize, "x"), to: unchanged(layers))
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test("names the setting at fault")
    func faults() throws {
        let layers = try layers()
        #expect(
            message(mask(.lowRank(rank: 7)), layers)
                == "rank 7 does not fit layer 'conv' of 6×27: expected 1 to 6")
        #expect(
            message(shift(.lowRank(rank: 0), unit: .absolute), layers)
                == "ShiftWorld: rank must be at least 1, got 0")
        #expect(
            message(mask(.full, scale: 0), layers) == "MaskWorld: scale must be above 0 and at most 1000000, got 0.0")
        #expect(
            message(shift(.full, unit: .absolute, scale: .nan), layers)
                == "ShiftWorld: scale must be above 0 and at most 1000000, got nan")
        #expect(
            message(shift(.full, unit: .absolute, scale: 1e300), layers)
                == "ShiftWorld: scale must be above 0 and at most 1000000, got 1e+300")
        #expect(
            message(mask(.lowRank(rank: 1), offset: 1.5), layers) == "MaskWorld: offset must be from 0 to 1, got 1.5")
        #expect(
            message(mask(.lowRank(rank: 1), offset: .nan), layers) == "MaskWorld: offset must be from 0 to 1, got nan")
        let zero = try EditedLayer(name: "z", parameterName: "z.weight", weight: .zeros([2, 2]))
        #expect(
            message(shift(.full, unit: .relativeNorm), [zero])
                == "layer 'z' cannot be edited: its weights are all 0, which leaves a relative shift without a unit")
        #expect(message(shift(.full, unit: .absolute), [zero]) == "no error")
    }
}

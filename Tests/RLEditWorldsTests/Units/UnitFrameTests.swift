import RLEditCore
import RLEditData
import RLEditNN
import RLEditTensor
import RLEditWorlds
import Testing

@Suite struct UnitFrameTests {
    private struct Layer {
        let network: Network
        let sets: [NamedSet]
        let activations: LayerActivations
    }

    private static func layer() throws -> Layer {
        let network = try Fixture.mlp()
        let sets = [
            try Fixture.set("forget", 40, shape: [6], classes: 4),
            try Fixture.set("retain", 90, shape: [6], classes: 4),
        ]
        return Layer(
            network: network, sets: sets,
            activations: try LayerActivations(
                network: network, layer: "fc2", forget: sets[0], retain: sets[1], pool: Fixture.pool))
    }

    private static func frame(_ layer: Layer, _ world: UnitWorld, rank: Int = 1) throws -> UnitFrame {
        try UnitFrame(layer.activations, bias: layer.network.parameter("fc2.bias"), world: world, rank: rank)
    }

    private static func factors(rank: Int = 1, logScale: Double = 0, length: Float = 1) throws -> UnitFactors {
        UnitFactors(
            outputs: try Fixture.tensor([12 * rank], "unit outputs", scale: length).scalars,
            inputs: try Fixture.tensor([20 * rank], "unit inputs", scale: length).scalars, logScale: logScale)
    }

    @Test(
        "a shift leaves the average retain example as it is, and moves forget examples by s deviations",
        arguments: [1, 3])
    func centred(rank: Int) throws {
        let layer = try Self.layer()
        let frame = try Self.frame(layer, .shift, rank: rank)
        var network = layer.network
        try network.apply(frame.edit(Self.factors(rank: rank, logScale: 0.5)), to: frame.layer)
        func outputs(_ inputs: Tensor) throws -> Tensor {
            let weight = try #require(network.parameter("fc2.weight"))
            return try inputs.matmul(weight, transposeOther: true).add(try #require(network.parameter("fc2.bias")))
        }
        let moved = try outputs(layer.activations.retainInputs).sub(layer.activations.retainOutputs)
        for unit in 0..<12 {
            let mean = (0..<90).reduce(0) { $0 + moved.scalars[$1 * 12 + unit] } / 90
            #expect(abs(mean) < 1e-5)
        }
        guard rank == 1 else { return }
        // b and aᵀ(h − μ) have root mean square 1, so the shift of forget examples has that of s·u.
        let shift = try outputs(layer.activations.forgetInputs).sub(layer.activations.forgetOutputs)
        let size = (shift.scalars.reduce(0) { $0 + $1 * $1 } / Float(shift.count)).squareRoot()
        let retain = layer.activations.retainOutputs.scalars
        var variance: Float = 0
        for unit in 0..<12 {
            let values = (0..<90).map { retain[$0 * 12 + unit] }
            let mean = values.reduce(0, +) / 90
            variance += values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 90 / 12
        }
        #expect(abs(size / (variance.squareRoot() * 1.6487213) - 1) < 1e-3)
    }

    @Test("the length of a factor means nothing", arguments: UnitWorld.allCases)
    func length(world: UnitWorld) throws {
        let layer = try Self.layer()
        let frame = try Self.frame(layer, world, rank: 2)
        let one = try frame.edit(Self.factors(rank: 2)).weights(of: frame.layer)
        let other = try frame.edit(Self.factors(rank: 2, length: 37)).weights(of: frame.layer)
        #expect(one.isClose(to: other, relativeTolerance: 1e-4, absoluteTolerance: 1e-5))
    }

    @Test("a mask multiplies the weights and leaves the bias")
    func mask() throws {
        let layer = try Self.layer()
        let frame = try Self.frame(layer, .mask)
        #expect(!frame.layer.includesBias)
        let factors = try Self.factors(logScale: -1)
        let edited = try frame.edit(factors).weights(of: frame.layer).scalars
        func rms(_ values: [Float]) -> Float {
            (values.reduce(0) { $0 + $1 * $1 } / Float(values.count)).squareRoot()
        }
        let scale = Float(0.36787944) / rms(factors.outputs) / rms(factors.inputs)
        for (index, value) in frame.layer.base.scalars.enumerated() {
            let expected = value * (1 + scale * factors.outputs[index / 20] * factors.inputs[index % 20])
            #expect(abs(edited[index] - expected) < 1e-5)
        }
    }

    @Test("a direction without length edits nothing, a huge scale is bounded, and both stay numbers")
    func degenerate() throws {
        let layer = try Self.layer()
        for world in UnitWorld.allCases {
            let frame = try Self.frame(layer, world)
            let zero = UnitFactors(
                outputs: [Float](repeating: 0, count: 12), inputs: [Float](repeating: 0, count: 20), logScale: 0)
            #expect(try frame.edit(zero).weights(of: frame.layer).isClose(to: frame.layer.base))
            let huge = try frame.edit(Self.factors(logScale: 1e9)).weights(of: frame.layer)
            #expect(!huge.scalars.contains { !$0.isFinite })
            #expect(try huge == frame.edit(Self.factors(logScale: 4)).weights(of: frame.layer))
        }
    }

    @Test("factors and activations too large for their squares are refused, not written as no edit or as no numbers")
    func tooLarge() throws {
        let layer = try Self.layer()
        let frame = try Self.frame(layer, .shift)
        var factors = try Self.factors()
        factors.outputs[0] = .infinity
        #expect(throws: WorldError.self) { try frame.edit(factors) }
        factors.outputs[0] = 0
        factors.logScale = .nan
        #expect(throws: WorldError.self) { try frame.edit(factors) }
        let huge = NamedSet(
            name: "forget",
            examples: try ExampleSet(
                name: "forget", source: "huge", inputs: Tensor(repeating: 1e30, shape: [3, 6]), labels: [0, 1, 2]))
        let refusal = #expect(throws: WorldError.self) {
            try LayerActivations(
                network: layer.network, layer: "fc2", forget: huge, retain: layer.sets[1], pool: Fixture.pool)
        }
        #expect(refusal?.description.contains("too large for their squares") == true)
    }

    @Test("with more units than examples the discriminant is that of the system over units")
    func dual() throws {
        func activations(_ units: Int, _ rows: Int, _ seed: UInt64) throws -> Tensor {
            var stream = RandomStream(seed: seed)
            return try Tensor((0..<(units * rows)).map { _ in stream.normal() }, shape: [rows, units])
        }
        let units = 2100
        let (forget, retain) = (try activations(units, 5, 1), try activations(units, 9, 2))
        let moments = UnitMoments(forget: forget, retain: retain)
        let found = try Discriminant(retain: retain, moments: moments, layer: "wide")
        // (Σ + σI) x = δ, checked without any solver.
        let mean = moments.retainMean
        let values = retain.scalars
        var trace = 0.0
        var image = [Double](repeating: 0, count: units)
        for row in 0..<9 {
            let centred = (0..<units).map { Double(values[row * units + $0]) - mean[$0] }
            trace += centred.reduce(0) { $0 + $1 * $1 } / 9
            let along = zip(centred, found.coefficients).reduce(0) { $0 + $1.0 * $1.1 } / 9
            for unit in 0..<units { image[unit] += along * centred[unit] }
        }
        let shift = 0.1 * trace / Double(units)
        for unit in 0..<units {
            #expect(abs(image[unit] + shift * found.coefficients[unit] - moments.difference[unit]) < 1e-4)
        }
        let many = try Tensor.zeros([5000, 5000])
        #expect(throws: WorldError.self) {
            try Discriminant(retain: many, moments: UnitMoments(forget: many, retain: many), layer: "wide")
        }
    }

    @Test("a rank that does not fit and factors of another size are refused")
    func refused() throws {
        let layer = try Self.layer()
        #expect(throws: WorldError.rankTooLarge(layer: "fc2", rank: 13, rows: 12, columns: 20)) {
            try Self.frame(layer, .shift, rank: 13)
        }
        let frame = try Self.frame(layer, .shift)
        #expect(throws: WorldError.self) { try frame.edit(Self.factors(rank: 2)) }
    }

    @Test("a pair names the set that its features lack")
    func missingSet() throws {
        let layer = try Self.layer()
        let rules = EditPair.Rules(
            world: .shift, layers: ["fc2"], rank: 1, features: try UnitFeatureSet(UnitFeature.labelAware))
        let refusal = #expect(throws: WorldError.self) {
            try EditPair(
                network: layer.network, name: "n", label: "1", sets: [layer.sets[0]], rules: rules, pool: Fixture.pool)
        }
        #expect(
            refusal?.description
                == "set 'retain': is needed: the features of units are made of the sets 'forget' and 'retain', and "
                + "there are only 'forget'")
    }
}

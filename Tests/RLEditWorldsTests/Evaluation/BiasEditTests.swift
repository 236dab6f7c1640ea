internal import RLEditCore
internal import RLEditData
internal import RLEditNN
internal import RLEditTensor
internal import RLEditWorlds
internal import Testing

/// Layers that count with their bias, as `[W | b]`.
@Suite("Edits of weights and bias")
struct BiasEditTests {
    private func evaluator(
        _ network: Network, _ layers: [String], _ sets: [NamedSet], pool: WorkerPool = Fixture.pool
    ) throws -> Evaluator {
        try Evaluator(network: network, layers: layers, includingBias: true, sets: sets, pool: pool)
    }

    /// Scores of every candidate against a copy of the network whose weight and bias are set by hand.
    private func expectAgreement(_ network: Network, _ layers: [String], classes: Int) throws {
        let sets = try Fixture.sets(for: network, classes: classes)
        let evaluator = try evaluator(network, layers, sets)
        let candidates = try Fixture.candidates(evaluator.layers, count: 19)
        let batch = try MetricSource(evaluator: evaluator).evaluate(candidates)
        let expectations = try candidates.prefix(Fixture.candidatePeriod).map { edits in
            var edited = network
            for (edit, layer) in zip(edits, evaluator.layers) {
                let rows = try edit.weights(of: layer).scalars
                let width = layer.columns
                let weight = rows.indices.filter { $0 % width != width - 1 }.map { rows[$0] }
                let bias = rows.indices.filter { $0 % width == width - 1 }.map { rows[$0] }
                try edited.setParameter("\(layer.name).weight", Tensor(weight, shape: layer.shape))
                try edited.setParameter("\(layer.name).bias", Tensor(bias, shape: [layer.rows]))
            }
            let made = try evaluator.editedNetwork(edits)
            for name in network.parameterNames { #expect(made.parameter(name) == edited.parameter(name), "\(name)") }
            return try sets.map { try Fixture.reference(edited, $0) }
        }
        for candidate in candidates.indices {
            for (index, set) in sets.enumerated() {
                let expected = expectations[candidate % Fixture.candidatePeriod][index]
                for metric in Metric.allCases {
                    let value = try batch.value(metric, candidate: candidate, set: index)
                    let exact = expected.mean(metric, set.examples.count)
                    #expect(
                        abs(value - exact) <= 1e-5 * max(1, abs(exact)),
                        "\(layers) candidate \(candidate) \(set.name).\(metric): \(value), expected \(exact)")
                }
            }
        }
    }

    @Test(
        "are measured as the edited network, on the first, a middle, the last and several layers",
        arguments: [["fc1"], ["fc2"], ["fc3"], ["fc1", "fc3"], ["fc3", "fc1"], ["fc2", "fc3", "fc1"]])
    func dense(layers: [String]) throws {
        try expectAgreement(try Fixture.mlp(), layers, classes: 4)
        try expectAgreement(try Fixture.mlp(.tanh, outputs: 1), layers, classes: 2)
    }

    @Test("are measured on layers too wide for the kernels of few outputs", arguments: [["fc1"], ["fc2", "fc1"]])
    func wide(layers: [String]) throws {
        let network = try Models.mlp(widths: [10, 300, 40, 3], random: RandomStream(seed: 5))
        try expectAgreement(network, layers, classes: 3)
    }

    @Test(
        "are measured on convolutions, after them, and across the flattening",
        arguments: [["conv1"], ["conv2"], ["fc1"], ["fc2"], ["conv2", "fc2"]])
    func convolutions(layers: [String]) throws {
        try expectAgreement(try Fixture.cnn(), layers, classes: 5)
    }

    @Test("give the same bits for any number of workers")
    func workers() throws {
        for (network, layers, classes) in [
            (try Fixture.mlp(), ["fc1", "fc2"], 4), (try Fixture.cnn(), ["conv2"], 5),
        ] {
            let sets = try Fixture.sets(for: network, classes: classes)
            let results = try [1, 2, 3].map { workers in
                let evaluator = try evaluator(network, layers, sets, pool: WorkerPool(workers: workers))
                return try evaluator.scores(of: Fixture.candidates(evaluator.layers, count: 21), set: 1)
            }
            #expect(results[1] == results[0])
            #expect(results[2] == results[0])
        }
    }

    @Test("see the layer as one matrix, whose last column is the bias")
    func matrix() throws {
        let weight = try Tensor([3, 0, 0, 4], shape: [2, 1, 2])
        let layer = try EditedLayer(
            name: "conv", parameterName: "conv.weight", weight: weight,
            bias: ("conv.bias", Tensor([12, 0], shape: [2])))
        #expect(layer.includesBias && layer.rows == 2 && layer.columns == 3 && layer.count == 6)
        #expect(layer.base == (try Tensor([3, 0, 12, 0, 4, 0], shape: [2, 3])))
        #expect(abs(layer.norm - 13) < 1e-12 && abs(layer.mean - 19.0 / 6) < 1e-12)
        #expect(throws: WorldError.self) {
            try EditedLayer(
                name: "conv", parameterName: "conv.weight", weight: weight, bias: ("conv.bias", .ones([3])))
        }
    }

    @Test("are what both worlds make where they are asked to, with one more number for each row of A")
    func worlds() throws {
        var mask = MaskWorld.Configuration()
        mask.bias = true
        var shift = ShiftWorld.Configuration()
        shift.bias = true
        shift.form = .full
        let network = try Fixture.mlp()
        let base = try #require(network.parameter("fc2.bias"))
        for (world, size) in [(MaskWorld(mask) as any EditWorld, 12 + 21), (ShiftWorld(shift), 12 * 21)] {
            #expect(world.editsBias)
            let sets = try Fixture.sets(for: network, classes: 4)
            let evaluator = try evaluator(network, ["fc2"], sets)
            let bound = try world.bind(to: evaluator.layers, random: RandomStream(seed: 0))
            #expect(bound.actionSize == size)
            let action = [Float](repeating: 0.5, count: size)
            let edits = try action.withUnsafeBufferPointer { try bound.apply($0, to: [.unchanged], progress: 0) }
            let bias = try #require(try evaluator.editedNetwork(edits).parameter("fc2.bias"))
            #expect(zip(bias.scalars, base.scalars).contains { $0 != $1 })
        }
        #expect(!MaskWorld().editsBias && !ShiftWorld().editsBias)
    }

    @Test("are refused on a layer that has no bias")
    func missing() throws {
        let network = try Network(
            inputShape: [3], layers: [("fc", Linear(3, 2, bias: false))], random: RandomStream(seed: 1))
        #expect(
            throws: WorldError.layerNotEditable(
                layer: "fc", reason: "it has no bias, and the world edits layers with their bias")
        ) { try evaluator(network, ["fc"], []) }
    }
}

import RLEditData
import RLEditNN
import RLEditTensor
import RLEditWorlds
import Testing

/// Units of convolutions, of layers inside residual blocks, and of linear layers over tokens.
@Suite struct UnitLayerTests {
    /// 2×8×8 → a convolution with a batch norm → a block of two with a shortcut → 5 scores.
    private static func residual(stride: Int = 1, groups: Int = 1) throws -> Network {
        var network = try Network(
            inputShape: [2, 8, 8],
            nodes: [
                .init(name: "conv1", layer: Conv2D(2, 4, kernel: 3, padding: 1, bias: false), inputs: [-1]),
                .init(name: "bn1", layer: BatchNorm(4), inputs: [0]),
                .init(name: "relu1", layer: Activation.relu, inputs: [1]),
                .init(
                    name: "conv2", layer: Conv2D(4, 4, kernel: 3, padding: 1, groups: groups, bias: false),
                    inputs: [2]),
                .init(name: "bn2", layer: BatchNorm(4), inputs: [3]),
                .init(name: "add", layer: Add(), inputs: [4, 2]),
                .init(name: "relu2", layer: Activation.relu, inputs: [5]),
                .init(name: "conv3", layer: Conv2D(4, 6, kernel: 3, stride: stride), inputs: [6]),
                .init(name: "relu3", layer: Activation.relu, inputs: [7]),
                .init(name: "flatten", layer: Flatten(), inputs: [8]),
                .init(name: "fc", layer: Linear(6 * (stride == 1 ? 36 : 9), 5), inputs: [9]),
            ], random: RandomStream(seed: 4, name: "residual"))
        for name in ["bn1", "bn2"] {
            for (part, shift) in [("weight", 1), ("bias", 0), ("running_mean", 0), ("running_var", 4)] {
                let value = try Fixture.tensor([4], "\(name) \(part)", scale: 0.3).add(Float(shift))
                try network.setParameter("\(name).\(part)", part == "running_var" ? value.mul(value) : value)
            }
        }
        return network
    }

    private static func sets(_ shape: [Int] = [2, 8, 8]) throws -> [NamedSet] {
        [
            try Fixture.set("forget", 70, shape: shape, classes: 5),
            try Fixture.set("retain", 90, shape: shape, classes: 5),
        ]
    }

    private static func pair(_ network: Network, _ layer: String, _ world: UnitWorld, sets: [NamedSet]? = nil) throws
        -> EditPair
    {
        try EditPair(
            network: network, name: "network", label: "0", sets: sets ?? Self.sets(),
            rules: EditPair.Rules(
                world: world, layers: [layer], rank: 1, features: UnitFeatureSet(UnitFeature.labelAware)),
            pool: Fixture.pool)
    }

    private static func factors(_ pair: EditPair) throws -> UnitFactors {
        let frame = pair.frames[0]
        return UnitFactors(
            outputs: try Fixture.tensor([frame.layer.rows], "unit outputs").scalars,
            inputs: try Fixture.tensor([frame.inputs], "unit inputs").scalars, logScale: 0.5)
    }

    @Test(
        "a shift of a convolution leaves the average retain position and moves forget positions by s deviations",
        arguments: ["conv1", "conv2", "conv3"])
    func centred(name: String) throws {
        let network = try Self.residual()
        let pair = try Self.pair(network, name, .shift)
        let edited = try pair.evaluator.editedNetwork(pair.edits([Self.factors(pair)]))
        let forget = pair.evaluator.sets[0], retain = pair.evaluator.sets[1]
        func activations(_ network: Network) throws -> LayerActivations {
            try LayerActivations(network: network, layer: name, forget: forget, retain: retain, pool: Fixture.pool)
        }
        let before = try activations(network), after = try activations(edited)
        let units = before.outputs
        let moved = try after.retainOutputs.sub(before.retainOutputs)
        let rows = moved.shape[0]
        #expect(rows == 90 * (name == "conv3" ? 36 : 64))
        for unit in 0..<units {
            let mean = (0..<rows).reduce(0) { $0 + Double(moved.scalars[$1 * units + unit]) } / Double(rows)
            #expect(abs(mean) < 1e-4, "unit \(unit): \(mean)")
        }
        let shift = try after.forgetOutputs.sub(before.forgetOutputs)
        let size = (shift.scalars.reduce(0) { $0 + Double($1) * Double($1) } / Double(shift.count)).squareRoot()
        var variance = 0.0
        for unit in 0..<units {
            let values = (0..<rows).map { Double(before.retainOutputs.scalars[$0 * units + unit]) }
            let mean = values.reduce(0, +) / Double(rows)
            variance += values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rows * units)
        }
        // The response is measured on positions from all over the set, half of them.
        #expect(abs(size / (variance.squareRoot() * 1.6487213) - 1) < 0.05, "\(size), u \(variance.squareRoot())")
    }

    @Test(
        "the evaluator measures an edit through a batch norm as the network that it makes",
        arguments: UnitWorld.allCases)
    func evaluated(world: UnitWorld) throws {
        let network = try Self.residual()
        let pair = try Self.pair(network, "conv2", world)
        let edits = try pair.edits([Self.factors(pair)])
        let edited = try pair.evaluator.editedNetwork(edits)
        let direct = try edited.forward(pair.evaluator.sets[1].examples.allInputs())
        #expect(
            try pair.evaluator.scores(edits, set: 1).isClose(
                to: direct, relativeTolerance: 1e-3, absoluteTolerance: 1e-3))
        #expect(
            try !direct.isClose(
                to: network.forward(pair.evaluator.sets[1].examples.allInputs()), relativeTolerance: 1e-3))
    }

    @Test(
        "the gradient of a channel is what adding to all of its positions does to the score",
        arguments: ["conv1", "conv2", "conv3"])
    func gradient(name: String) throws {
        let network = try Self.residual(stride: 2)
        let sets = try Self.sets()
        let activations = try LayerActivations(
            network: network, layer: name, forget: sets[0], retain: sets[1], pool: Fixture.pool)
        let bias = try #require(activations.biasName)
        let inputs = try sets[0].examples.allInputs()
        func score(_ network: Network) throws -> Double {
            let scores = try network.forward(inputs).scalars
            return sets[0].examples.labels.enumerated().reduce(0.0) { sum, example in
                let row = scores[example.offset * 5..<(example.offset + 1) * 5].map(Double.init)
                return sum + row[example.element] - row.reduce(0, +) / 5
            } / 70
        }
        for unit in 0..<activations.outputs {
            func moved(_ step: Float) throws -> Double {
                var other = network
                var values = try #require(network.parameter(bias)).scalars
                values[unit] += step
                try other.setParameter(bias, Tensor(values))
                return try score(other)
            }
            let expected = try (moved(1e-3) - moved(-1e-3)) / 2e-3
            #expect(abs(Double(activations.outputGradient.scalars[unit]) - expected) < 0.02 * (1 + abs(expected)))
        }
    }

    @Test(
        "a convolution over the whole picture with an even kernel is the linear layer of its channels' means"
    )
    func wholePicture() throws {
        var convolution = try Network(
            inputShape: [3, 2, 2],
            layers: [
                ("edited", Conv2D(3, 4, kernel: 2)), ("flatten", Flatten()), ("act", Activation.relu),
                ("fc", Linear(4, 5)),
            ], random: RandomStream(seed: 1))
        var linear = try Network(
            inputShape: [3], layers: [("edited", Linear(3, 4)), ("act", Activation.relu), ("fc", Linear(4, 5))],
            random: RandomStream(seed: 1))
        let weight = try Fixture.tensor([4, 3], "w"), bias = try Fixture.tensor([4], "b")
        try linear.setParameter("edited.weight", weight)
        try convolution.setParameter(
            "edited.weight",
            Tensor(weight.scalars.flatMap { [Float](repeating: $0 / 4, count: 4) }, shape: [4, 3, 2, 2]))
        for name in ["edited.bias", "fc.weight", "fc.bias"] {
            let value = try name == "edited.bias" ? bias : #require(linear.parameter(name))
            try linear.setParameter(name, value)
            try convolution.setParameter(name, value)
        }
        let pictures = try Self.sets([3, 2, 2])
        let means = try pictures.map { set in
            let values = try set.examples.allInputs().scalars
            let rows = (0..<values.count / 4).map { values[$0 * 4..<($0 + 1) * 4].reduce(0, +) / 4 }
            return NamedSet(
                name: set.name,
                examples: try ExampleSet(
                    name: set.name, source: "means", inputs: Tensor(rows, shape: [rows.count / 3, 3]),
                    labels: set.examples.labels))
        }
        let set = try UnitFeatureSet(UnitFeature.labelAware.filter { $0 != .weightNorm })
        func features(_ network: Network, _ sets: [NamedSet]) throws -> UnitFeatures {
            try UnitFeatures(
                of: LayerActivations(
                    network: network, layer: "edited", forget: sets[0], retain: sets[1], pool: Fixture.pool), set)
        }
        let (one, other) = (try features(convolution, pictures), try features(linear, means))
        #expect(one.inputs.isClose(to: other.inputs, relativeTolerance: 1e-3, absoluteTolerance: 1e-3))
        #expect(one.outputs.isClose(to: other.outputs, relativeTolerance: 1e-3, absoluteTolerance: 1e-3))
        #expect(one.context.isClose(to: other.context, relativeTolerance: 1e-3, absoluteTolerance: 1e-3))
    }

    /// 7 tokens of 20 → features → a linear layer over tokens → their mean.
    private static func texts(length: Int) throws -> Network {
        try Network(
            inputShape: [length],
            nodes: [
                .init(name: "embedding", layer: TokenEmbedding(20, 6), inputs: [-1]),
                .init(name: "up", layer: Linear(6, 8), inputs: [0]),
                .init(name: "relu", layer: Activation.relu, inputs: [1]),
                .init(name: "pool", layer: TokenPooling(.mean), inputs: [2, -1]),
                .init(name: "fc", layer: Linear(8, 5), inputs: [3]),
            ], random: RandomStream(seed: 6, name: "texts"))
    }

    private static func tokens(_ name: String, _ count: Int, length: Int) throws -> NamedSet {
        var stream = RandomStream(seed: 3, name: name)
        var numbers: [Float] = []
        for example in 0..<count {
            let used = 2 + example % 4
            numbers += (0..<used).map { _ in Float(stream.index(below: 20)) }
            numbers += [Float](repeating: -1, count: length - used)
        }
        return NamedSet(
            name: name,
            examples: try ExampleSet(
                name: name, source: "tokens", inputs: Tensor(numbers, shape: [count, length]),
                labels: (0..<count).map { $0 % 5 }))
    }

    @Test("rows of a linear layer over tokens are tokens, and padding is none of them")
    func padding() throws {
        func activations(length: Int) throws -> LayerActivations {
            try LayerActivations(
                network: Self.texts(length: length), layer: "up", forget: Self.tokens("forget", 20, length: length),
                retain: Self.tokens("retain", 24, length: length), pool: Fixture.pool)
        }
        let (short, long) = (try activations(length: 5), try activations(length: 11))
        #expect(short.forgetInputs.shape == [70, 6])
        #expect(short.retainOutputs.shape == [84, 8])
        let set = try UnitFeatureSet(UnitFeature.labelAware)
        let (one, other) = (try UnitFeatures(of: short, set), try UnitFeatures(of: long, set))
        #expect(one.inputs.isClose(to: other.inputs, relativeTolerance: 1e-4, absoluteTolerance: 1e-4))
        #expect(one.outputs.isClose(to: other.outputs, relativeTolerance: 1e-4, absoluteTolerance: 1e-4))
        let nothing = NamedSet(
            name: "forget",
            examples: try ExampleSet(
                name: "forget", source: "padding", inputs: Tensor(repeating: -1, shape: [2, 5]), labels: [0, 1]))
        #expect(throws: WorldError.invalidSet(name: "forget", message: "holds nothing but padding")) {
            try LayerActivations(
                network: Self.texts(length: 5), layer: "up", forget: nothing,
                retain: Self.tokens("retain", 24, length: 5), pool: Fixture.pool)
        }
    }

    @Test("of many positions as many are looked at as memory is meant for, from all over the pictures")
    func manyPositions() throws {
        let network = try Network(
            inputShape: [1, 24, 24],
            layers: [
                ("conv", Conv2D(1, 2, kernel: 1)), ("pool", MaxPool2D(24)), ("flatten", Flatten()),
                ("fc", Linear(2, 5)),
            ], random: RandomStream(seed: 1))
        let sets = try Self.sets([1, 24, 24])
        let many = try Fixture.set("retain", 200, shape: [1, 24, 24], classes: 5)
        let activations = try LayerActivations(
            network: network, layer: "conv", forget: sets[0], retain: many, pool: Fixture.pool)
        #expect(activations.forgetInputs.shape == [70 * 576, 1])
        #expect(activations.retainInputs.shape == [200 * 576 / 2, 1])
    }

    @Test("what cannot be a layer of units is refused by what it is")
    func refused() throws {
        let sets = try Self.sets()
        for (network, layer, message) in [
            (
                try Self.residual(groups: 2), "conv2",
                "layer 'conv2' cannot be edited: it is a convolution in 2 groups: features of units need one whose "
                    + "outputs see all inputs"
            ),
            (try Self.residual(), "bn2", "layer 'bn2' cannot be edited: its weight of shape [4] is not a matrix"),
            (try Self.residual(), "relu2", "layer 'relu2' cannot be edited: a ReLU has no weights"),
        ] {
            let refusal = #expect(throws: WorldError.self) {
                try LayerActivations(
                    network: network, layer: layer, forget: sets[0], retain: sets[1], pool: Fixture.pool)
            }
            #expect(refusal?.description.hasPrefix(message) == true, "\(refusal?.description ?? "")")
        }
        let refusal = #expect(throws: WorldError.self) {
            try LayerActivations(
                network: Self.texts(length: 5), layer: "embedding", forget: Self.tokens("forget", 20, length: 5),
                retain: Self.tokens("retain", 24, length: 5), pool: Fixture.pool)
        }
        #expect(
            refusal?.description
                == "layer 'embedding' cannot be edited: features of units need a linear layer or a convolution, and "
                + "this is a TokenEmbedding")
    }
}

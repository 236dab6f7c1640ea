import RLEditData
import RLEditNN
import RLEditTensor
import RLEditWorlds
import Testing

@Suite struct UnitFeaturesTests {
    /// The network and the sets that the golden values are of.
    private static func golden() throws -> (network: Network, forget: NamedSet, retain: NamedSet) {
        var network = try Network(
            inputShape: [3],
            layers: [
                ("fc1", Linear(3, 5)), ("relu1", Activation.relu), ("fc2", Linear(5, 4)), ("relu2", Activation.relu),
                ("fc3", Linear(4, 3)),
            ], random: RandomStream(seed: 0))
        for (index, shape) in [[5, 3], [4, 5], [3, 4]].enumerated() {
            try network.setParameter(
                "fc\(index + 1).weight", try Tensor(UnitFeaturesGolden.weights[index], shape: shape))
            try network.setParameter("fc\(index + 1).bias", Tensor(UnitFeaturesGolden.biases[index]))
        }
        func set(_ name: String, _ values: [Float], _ labels: [Int]) throws -> NamedSet {
            NamedSet(
                name: name,
                examples: try ExampleSet(
                    name: name, source: "golden", inputs: Tensor(values, shape: [labels.count, 3]), labels: labels))
        }
        return (
            network, try set("forget", UnitFeaturesGolden.forget, UnitFeaturesGolden.forgetLabels),
            try set("retain", UnitFeaturesGolden.retain, [Int](repeating: 0, count: 9))
        )
    }

    private static func activations(_ layer: String = "fc2") throws -> LayerActivations {
        let (network, forget, retain) = try golden()
        return try LayerActivations(
            network: network, layer: layer, forget: forget, retain: retain, pool: Fixture.pool)
    }

    @Test("features and context are those of their definitions, computed in double precision by another program")
    func golden() throws {
        let features = try UnitFeatures(of: Self.activations(), UnitFeatureSet(UnitFeature.labelAware))
        for (name, tensor, expected, shape) in [
            ("outputs", features.outputs, UnitFeaturesGolden.outputs, [4, 11]),
            ("inputs", features.inputs, UnitFeaturesGolden.inputs, [5, 11]),
            ("context", features.context, UnitFeaturesGolden.context, [4]),
        ] {
            #expect(tensor.shape == shape)
            for (place, pair) in zip(tensor.scalars, expected).enumerated() {
                #expect(abs(pair.0 - pair.1) < 2e-4, "\(name)[\(place)]: \(pair.0), expected \(pair.1)")
            }
        }
    }

    @Test("label-free features are the others, and do not change with the labels")
    func labelFree() throws {
        let set = try UnitFeatureSet(UnitFeature.labelFree)
        #expect(set.count == 10)
        #expect(!set.isLabelAware)
        #expect(set.context.map(\.name) == ["input_distance", "output_distance", "input_contrast"])
        let (network, forget, retain) = try Self.golden()
        let relabelled = NamedSet(
            name: "forget",
            examples: try ExampleSet(
                name: "forget", source: "golden", inputs: Tensor(UnitFeaturesGolden.forget, shape: [6, 3]),
                labels: [0, 0, 0, 0, 0, 0]))
        func features(_ forget: NamedSet, _ set: UnitFeatureSet) throws -> UnitFeatures {
            try UnitFeatures(
                of: LayerActivations(
                    network: network, layer: "fc2", forget: forget, retain: retain, pool: Fixture.pool), set)
        }
        #expect(try features(forget, set) == features(relabelled, set))
        let aware = try UnitFeatureSet(UnitFeature.labelAware)
        #expect(try features(forget, aware) != features(relabelled, aware))
    }

    @Test("scaling all weights before the layer leaves its features as they are")
    func standardized() throws {
        var (network, forget, retain) = try Self.golden()
        let set = try UnitFeatureSet([.forgetMean, .contrast, .discriminant, .difference, .retainDeviation])
        func inputs() throws -> [Float] {
            try UnitFeatures(
                of: LayerActivations(
                    network: network, layer: "fc2", forget: forget, retain: retain, pool: Fixture.pool), set
            ).inputs.scalars
        }
        let before = try inputs()
        for name in ["fc1.weight", "fc1.bias"] {
            let value = try #require(network.parameter(name))
            try network.setParameter(name, value.mul(8))
        }
        for (a, b) in zip(before, try inputs()) { #expect(abs(a - b) < 1e-4) }
    }

    @Test("what cannot have features is refused by name")
    func refused() throws {
        let (network, forget, retain) = try Self.golden()
        func make(_ layer: String, _ forget: NamedSet, _ retain: NamedSet) throws -> LayerActivations {
            try LayerActivations(network: network, layer: layer, forget: forget, retain: retain, pool: Fixture.pool)
        }
        #expect(throws: WorldError.self) { try make("fc9", forget, retain) }
        let empty = NamedSet(name: "forget", examples: try forget.examples.take(0))
        #expect(throws: WorldError.invalidSet(name: "forget", message: "holds no examples")) {
            try make("fc2", empty, retain)
        }
        let other = try Fixture.set("forget", 3, shape: [7], classes: 3)
        #expect(
            throws: WorldError.invalidSet(
                name: "forget", message: "holds examples of shape [7], but the network takes [3]")
        ) { try make("fc2", other, retain) }
        let foreign = NamedSet(
            name: "forget",
            examples: try ExampleSet(
                name: "forget", source: "golden", inputs: Tensor(UnitFeaturesGolden.forget, shape: [6, 3]),
                labels: [0, 1, 2, 3, 0, 0]))
        #expect(
            throws: WorldError.invalidSet(
                name: "forget",
                message: "example 4 has the label 3, but the network scores 3 classes: labels begin at 0 and go to 2")
        ) { try make("fc2", foreign, retain) }
    }

    @Test("a layer whose input units are all dead is refused")
    func dead() throws {
        var (network, forget, retain) = try Self.golden()
        try network.setParameter("fc1.bias", Tensor([-100, -100, -100, -100, -100]))
        let activations = try LayerActivations(
            network: network, layer: "fc2", forget: forget, retain: retain, pool: Fixture.pool)
        let refusal = #expect(throws: WorldError.self) {
            try UnitFeatures(of: activations, UnitFeatureSet(UnitFeature.labelAware))
        }
        #expect(refusal?.description.contains("all of its input units are dead") == true)
        // A single live unit is enough, and leaves nothing that is not a number.
        try network.setParameter("fc1.bias", Tensor([0, -100, -100, -100, -100]))
        let live = try UnitFeatures(
            of: LayerActivations(
                network: network, layer: "fc2", forget: forget, retain: retain, pool: Fixture.pool),
            UnitFeatureSet(UnitFeature.labelAware))
        #expect(!(live.outputs.scalars + live.inputs.scalars + live.context.scalars).contains { !$0.isFinite })
    }

    @Test("custom features come after the others, and must have the layer's sizes")
    func custom() throws {
        let activations = try Self.activations()
        let set = try UnitFeatureSet([.contrast], customCount: 2)
        let outputs = try Fixture.tensor([4, 2], "custom outputs")
        let inputs = try Fixture.tensor([5, 2], "custom inputs")
        let features = try UnitFeatures(of: activations, set, custom: (outputs, inputs))
        #expect(features.outputs.shape == [4, 3])
        #expect(features.inputs.shape == [5, 3])
        #expect(Array(features.inputs.scalars[1...2]) == Array(inputs.scalars[0...1]))
        #expect(throws: WorldError.self) { try UnitFeatures(of: activations, set, custom: (inputs, inputs)) }
        #expect(throws: WorldError.self) { try UnitFeatures(of: activations, set) }
        let infinite = try Tensor(repeating: .infinity, shape: [4, 2])
        #expect(throws: WorldError.self) { try UnitFeatures(of: activations, set, custom: (infinite, inputs)) }
    }
}

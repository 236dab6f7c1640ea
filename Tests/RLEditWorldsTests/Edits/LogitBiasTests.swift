import RLEditData
import RLEditNN
import RLEditTensor
import RLEditWorlds
import Testing

@Suite("The world of offsets of scores")
struct LogitBiasTests {
    private func apply(_ world: any BoundWorld, _ action: [Float], to edits: [LayerEdit]) throws -> [LayerEdit] {
        try action.withUnsafeBufferPointer { try world.apply($0, to: edits, progress: 0) }
    }

    @Test("an action is an offset of ten at most, steps add up, and weights stay")
    func offsets() throws {
        let network = try Fixture.mlp()
        let layer = try EditedLayer(named: "fc3", of: network, includingBias: true)
        let world = try LogitBias().bind(to: [layer], random: RandomStream(seed: 0))
        #expect(world.actionSize == 4)
        var edits = try apply(world, [1, -0.5, 0, 0.25], to: [.unchanged])
        edits = try apply(world, [0, -0.5, 0, 0.25], to: edits)
        var edited = network
        try edited.apply(edits[0], to: layer)
        let added = zip(
            try #require(edited.parameter("fc3.bias")).scalars, try #require(network.parameter("fc3.bias")).scalars)
        for ((new, old), expected) in zip(added, [10, -10, 0, 5] as [Float]) {
            #expect(abs(new - old - expected) < 1e-5)
        }
        #expect(edited.parameter("fc3.weight") == network.parameter("fc3.weight"))
    }

    @Test("the evaluator measures what a network with other biases does")
    func measured() throws {
        let network = try Fixture.mlp()
        let set = try Fixture.set("retain", 300, shape: [6], classes: 4)
        let layer = try EditedLayer(named: "fc3", of: network, includingBias: true)
        let world = try LogitBias().bind(to: [layer], random: RandomStream(seed: 0))
        let edits = try apply(world, [0.1, -0.05, 0.02, 0], to: [.unchanged])
        let evaluator = try Evaluator(
            network: network, layers: ["fc3"], includingBias: true, sets: [set], pool: Fixture.pool)
        let found = try MetricSource(evaluator: evaluator).evaluate([edits])
            .value(.plain(.accuracy), candidate: 0, set: 0)
        var moved = network
        let bias = try #require(network.parameter("fc3.bias")).add(Tensor([1, -0.5, 0.2, 0] as [Float]))
        try moved.setParameter("fc3.bias", bias)
        let named = PredictedClass.ofRows(try moved.forward(set.examples.allInputs()))
        let right = zip(named, set.examples.labels).count { $0 == $1 }
        #expect(abs(found - Double(right) / 300) < 1e-9)
    }

    @Test("refuses a layer without its bias, and several")
    func unfitting() throws {
        let network = try Fixture.mlp()
        let bare = try EditedLayer(named: "fc3", of: network)
        let whole = try EditedLayer(named: "fc3", of: network, includingBias: true)
        for layers in [[bare], [whole, whole]] {
            #expect(throws: WorldError.self) { try LogitBias().bind(to: layers, random: RandomStream(seed: 0)) }
        }
    }
}

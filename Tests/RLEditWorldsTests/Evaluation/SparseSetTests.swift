import RLEditData
import RLEditNN
import RLEditTensor
import RLEditWorlds
import Testing

@Suite("Sets of sparse examples are measured as dense ones are")
struct SparseSetTests {
    private func network() throws -> Network {
        try Network(
            inputShape: [30],
            layers: [
                ("embedding", EmbeddingBag(30, 8)), ("relu1", Activation.relu), ("fc1", Linear(8, 5)),
                ("relu2", Activation.relu), ("fc2", Linear(5, 2)),
            ], random: RandomStream(seed: 5))
    }

    /// 700 examples of up to 6 elements, as sparse rows and as a tensor.
    private func sets() throws -> (sparse: NamedSet, dense: NamedSet) {
        var random = RandomStream(seed: 6)
        var offsets = [0]
        var indices: [Int32] = []
        for row in 0..<700 {
            indices += random.permutation(30).prefix(row % 7).sorted().map { Int32($0) }
            offsets.append(indices.count)
        }
        let rows = try SparseRows(
            columns: 30, offsets: offsets, indices: indices, values: indices.map { _ in random.uniform(0.5, 2) })
        let labels = (0..<700).map { _ in random.index(below: 2) }
        let sparse = try ExampleSet(name: "all", source: "test", sparse: rows, labels: labels)
        let dense = try ExampleSet(name: "all", source: "test", inputs: try sparse.allInputs(), labels: labels)
        return (NamedSet(name: "all", examples: sparse), NamedSet(name: "all", examples: dense))
    }

    @Test("edits behind the embedding give the same scores", arguments: ["fc1", "fc2"])
    func scores(layer: String) throws {
        let (network, sets) = (try network(), try sets())
        let evaluators = try [sets.sparse, sets.dense].map {
            try Evaluator(network: network, layers: [layer], sets: [$0], pool: Fixture.pool)
        }
        let candidates = try Fixture.candidates(evaluators[0].layers, count: 8)
        for candidate in candidates {
            let (a, b) = (try evaluators[0].scores(candidate, set: 0), try evaluators[1].scores(candidate, set: 0))
            #expect(zip(a.scalars, b.scalars).allSatisfy { abs($0 - $1) <= 1e-4 * (1 + abs($1)) })
        }
    }

    @Test("layers that read the sparse examples themselves cannot be edited, and the reason is given")
    func firstLayer() throws {
        let sets = try sets()
        let editable = try network().editableLayers
        #expect(editable == ["fc1", "fc2"])
        #expect(
            throws: WorldError.layerNotEditable(
                layer: "embedding", reason: "it is the table of the words; layers that can be edited: fc1, fc2")
        ) {
            try Evaluator(network: try network(), layers: ["embedding"], sets: [sets.sparse], pool: Fixture.pool)
        }
        let linear = try Network(
            inputShape: [30], layers: [("first", Linear(30, 2))], random: RandomStream(seed: 0))
        #expect(
            throws: WorldError.layerNotEditable(
                layer: "first", reason: "it reads the sparse examples of set 'all' itself; edit a layer after it")
        ) {
            try Evaluator(network: linear, layers: ["first"], sets: [sets.sparse], pool: Fixture.pool)
        }
        _ = try Evaluator(network: linear, layers: ["first"], sets: [sets.dense], pool: Fixture.pool)
    }
}

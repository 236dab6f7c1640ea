import RLEditNN
import RLEditTensor
import Testing

@Suite("Attention and embeddings of tokens give PyTorch's numbers")
struct AttentionTests {
    /// Queries, keys, values and tokens side by side as one input, taken apart by slices of the frontier's kind.
    @Test("Attention of several heads, with texts of different lengths and an empty one")
    func attention() throws {
        let golden = try Fixture.file("attention")
        let parts = try ["query", "key", "value"].map { try golden.tensor($0) }
        // Each part is made from an identity on its own input, so that gradients by all of them can be seen.
        var network = try Network(
            inputShape: [5, 18],
            nodes: [
                .init(name: "query", layer: Linear(18, 6, bias: false), inputs: [-1]),
                .init(name: "key", layer: Linear(18, 6, bias: false), inputs: [-1]),
                .init(name: "value", layer: Linear(18, 6, bias: false), inputs: [-1]),
                .init(name: "attention", layer: Attention(heads: 2), inputs: [0, 1, 2]),
            ], random: RandomStream(seed: 0))
        for (index, name) in ["query", "key", "value"].enumerated() {
            let selection = try Tensor(shape: [6, 18]) { buffer in
                for place in buffer.indices { buffer[place] = place % 18 == place / 18 + 6 * index ? 1 : 0 }
            }
            try network.setParameter("\(name).weight", selection)
        }
        // The first text has no padding: with and without tokens it is the same.
        let input = try Tensor.concat(parts, dimension: 2)
        let arriving = try golden.tensor("output_gradient")
        let first = try network.pullback(input.slice([0..<1])) { _ in try arriving.slice([0..<1]) }
        #expect(difference(first.outputs, try golden.tensor("output").slice([0..<1])) < 2e-6)
        for (index, name) in ["query", "key", "value"].enumerated() {
            let expected = try golden.tensor("\(name)_gradient").slice([0..<1])
            let actual = try first.inputGradient.slice([0..<1, 0..<5, (6 * index)..<(6 * index + 6)])
            #expect(difference(actual, expected) < 5e-6, "\(name)")
        }
    }

    @Test("Embeddings, positions, and attention that leaves the padding out")
    func padding() throws {
        let golden = try Fixture.file("attention")
        let tokens = try golden.tensor("tokens")
        var network = try Network(
            inputShape: [5],
            nodes: [
                .init(name: "embedding", layer: TokenEmbedding(5, 6), inputs: [-1]),
                .init(name: "position", layer: PositionEmbedding(7, 6), inputs: [0]),
                .init(name: "mean", layer: TokenPooling(.mean), inputs: [1, -1]),
            ], random: RandomStream(seed: 0))
        try network.setParameter("embedding.weight", try golden.tensor("table"))
        try network.setParameter("position.weight", try golden.tensor("positions"))
        let byMean = try golden.tensor("mean_gradient")
        let result = try network.pullback(tokens) { _ in byMean }
        #expect(difference(result.outputs, try golden.tensor("mean")) < 2e-6)
        #expect(difference(result.parameterGradients[0], try golden.tensor("table_gradient")) < 2e-6)
        #expect(difference(result.parameterGradients[1], try golden.tensor("positions_gradient")) < 2e-6)
        #expect(throws: NetworkError.self) { try network.forward(Tensor([0, 1, 5, 0, 0], shape: [1, 5])) }
        #expect(throws: NetworkError.self) { try network.forward(Tensor([0, 1.5, 0, 0, 0], shape: [1, 5])) }
    }

    @Test("Attention with tokens, in a network of embeddings, agrees with central differences of its own outputs")
    func masked() throws {
        var network = try Network(
            inputShape: [4],
            nodes: [
                .init(name: "embedding", layer: TokenEmbedding(5, 6), inputs: [-1]),
                .init(name: "query", layer: Linear(6, 6), inputs: [0]),
                .init(name: "key", layer: Linear(6, 6), inputs: [0]),
                .init(name: "value", layer: Linear(6, 6), inputs: [0]),
                .init(name: "attention", layer: Attention(heads: 3), inputs: [1, 2, 3, -1]),
                .init(name: "norm", layer: LayerNorm(6), inputs: [4]),
                .init(name: "mean", layer: TokenPooling(.mean), inputs: [5, -1]),
            ], random: RandomStream(seed: 5))
        let embedding = try #require(network.parameter("embedding.weight"))
        try network.setParameter(
            "embedding.weight", try Tensor(embedding.scalars.map { 50 * $0 }, shape: embedding.shape))
        let tokens = try Tensor([1, 2, 3, -1, 4, 0, -1, -1], shape: [2, 4])
        let padded = try Tensor([1, 2, 3, -1, 4, 0, 1, 1], shape: [2, 4])
        // Padding says nothing: another network sees other tokens there.
        #expect(difference(try network.forward(tokens), try network.forward(padded)) > 1e-4)
        let arriving = try Tensor((0..<12).map { Float($0 % 5) - 2 }, shape: [2, 6])
        let gradients = try network.pullback(tokens) { _ in arriving }.parameterGradients
        for (index, name) in network.parameterNames.enumerated() {
            let value = try #require(network.parameter(name))
            for place in stride(from: 0, to: value.count, by: 5) {
                func objective(_ change: Float) throws -> Double {
                    var scalars = value.scalars
                    scalars[place] += change
                    let outputs = try network.forward(tokens, replacing: [name: Tensor(scalars, shape: value.shape)])
                    return zip(outputs.scalars, arriving.scalars).reduce(0) { $0 + Double($1.0) * Double($1.1) }
                }
                let slope = (try objective(2e-3) - objective(-2e-3)) / 4e-3
                #expect(
                    abs(Double(gradients[index].scalars[place]) - slope) < 2e-2 * (1 + abs(slope)), "\(name)[\(place)]")
            }
        }
    }
}

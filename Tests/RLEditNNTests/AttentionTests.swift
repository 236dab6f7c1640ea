import RLEditNN
import RLEditTensor
import Testing

@Suite("Attention and embeddings of tokens give PyTorch's numbers")
struct AttentionTests {
    /// Queries, keys and values are rows of three tables, one for each place of each text, so that the gradients by all of
    /// them are those of the tables.
    @Test("Attention of several heads, with texts of different lengths and an empty one")
    func attention() throws {
        let golden = try Fixture.file("attention")
        let names = ["query", "key", "value"]
        var network = try Network(
            inputShape: [5],
            nodes: names.map { .init(name: $0, layer: TokenEmbedding(15, 6), inputs: [-1]) } + [
                .init(name: "attention", layer: Attention(heads: 2), inputs: [0, 1, 2, -1])
            ], random: RandomStream(seed: 0))
        for name in names {
            try network.setParameter("\(name).weight", try golden.tensor(name).reshaped([15, 6]))
        }
        let valid = try golden.tensor("tokens").scalars
        let tokens = try Tensor(valid.enumerated().map { $1 < 0 ? -1 : Float($0) }, shape: [3, 5])
        let arriving = try golden.tensor("output_gradient")
        let result = try network.pullback(tokens) { _ in arriving }
        #expect(difference(result.outputs, try golden.tensor("output")) < 2e-6)
        for (index, name) in names.enumerated() {
            let expected = try golden.tensor("\(name)_gradient").reshaped([15, 6])
            #expect(difference(result.parameterGradients[index], expected) < 5e-6, "\(name)")
        }
    }

    @Test("A text too long for the weights of all its pairs of tokens is refused")
    func longest() {
        let shape = [1 << 15, 4]
        #expect(throws: NetworkError.layerInput(layer: "Attention", expected: "at most 16384 tokens", actual: shape)) {
            try Attention(heads: 2).outputShape(for: [shape, shape, shape])
        }
    }

    @Test("Embeddings, positions and the mean leave the padding out, and tokens outside of the table are refused")
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
        // Tokens in place of the padding change the result.
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

import RLEditNN
import RLEditTensor
import RLEditTestSupport
import Testing

@Suite("Parameters that files keep under other names, as parts of a tensor, or with more dimensions")
struct StoredTensorTests {
    private static let rows = ["query", "key", "value"]

    /// Patches of a picture with a class token and one attention, whose three matrices are one tensor in the file.
    private static func network() throws -> Network {
        func part(_ index: Int) throws -> [String: StoredTensor] {
            [
                "weight": try StoredTensor(name: "attention.in_proj_weight", part: index + 1, parts: 3),
                "bias": try StoredTensor(name: "attention.in_proj_bias", part: index + 1, parts: 3),
            ]
        }
        var nodes: [Network.Node] = [
            .init(name: "conv_proj", layer: Conv2D(2, 6, kernel: 2, stride: 2), inputs: [-1]),
            .init(name: "tokens", layer: PixelTokens(), inputs: [0]),
            .init(
                name: "class_token", layer: ClassToken(6), inputs: [1],
                stored: ["weight": try StoredTensor(name: "class_token")]),
            .init(
                name: "pos_embedding", layer: PositionEmbedding(7, 6), inputs: [2],
                stored: ["weight": try StoredTensor(name: "pos_embedding", rank: 3)]),
        ]
        for (index, name) in rows.enumerated() {
            nodes.append(
                .init(name: "attention.\(name)", layer: Linear(6, 6), inputs: [3], stored: try part(index)))
        }
        nodes += [
            .init(name: "heads", layer: Attention(heads: 2), inputs: [4, 5, 6]),
            .init(name: "attention.out_proj", layer: Linear(6, 6), inputs: [7]),
            .init(name: "first", layer: TokenPooling(.first), inputs: [8]),
        ]
        return try Network(inputShape: [2, 4, 6], nodes: nodes, random: RandomStream(seed: 0))
    }

    @Test("a small vision transformer takes PyTorch's tensors and gives its outputs and gradients")
    func golden() throws {
        let golden = try Fixture.file("patches")
        var network = try Self.network()
        let others = ["input", "output", "output_gradient", "input_gradient", "*_gradient"].map {
            NamePattern("patches/\($0)")
        }
        try network.loadParameters(from: golden, LoadOptions(prefix: "patches/", ignore: others))
        let arriving = try golden.tensor("patches/output_gradient")
        let result = try network.pullback(try golden.tensor("patches/input")) { _ in arriving }
        #expect(difference(result.outputs, try golden.tensor("patches/output")) < 5e-6)
        let gradients = Dictionary(uniqueKeysWithValues: zip(network.parameterNames, result.parameterGradients))
        for (name, tensor) in [
            ("class_token.weight", "class_token"), ("conv_proj.weight", "conv_proj.weight"),
            ("attention.out_proj.bias", "attention.out_proj.bias"),
        ] {
            let gradient = try #require(gradients[name])
            #expect(difference(gradient, try golden.tensor("patches/\(tensor)_gradient")) < 2e-5, "\(name)")
        }
        let positions = try #require(gradients["pos_embedding.weight"]).reshaped([1, 7, 6])
        #expect(difference(positions, try golden.tensor("patches/pos_embedding_gradient")) < 2e-5)
        let fused = try golden.tensor("patches/attention.in_proj_weight_gradient").scalars
        let parts = Self.rows.flatMap { gradients["attention.\($0).weight"]?.scalars ?? [] }
        #expect(parts.count == 108 && zip(parts, fused).allSatisfy { abs($0 - $1) < 2e-5 })
    }

    @Test("an edited part goes back into its rows, and every other byte of the file stays")
    func edited() throws {
        let golden = try Fixture.file("patches")
        var network = try Self.network()
        let source = try network.loadParameters(
            from: golden,
            LoadOptions(prefix: "patches/", ignore: [NamePattern("patches/*put*"), NamePattern("*_gradient")]))
        let key = try #require(network.parameter("attention.key.weight"))
        try network.setParameter("attention.key.weight", Tensor(key.scalars.map { 2 * $0 }, shape: key.shape))
        let written = try network.safetensors(basedOn: source)
        #expect(written.entries.map(\.name) == golden.entries.map(\.name))
        for entry in golden.entries {
            let isEdited = entry.name == "patches/attention.in_proj_weight"
            #expect(written[entry.name]?.shape == entry.shape)
            #expect(try (written.bytes(entry.name) == golden.bytes(entry.name)) == !isEdited, "\(entry.name)")
        }
        let before = try golden.tensor("patches/attention.in_proj_weight").scalars
        let after = try written.tensor("patches/attention.in_proj_weight").scalars
        #expect(after.indices.allSatisfy { after[$0] == before[$0] * ((36..<72).contains($0) ? 2 : 1) })
    }

    @Test("without a file to go by the tensors have PyTorch's names and shapes")
    func fresh() throws {
        let file = try Self.network().safetensors()
        #expect(file["class_token"]?.shape == [1, 1, 6] && file["pos_embedding"]?.shape == [1, 7, 6])
        #expect(file["attention.in_proj_weight"]?.shape == [18, 6] && file["attention.in_proj_bias"]?.shape == [18])
        #expect(file["attention.key.weight"] == nil && file.entries.count == 8)
    }

    @Test("parts that do not make up a tensor, and places that no tensor can have, are refused")
    func refusals() throws {
        func message(_ stored: [[String: StoredTensor]]) -> String {
            do {
                let nodes = stored.enumerated().map {
                    Network.Node(
                        name: "fc\($0.offset)", layer: Linear(2, 2, bias: false), inputs: [$0.offset - 1],
                        stored: $0.element)
                }
                _ = try Network(inputShape: [2], nodes: nodes, random: RandomStream(seed: 0))
                return ""
            } catch { return "\(error)" }
        }
        let half = try StoredTensor(name: "both", part: 2, parts: 2)
        #expect(
            message([["weight": half], ["weight": half]])
                == "the stored tensor 'both': it is made of fc0.weight, fc1.weight, expected each of 2 parts once, and all "
                + "of one shape")
        #expect(message([["weight": half]]).contains("it is made of fc0.weight, expected each of 2 parts once"))
        #expect(
            message([["weight": try StoredTensor(name: "a", rank: 1)]])
                == "the stored tensor 'a': a parameter of shape [2, 2] cannot be kept as it says")
        #expect(
            message([["wieght": half]]).hasPrefix("no parameter is named 'fc0.wieght'; the parameters are fc0.weight"))
        #expect(throws: NetworkError.self) { try StoredTensor(name: "a", part: 3, parts: 2) }
        #expect(throws: NetworkError.self) { try StoredTensor(name: "a\n") }
        #expect(throws: NetworkError.self) { try StoredTensor(name: "a", rank: 0) }
    }
}

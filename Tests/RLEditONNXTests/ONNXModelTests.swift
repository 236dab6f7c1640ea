import Foundation
import RLEditNN
import RLEditONNX
import RLEditTensor
import Testing

/// The files of `scripts/golden/onnx_files.py`, with the outputs of ONNX Runtime.
@Suite("Networks of ONNX files")
struct ONNXModelTests {
    static let names = [
        "pictures-legacy", "pictures-legacy-names", "pictures-dynamo", "pictures-dynamo-names", "texts-legacy",
        "texts-dynamo", "texts-optimum", "vision-legacy", "vision-dynamo-names", "groups-legacy", "groups-dynamo",
        "groups-dynamo-21", "counted-legacy", "counted-dynamo", "storage", "decomposed", "outside",
    ]

    @Test("outputs are those of ONNX Runtime", arguments: names)
    func golden(_ name: String) throws {
        let model = try ONNXModel(path: try Fixture.path("\(name).onnx"))
        try expectOutput(of: model.network, "output", name)
    }

    @Test(
        "an edited file gives the outputs of the edited network, and differs in the edited tensor only",
        arguments: names)
    func edited(_ name: String) throws {
        let folder = try ScratchFolder()
        let path = try Fixture.path("\(name).onnx")
        let golden = try Fixture.golden()
        let tensor = try #require(golden.metadata.first { $0.key == name }?.value)
        let model = try ONNXModel(path: path)
        let parameter = try #require(
            try model.network.parameterNames.first { name in
                try name.hasSuffix(".weight") && model.original.place(of: name)?.tensor == tensor
            })
        let place = try #require(try model.original.place(of: parameter))
        var network = model.network
        let old = try #require(network.parameter(parameter))
        try network.setParameter(
            parameter, try Tensor(old.scalars.map { $0 * 1.5 + 0.01 }, shape: old.shape))
        try model.original.write(network, to: folder.path("\(name).onnx"))
        let again = try ONNXModel(path: folder.path("\(name).onnx"))
        try expectOutput(of: again.network, "edited", name)
        // Every byte outside of the tensor is the same.
        for file in name == "outside" ? ["\(name).onnx", "outside.data"] : ["\(name).onnx"] {
            let before = try Data(contentsOf: URL(fileURLWithPath: try Fixture.path(file)))
            let after = try Data(contentsOf: URL(fileURLWithPath: folder.path(file)))
            #expect(before.count == after.count)
            let own = place.path.hasSuffix(file) ? place.ranges : []
            let changed = before.indices.filter { before[$0] != after[$0] }
            #expect(changed.allSatisfy { byte in own.contains { $0.contains(byte) } })
            #expect(changed.isEmpty == own.isEmpty)
        }
    }

    @Test("a file whose network nobody edited is written byte for byte", arguments: names)
    func unedited(_ name: String) throws {
        let folder = try ScratchFolder()
        let model = try ONNXModel(path: try Fixture.path("\(name).onnx"))
        try model.original.write(model.network, to: folder.path("copy.onnx"))
        let before = try Data(contentsOf: URL(fileURLWithPath: try Fixture.path("\(name).onnx")))
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path("copy.onnx"))) == before)
    }

    @Test("layers have PyTorch's names, also where an exporter renames tensors")
    func layerNames() throws {
        func names(_ file: String) throws -> [String] {
            try ONNXModel(path: Fixture.path(file)).network.parameterNames
        }
        let kept = try names("pictures-legacy-names.onnx")
        #expect(kept.contains("stem.1.running_mean") && kept.contains("layer1.0.bn1.weight"))
        #expect(kept.contains("layer1.0.gate.3.bias") && kept.contains("fc.weight"))
        for file in ["pictures-legacy.onnx", "pictures-dynamo.onnx"] {
            let folded = try names(file)
            #expect(folded.contains("stem.0.weight") && folded.contains("layer1.0.conv1.bias"))
            #expect(!folded.contains { $0.contains("bn1") })
        }
        for file in ["texts-legacy.onnx", "texts-dynamo.onnx"] {
            let names = try names(file)
            for name in [
                "model.bert.embeddings.word_embeddings.weight",
                "model.bert.embeddings.token_type_embeddings.weight", "model.bert.embeddings.LayerNorm.bias",
                "model.bert.encoder.layer.0.attention.self.query.weight",
                "model.bert.encoder.layer.0.output.dense.bias", "model.classifier.weight",
            ] { #expect(names.contains(name), "\(file) has no \(name)") }
        }
    }

    @Test("queries, keys and values of one tensor are layers of their own, and a token before the others is one")
    func vision() throws {
        let attention = "encoder.layers.encoder_layer_0.self_attention"
        for file in ["vision-legacy.onnx", "vision-dynamo-names.onnx"] {
            let network = try ONNXModel(path: Fixture.path(file)).network
            for part in ["query", "key", "value"] {
                #expect(network.parameter("\(attention).\(part).weight")?.shape == [8, 8], "\(file)")
                #expect(network.parameter("\(attention).\(part).bias")?.shape == [8], "\(file)")
            }
            #expect(network.parameter("class_token.weight")?.shape == [1, 1, 8], "\(network)")
            #expect(network.parameter("encoder.pos_embedding.weight")?.shape == [5, 8], "\(network)")
            #expect(network.parameter("heads.head.weight")?.shape == [3, 8])
        }
    }

    @Test("edits of all parts of a tensor go back to it together")
    func parts() throws {
        let folder = try ScratchFolder()
        for file in ["vision-legacy.onnx", "vision-dynamo-names.onnx"] {
            let model = try ONNXModel(path: Fixture.path(file))
            var network = model.network
            for (index, part) in ["query", "key", "value"].enumerated() {
                for kind in ["weight", "bias"] {
                    let name = "encoder.layers.encoder_layer_0.self_attention.\(part).\(kind)"
                    let old = try #require(network.parameter(name))
                    let new = try Tensor(old.scalars.map { $0 * Float(index + 2) }, shape: old.shape)
                    try network.setParameter(name, new)
                }
            }
            try model.original.write(network, to: folder.path(file))
            let again = try ONNXModel(path: folder.path(file)).network
            for name in network.parameterNames {
                #expect(again.parameter(name)?.scalars == network.parameter(name)?.scalars, "\(name)")
            }
        }
    }

    @Test("a table of positions stays one, unless the exporter has taken its rows")
    func positions() throws {
        let network = try ONNXModel(path: Fixture.path("texts-legacy.onnx")).network
        #expect(network.parameter("model.bert.embeddings.position_embeddings.weight")?.shape == [6, 8])
        let taken = try ONNXModel(path: Fixture.path("texts-dynamo.onnx")).network
        #expect(taken.parameter("embedding_2.weight")?.shape == [5, 8])
    }

    @Test("group norms, softmax and slices become layers of these kinds, with PyTorch's names")
    func groups() throws {
        for file in ["groups-legacy.onnx", "groups-dynamo.onnx", "groups-dynamo-21.onnx"] {
            let network = try ONNXModel(path: Fixture.path(file)).network
            let kinds = network.nodes.map(\.layer.kind)
            #expect(kinds.filter { $0 == "GroupNorm" }.count == 3, "\(file): \(kinds)")
            #expect(kinds.filter { $0 == "Softmax" }.count == 2 && kinds.filter { $0 == "Slice" }.count == 4, "\(file)")
            #expect(!kinds.contains("BatchNorm"), "\(file)")
            for name in ["gn1.weight", "gn1.bias", "each.weight", "conv2.weight"] {
                #expect(network.parameter(name) != nil, "\(file) has no \(name): \(network.parameterNames)")
            }
        }
    }

    @Test("positions that are counted are rows of their table after that of padding")
    func counted() throws {
        for file in ["counted-legacy.onnx", "counted-dynamo.onnx"] {
            let network = try ONNXModel(path: Fixture.path(file)).network
            #expect(network.parameter("model.roberta.embeddings.position_embeddings.weight")?.shape == [7, 8])
        }
    }

    @Test("a batch of examples gives what each gives alone")
    func batches() throws {
        let network = try ONNXModel(path: try Fixture.path("pictures-legacy.onnx")).network
        let one = try Fixture.golden().tensor("pictures-legacy.input")
        let two = try Tensor.concat([one, one])
        let scores = try network.forward(two).scalars
        #expect(Array(scores.prefix(3)) == Array(scores.suffix(3)))
    }

    private func expectOutput(of network: Network, _ what: String, _ name: String) throws {
        let golden = try Fixture.golden()
        let output = try network.forward(try golden.tensor("\(name).input"))
        let expected = try golden.tensor("\(name).\(what)")
        let scale = expected.scalars.map(abs).max() ?? 1
        #expect(output.shape == expected.shape)
        for (value, expected) in zip(output.scalars, expected.scalars) {
            #expect(abs(value - expected) <= 1e-4 * scale)
        }
    }
}

enum Fixture {
    static func path(_ name: String) throws -> String {
        let parts = name.split(separator: ".")
        return try #require(
            Bundle.module.url(
                forResource: String(parts[0]), withExtension: String(parts[1]), subdirectory: "Fixtures")
        ).path
    }

    static func golden() throws -> SafetensorsFile { try SafetensorsFile(path: try path("golden.safetensors")) }
}

/// A folder that is gone with the test.
final class ScratchFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("onnx-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    /// Writes a file and returns its path.
    func write(_ bytes: [UInt8], _ name: String = "m.onnx") throws -> String {
        try Data(bytes).write(to: url.appendingPathComponent(name))
        return path(name)
    }
}

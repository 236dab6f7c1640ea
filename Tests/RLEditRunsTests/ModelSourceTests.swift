import RLEditCore
import RLEditNN
import RLEditRuns
import RLEditTensor
import RLEditWorlds
import Testing

/// Models whose parameters came from a stranger's file.
@Suite("Model files that keep a stranger's names")
struct ModelSourceTests {
    private func network(_ names: [String] = ["features.0", "classifier.0"]) throws -> Network {
        try Network(inputShape: [2], layers: names.map { ($0, Linear(2, 2)) }, random: RandomStream(seed: 1))
    }

    /// The network's parameters under names that begin with `_orig_mod.`, and tensors that no layer takes.
    private func file(_ network: Network, in folder: TemporaryFolder) throws -> SafetensorsFile {
        var file = SafetensorsFile()
        for name in network.parameterNames {
            try file.setTensor("_orig_mod.\(name)", try #require(network.parameter(name)), elementType: .f64)
        }
        try file.setBytes("_orig_mod.bn.scale", [1, 2], elementType: .other("F8_E4M3"), shape: [2])
        try file.setTensor("_orig_mod.bn.mean", Tensor([.nan]))
        try file.write(to: folder.file("theirs.safetensors"))
        return try SafetensorsFile(path: folder.file("theirs.safetensors"))
    }

    @Test("What was renamed and ignored is remembered, so that the file opens again by itself")
    func remembered() throws {
        let folder = try TemporaryFolder()
        let trained = try network()
        var loaded = try Network(
            inputShape: [2], layers: [("features.0", Linear(2, 2)), ("classifier.0", Linear(2, 2))],
            random: RandomStream(seed: 9))
        let options = LoadOptions(rename: ["_orig_mod.": ""], ignore: [NamePattern("bn.*")])
        let source = try loaded.loadParameters(from: file(trained, in: folder), options)
        try loaded.setParameter("features.0.bias", Tensor([5, 6]))
        for name in ["a.safetensors", "b.safetensors"] {
            let model = name == "a.safetensors" ? nil : try ModelFile(path: folder.file("a.safetensors"))
            try ModelFile.file(model?.network ?? loaded, basedOn: model?.source ?? source).write(to: folder.file(name))
        }
        #expect(folder.bytes("a.safetensors") == folder.bytes("b.safetensors"))
        let model = try ModelFile(path: folder.file("b.safetensors"))
        for name in loaded.parameterNames { #expect(model.network.parameter(name) == loaded.parameter(name)) }
        #expect(try model.file.bytes("_orig_mod.bn.scale") == [1, 2])
        #expect(model.file["_orig_mod.features.0.bias"]?.elementType == .f64 && model.file["features.0.bias"] == nil)
        let description = try #require(model.file.metadata.first { $0.key == NetworkDescription.key }).value
        #expect(description.contains(#""ignore":["bn.*","_orig_mod.bn.mean","_orig_mod.bn.scale"]"#), "\(description)")
        // A tensor that came later is none of those.
        var more = model.file
        try more.setTensor("late", Tensor([1]))
        try more.write(to: folder.file("c.safetensors"))
        #expect(
            failure { _ = try ModelFile(path: folder.file("c.safetensors")) }
                == "\(folder.file("c.safetensors")): no layer takes 1 tensor of the file: late")
    }

    @Test("A description without a word about further tensors permits them, as those of older versions do")
    func older() throws {
        let folder = try TemporaryFolder()
        var file = try ModelFile.file(network())
        let description = try #require(file.metadata.first { $0.key == NetworkDescription.key }).value
        #expect(!description.contains("ignore") && !description.contains("tensors"))
        try file.setTensor("more", Tensor([.nan]))
        try file.write(to: folder.file("a.safetensors"))
        #expect(try ModelFile(path: folder.file("a.safetensors")).network.parameterNames.count == 4)
    }

    @Test("Weights that are not finite are refused wherever a model file is read")
    func notFinite() throws {
        let folder = try TemporaryFolder()
        var file = try ModelFile.file(network())
        try file.setTensor("features.0.weight", Tensor([1, 2, .infinity, 4], shape: [2, 2]))
        try file.write(to: folder.file("a.safetensors"))
        #expect(
            failure { _ = try ModelFile(path: folder.file("a.safetensors")) }
                == "\(folder.file("a.safetensors")): tensor 'features.0.weight': element [2, 1] (counted from 1) is inf, "
                + "and networks take finite numbers only")
    }

    @Test("Descriptions of names that cannot be are refused")
    func faults() throws {
        let folder = try TemporaryFolder()
        let file = try ModelFile.file(network())
        func fault(_ entry: String) throws -> String {
            var changed = file
            let text = try #require(file.metadata.first { $0.key == NetworkDescription.key }).value
            changed.setMetadata(NetworkDescription.key, "\(text.dropLast()),\(entry)}")
            try changed.write(to: folder.file("x"))
            return failure { _ = try ModelFile(path: folder.file("x")) }?.replacing(folder.file("x"), with: "x") ?? ""
        }
        let key = "'x': 'rledit.network' cannot be used: "
        #expect(try fault(#""ignore":"a""#) == key + "'ignore' is not a list of names")
        #expect(try fault(#""ignore":[1]"#) == key + "'ignore' is not a list of names")
        #expect(try fault(#""tensors":[]"#) == key + "'tensors' is not an object of names")
        #expect(try fault(#""tensors":{"a":1}"#) == key + "'tensors' is not an object of names")
        #expect(try fault(#""tensors":{"a":"x","b":"x"}"#) == key + "'tensors' names 'x' twice")
        #expect(
            try fault(#""tensors":{"features.0.bias":"x"}"#) == "x: tensor 'x': there is no tensor of this name")
        // One small tensor for very many layers would fill the memory.
        let layers = (0..<300).map { #"{"kind":"Linear","inputs":64,"outputs":64,"bias":false,"name":"l\#($0)"}"# }
        var tied = SafetensorsFile()
        try tied.setTensor("l0.weight", .zeros([64, 64]))
        for index in 1..<300 { tied.setMetadata("l\(index).weight", "l0.weight") }
        tied.setMetadata(
            NetworkDescription.key,
            #"{"format":1,"input":[64],"prefix":"","layers":[\#(layers.joined(separator: ","))]}"#)
        try tied.write(to: folder.file("x"))
        #expect(
            failure { _ = try ModelFile(path: folder.file("x")) }
                == "'\(folder.file("x"))': 'rledit.network' cannot be used: its layers share one tensor too often")
    }

    @Test("A delta of layers with dots in their names goes on and off, and one that is not finite is refused")
    func deltas() throws {
        let folder = try TemporaryFolder()
        let base = try network(["block", "block.0"])
        let layers = try ["block", "block.0"].map { try EditedLayer(named: $0, of: base) }
        let factors = try LowRankFactors(left: .ones([2, 1]), right: .ones([1, 2]))
        let delta = try Delta(
            world: "W", layers: layers, edits: [.shift(factors), .weights(.ones([2, 2]))])
        try delta.write(to: folder.file("d.safetensors"))
        let read = try Delta.read(folder.file("d.safetensors"))
        #expect(read == delta)
        let edited = try read.applied(to: base)
        #expect(edited.parameter("block.0.weight")?.scalars == [1, 1, 1, 1])
        #expect(edited.parameter("block.weight") != base.parameter("block.weight"))
        let back = try read.reverted(from: edited)
        for name in base.parameterNames { #expect(back.parameter(name) == base.parameter(name)) }

        var file = try SafetensorsFile(path: folder.file("d.safetensors"))
        try file.setBytes("unneeded", [1], elementType: .other("F8_E4M3"), shape: [1])
        try file.write(to: folder.file("more.safetensors"))
        #expect(try Delta.read(folder.file("more.safetensors")) == delta)
        try file.setTensor("block.weight.right", Tensor([1, .nan], shape: [1, 2]))
        try file.write(to: folder.file("nan.safetensors"))
        let reason = "element [1, 2] (counted from 1) is nan, and networks take finite numbers only"
        #expect(
            failure { _ = try Delta.read(folder.file("nan.safetensors")) }
                == "\(folder.file("nan.safetensors")): tensor 'block.weight.right': \(reason)")
        var tensors = delta.tensors
        tensors["block.weight.right"] = try Tensor([1, .nan], shape: [1, 2])
        #expect(
            failure { _ = try Delta(tensors: tensors, metadata: delta.metadata) }
                == "not a usable delta: tensor 'block.weight.right': \(reason)")
        tensors["block.weight.right"] = try Tensor([1, 3e38], shape: [1, 2])
        tensors["block.weight.left"] = try Tensor([2, 1], shape: [2, 1])
        #expect(
            failure { _ = try Delta(tensors: tensors, metadata: delta.metadata).applied(to: base) }
                == "not a usable delta: the edited 'block.weight': element [1, 2] (counted from 1) is inf, and networks "
                + "take finite numbers only")
    }
}

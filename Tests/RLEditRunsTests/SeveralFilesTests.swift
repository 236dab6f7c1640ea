import RLEditNN
import RLEditRuns
import RLEditTensor
import Testing

@Suite("Models whose parameters come from several files")
struct SeveralFilesTests {
    private func network(seed: Int = 1) throws -> Network {
        try Network(
            inputShape: [2], layers: ["a", "b", "c"].map { ("net.\($0)", Linear(2, 2)) },
            random: RandomStream(seed: UInt64(seed)))
    }

    /// A base under names without `net.`, with a tensor that no layer takes, and a part that has `net.b` as it was trained
    /// further.
    private func files(_ folder: TemporaryFolder) throws -> (base: SafetensorsFile, part: SafetensorsFile) {
        let (base, tuned) = (try network(seed: 2), try network(seed: 3))
        var file = SafetensorsFile()
        for name in base.parameterNames {
            try file.setTensor(String(name.dropFirst(4)), try #require(base.parameter(name)), elementType: .f64)
        }
        try file.setTensor("pooler", Tensor([1]))
        file.setMetadata("format", "pt")
        try file.write(to: folder.file("model.safetensors"))
        var part = SafetensorsFile()
        for name in tuned.parameterNames where name.hasPrefix("net.b") {
            try part.setTensor(name, try #require(tuned.parameter(name)))
        }
        try part.setTensor("step", Tensor([7]))
        try part.write(to: folder.file("tuned.safetensors"))
        return (
            try SafetensorsFile(path: folder.file("model.safetensors")),
            try SafetensorsFile(path: folder.file("tuned.safetensors"))
        )
    }

    private func loaded(_ folder: TemporaryFolder) throws -> (Network, ParameterSource) {
        let (base, part) = try files(folder)
        var network = try network()
        let first = try network.loadParameters(
            from: base, LoadOptions(rename: ["": "net."], ignore: [NamePattern("pooler")], isPartial: true))
        let source = try network.loadParameters(
            from: part, LoadOptions(ignore: [NamePattern("step")], isPartial: true), after: first)
        return (network, source)
    }

    @Test("each edited tensor goes back to a copy of its own file, and no other byte changes")
    func ownFiles() throws {
        let folder = try TemporaryFolder()
        var (network, source) = try loaded(folder)
        #expect(network.parameter("net.b.bias") == (try self.network(seed: 3).parameter("net.b.bias")))
        #expect(network.parameter("net.c.bias") == (try self.network(seed: 2).parameter("net.c.bias")))
        try network.setParameter("net.b.bias", Tensor([5, 6]))
        let run = try RunFolder.create(at: folder.file("run"))
        let metadata = [(key: "rledit.world", value: "MaskWorld")]
        try EditedParts.write(
            of: try ModelFile.file(network, basedOn: source), from: source, metadata: metadata, to: run)
        #expect(!folder.names("run/edited").contains("model.safetensors"))
        let part = try SafetensorsFile(path: folder.file("run/edited/tuned.safetensors"))
        #expect(part.entries.map(\.name) == source.file.parts[1].entries.map(\.name))
        #expect(part.metadata.map(\.key) == ["rledit.world"])
        #expect(try part.tensor("net.b.bias") == Tensor([5, 6]))
        for name in ["net.b.weight", "step"] {
            #expect(try part.bytes(name) == source.file.parts[1].bytes(name))
        }
        try network.setParameter("net.c.bias", Tensor([0.5, 0.25]))
        try EditedParts.write(
            of: try ModelFile.file(network, basedOn: source), from: source, metadata: metadata, to: run)
        let base = try SafetensorsFile(path: folder.file("run/edited/model.safetensors"))
        #expect(base.entries.map(\.name) == source.file.parts[0].entries.map(\.name))
        #expect(base["c.bias"]?.elementType == .f64 && base.metadata.map(\.key) == ["format", "rledit.world"])
        #expect(try base.tensor("c.bias") == Tensor([0.5, 0.25]))
        for entry in base.entries where entry.name != "c.bias" {
            #expect(try base.bytes(entry.name) == source.file.parts[0].bytes(entry.name), "\(entry.name)")
        }
    }

    @Test("the whole model opens by itself, without the tensors that a later file replaced")
    func whole() throws {
        let folder = try TemporaryFolder()
        let (network, source) = try loaded(folder)
        try ModelFile.file(network, basedOn: source).write(to: folder.file("whole.safetensors"))
        let model = try ModelFile(path: folder.file("whole.safetensors"))
        for name in network.parameterNames { #expect(model.network.parameter(name) == network.parameter(name)) }
        #expect(
            Set(model.file.entries.map(\.name)) == [
                "a.weight", "a.bias", "c.weight", "c.bias", "pooler", "net.b.weight", "net.b.bias", "step",
            ])
        try ModelFile.file(model.network, basedOn: model.source).write(to: folder.file("again.safetensors"))
        #expect(folder.bytes("whole.safetensors") == folder.bytes("again.safetensors"))
    }

    @Test("shards are read by their index, and one that does not fit its shards is refused")
    func shards() throws {
        let folder = try TemporaryFolder()
        let network = try network(seed: 4)
        for layer in ["a", "b", "c"] {
            var file = SafetensorsFile()
            for name in network.parameterNames where name.hasPrefix("net.\(layer)") {
                try file.setTensor(name, try #require(network.parameter(name)))
            }
            try file.write(to: folder.file("\(layer).safetensors"))
        }
        func index(_ extra: String = "") throws -> ShardIndex {
            let map = network.parameterNames.map { "\"\($0)\": \"\($0.split(separator: ".")[1]).safetensors\"" }
            try folder.write(
                "{\"metadata\": {}, \"weight_map\": {\(map.joined(separator: ", "))\(extra)}}",
                "model.safetensors.index.json")
            return try ShardIndex(path: folder.file("model.safetensors.index.json"))
        }
        let good = try index()
        #expect(good.files == ["a.safetensors", "b.safetensors", "c.safetensors"])
        let shards = try good.files.map { try SafetensorsFile(path: folder.file($0)) }
        var other = try self.network(seed: 5)
        try other.loadParameters(from: good.joined(shards))
        for name in network.parameterNames { #expect(other.parameter(name) == network.parameter(name)) }
        let place = "'\(folder.file("model.safetensors.index.json"))': 'weight_map' cannot be used: "
        #expect(
            failure { _ = try index(#", "d": "a.safetensors""#).joined(shards) }
                == place + "'a.safetensors' does not hold the tensor 'd'")
        for name in ["../a.safetensors", "/etc/a.safetensors", ".safetensors", "a.bin", "7"] {
            #expect(
                failure { _ = try index(#", "d": "\#(name)""#) }
                    == place + "the name of a .safetensors file in the folder of the index is expected for each tensor")
        }
        #expect(
            failure { _ = try SafetensorsFile(joining: [shards[0], shards[0]], path: "x") }
                == "\(folder.file("a.safetensors")): tensor 'net.a.bias': the name occurs twice")
        try folder.write("[]", "empty.safetensors.index.json")
        let refusal = failure { _ = try ShardIndex(path: folder.file("empty.safetensors.index.json")) }
        #expect(refusal?.hasSuffix("an object that gives the file of each tensor is expected") == true)
    }
}

import Foundation
import RLEditNN
import RLEditTensor
import Testing

@Suite("Loading: names, tied weights, types and values")
struct LoadingTests {
    /// Layers `a` and `b`, `[1, 2]` without bias, so that each has one tensor of two values.
    private func network(_ names: [String] = ["a", "b"], outputs: Int = 2) throws -> Network {
        try Network(
            inputShape: [2], layers: names.map { ($0, Linear(2, outputs, bias: false)) }, random: RandomStream(seed: 0))
    }

    private func fault(_ weights: WeightsFile, _ options: LoadOptions = LoadOptions()) throws -> String {
        var network = try network()
        let before = parameterBits(network)
        do {
            try network.loadParameters(from: try weights.open(), options)
        } catch let error as SafetensorsError {
            #expect(parameterBits(network) == before, "a network that was not loaded has changed")
            return error.description.replacing(weights.path, with: "x")
        }
        return "no error"
    }

    private let ones: [Float] = [1, 1, 1, 1]
    private let twos: [Float] = [2, 2, 2, 2]
    private let threes: [Float] = [3, 3, 3, 3]
    private func base() -> WeightsFile {
        WeightsFile().floats("a.weight", [2, 2], ones).floats("b.weight", [2, 2], twos)
    }
    private func patterns(_ texts: String...) -> [NamePattern] { texts.map { NamePattern($0) } }

    @Test("Tensors that no layer takes and parameters without one are named in one error")
    func strict() throws {
        #expect(try fault(base()) == "no error")
        #expect(
            try fault(WeightsFile().floats("a.weight", [2, 2], ones).floats("c.weight", [2, 2], twos))
                == "x: no layer takes 1 tensor of the file: c.weight; 1 parameter of the network has no tensor: b.weight"
        )
        let many = (1...23).reduce(base()) { $0.floats("n.\($1)", [1], [0]) }
        let shown = (1...20).map { "n.\($0)" }.joined(separator: ", ")
        #expect(
            try fault(many) == "x: no layer takes 23 tensors of the file: \(shown), … and 3 more")
        #expect(try fault(many, LoadOptions(ignore: patterns("n.*"))) == "no error")
        #expect(try fault(many, LoadOptions(ignore: patterns("n.1*"))).contains("12 tensors of the file: n.2, n.3"))
        #expect(try fault(many, LoadOptions(ignore: [.everything])) == "no error")
    }

    @Test("A prefix limits the check to the tensors that have it")
    func prefix() throws {
        let weights = {
            WeightsFile().floats("m.a.weight", [2, 2], [1, 2, 3, 4]).floats("m.b.weight", [2, 2], [1, 2, 3, 4])
        }
        #expect(try fault(weights().floats("head.weight", [1], [0]), LoadOptions(prefix: "m.")) == "no error")
        #expect(
            try fault(weights().floats("m.c", [1], [0]), LoadOptions(prefix: "m."))
                == "x: no layer takes 1 tensor of the file: m.c")
        // Patterns fit the file's name, or the network's.
        for pattern in ["m.c", "c", "*c"] {
            let options = LoadOptions(prefix: "m.", ignore: patterns(pattern))
            #expect(try fault(weights().floats("m.c", [1], [0]), options) == "no error")
        }
    }

    @Test("The counter of a normalization layer goes with its statistics")
    func batches() throws {
        let counter = [UInt8](repeating: 0, count: 8)
        let statistics = base().floats("bn.running_mean", [2], [0, 0]).bytes(
            "bn.num_batches_tracked", "I64", [], counter)
        #expect(try fault(statistics) == "x: no layer takes 1 tensor of the file: bn.running_mean")
        #expect(try fault(statistics, LoadOptions(ignore: patterns("bn.running_mean"))) == "no error")
        #expect(
            try fault(base().bytes("bn.num_batches_tracked", "I64", [], counter))
                == "x: no layer takes 1 tensor of the file: bn.num_batches_tracked")
    }

    @Test("A renamed file is loaded, and saved under its own names")
    func renamed() throws {
        let weights = WeightsFile().floats("_orig_mod.a.weight", [2, 2], ones).floats("b.module.weight", [2, 2], twos)
            .floats("_orig_mod.bn.x", [1], [7])
        let options = LoadOptions(rename: ["_orig_mod.": "", "module.": ""], ignore: patterns("bn.*"))
        var network = try network()
        let source = try network.loadParameters(from: weights.open(), options)
        #expect(network.parameter("a.weight")?.scalars == ones && network.parameter("b.weight")?.scalars == twos)
        try network.setParameter("b.weight", Tensor(threes, shape: [2, 2]))
        let saved = try network.safetensors(basedOn: source)
        #expect(saved.entries.map(\.name) == ["_orig_mod.a.weight", "b.module.weight", "_orig_mod.bn.x"])
        #expect(try saved.tensor("b.module.weight").scalars == threes)
        // What the new name permitted, the old one does from now on.
        var again = try self.network()
        try again.loadParameters(from: source)
        #expect(parameterBits(again) != parameterBits(network) && again.parameter("a.weight")?.scalars == ones)
        #expect(source.ignore?.map(\.text) == ["bn.*", "_orig_mod.bn.x"])
    }

    @Test("Two names that become one are both named, unless one of them is ignored")
    func collision() throws {
        let rename = ["m.": ""]
        let weights = base().floats("m.a.weight", [2, 2], threes)
        #expect(
            try fault(weights, LoadOptions(rename: rename))
                == "x: tensor 'm.a.weight': becomes 'a.weight', as 'a.weight' does; rename or ignore one of them")
        for (pattern, expected) in [("m.*", ones), ("a.*", threes)] {
            var network = try network()
            try network.loadParameters(
                from: weights.open(), LoadOptions(rename: rename, ignore: patterns(pattern)))
            #expect(network.parameter("a.weight")?.scalars == expected)
        }
    }

    @Test("A part of the parameters is loaded where that is asked for, and all are saved")
    func partial() throws {
        let weights = WeightsFile().floats("a.weight", [2, 2], ones).floats("b.weight", [1, 2], [5, 5])
        #expect(
            try fault(weights, LoadOptions(isPartial: true))
                == "x: tensor 'b.weight': expected shape [2, 2], got [1, 2]")
        var network = try network()
        let own = try #require(network.parameter("b.weight"))
        let options = LoadOptions(ignore: patterns("b.*"), isPartial: true)
        let source = try network.loadParameters(from: weights.open(), options)
        #expect(network.parameter("a.weight")?.scalars == ones && network.parameter("b.weight") == own)
        let saved = try network.safetensors(basedOn: source)
        #expect(try saved.tensor("b.weight") == own)
        var again = try self.network()
        try again.loadParameters(from: saved)
        #expect(parameterBits(again) == parameterBits(network))
        // Left out even where it fits, but not by the pattern for all that nobody takes.
        var other = try self.network()
        try other.loadParameters(from: base().open(), LoadOptions(ignore: patterns("b.*"), isPartial: true))
        #expect(other.parameter("b.weight") == own)
        try other.loadParameters(from: base().open(), LoadOptions(ignore: [.everything], isPartial: true))
        #expect(other.parameter("b.weight")?.scalars == twos)
        #expect(
            try fault(WeightsFile().floats("c", [1], [0]), LoadOptions(ignore: [.everything], isPartial: true))
                == "x: 2 parameters of the network have no tensor: a.weight, b.weight")
    }

    @Test("A name that the metadata give to another tensor is followed, and weights that differ later are both saved")
    func tied() throws {
        func weights() -> WeightsFile {
            WeightsFile().metadata([("format", "pt"), ("b.weight", "a.weight")]).floats("a.weight", [2, 2], ones)
        }
        var network = try network()
        let source = try network.loadParameters(from: weights().open())
        #expect(network.parameter("b.weight")?.scalars == ones)
        let same = try network.safetensors(basedOn: source)
        #expect(same.entries.map(\.name) == ["a.weight"] && same.metadata.map(\.key) == ["format", "b.weight"])
        // Both edited alike: still one.
        for name in network.parameterNames { try network.setParameter(name, Tensor(threes, shape: [2, 2])) }
        let alike = try network.safetensors(basedOn: source)
        #expect(alike.entries.map(\.name) == ["a.weight"] && alike.metadata.map(\.key) == ["format", "b.weight"])
        try network.setParameter("a.weight", Tensor(twos, shape: [2, 2]))
        let apart = try network.safetensors(basedOn: source)
        #expect(apart.metadata.map(\.key) == ["format"])
        #expect(try apart.tensor("a.weight").scalars == twos && apart.tensor("b.weight").scalars == threes)
        var renamed = try self.network()
        try renamed.loadParameters(
            from: WeightsFile().metadata([("m.b.weight", "m.a.weight")]).floats("m.a.weight", [2, 2], twos).open(),
            LoadOptions(rename: ["m.": ""]))
        #expect(renamed.parameter("b.weight")?.scalars == twos)
    }

    @Test("Chains of names end somewhere, and a target that does not fit is named")
    func chains() throws {
        let missing = "x: 1 parameter of the network has no tensor: b.weight"
        for target in ["b.weight", "c", "nothing", ""] {
            let loop = WeightsFile().metadata([("b.weight", target), ("c", "b.weight")]).floats(
                "a.weight", [2, 2], ones)
            #expect(try fault(loop) == missing)
        }
        let chain = WeightsFile().metadata([("b.weight", "c"), ("c", "a.weight")]).floats("a.weight", [2, 2], ones)
        #expect(try fault(chain) == "no error")
        let other = WeightsFile().metadata([("b.weight", "c")]).floats("a.weight", [2, 2], ones).floats("c", [4], twos)
        #expect(
            try fault(other)
                == "x: tensor 'b.weight': the metadata say that it is 'c': expected shape [2, 2], got [4]")
        // The name in the middle gets values of its own: the other must not follow it.
        var network = try network(["a", "b", "c"])
        let middle = WeightsFile().metadata([("c.weight", "b.weight"), ("b.weight", "a.weight")])
            .floats("a.weight", [2, 2], ones)
        let source = try network.loadParameters(from: middle.open())
        try network.setParameter("b.weight", Tensor(twos, shape: [2, 2]))
        var again = try self.network(["a", "b", "c"])
        try again.loadParameters(from: network.safetensors(basedOn: source))
        #expect(again.parameter("c.weight")?.scalars == ones && again.parameter("b.weight")?.scalars == twos)
    }

    @Test(
        "Values that are not finite, or become infinite, are refused with their place; what is not needed may hold them"
    )
    func notFinite() throws {
        func a(_ values: [Float]) -> WeightsFile {
            WeightsFile().floats("a.weight", [2, 2], values).floats("b.weight", [2, 2], twos)
        }
        let only = "and networks take finite numbers only"
        #expect(
            try fault(a([1, 1, .nan, 1])) == "x: tensor 'a.weight': element [2, 1] (counted from 1) is nan, \(only)")
        #expect(
            try fault(a([1, -.infinity, .nan, 1]))
                == "x: tensor 'a.weight': element [1, 2] (counted from 1) is -inf, \(only)")
        func wide(_ value: Double) -> WeightsFile {
            WeightsFile().doubles("a.weight", [2, 2], [1, 1, 1, value]).floats("b.weight", [2, 2], twos)
        }
        #expect(
            try fault(wide(-1e300))
                == "x: tensor 'a.weight': element [2, 2] (counted from 1) is -1e+300, too large for float32")
        #expect(try fault(wide(3.4e38)) == "no error")
        let half = WeightsFile().bytes("a.weight", "F16", [2, 2], [0, 0x7C, 0, 0, 0, 0, 0, 0]).floats(
            "b.weight", [2, 2], twos)
        #expect(try fault(half).contains("element [1, 1] (counted from 1) is inf"))
        #expect(
            try fault(base().floats("n", [1], [.nan]), LoadOptions(ignore: patterns("n"))) == "no error")
    }

    @Test("Types that we do not compute with pass through untouched, and are refused by name where they are needed")
    func foreignTypes() throws {
        let weights = base().bytes("q", "F8_E4M3", [2, 2], [1, 2, 3, 4]).bytes(
            "c", "C64", [1], [1, 2, 3, 4, 5, 6, 7, 8]
        )
        .bytes("four", "F4", [4], [9, 8]).bytes("six", "F6_E3M2", [4], [7, 6, 5]).bytes(
            "new", "Q3_X \\\"", [5], [4, 2])
        let file = try weights.open()
        #expect(file["q"]?.elementType == .other("F8_E4M3") && file["new"]?.elementType.bits == nil)
        var network = try network()
        let source = try network.loadParameters(from: file, LoadOptions(ignore: [.everything]))
        try network.setParameter("a.weight", Tensor(threes, shape: [2, 2]))
        let copy = WeightsFile()
        try network.safetensors(basedOn: source).write(to: copy.path)
        let written = try SafetensorsFile(path: copy.path)
        #expect(written.entries.map(\.name) == ["c", "a.weight", "b.weight", "q", "six", "four", "new"])
        for entry in file.entries {
            #expect(written[entry.name]?.elementType == entry.elementType && written[entry.name]?.shape == entry.shape)
            let same = try written.bytes(entry.name) == file.bytes(entry.name)
            #expect(same == (entry.name != "a.weight"), "\(entry.name)")
        }
        for (dtype, bytes) in [("F8_E4M3", 4), ("C64", 32), ("Q9", 3), ("I32", 16)] {
            let needed = WeightsFile().bytes("a.weight", dtype, [2, 2], [UInt8](repeating: 0, count: bytes))
                .floats("b.weight", [2, 2], twos)
            #expect(
                try fault(needed)
                    == "x: tensor 'a.weight': expected a tensor of F64, F32, F16 or BF16, got \(dtype); convert it to float32"
            )
        }
    }

    @Test("Ten times the tensors take ten times the time")
    func linear() throws {
        func seconds(_ count: Int) throws -> Double {
            var header = #"{"a.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"#
            header += #""b.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[16,32]}"#
            for index in 0..<count {
                let begin = 32 + 4 * index
                header += #","layer.\#(index).w":{"dtype":"F32","shape":[1],"data_offsets":[\#(begin),\#(begin + 4)]}"#
            }
            let text = Array((header + "}").utf8)
            let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) }
            let weights = WeightsFile()
            try Data(length + text + [UInt8](repeating: 0, count: 32 + 4 * count)).write(
                to: URL(fileURLWithPath: weights.path))
            let begun = Self.processorSeconds()
            let file = try SafetensorsFile(path: weights.path)
            for entry in file.entries { _ = try file.bytes(entry.name) }
            var network = try network()
            #expect(throws: SafetensorsError.self) { try network.loadParameters(from: file) }
            let options = LoadOptions(rename: ["layer.": "x."], ignore: patterns("layer.*"))
            try network.safetensors(basedOn: network.loadParameters(from: file, options)).write(to: weights.path)
            return Self.processorSeconds() - begun
        }
        _ = try seconds(1000)
        let (few, many) = (try seconds(20_000), try seconds(200_000))
        #expect(many < 20 * few, "\(few) s, \(many) s")
        #expect(many < 6)
    }

    /// Of this thread, so that other work on the machine does not count.
    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
    }
}

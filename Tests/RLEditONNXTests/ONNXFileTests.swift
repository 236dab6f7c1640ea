import Foundation
import RLEditNN
import RLEditONNX
import RLEditTensor
import Testing

@Suite("ONNX files that are refused")
struct ONNXFileTests {
    private static let weight = Bytes.tensor("w", [2, 2], [1, 2, 3, 4])
    private static let product = Bytes.node("MatMul", ["x", "w"], ["y"])

    /// The error of a file of these bytes, without its folder.
    private func fault(_ bytes: [UInt8], beside files: [(String, [UInt8])] = []) throws -> String {
        let folder = try ScratchFolder()
        for (name, bytes) in files { _ = try folder.write(bytes, name) }
        let path = try folder.write(bytes)
        do {
            _ = try ONNXModel(path: path)
            return "accepted"
        } catch let error as ONNXError {
            return error.description.replacing(folder.url.path + "/", with: "")
        }
    }

    @Test("a sound file of one product is read")
    func sound() throws {
        let folder = try ScratchFolder()
        let model = try ONNXModel(path: try folder.write(Bytes.model(Self.weight + Self.product)))
        #expect(model.network.parameterNames == ["w.weight"])
        // y = x W, and a linear layer holds Wᵀ.
        #expect(model.network.parameter("w.weight")?.scalars == [1, 3, 2, 4])
        #expect(try model.network.forward(try Tensor([1, 10], shape: [1, 2])).scalars == [31, 42])
    }

    @Test("zeros that the graph computes for a convolution are no bias, so that the file can be written again")
    func computedZeros() throws {
        let folder = try ScratchFolder()
        let parts =
            Bytes.tensor("w", [1, 1, 1, 1], [2]) + Bytes.tensor("b", [1], [3]) + Bytes.node("Sub", ["b", "b"], ["z"])
            + Bytes.node("Conv", ["x", "w", "z"], ["y"])
        let path = try folder.write(Bytes.model(parts, input: Bytes.input("x", [nil, 1, 1, 2])))
        let model = try ONNXModel(path: path)
        #expect(model.network.parameterNames == ["w.weight"])
        #expect(try model.network.forward(try Tensor([1, 10], shape: [1, 1, 1, 2])).scalars == [2, 20])
    }

    @Test("bytes that are no model")
    func malformed() throws {
        #expect(try fault([]) == "m.onnx: not an ONNX model: no graph was found in it; export the model again")
        #expect(try fault(Array("PK\u{3}".utf8)) == "m.onnx: not a sound ONNX model: field number 0 at byte 2")
        #expect(
            try fault([0x3A, 0x7F, 0])
                == "m.onnx: not a sound ONNX model: a field of 127 bytes that ends outside of its message at byte 0")
        #expect(try fault([0x3B]) == "m.onnx: not a sound ONNX model: wire type 3 at byte 0")
        #expect(
            try fault([0x08] + Array(repeating: 0xFF, count: 12))
                == "m.onnx: not a sound ONNX model: a number of more than ten bytes at byte 1")
        #expect(try fault([0x08, 0x80]) == "m.onnx: not a sound ONNX model: a number that is cut off at byte 1")
        #expect(throws: ONNXError.self) { try ONNXModel(path: "/nowhere/m.onnx") }
    }

    @Test("a cut at any byte is an error, and no trap")
    func cuts() throws {
        let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: try Fixture.path("storage.onnx"))))
        let folder = try ScratchFolder()
        for end in 0..<whole.count {
            let path = try folder.write(Array(whole[..<end]))
            #expect(throws: ONNXError.self, "cut at \(end)") { try ONNXModel(path: path) }
        }
    }

    @Test("graphs that are none")
    func graphs() throws {
        let cycle =
            Bytes.node("Add", ["x", "b"], ["a"], name: "first") + Bytes.node("Relu", ["a"], ["b"])
            + Bytes.node("Relu", ["b"], ["y"])
        #expect(
            try fault(Bytes.model(cycle))
                == "m.onnx: node 'first' reads 'b', which nothing before it gives: the graph has a cycle, or its nodes are out of order"
        )
        #expect(
            try fault(Bytes.model(Bytes.node("MatMul", ["x", "w"], ["y"])))
                == "m.onnx: node 'y' reads 'w', which nothing before it gives: the graph has a cycle, or its nodes are out of order"
        )
        #expect(try fault(Bytes.model(Self.weight + Self.product + Self.product)) == "m.onnx: two nodes give 'y'")
        #expect(
            try fault(Bytes.model(Self.weight + Self.weight + Self.product)) == "m.onnx: two initializers are named 'w'"
        )
        #expect(
            try fault(Bytes.model(Bytes.node("Relu", ["x"], ["z"]))) == "m.onnx: nothing gives the output 'y'")
        #expect(try fault(Bytes.model(Self.product, output: "x")) == "m.onnx: the output is the input itself")
        #expect(
            try fault(Bytes.model(Self.weight + Bytes.node("Relu", ["w"], ["y"])))
                == "m.onnx: the output does not depend on an input")
        #expect(
            try fault(Bytes.model(Bytes.input("z", [1, 2]) + Bytes.node("Add", ["x", "z"], ["y"])))
                == "m.onnx: the network has 2 inputs: 'z', 'x'; one is expected, beside attention_mask, token_type_ids and "
                + "position_ids: export the model with these names of inputs, and with constants in place of all other inputs "
                + "but one")
        let functions = Bytes.model(Self.weight + Self.product, tail: Bytes.field(25, Bytes.field(1, "f")))
        #expect(
            try fault(functions)
                == "m.onnx: the model has functions of its own; export it again with its functions inlined, in Python by onnx.inliner.inline_local_functions(model)"
        )
        let nodes = (0...100_000).flatMap { _ in Bytes.node("Relu", ["x"], [""]) }
        #expect(try fault(Bytes.model(nodes)) == "m.onnx: the graph has more than 100000 nodes")
    }

    @Test("inputs without a shape that is known")
    func inputs() throws {
        func text(_ input: [UInt8]) throws -> String {
            try fault(Bytes.model(Self.weight + Self.product, input: input))
        }
        #expect(
            try text(Bytes.input("x", [nil, nil]))
                == "m.onnx: size 2 of the input 'x' is not fixed: load the model by rledit.nn.load(path, { dimensions = { [\"batch\"] = … } })"
        )
        #expect(
            try text(Bytes.input("x", [1, 1 << 40]))
                == "m.onnx: size 2 of the input 'x' is 1099511627776, expected between 1 and 2^24")
        #expect(try text(Bytes.input("x", [1, 1 << 24, 1 << 24])) == "m.onnx: the input 'x' is too large")
        #expect(
            try text(Bytes.input("x", [1, 2], type: 8))
                == "m.onnx: the input 'x' is no tensor of numbers with a shape of two dimensions or more")
    }

    @Test("tensors whose elements are not there")
    func tensors() throws {
        func text(_ tensor: [UInt8]) throws -> String { try fault(Bytes.model(tensor + Self.product)) }
        #expect(
            try text(Bytes.tensor("w", [2, 2], [1, 2, 3])) == "m.onnx: tensor 'w': shape [2, 2] takes 16 bytes, got 12")
        #expect(
            try text(Bytes.tensor("w", [1 << 40, 1 << 40], [1]))
                == "m.onnx: tensor 'w': shape [1099511627776, 1099511627776] is no tensor's")
        #expect(
            try text(Bytes.tensor("w", [-1, 2], [1])) == "m.onnx: tensor 'w': shape [-1, 2] is no tensor's")
        #expect(
            try text(Bytes.tensor("w", [2, 2], type: 17, Bytes.field(9, [1, 2, 3, 4])))
                == "m.onnx: tensor 'w': data type 17 is not supported")
        #expect(
            try text(Bytes.tensor("w", [2, 2], [1, .nan, 3, 4]))
                == "m.onnx: parameter 'w.weight': element [2, 1] (counted from 1) is nan, and networks take finite numbers only"
        )
        // A million million ones, of no bytes at all.
        let bomb = Bytes.field(
            5, Bytes.field(1, 1) + Bytes.field(2, 7) + Bytes.field(8, "s") + Bytes.field(7, Bytes.number(1 << 30)))
        let nodes = Bytes.node("ConstantOfShape", ["s"], ["c"]) + Bytes.node("Add", ["x", "c"], ["y"])
        #expect(
            try fault(Bytes.model(bomb + nodes))
                == "m.onnx: 1 node is not supported: ConstantOfShape 'c' (it computes a constant of shape [1073741824], more than 4194304 values)"
        )
    }

    @Test("data in other files come from the model's own folder only")
    func external() throws {
        let data = Bytes.floats([1, 2, 3, 4])
        func text(_ entries: [(String, String)]) throws -> String {
            try fault(Bytes.model(Bytes.outside("w", [2, 2], entries) + Self.product), beside: [("d", data)])
        }
        #expect(try text([("location", "d")]) == "accepted")
        #expect(try text([("location", "d"), ("offset", "0"), ("length", "16")]) == "accepted")
        for place in ["../d", "/etc/passwd", "..", "", "sub/d"] {
            #expect(
                try text([("location", place)])
                    == "m.onnx: tensor 'w': its data are in '\(place)', and only files in the folder of the model are read"
            )
        }
        #expect(
            try text([("location", "none")])
                == "m.onnx: tensor 'w': its data are in 'none', which cannot be read: No such file or directory")
        #expect(
            try text([("location", "d"), ("offset", "8"), ("length", "16")])
                == "m.onnx: tensor 'w': its data end outside of 'd', which has 16 bytes")
        #expect(
            try text([("location", "d"), ("offset", "-1")])
                == "m.onnx: tensor 'w': the offset of its data, '-1', is no size")
        #expect(try text([]) == "m.onnx: tensor 'w': its data are in another file that is not named")
        let folder = try ScratchFolder()
        try FileManager.default.createSymbolicLink(atPath: folder.path("d"), withDestinationPath: "/etc/passwd")
        let path = try folder.write(Bytes.model(Bytes.outside("w", [2, 2], [("location", "d")]) + Self.product))
        #expect(throws: ONNXError.self) { try ONNXModel(path: path) }
    }

    @Test("all nodes that are not supported are named at once")
    func unsupported() throws {
        let nodes =
            Bytes.node("LSTM", ["x"], ["a"], name: "first") + Bytes.node("CumSum", ["x"], ["b"], name: "second")
            + Bytes.node("Add", ["a", "b"], ["c"]) + Bytes.node("NonZero", ["c"], ["y"], name: "third")
        #expect(
            try fault(Bytes.model(nodes))
                == "m.onnx: 3 nodes are not supported: LSTM 'first' (no layer computes this operator); CumSum 'second' (only the tokens of texts can be counted, from the first on); NonZero 'third' (no layer computes this operator)"
        )
    }

    @Test("a parameter that cannot be put back is refused before anything is written")
    func writing() throws {
        let folder = try ScratchFolder()
        func edited(_ bytes: [UInt8], _ values: [Float] = [9, 9, 9, 9], _ name: String = "w.weight") throws -> String {
            let model = try ONNXModel(path: try folder.write(bytes))
            var network = model.network
            let shape = try #require(network.parameter(name)).shape
            try network.setParameter(name, try Tensor(values, shape: shape))
            do {
                try model.original.write(network, to: folder.path("out.onnx"))
                return "written"
            } catch let error as ONNXError { return error.fault.description }
        }
        let ints = Bytes.tensor("w", [2, 2], type: 10, Bytes.field(5, [1, 2, 3, 4]))
        let cast = Bytes.field(
            1,
            Bytes.field(1, "w") + Bytes.field(2, "c") + Bytes.field(4, "Cast")
                + Bytes.field(5, Bytes.field(1, "to") + Bytes.field(3, 1) + Bytes.field(20, 2)))
        #expect(
            try edited(Bytes.model(ints + cast + Bytes.node("MatMul", ["x", "c"], ["y"])))
                == "parameter 'w.weight' cannot be written: its tensor is stored as numbers of different lengths; save the model with raw data"
        )
        let half = Bytes.tensor("w", [2, 2], type: 10, Bytes.field(9, [0, 0x3C, 0, 0x3C, 0, 0x3C, 0, 0x3C]))
        #expect(
            try edited(Bytes.model(half + cast + Bytes.node("MatMul", ["x", "c"], ["y"])), [1e6, 1, 1, 1])
                == "parameter 'w.weight' cannot be written: 1 values are too large for F16 and would become infinite")
        let twice = Bytes.node("MatMul", ["x", "w"], ["h"]) + Bytes.node("MatMul", ["h", "w"], ["y"])
        #expect(
            try edited(Bytes.model(Self.weight + twice))
                == "parameter 'w_2.weight' cannot be written: 'w.weight' is the same tensor of the file, and their values differ"
        )
        #expect(!FileManager.default.fileExists(atPath: folder.path("out.onnx")))
    }
}

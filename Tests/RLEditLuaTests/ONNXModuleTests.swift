import Foundation
import LuaBridge
import RLEditNN
import Testing

@Suite("ONNX files, as scripts use them")
struct ONNXModuleTests {
    /// A model of one product, `y = relu(x W)`, with `fc.weight` `[2, outputs]` of the numbers from 1 on as raw data.
    static func bytes(outputs: Int = 2) -> [UInt8] {
        func number(_ value: Int) -> [UInt8] {
            value < 128 ? [UInt8(value)] : [UInt8(value & 127 | 128), UInt8(value >> 7)]
        }
        func field(_ field: Int, _ bytes: [UInt8]) -> [UInt8] { [UInt8(field << 3 | 2)] + number(bytes.count) + bytes }
        func text(_ place: Int, _ text: String) -> [UInt8] { field(place, Array(text.utf8)) }
        func value(_ name: String) -> [UInt8] {
            let sizes = field(1, text(2, "batch")) + field(1, [8, 2])
            return text(1, name) + field(2, field(1, [8, 1] + field(2, sizes)))
        }
        let numbers = (1...(2 * outputs)).map(Float.init).flatMap { number in
            withUnsafeBytes(of: number.bitPattern.littleEndian) { Array($0) }
        }
        let weight = [8, 2, 8, UInt8(outputs), 16, 1] + text(8, "fc.weight") + field(9, numbers)
        let product = text(1, "x") + text(1, "fc.weight") + text(2, "h") + text(4, "MatMul")
        let relu = text(1, "h") + text(2, "y") + text(4, "Relu")
        let graph =
            field(1, product) + field(1, relu) + field(5, weight) + field(11, value("x")) + field(12, value("y"))
        return [8, 8] + field(7, graph) + field(8, [16, 17])
    }

    /// A script beside `m.onnx`: what it prints, or its error.
    private func result(_ script: String) throws -> String {
        let host = ModuleScript()
        defer { host.remove() }
        try Data(Self.bytes()).write(to: URL(fileURLWithPath: host.folder + "/data/m.onnx"))
        do {
            return try host.run(script).printed.trimmingCharacters(in: .newlines)
        } catch let error as LuaError {
            return error.message.replacing(host.folder + "/data/", with: "")
        }
    }

    @Test("nn.load makes a model of it, which computes what the graph does")
    func load() throws {
        #expect(
            try result(
                """
                local m = nn.load "m.onnx"
                local y = m:forward { { 1, 10 }, { -1, 0 } }
                print(m.name, table.concat(m:layers(), " "), y[1][1], y[1][2], y[2][1])
                """) == "m\tfc relu1\t31.0\t42.0\t0.0")
    }

    @Test("what is saved as ONNX has the edited numbers and every other byte of the file")
    func save() throws {
        let host = ModuleScript()
        defer { host.remove() }
        try Data(Self.bytes()).write(to: URL(fileURLWithPath: host.folder + "/data/m.onnx"))
        let path = try host.run(
            """
            local m = nn.load "m.onnx"
            local w = m:parameter "fc.weight"
            m:set_parameter("fc.weight", w * 2)
            print(m:save "edited-by-hand.onnx")
            """
        ).printed.trimmingCharacters(in: .newlines)
        let after = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        var expected = Self.bytes()
        let old = [Float(1), 2, 3, 4], start = try #require(place(of: old, in: expected))
        for (index, value) in old.enumerated() {
            withUnsafeBytes(of: (2 * value).bitPattern.littleEndian) { bytes in
                for (offset, byte) in bytes.enumerated() { expected[start + 4 * index + offset] = byte }
            }
        }
        #expect(after == expected)
    }

    private func place(of values: [Float], in bytes: [UInt8]) -> Int? {
        let data = values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
        return (0...(bytes.count - data.count)).first { Array(bytes[$0..<($0 + data.count)]) == data }
    }

    @Test("it can be saved as safetensors, and loaded again from there")
    func safetensors() throws {
        #expect(
            try result(
                """
                local path = nn.load("m.onnx"):save "copy.safetensors"
                local file = assert(path)
                print(file:match "[^/]+$")
                """) == "copy.safetensors")
    }

    @Test("what cannot be done says so")
    func errors() throws {
        for (script, message) in [
            (
                "nn.sequential({ input = { 2 }, nn.relu() }):save 'm.onnx'",
                "'m.onnx' cannot be an ONNX file: the model did not come from one; save it as .safetensors"
            ),
            ("nn.load('m.onnx', { output = 'z' })", "m.onnx: no output is named 'z'; the outputs are 'y'"),
            ("nn.load('m.onnx', { dimensions = { batch = 'x' } })", "bad field 'dimensions' in rledit.nn.load"),
            ("nn.load('m.onnx', { dimensions = { length = 3 } })", "m.onnx: no input has a size named 'length'; "),
            ("nn.load('m.onnx', { outputs = 'y' })", "unknown field 'outputs' in rledit.nn.load"),
            (
                "nn.load('w.safetensors', { output = 'y' })",
                "'dimensions' and 'output' are for .onnx files, got 'w.safetensors'"
            ),
            ("nn.load('m.onnx'):save 'edited.onnx'", "the run writes 'edited.onnx' itself"),
            (
                "nn.sequential({ input = { 2 }, nn.linear(2, 2) }):load 'm.onnx'",
                "'m.onnx' is an ONNX file, which holds a network of its own: rledit.nn.load reads it"
            ),
            ("nn.load 'none.onnx'", "no file 'none.onnx' under the data roots"),
        ] {
            let said = try result(script)
            #expect(said.contains(message), "\(script): \(said)")
        }
    }
}

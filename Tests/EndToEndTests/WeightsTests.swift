import Foundation
import Testing

/// Weights that come from elsewhere, through the built binary.
@Suite("Strangers' weights, end to end")
struct WeightsTests {
    /// A file of F32 tensors, and further entries with their data last.
    private static func file(
        _ tensors: [(name: String, shape: [Int], values: [Float])], more: [(entry: (Int) -> String, bytes: Int)] = []
    ) -> [UInt8] {
        var (header, data) = ([String](), [UInt8]())
        for tensor in tensors {
            let begin = data.count
            for value in tensor.values { data += withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
            header.append(
                #""\#(tensor.name)":{"dtype":"F32","shape":\#(tensor.shape),"data_offsets":[\#(begin),\#(data.count)]}"#
            )
        }
        for (entry, bytes) in more {
            header.append(entry(data.count))
            data += [UInt8](repeating: 0, count: bytes)
        }
        let text = Array("{\(header.joined(separator: ","))}".utf8)
        return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text + data
    }

    /// Layers `block` `[8, 2]` and `block.0` `[3, 8]`, as a module and one inside it.
    private static func weights(_ prefix: String = "") -> [(name: String, shape: [Int], values: [Float])] {
        func values(_ count: Int) -> [Float] { (0..<count).map { Float(($0 * 37) % 19) / 19 - 0.45 } }
        return [
            ("\(prefix)block.weight", [8, 2], values(16)), ("\(prefix)block.bias", [8], values(8)),
            ("\(prefix)block.0.weight", [3, 8], values(24)), ("\(prefix)block.0.bias", [3], values(3)),
        ]
    }

    private static let network = """
        rledit.nn.sequential { input = { 2 }, { "block", rledit.nn.linear(2, 8) }, rledit.nn.relu(), { "block.0", rledit.nn.linear(8, 3) } }
        """

    /// The task of `Scripts` with that network instead of its own.
    private static func script(_ text: String, load: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("local model = ") ? "local model = \(network)\(load)" : String(line)
        }
        return lines.joined(separator: "\n").replacing(#""fc1""#, with: #""block""#).replacing(
            #""fc2""#, with: #""block.0""#)
    }

    private static let options =
        #":load("w.safetensors", { rename = { ["_orig_mod."] = "" }, ignore = { "scale", "bn.*" } })"#

    private static func workspace(_ script: String) throws -> Workspace {
        let workspace = try Workspace(["t.lua": script])
        let stranger = file(
            weights("_orig_mod.") + [("_orig_mod.bn.mean", [1], [.nan])],
            more: [({ #""scale":{"dtype":"F8_E5M2","shape":[3],"data_offsets":[\#($0),\#($0 + 3)]}"# }, 3)])
        try workspace.write(stranger, to: "data/w.safetensors")
        return workspace
    }

    @Test("A run edits layers by their dotted names, and what it saved opens again by itself")
    func run() throws {
        let world = #"rledit.ShiftWorld { layers = { "fc1", "fc2" }, scale = { ["block"] = 0.5, ["block.0"] = 2 } }"#
        let text = Scripts.task(world: world)
        let workspace = try Self.workspace(Self.script(text, load: Self.options))
        let ended = try workspace.run("t.lua", "--out", "o", "--quiet")
        #expect(ended.code == 0, "\(ended.errors)")
        #expect(workspace.text("o/edited.safetensors").contains(#""_orig_mod.block.0.weight""#))
        #expect(workspace.text("o/edited.safetensors").contains(#""dtype":"F8_E5M2""#))
        #expect(workspace.text("o/report.html").contains("block.0"))
        for name in ["edited", "delta"] {
            try workspace.write(try #require(workspace.bytes("o/\(name).safetensors")), to: "data/\(name).safetensors")
        }
        let again = """
            local rledit = require "rledit"
            local edited = rledit.nn.load "edited.safetensors"
            local base = \(Self.network)\(Self.options)
            print(base:apply_delta("delta.safetensors"):parameter("block.0.weight"):equal(edited:parameter "block.0.weight"))
            print(edited:revert_delta("delta.safetensors"):parameter("block.weight")[1][1])
            """
        try workspace.write(Array(again.utf8), to: "u.lua")
        let opened = try workspace.run("u.lua")
        #expect(opened.output == "true\n-0.44999998807907\n", "\(opened.errors)")
    }

    @Test("An interrupted run goes on to the same bytes where one layer's name begins with another's")
    func resumed() throws {
        let workspace = try Self.workspace(Self.script(Scripts.stateful(steps: 6400), load: Self.options))
        #expect(try workspace.run("t.lua", "--out", "reference", "--quiet").code == 0)
        let running = try workspace.start(["t.lua", "--out", "o", "--checkpoint-every", "0"])
        let deadline = ContinuousClock.now + .seconds(20)
        while !workspace.exists("o/checkpoints/best.checkpoint"), ContinuousClock.now < deadline { usleep(2000) }
        running.send(SIGINT)
        #expect(running.wait().code == 130)
        #expect(try workspace.run("--resume", "o", "--quiet").code == 0)
        for name in ["metrics.jsonl", "edited.safetensors", "delta.safetensors"] {
            #expect(workspace.bytes("o/\(name)") != nil)
            #expect(workspace.bytes("o/\(name)") == workspace.bytes("reference/\(name)"), "\(name)")
        }
    }

    @Test("A file with more than the network has, or with values that mean nothing, ends with code 1 and one line")
    func refused() throws {
        let workspace = try Self.workspace(
            "local rledit = require 'rledit'\n\(Self.network)\n:load('w.safetensors', rledit.args.given)")
        let folder = "\(workspace.path)/data/w.safetensors"
        let all = try workspace.run("t.lua")
        #expect(
            all.report.contains(
                "\(folder): no layer takes 6 tensors of the file: _orig_mod.block.weight, _orig_mod.block.bias, "
                    + "_orig_mod.block.0.weight, _orig_mod.block.0.bias, _orig_mod.bn.mean, scale; 4 parameters of the network "
                    + "have no tensor: block.weight, block.bias, block.0.weight, block.0.bias (the file has "
                    + #"'_orig_mod.block.weight': try { prefix = "_orig_mod." })"#), "\(all.errors)")
        #expect(all.code == 1)
        for (bytes, message) in [
            (
                Self.file(Self.weights().dropLast() + [("block.0.bias", [3], [0, .nan, 0])]),
                "tensor 'block.0.bias': element [2] (counted from 1) is nan, and networks take finite numbers only"
            ),
            (
                Array("version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 123\n".utf8),
                "not a safetensors file but the pointer that Git LFS keeps in its place: run `git lfs pull` where it was "
                    + "cloned"
            ),
            (
                Self.file(Self.weights() + [("bn.weight", [1], [1])]),
                #"bn.weight; permit that by { ignore = { "bn.*" } }"#
            ),
        ] {
            try workspace.write(bytes, to: "data/w.safetensors")
            let ended = try workspace.run("t.lua")
            #expect(ended.report.hasSuffix(message), "\(ended.errors)")
            #expect(ended.code == 1)
        }
    }

    @Test("300,000 tensors load in seconds")
    func manyTensors() throws {
        let workspace = try Self.workspace(
            "local rledit = require 'rledit'\nprint(\(Self.network):load('w.safetensors', { ignore = 'layer.*' }).parameter_count)"
        )
        let more = (0..<300_000).map { index -> (entry: (Int) -> String, bytes: Int) in
            ({ #""layer.\#(index).w":{"dtype":"F32","shape":[1],"data_offsets":[\#($0),\#($0 + 4)]}"# }, 4)
        }
        try workspace.write(Self.file(Self.weights(), more: more), to: "data/w.safetensors")
        let ended = try workspace.run("t.lua")
        #expect(ended.output == "51\n", "\(ended.errors)")
        // Two on an idle machine; minutes where each name is looked for among all.
        #expect(ended.seconds < 45)
    }
}

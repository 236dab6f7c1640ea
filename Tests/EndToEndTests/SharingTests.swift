import Foundation
import RLEditCore
import Testing

/// `pack`, `show` and `verify` on the built program.
@Suite("Sharing, end to end", .serialized)
struct SharingTests {
    private static let module = "return function(m) return m.retain.accuracy - m.forget.accuracy end\n"
    private static let script = Scripts.task(
        reward: "return require 'lib.reward'(m) * (rledit.args.k or 1)", steps: 128)

    private func workspace() throws -> Workspace {
        try Workspace(["t.lua": Self.script, "lib/reward.lua": Self.module])
    }

    @Test("A stranger runs a pack again to the same bytes, in another folder and with another number of workers")
    func verified() throws {
        let workspace = try workspace()
        #expect(try workspace.run("t.lua", "--out", "r", "--set", "k=2", "--seeds", "2", "--quiet").code == 0)
        let packed = try workspace.run("pack", "r")
        #expect(packed.code == 0 && packed.output.hasPrefix("r.rledit: "), "\(packed.errors)")
        let elsewhere = try Workspace()
        try elsewhere.write(workspace.bytes("r.rledit") ?? [], to: "s.rledit")
        let ended = try elsewhere.run("verify", "s.rledit", "--json", "--workers", "1", "--no-cache")
        #expect(ended.code == 0, "\(ended.errors)\(ended.output)")
        let json = try JSONValue(parsing: Array(ended.output.utf8))
        #expect(json["verdict"]?.string == "same bytes" && (json["files"]?.integer ?? 0) >= 8)
        // Nothing is left.
        #expect(elsewhere.names(in: ".").filter { !$0.hasPrefix(".") } == ["s.rledit"])
        #expect(try workspace.run("verify", "r", "--quiet").code == 0)
        let shown = try elsewhere.run("show", "s.rledit")
        #expect(shown.code == 0 && shown.output.contains("return require 'lib.reward'(m)"))
        #expect(shown.output.contains("rledit-lua t.lua --seeds 2 --set k=2"))
    }

    @Test("Results that were changed are told from the real ones")
    func changed() throws {
        let workspace = try workspace()
        #expect(try workspace.run("t.lua", "--out", "r", "--quiet").code == 0)
        let summary = workspace.text("r/summary.json")
        let place = try #require(summary.range(of: "\"best_reward\": "))
        try workspace.write(
            Array((summary[..<place.upperBound] + "9" + summary[place.upperBound...]).utf8), to: "r/summary.json")
        let ended = try workspace.run("verify", "r")
        #expect(ended.code == 1)
        #expect(ended.output.contains("differs: ") && ended.output.contains("best_reward"), "\(ended.output)")
        #expect(!ended.output.contains("heldout."), "\(ended.output)")
    }

    @Test("Another instruction set is no fault where the held-out measures are near")
    func otherKernels() throws {
        let workspace = try workspace()
        #expect(try workspace.run("t.lua", "--out", "r", "--quiet").code == 0)
        let ended = try workspace.start(
            ["verify", "r", "--json"], environment: ["ONEDNN_MAX_CPU_ISA": "AVX2"]
        ).wait()
        let json = try JSONValue(parsing: Array(ended.output.split(separator: "\n").last.map { Array($0.utf8) } ?? []))
        // Where the processor has nothing newer than AVX2, both are the same set.
        #expect(["within tolerance", "same bytes"].contains(json["verdict"]?.string), "\(ended.output)")
        #expect(ended.code == 0)
    }

    @Test("A pack's script is confined, and cannot name the folders that it reads")
    func confined() throws {
        let workspace = try workspace()
        try workspace.write(Array("secret".utf8), to: "secret.csv")
        #expect(try workspace.run("t.lua", "--out", "r", "--data", ".", "--quiet").code == 0)
        // A stranger's manifest may say what it likes.
        let manifest = workspace.text("r/manifest.json")
        #expect(manifest.contains(#""data":".""#))
        try workspace.write(
            Array(manifest.replacing(#""trust":false"#, with: #""trust":true"#).utf8), to: "r/manifest.json")
        let trusted = try workspace.run("verify", "r")
        #expect(trusted.code == 1 && trusted.report.contains("verify runs nothing without the sandbox"))
        let packed = try workspace.run("pack", "r")
        #expect(packed.code == 1 && packed.report.contains("--trust") && !workspace.exists("r.rledit"))
        #expect(try workspace.run("verify", "r", "--trust").code == 2)
        try workspace.write(Array(manifest.utf8), to: "r/manifest.json")
        let noted = try workspace.run("verify", "r")
        #expect(noted.code == 0 && noted.errors.contains("the run was given --data .: give a folder of your own"))
    }

    @Test("What is no pack is refused, and a file that exists is never replaced")
    func refused() throws {
        let workspace = try workspace()
        try workspace.write(Array("not a pack".utf8), to: "x.rledit")
        for command in ["show", "verify"] {
            let ended = try workspace.run(command, "x.rledit")
            #expect(ended.code == 1)
            #expect(
                ended.report == "'x.rledit' is not a pack: it does not end in the directory of a ZIP archive",
                "\(ended.errors)")
        }
        #expect(
            try workspace.run("verify", "nowhere").report == "'nowhere' is not a run folder: there is no such folder")
        #expect(try workspace.run("t.lua", "--out", "r", "--quiet").code == 0)
        let taken = try workspace.run("pack", "r", "-o", "x.rledit")
        #expect(taken.code == 2 && taken.errors.contains("'x.rledit' exists already: choose another --output."))
        #expect(workspace.text("x.rledit") == "not a pack")
    }
}

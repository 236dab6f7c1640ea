import Foundation
import Testing

/// A run that is stopped at any moment continues to the same bytes as one that never was.
@Suite("Interrupted and killed runs, end to end", .serialized)
struct ResumeTests {
    /// What must not depend on how often a run was stopped.
    static let results = ["metrics.jsonl", "candidates.csv", "edited.safetensors", "delta.safetensors"]

    private static func expectEqual(_ workspace: Workspace, _ run: String, _ reference: String) {
        for name in results {
            #expect(workspace.bytes("\(run)/\(name)") != nil, "\(run)/\(name)")
            #expect(workspace.bytes("\(run)/\(name)") == workspace.bytes("\(reference)/\(name)"), "\(run)/\(name)")
        }
    }

    /// Waits until a file is there, or what `condition` says of its bytes holds.
    private static func wait(
        for name: String, in workspace: Workspace, until condition: (([UInt8]) -> Bool)? = nil
    ) {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            if let condition {
                if let bytes = workspace.bytes(name), condition(bytes) { return }
            } else if workspace.exists(name) {
                return
            }
            usleep(2000)
        }
    }

    @Test("Ctrl-C ends with a checkpoint and code 130, and --resume goes on to the same bytes")
    func interrupted() throws {
        let workspace = try Workspace(["t.lua": Scripts.stateful(steps: 6400)])
        #expect(try workspace.run("t.lua", "--out", "reference", "--quiet").code == 0)
        let running = try workspace.start(["t.lua", "--out", "o", "--checkpoint-every", "0"])
        Self.wait(for: "o/checkpoints/best.checkpoint", in: workspace)
        running.send(SIGINT)
        let ended = running.wait()
        #expect(ended.code == 130)
        #expect(!ended.wasKilled)
        #expect(ended.errors.contains("interrupted; continue with: rledit-lua --resume o\n"))
        #expect(workspace.text("o/manifest.json").contains(#""status": "interrupted""#))
        #expect(!workspace.names(in: "o/checkpoints").isEmpty)
        let resumed = try workspace.run("--resume", "o", "--json")
        #expect(resumed.code == 0)
        #expect(workspace.text("o/manifest.json").contains(#""status": "finished""#))
        Self.expectEqual(workspace, "o", "reference")
    }

    @Test("A run says that it is finished after all else is written, since nobody continues it then")
    func finishedLast() throws {
        let workspace = try Workspace(["t.lua": Scripts.stateful(steps: 64)])
        #expect(try workspace.run("t.lua", "--out", "o", "--seeds", "2", "--quiet").code == 0)
        func written(_ name: String) throws -> Date {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(workspace.path)/\(name)")
            return try #require(attributes[.modificationDate] as? Date)
        }
        for folder in ["o", "o/seed-0", "o/seed-1"] {
            #expect(try written("\(folder)/report.html") <= written("\(folder)/manifest.json"), "\(folder)")
        }
    }

    @Test("Ctrl-C stops a script that computes, and a second one ends at once")
    func interruptedScript() throws {
        let workspace = try Workspace(["t.lua": "print 'begun' while true do end"])
        for option in [[], ["--trust"]] {
            let running = try workspace.start(["t.lua", "--lua-time", "0"] + option)
            usleep(300_000)
            running.send(SIGINT)
            let ended = running.wait()
            #expect(ended.code == 130)
            #expect(ended.output == "begun\n")
        }
    }

    @Test("A fit that is cut short, by Ctrl-C or --max-time, does not become a run", arguments: [[], ["--trust"]])
    func interruptedFit(_ option: [String]) throws {
        let script = Scripts.task().replacing("epochs = 20", with: "epochs = 1000000")
        let workspace = try Workspace(["t.lua": script])
        let running = try workspace.start(["t.lua", "--out", "o", "--quiet"] + option)
        usleep(500_000)
        running.send(SIGINT)
        let interrupted = running.wait()
        #expect(interrupted.code == 130)
        #expect(interrupted.seconds < 10)
        let over = try workspace.start(["t.lua", "--out", "o", "--quiet", "--max-time", "0.5"] + option).wait()
        #expect(over.report == "the time of --max-time (0.5 s) has passed before the script was done")
        #expect(over.code == 3)
        #expect(!workspace.exists("o"))
    }

    @Test("A loop inside a script ends at --max-time too")
    func innerLoop() throws {
        let script = Scripts.task(steps: 100_000_000).replacing("return rledit.task", with: "local task = rledit.task")
        let workspace = try Workspace(["t.lua": script + "rledit.run.task(task)\n"])
        let ended = try workspace.run("t.lua", "--quiet", "--max-time", "0.5")
        #expect(ended.code == 3)
        #expect(ended.seconds < 10)
    }

    @Test("A run that is killed again and again ends in the same bytes")
    func killed() throws {
        let workspace = try Workspace(["t.lua": Scripts.stateful(steps: 6400)])
        #expect(try workspace.run("t.lua", "--out", "reference", "--quiet").code == 0)
        let many = ["--quiet", "--checkpoint-every", "0"]
        var running = try workspace.start(["t.lua", "--out", "o"] + many)
        // As soon as there is a manifest: mostly before the first checkpoint.
        Self.wait(for: "o/manifest.json", in: workspace)
        running.send(SIGKILL)
        #expect(running.wait().wasKilled)
        var kills = 1
        for pause in [1_000, 5_000, 20_000, 40_000, 60_000] as [UInt32] {
            let before = workspace.names(in: "o/checkpoints")
            running = try workspace.start(["--resume", "o"] + many)
            // From the first checkpoint of its own on, a little later each time.
            let deadline = ContinuousClock.now + .seconds(10)
            while workspace.names(in: "o/checkpoints") == before, ContinuousClock.now < deadline { usleep(500) }
            usleep(pause)
            running.send(SIGKILL)
            let ended = running.wait()
            if !ended.wasKilled { break }
            kills += 1
        }
        #expect(kills >= 3)
        let last = try workspace.run("--resume", "o", "--quiet", "--workers", "1")
        #expect(last.code == 0, "\(last.errors)")
        Self.expectEqual(workspace, "o", "reference")
    }

    @Test("A run killed before its first checkpoint starts over")
    func killedEarly() throws {
        let workspace = try Workspace(["t.lua": Scripts.task(steps: 12_800)])
        #expect(try workspace.run("t.lua", "--out", "reference", "--quiet").code == 0)
        let running = try workspace.start(["t.lua", "--out", "o", "--quiet", "--checkpoint-every", "1000"])
        Self.wait(for: "o/metrics.jsonl", in: workspace)
        running.send(SIGKILL)
        #expect(running.wait().wasKilled)
        #expect(workspace.names(in: "o/checkpoints").isEmpty)
        #expect(try workspace.run("--resume", "o", "--quiet").code == 0)
        Self.expectEqual(workspace, "o", "reference")
    }

    @Test("A run that is killed has what its reward required, and goes on without the files beside its script")
    func killedWithLateModule() throws {
        let script = Scripts.task(
            reward: "return require 'late.helper' * (m.retain.accuracy - m.forget.accuracy)", steps: 12_800)
        let workspace = try Workspace(["t.lua": script, "late/helper.lua": "return 2\n"])
        #expect(try workspace.run("t.lua", "--out", "reference", "--quiet").code == 0)
        let running = try workspace.start(["t.lua", "--out", "o", "--quiet", "--checkpoint-every", "0"])
        Self.wait(for: "o/checkpoints/best.checkpoint", in: workspace)
        running.send(SIGKILL)
        #expect(running.wait().wasKilled)
        try FileManager.default.removeItem(atPath: "\(workspace.path)/late")
        let resumed = try workspace.run("--resume", "o", "--quiet")
        #expect(resumed.code == 0, "\(resumed.errors)")
        Self.expectEqual(workspace, "o", "reference")
    }

    @Test("A run of several seeds continues with the seed it was in, and keeps those that are done")
    func severalSeeds() throws {
        let workspace = try Workspace(["t.lua": Scripts.stateful(steps: 3200)])
        let reference = try workspace.run("t.lua", "--out", "reference", "--quiet", "--seeds", "3", "--json")
        #expect(reference.code == 0)
        let running = try workspace.start([
            "t.lua", "--out", "o", "--quiet", "--seeds", "3", "--checkpoint-every", "0",
        ])
        Self.wait(for: "o/seed-1/checkpoints/best.checkpoint", in: workspace)
        running.send(SIGKILL)
        #expect(running.wait().wasKilled)
        let first = workspace.bytes("o/seed-0/summary.json")
        let resumed = try workspace.run("--resume", "o", "--quiet", "--json")
        #expect(resumed.code == 0, "\(resumed.errors)")
        for seed in 0..<3 { Self.expectEqual(workspace, "o/seed-\(seed)", "reference/seed-\(seed)") }
        #expect(workspace.bytes("o/seed-0/summary.json") == first)
        #expect(workspace.exists("o/seed-2/script/t.lua"))
        #expect(workspace.text("o/manifest.json").contains(#""status": "finished""#))
        #expect(resumed.output.contains(#""seed":2"#))
    }

    @Test("A run that failed can be continued when what failed it is gone")
    func failed() throws {
        let script = Scripts.stateful(steps: 640)
        let workspace = try Workspace(["t.lua": script])
        #expect(try workspace.run("t.lua", "--out", "reference", "--quiet").code == 0)
        // The folder is full at the second checkpoint.
        let ended = try workspace.run("t.lua", "--out", "o", "--max-folder", "0", "--checkpoint-every", "0")
        #expect(ended.code != 0)
        #expect(workspace.text("o/manifest.json").contains(#""status": "failed""#))
        let resumed = try workspace.run("--resume", "o", "--quiet")
        #expect(resumed.code == 0, "\(resumed.errors)")
        Self.expectEqual(workspace, "o", "reference")
    }

    @Test("A copy or data that were changed after the run began are refused")
    func changed() throws {
        let workspace = try Workspace([
            "t.lua": Scripts.task(steps: 64).replacing("local train", with: "require 'helper'\nlocal train"),
            "helper.lua": "return 1\n",
        ])
        #expect(try workspace.run("t.lua", "--out", "o", "--quiet").code == 0)
        let manifest = workspace.text("o/manifest.json").replacing(#""finished""#, with: #""interrupted""#)
        try workspace.write(Array(manifest.utf8), to: "o/manifest.json")
        try workspace.write(Array("return 2\n".utf8), to: "o/script/helper.lua")
        let ended = try workspace.run("--resume", "o")
        #expect(
            ended.report
                == "'o/script/helper.lua' was changed after the run began: it cannot be resumed to the same numbers")
        #expect(ended.code == 1)
    }
}

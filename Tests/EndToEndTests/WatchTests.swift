import Foundation
import RLEditCore
import Testing

/// `--watch`, lists of what is not a run, and launchers.
@Suite("Watching, lists and launchers, end to end", .serialized)
struct WatchTests {
    /// Waits until a process has printed something.
    private func expect(_ running: Running, toPrint text: String) {
        for _ in 0..<300 where !running.printed.contains(text) { usleep(100_000) }
        #expect(running.printed.contains(text), "\(running.printed)")
    }

    @Test("A script is run again when it or a module changes, and Ctrl-C ends the waiting")
    func watched() throws {
        let workspace = try Workspace(["t.lua": "print('one', require 'm', (...))", "m.lua": "return 1"])
        let running = try workspace.start(["t.lua", "--watch", "--", "--watch"])
        expect(running, toPrint: "one\t1\t--watch\n")
        try workspace.write(Array("return 2".utf8), to: "m.lua")
        expect(running, toPrint: "one\t2\t--watch\n")
        // A fault is reported, and the next change heals it.
        try workspace.write(Array("print(".utf8), to: "t.lua")
        usleep(1_000_000)
        try workspace.write(Array("print 'two' while true do math.random() end".utf8), to: "t.lua")
        expect(running, toPrint: "two\n")
        // A round that runs is stopped by a change.
        try workspace.write(Array("print 'three'".utf8), to: "t.lua")
        expect(running, toPrint: "three\n")
        running.send(SIGINT)
        let ended = running.wait()
        #expect(ended.code == 130 && !ended.wasKilled)
        #expect(ended.errors.contains("t.lua:1: unexpected symbol near <eof>"), "\(ended.errors)")
        #expect(ended.errors.contains("waiting for a change of t.lua or a file beside it; Ctrl-C ends"))
    }

    @Test("A watched check leaves nothing, and each of its rounds is confined")
    func watchedCheck() throws {
        let workspace = try Workspace(["t.lua": "print(io == nil and 'confined' or 'free')"])
        let running = try workspace.start(["check", "t.lua", "--watch"])
        expect(running, toPrint: "confined\n")
        running.send(SIGTERM)
        #expect(running.wait().code == 143)
        #expect(!workspace.exists("runs"))
        #expect(try workspace.run("t.lua", "--watch", "--out", "o").code == 2)
    }

    @Test("runs lists comparisons, sweeps and packs beside the runs")
    func others() throws {
        let script = Scripts.task(
            reward: "return m.retain.accuracy * (rledit.args.k or 1) - m.forget.accuracy", steps: 64)
        let workspace = try Workspace(["t.lua": script])
        #expect(try workspace.run("t.lua", "--out", "runs/a", "--quiet").code == 0)
        #expect(try workspace.run("pack", "runs/a").code == 0)
        let compared = try workspace.run(
            "compare", "t.lua", "--methods", "task,bias_edit", "--seeds", "1", "--quiet", "--out", "runs/c")
        #expect(compared.code == 0, "\(compared.errors)")
        #expect(try workspace.run("sweep", "t.lua", "--grid", "k=1,2", "--quiet", "--out", "runs/s").code == 0)
        try workspace.write(Array("x".utf8), to: "runs/bad.rledit")
        let list = try workspace.run("runs")
        #expect(list.code == 0)
        #expect(list.errors.contains("'runs/bad.rledit' cannot be read: it does not end in the directory"))
        for line in ["pack        t ", "comparison  t ", "sweep       t "] {
            #expect(list.output.contains("\n\(line)"), "\(list.output)")
        }
        #expect(
            list.output.contains("2 methods, 1 seed") && list.output.contains("2 trials")
                && list.output.contains("runs/a.rledit"))
        let json = try JSONValue(parsing: Array(try workspace.run("runs", "--json").output.utf8)).array ?? []
        let kinds = json.compactMap { $0["kind"]?.string }
        #expect(kinds == ["run", "pack", "comparison", "sweep"])
        // What has no learner is not listed by learner.
        #expect(!(try workspace.run("runs", "--learner", "PPO").output.contains("comparison")))
    }

    @Test("Copies under a launcher are refused by compare, and by sweep unless they have shards")
    func launchers() throws {
        let workspace = try Workspace(["t.lua": Scripts.task(steps: 64)])
        let launched = ["PMI_SIZE": "3"]
        for command in [["compare", "t.lua"], ["sweep", "t.lua", "--grid", "a=1"], ["t.lua"]] {
            let ended = try workspace.start(command, environment: launched).wait()
            #expect(
                ended.code == 2 && ended.errors.contains("3 copies of this program (PMI_SIZE=3)"), "\(ended.errors)")
        }
        #expect(!workspace.exists("runs"))
        let shard = try workspace.start(
            ["sweep", "t.lua", "--grid", "a=1,2", "--shard", "1/2"], environment: launched
        ).wait()
        // The script has no such setting: the copy has begun.
        #expect(shard.code == 1, "\(shard.errors)")
    }
}

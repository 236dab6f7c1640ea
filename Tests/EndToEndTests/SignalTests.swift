import Foundation
import Testing

/// SIGTERM and SIGHUP end a run like Ctrl-C, with codes of their own.
@Suite("Signals that end a run, end to end", .serialized)
struct SignalTests {
    static let signals: [(signal: Int32, code: Int32, name: String)] = [
        (SIGTERM, 143, "SIGTERM"), (SIGHUP, 129, "SIGHUP"),
    ]

    private static func wait(_ condition: () -> Bool) {
        let deadline = ContinuousClock.now + .seconds(20)
        while !condition(), ContinuousClock.now < deadline { usleep(2000) }
    }

    @Test("A run finishes its step, says how to go on, and goes on to the same bytes", arguments: signals.indices)
    func run(_ index: Int) throws {
        let (signal, code, name) = Self.signals[index]
        let workspace = try Workspace(["t.lua": Scripts.stateful(steps: 6400)])
        #expect(try workspace.run("t.lua", "--out", "reference", "--quiet").code == 0)
        let running = try workspace.start(["t.lua", "--out", "o", "--checkpoint-every", "0"])
        Self.wait { workspace.exists("o/checkpoints/best.checkpoint") }
        running.send(signal)
        let ended = running.wait()
        #expect(ended.code == code && !ended.wasKilled)
        #expect(ended.errors.contains("interrupted; continue with: rledit-lua --resume o\n"), "\(ended.errors)")
        let manifest = workspace.text("o/manifest.json")
        #expect(manifest.contains(#""status": "interrupted""#) && manifest.contains("interrupted by \(name)"))
        #expect(try workspace.run("--resume", "o", "--quiet").code == 0)
        for file in ResumeTests.results {
            #expect(workspace.bytes("o/\(file)") == workspace.bytes("reference/\(file)"), "\(file)")
        }
    }

    @Test("compare, sweep and check end with the signal's code", arguments: signals.indices)
    func others(_ index: Int) throws {
        let (signal, code, _) = Self.signals[index]
        let script = Scripts.task(steps: 100_000_000).replacing(
            "return rledit.task", with: "print 'begun'; local a = rledit.args.a\nreturn rledit.task")
        let workspace = try Workspace(["t.lua": script, "loop.lua": "print 'begun' while true do end"])
        for (command, message) in [
            (
                ["compare", "t.lua", "--methods", "task", "--seeds", "1", "--out", "c"],
                "stopped before the first cell was done; the same command starts over"
            ),
            (["sweep", "t.lua", "--grid", "a=1", "--out", "s"], "stopped; 's' has what is done;"),
            (["check", "loop.lua", "--lua-time", "0"], "rledit-lua: loop.lua:1: interrupted"),
            (["loop.lua", "--lua-time", "0"], "rledit-lua: loop.lua:1: interrupted"),
        ] {
            let running = try workspace.start(command)
            Self.wait { running.printed.contains("begun") }
            usleep(50_000)
            running.send(signal)
            let ended = running.wait()
            #expect(ended.code == code && !ended.wasKilled, "\(command): \(ended.code)")
            #expect(ended.errors.contains(message), "\(ended.errors)")
        }
    }

    @Test("A second signal ends at once with the same code, and leaves nothing behind")
    func second() throws {
        let workspace = try Workspace(["t.lua": #"print "begun"; (("a"):rep(60)):find(("a*"):rep(60) .. "b")"#])
        for (signal, code, _) in Self.signals + [(SIGINT, 130, "SIGINT")] {
            let running = try workspace.start(["t.lua", "--lua-time", "0"])
            Self.wait { !running.printed.isEmpty }
            running.send(signal)
            usleep(200_000)
            running.send(signal)
            let ended = running.wait()
            #expect(ended.code == code && !ended.wasKilled)
            #expect(!workspace.exists("runs"))
        }
    }

    @Test("A signal that was ignored when the program started stays ignored")
    func ignored() throws {
        let workspace = try Workspace(["t.lua": Scripts.stateful(steps: 6400)])
        let launcher = ["/bin/sh", "-c", #"trap '' HUP; exec "$@""#, "sh"]
        let running = try workspace.start(
            ["t.lua", "--out", "o", "--quiet", "--checkpoint-every", "0"], through: launcher)
        Self.wait { workspace.exists("o/checkpoints/best.checkpoint") }
        running.send(SIGHUP)
        #expect(running.wait().code == 0)
        #expect(workspace.text("o/manifest.json").contains(#""status": "finished""#))
    }

    @Test("A session ends at a chunk that runs, and while it waits; predict ends at once", arguments: signals.indices)
    func sessions(_ index: Int) throws {
        let (signal, code, _) = Self.signals[index]
        let workspace = try Workspace(["t.lua": PredictTests.task])
        let lines = Array("print 'begun' while true do end\nprint 'after'\n".utf8)
        let busy = try workspace.start(["repl", "--lua-time", "0"], input: lines)
        Self.wait { busy.printed.contains("begun") }
        busy.send(signal)
        let stopped = busy.wait()
        #expect(stopped.code == code && stopped.output == "begun\n", "\(stopped.errors)")
        // A pipe that stays open and has nothing to say.
        let waiting = ["/bin/sh", "-c", #"[ -p pipe ] || mkfifo pipe; exec "$@" <> pipe"#, "sh"]
        let idle = try workspace.start(["repl"], through: waiting)
        usleep(300_000)
        idle.send(signal)
        let ended = idle.wait()
        #expect(ended.code == code && !ended.wasKilled)
        #expect(!workspace.exists("runs"))
        #expect(try workspace.run("t.lua", "--out", "o", "--quiet").code == 0)
        let predict = try workspace.start(["predict", "o"], through: waiting)
        usleep(500_000)
        predict.send(signal)
        let scored = predict.wait()
        #expect(scored.code == code && !scored.wasKilled)
    }
}

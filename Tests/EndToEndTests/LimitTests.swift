import Foundation
import Testing

/// Limits as a person meets them: with their defaults, in long honest runs, and by Ctrl-C.
@Suite("Limits, end to end")
struct LimitTests {
    @Test(
        "The limits that nobody set stop what runs away",
        arguments: [
            (
                "while true do end",
                "t.lua:1: time limit of 15 s for the main chunk reached (raise it with --lua-time SECONDS)"
            ),
            (
                #"(("a"):rep(60)):find(("a*"):rep(60) .. "b")"#,
                "time limit of 15 s for the main chunk reached (raise it with --lua-time SECONDS); the script did not stop"
            ),
            (
                Scripts.task(reward: "while true do end"),
                "time limit of 5 s for a callback reached (raise it with --callback-time SECONDS)"
            ),
            (
                "require 'rledit'.tensor.zeros { 1 << 28 }",
                "t.lua:1: not enough memory: a tensor of 268435456 elements needs 1024 MB"
            ),
            (
                "local line = ('x'):rep(1e6) while true do print(line) end",
                "t.lua:1: output limit of 64 MB reached (raise it with --max-output MB)"
            ),
        ])
    func defaults(script: String, message: String) throws {
        let ended = try Workspace(["t.lua": script]).run("t.lua", "--no-cache")
        #expect(ended.code == 3)
        #expect(!ended.wasKilled)
        #expect(ended.report.contains(message), "\(ended.errors.prefix(1000))")
    }

    /// The fit takes many times the limits, with callbacks in between.
    @Test("Training for many times the limits of Lua is not stopped", arguments: ["run", "check", "compare"])
    func honest(command: String) throws {
        let script = Scripts.task(steps: 64).replacing(
            "{ epochs = 20,",
            with: "{ epochs = 30000, on_epoch = function() epochs = (rawget(_G, 'epochs') or 0) + 1 end,")
        let workspace = try Workspace(["t.lua": script])
        let more = command == "compare" ? ["--methods", "task", "--seeds", "1"] : []
        let ended = try workspace.start([command, "t.lua", "--lua-time", "0.2", "--callback-time", "0.2"] + more).wait()
        #expect(ended.code == 0, "\(ended.errors)")
        #expect(ended.seconds > 0.4)
    }

    @Test("A second Ctrl-C ends at once what the first cannot stop")
    func secondInterrupt() throws {
        let workspace = try Workspace(["t.lua": #"print "begun"; (("a"):rep(60)):find(("a*"):rep(60) .. "b")"#])
        for options in [["--trust"], ["--lua-time", "0"]] {
            let running = try workspace.start(["t.lua"] + options)
            let deadline = ContinuousClock.now + .seconds(20)
            while running.printed.isEmpty, ContinuousClock.now < deadline { usleep(5000) }
            running.send(SIGINT)
            usleep(200_000)
            running.send(SIGINT)
            let ended = running.wait()
            #expect(ended.code == 130 && !ended.wasKilled)
        }
    }

    @Test("A run whose time goes by in the script's own functions says so")
    func scriptTime() throws {
        let slow = Scripts.task(
            reward: "local s = 0 for i = 1, 6e5 do s = s + i end return m.retain.accuracy", steps: 256)
        let ended = try Workspace(["t.lua": slow]).run("t.lua")
        #expect(ended.code == 0)
        #expect(ended.errors.contains(/the script's own functions took .*, \d+ % of this run/), "\(ended.errors)")
        let quick = try Workspace(["t.lua": Scripts.task()]).run("t.lua")
        #expect(!quick.errors.contains("the script's own functions took"))
    }
}

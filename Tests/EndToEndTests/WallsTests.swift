import Foundation
import RLEditCore
import RLEditRuns
import Testing

/// That each command that runs a script raises the walls of the kernel, and what remains possible within them.
@Suite("Walls of the commands, end to end")
struct WallsTests {
    private func json(_ ended: Ended) throws -> JSONValue {
        try JSONValue(parsing: String(try #require(ended.output.split(separator: "\n").last, "\(ended.errors)")))
    }

    @Test(
        "a comparison, a sweep, a run and a check are confined by the kernel, all their threads, while the script runs")
    func confined() throws {
        let workspace = try Workspace(["t.lua": "print 'begun' local x while not x do end"])
        let doctor = try JSONValue(parsing: String(workspace.run("doctor", "--json").output))
        guard doctor["walls"]?["seccomp"] == true else { return }
        for arguments in [
            ["compare", "t.lua", "--out", "c"], ["sweep", "t.lua", "--grid", "a=1", "--out", "s"],
            ["run", "t.lua", "--out", "r"], ["check", "t.lua"],
        ] {
            let running = try workspace.start(arguments + ["--lua-time", "20", "--workers", "2", "--require-sandbox"])
            defer { running.send(SIGKILL) }
            let tasks = "/proc/\(running.identifier)/task"
            func states() -> [String] {
                ((try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []).compactMap { name in
                    try? String(contentsOfFile: "\(tasks)/\(name)/status", encoding: .utf8)
                }
            }
            let deadline = ContinuousClock.now + .seconds(20)
            // The main thread, Lua's, the watchdog and a worker.
            while states().count < 4 || !running.printed.contains("begun"), ContinuousClock.now < deadline {
                usleep(5000)
            }
            let threads = states()
            #expect(threads.count >= 4, "\(arguments)")
            for state in threads {
                #expect(state.contains("NoNewPrivs:\t1") && state.contains("Seccomp:\t2"), "\(arguments): \(state)")
            }
        }
    }

    @Test("what a compared script saves is not kept, and the results say which walls were up")
    func saved() throws {
        let script = Scripts.task(steps: 128).replacing(
            "return rledit.task", with: "model:save 'm.safetensors'\nreturn rledit.task")
        let workspace = try Workspace(["t.lua": script])
        let ended = try workspace.run(
            "compare", "t.lua", "--methods", "task", "--seeds", "1", "--json", "--out", "deep/c", "--quiet")
        #expect(ended.code == 0, "\(ended.errors)")
        #expect(
            workspace.names(in: "deep/c").filter { $0 != ".lock" } == [
                "cells", "comparison.csv", "comparison.json", "report.html",
            ])
        #expect(try json(ended)["walls"]?.array?.contains("limits") == true)
        let trusted = try workspace.run(
            "compare", "t.lua", "--methods", "task", "--seeds", "1", "--json", "--out", "t", "--quiet", "--trust")
        #expect(try json(trusted)["walls"]?.array == [])
        // A script that cannot be read leaves no folder.
        #expect(try workspace.run("compare", "none.lua", "--out", "n/o/n/e").code == 1)
        #expect(try workspace.run("sweep", "none.lua", "--grid", "a=1", "--out", "n/o/n/e").code == 1)
        #expect(!workspace.exists("n"))
    }
}

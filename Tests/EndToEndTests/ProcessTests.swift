import Foundation
import Testing

@Suite("Runs of several processes", .enabled(if: MPI.isInstalled), .serialized)
struct ProcessTests {
    static let files = ["metrics.jsonl", "candidates.csv", "edited.safetensors", "delta.safetensors"]

    private func start(_ workspace: Workspace, _ count: Int, _ arguments: [String]) throws -> Running {
        try workspace.start(arguments, environment: MPI.environment, through: try MPI.command(count))
    }

    /// How often a text occurs.
    private func count(_ text: String, in whole: String) -> Int { whole.components(separatedBy: text).count - 1 }

    /// A task whose reward takes a while.
    private func slow(_ script: String) -> String {
        script.replacing("return m.retain", with: "for i = 1, 2e4 do end return m.retain")
    }

    /// All processes that run in a folder of a test's own, as the kernel lists them.
    private func processes(in workspace: Workspace) -> [Int32] {
        let numbers = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }
        return numbers.filter { text($0, "environ").contains("HOME=\(workspace.path)\0") }
    }

    private func text(_ process: Int32, _ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: "/proc/\(process)/\(name)") ?? Data(), as: UTF8.self)
    }

    /// The process that runs the script of one of a run's processes.
    private func confined(of process: Int, in workspace: Workspace) -> Int32? {
        processes(in: workspace).first {
            text($0, "comm").hasPrefix("rledit-lua")
                && text($0, "environ").contains("OMPI_COMM_WORLD_RANK=\(process)\0")
        }
    }

    private static let learners = [
        "rledit.PPO { steps = 512, rollout_length = 64 }",
        "rledit.SeparableCMAES { steps = 512, population_size = 24 }",
        "rledit.EvolutionStrategy { steps = 512, population_size = 24 }",
    ]

    @Test("any number of processes leaves the bytes of one", arguments: learners)
    func sameBytes(learner: String) throws {
        let script = Scripts.stateful(steps: 256).replacing(
            "rledit.PPO { steps = 256, rollout_length = 64 }", with: learner)
        let workspace = try Workspace(["t.lua": script])
        #expect(try workspace.run("t.lua", "--out", "p1", "--quiet").code == 0)
        for processes in [2, 3] {
            let ended = try start(
                workspace, processes, ["t.lua", "--out", "p\(processes)", "--quiet", "--workers", "1"]
            ).wait()
            #expect(ended.code == 0, "\(ended.errors)")
            for name in Self.files {
                let isSame = workspace.bytes("p\(processes)/\(name)") == workspace.bytes("p1/\(name)")
                #expect(isSame && workspace.exists("p1/\(name)"), "\(name)")
            }
        }
        #expect(workspace.names(in: ".").filter { $0.hasPrefix("p") } == ["p1", "p2", "p3"])
    }

    @Test("a run that is killed under three processes goes on under two to the same bytes, and says things once")
    func resume() throws {
        let workspace = try Workspace(["t.lua": "print 'begun'\n" + slow(Scripts.stateful(steps: 2048))])
        #expect(try workspace.run("t.lua", "--out", "whole", "--quiet").code == 0)
        let running = try start(
            workspace, 3, ["t.lua", "--out", "cut", "--workers", "1", "--quiet", "--checkpoint-every", "0.01"])
        for _ in 0..<600 where workspace.text("cut/metrics.jsonl").isEmpty { usleep(20_000) }
        for process in processes(in: workspace) { kill(process, SIGKILL) }
        #expect(count("begun", in: running.wait().output) <= 1)
        #expect(!workspace.exists("cut/summary.json"))
        let resumed = try start(workspace, 2, ["--resume", "cut", "--workers", "1", "--quiet"]).wait()
        #expect(resumed.code == 0, "\(resumed.errors)")
        #expect(count("begun", in: resumed.output) == 1)
        for name in Self.files {
            let isSame = workspace.bytes("cut/\(name)") == workspace.bytes("whole/\(name)")
            #expect(isSame && workspace.exists("whole/\(name)"), "\(name)")
        }
    }

    @Test("an error of the script is reported once, and so is a process that dies")
    func failures() throws {
        let workspace = try Workspace(["bad.lua": "error 'boom'", "slow.lua": slow(Scripts.task(steps: 1_000_000))])
        let bad = try start(workspace, 3, ["bad.lua"]).wait()
        #expect(bad.code == 1)
        #expect(count("boom", in: bad.errors) == 1)
        let running = try start(workspace, 3, ["slow.lua", "--out", "o", "--workers", "1", "--quiet"])
        for _ in 0..<300 where workspace.text("o/metrics.jsonl").isEmpty { usleep(50_000) }
        let victim = try #require(confined(of: 2, in: workspace))
        kill(victim, SIGKILL)
        let ended = running.wait()
        #expect(ended.code == 1)
        #expect(count("rledit-lua: process 2 was ended by signal 9", in: ended.errors) == 1, "\(ended.errors)")
        #expect(ended.errors.contains("continue with: rledit-lua --resume o"), "\(ended.errors)")
        #expect(workspace.exists("o/checkpoints"))
    }

    @Test("Ctrl-C and SIGTERM reach process 0 once, which writes a checkpoint", arguments: [SIGINT, SIGTERM])
    func interrupted(signal: Int32) throws {
        let workspace = try Workspace(["slow.lua": slow(Scripts.task(steps: 1_000_000))])
        let running = try start(workspace, 2, ["slow.lua", "--out", "o", "--workers", "1", "--quiet"])
        for _ in 0..<600 where workspace.text("o/metrics.jsonl").isEmpty { usleep(20_000) }
        // As the launcher does, which signals the agent and its child. (Its own signals may be blocked in a test's threads.)
        for process in processes(in: workspace) where text(process, "environ").contains("OMPI_COMM_WORLD_RANK=0\0") {
            kill(process, signal)
        }
        let ended = running.wait()
        #expect(count("interrupted; continue with: rledit-lua --resume o", in: ended.errors) == 1, "\(ended.errors)")
        #expect(workspace.text("o/manifest.json").contains("\"status\": \"interrupted\""))
    }

    @Test("a script may read the clock: it is that of process 0")
    func clock() throws {
        let script = Scripts.task(reward: "return m.retain.accuracy + os.clock() % 1 * 1e-6", steps: 256)
        let workspace = try Workspace(["t.lua": "local begun = os.time()\n" + script])
        let ended = try start(workspace, 2, ["t.lua", "--out", "o", "--quiet", "--workers", "1"]).wait()
        #expect(ended.code == 0, "\(ended.errors)")
    }

    @Test("processes whose scripts differ are refused before anything is learned")
    func different() throws {
        let script = Scripts.task(steps: 256).replacing("steps = 256", with: "steps = tonumber(rledit.args.n)")
        let workspace = try Workspace(["t.lua": script])
        // Two programs under one launcher, each with arguments of its own.
        let ended = try start(
            workspace, 1,
            [
                "t.lua", "--set", "n=256", "--out", "o", "--quiet", ":", "--oversubscribe", "-n", "1", Binary.path,
                "t.lua",
                "--set", "n=512", "--out", "o", "--quiet",
            ]
        ).wait()
        #expect(ended.code == 1)
        #expect(ended.errors.contains("process 1 has another command line than process 0"), "\(ended.errors)")
    }

    /// The rows of `comparison.csv` without seconds and memory, which differ from run to run.
    private func results(_ workspace: Workspace, _ folder: String) -> [String] {
        workspace.text("\(folder)/comparison.csv").split(separator: "\n").map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).enumerated()
                .filter { ![8, 9].contains($0.offset) }.map(\.element).joined(separator: ",")
        }
    }

    @Test("a comparison is shared by its cells, keeps what is done, and comes to what one process comes to")
    func comparison() throws {
        let workspace = try Workspace(["t.lua": Scripts.task(steps: 64)])
        func arguments(_ seeds: Int, _ folder: String) -> [String] {
            [
                "compare", "t.lua", "--methods", "task,RandomSearch,bias_edit", "--seeds", "\(seeds)", "--quiet",
                "--workers", "1", "--out", folder,
            ]
        }
        #expect(try workspace.start(arguments(3, "one")).wait().code == 0)
        let whole = results(workspace, "one")
        #expect(whole.count > 9)
        let ended = try start(workspace, 2, arguments(2, "many")).wait()
        #expect(ended.code == 0, "\(ended.errors)")
        let cell = workspace.text("many/cells/task/seed-1.json")
        #expect(!cell.isEmpty)
        let more = try start(workspace, 3, arguments(3, "many")).wait()
        #expect(more.code == 0, "\(more.errors)")
        #expect(results(workspace, "many") == whole)
        #expect(workspace.text("many/cells/task/seed-1.json") == cell)
    }

    @Test("a method that fails in another process is reported, and one that does not fit is skipped")
    func comparisonGaps() throws {
        let script = Scripts.task(
            reward: "assert(rledit.seed == 0, 'not this seed') return m.retain.accuracy", steps: 64)
        let workspace = try Workspace(["t.lua": script])
        let ended = try start(
            workspace, 2,
            ["compare", "t.lua", "--methods", "RandomSearch", "--seeds", "2", "--workers", "1", "--out", "c"]
        ).wait()
        #expect(ended.code == 1)
        #expect(count("RandomSearch, seed 1, failed: ", in: ended.errors) == 1, "\(ended.errors)")
        #expect(ended.errors.contains("not this seed"), "\(ended.errors)")
        #expect(workspace.exists("c/cells/RandomSearch/seed-0.json"))
    }

    @Test("Ctrl-C ends a comparison in all processes, and the same command goes on")
    func comparisonInterrupted() throws {
        let workspace = try Workspace(["t.lua": slow(Scripts.task(steps: 1_000_000))])
        let running = try start(
            workspace, 2,
            ["compare", "t.lua", "--methods", "bias_edit,task", "--seeds", "2", "--workers", "1", "--out", "c"])
        for _ in 0..<1200 where workspace.names(in: "c/cells/bias_edit").count < 2 { usleep(20_000) }
        usleep(300_000)
        for process in processes(in: workspace) where !text(process, "comm").hasPrefix("mpirun") {
            kill(process, SIGINT)
        }
        let ended = running.wait()
        #expect(count("'c' has what is done; the same command goes on", in: ended.errors) == 1, "\(ended.errors)")
        #expect(workspace.exists("c/comparison.csv"))
    }

    @Test("a sweep says that it is not shared")
    func notShared() throws {
        let workspace = try Workspace(["t.lua": Scripts.task(steps: 64)])
        let ended = try start(workspace, 2, ["sweep", "t.lua", "--grid", "a=1"]).wait()
        #expect(ended.code == 2)
        #expect(ended.errors.contains("this command is not shared among processes"), "\(ended.errors)")
    }
}

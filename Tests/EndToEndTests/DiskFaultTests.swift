import Foundation
import Testing

/// A disk, a folder or a clock that fails during a run: one clear error, and nothing that was written is lost.
@Suite("Faults of disk, folder and clock, end to end", .serialized)
struct DiskFaultTests {
    /// The root may mount; elsewhere, and in most containers, these tests have nothing to try.
    static let mayMount: Bool = {
        guard getuid() == 0, let folder = try? Workspace() else { return false }
        return (try? Mount(at: "\(folder.path)/m", kilobytes: 64)) != nil
    }()

    /// A file system of its own in memory, gone with this object.
    final class Mount {
        let path: String

        init(at path: String, kilobytes: Int) throws {
            self.path = path
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try Mount.command("mount", "-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", path)
        }

        deinit { try? Mount.command("umount", "-l", path) }

        /// Other options, for example another size, or `ro`.
        func change(_ options: String) throws { try Mount.command("mount", "-o", "remount,\(options)", path) }

        private struct Failure: Error { let command: [String] }

        private static func command(_ words: String...) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = words
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else { throw Failure(command: words) }
        }
    }

    private static func expectEqual(_ workspace: Workspace, _ run: String, _ reference: String) {
        for name in ResumeTests.results {
            #expect(workspace.bytes("\(run)/\(name)") != nil, "\(run)/\(name)")
            #expect(workspace.bytes("\(run)/\(name)") == workspace.bytes("\(reference)/\(name)"), "\(run)/\(name)")
        }
    }

    /// No half-written file, and JSON that can be read, in a folder and those below.
    private static func expectWhole(_ workspace: Workspace, _ folder: String) throws {
        let path = "\(workspace.path)/\(folder)"
        for name in FileManager.default.enumerator(atPath: path)?.compactMap({ $0 as? String }) ?? [] {
            #expect(!name.hasSuffix(".tmp"), "\(folder)/\(name)")
            if name.hasSuffix(".json") {
                let data = FileManager.default.contents(atPath: "\(path)/\(name)") ?? Data()
                #expect(throws: Never.self, "\(name)") { try JSONSerialization.jsonObject(with: data) }
            }
        }
    }

    /// A script with a setting that a sweep can go through.
    private static func swept(_ script: String) -> String {
        script.replacing(
            #"local rledit = require "rledit""#, with: #"local rledit = require "rledit"; local n = rledit.args.n"#)
    }

    static let unmountable: Comment = "mounting a file system needs root and a system that lets it"
    private static let often = ["--quiet", "--checkpoint-every", "0"]

    @Test(
        "a disk that is full ends a run with its name, and it goes on when there is room",
        .enabled(if: mayMount, unmountable),
        arguments: [4, 16, 128, 256, 1024])
    func fullDisk(kilobytes: Int) throws {
        let workspace = try Workspace(["t.lua": Scripts.stateful(steps: 6400)])
        #expect(try workspace.run("t.lua", "--out", "reference", "--quiet").code == 0)
        let mount = try Mount(at: "\(workspace.path)/m", kilobytes: kilobytes)
        let full = try workspace.start(["t.lua", "--out", "m/o"] + Self.often).wait()
        #expect(full.code == 1)
        #expect(full.report.hasPrefix("cannot write 'm/o/"))
        #expect(full.report.hasSuffix("': No space left on device"))
        #expect(full.errors.split(separator: "\n").filter { $0 != "continue with: rledit-lua --resume m/o" }.count == 1)
        try Self.expectWhole(workspace, "m/o")
        // Still full: the same error again, and nothing is worse.
        if workspace.exists("m/o/manifest.json") {
            let again = try workspace.start(["--resume", "m/o"] + Self.often).wait()
            #expect(again.code == 1)
            #expect(again.report.hasSuffix("': No space left on device"))
            try Self.expectWhole(workspace, "m/o")
        }
        try mount.change("size=64m")
        let arguments = workspace.exists("m/o/manifest.json") ? ["--resume", "m/o"] : ["t.lua", "--out", "m/o"]
        let last = try workspace.start(arguments + ["--quiet"]).wait()
        #expect(last.code == 0, "\(last.errors)")
        Self.expectEqual(workspace, "m/o", "reference")
        try Self.expectWhole(workspace, "m/o")
    }

    @Test(
        "a comparison and a sweep on a full disk say so, and go on when there is room",
        .enabled(if: mayMount, unmountable))
    func fullDiskOfMany() throws {
        let workspace = try Workspace(["t.lua": Self.swept(Scripts.task(steps: 64))])
        let commands = [
            ["compare", "t.lua", "--methods", "task,RandomSearch", "--seeds", "1", "--out", "m/o", "--quiet"],
            ["sweep", "t.lua", "--grid", "n=1,2", "--out", "m/o", "--quiet"],
        ]
        for command in commands {
            let mount = try Mount(at: "\(workspace.path)/m", kilobytes: 20)
            let full = try workspace.start(command).wait()
            #expect(full.code == 1, "\(full.errors)")
            #expect(full.report.contains("No space left on device"), "\(full.errors)")
            try Self.expectWhole(workspace, "m/o")
            try mount.change("size=64m")
            let last = try workspace.start(command).wait()
            #expect(last.code == 0, "\(last.errors)")
            try Self.expectWhole(workspace, "m/o")
        }
    }

    @Test("a file that may not grow further is an error like a full disk", arguments: [8, 64])
    func fileSizeLimit(blocks: Int) throws {
        // `ulimit -f` needs no rights; its signal must not end the program. (The fit is remembered before, in a file of its own.)
        let workspace = try Workspace(["t.lua": Scripts.stateful(steps: 6400)])
        #expect(try workspace.run("t.lua", "--out", "reference", "--quiet").code == 0)
        let limited = try workspace.start(
            ["t.lua", "--out", "o"] + Self.often, through: ["/bin/sh", "-c", "ulimit -f \(blocks); exec \"$0\" \"$@\""]
        ).wait()
        #expect(limited.code == 1 && !limited.wasKilled)
        #expect(limited.report.hasPrefix("cannot write 'o/"))
        #expect(limited.report.hasSuffix("': File too large"))
        try Self.expectWhole(workspace, "o")
        #expect(try workspace.run("--resume", "o", "--quiet").code == 0)
        Self.expectEqual(workspace, "o", "reference")
    }

    @Test("a folder that only can be read is named, by each command that writes", .enabled(if: mayMount, unmountable))
    func readOnly() throws {
        let workspace = try Workspace(["t.lua": Self.swept(Scripts.stateful(steps: 640))])
        let mount = try Mount(at: "\(workspace.path)/m", kilobytes: 65_536)
        #expect(try workspace.run("t.lua", "--out", "m/done", "--quiet").code == 0)
        let before = workspace.names(in: "m/done").map { workspace.bytes("m/done/\($0)") }
        try mount.change("ro")
        for (arguments, path) in [
            (["t.lua", "--out", "m/o"], "m/o"), (["t.lua", "--out", "m/o/deep/down"], "m/o"),
            (["--resume", "m/done"], "m/done/.lock"), (["report", "m/done"], "m/done/.lock"),
            (["compare", "t.lua", "--methods", "task", "--out", "m/o"], "m/o"),
            (["sweep", "t.lua", "--grid", "n=1,2", "--out", "m/o"], "m/o"),
        ] {
            let ended = try workspace.start(arguments).wait()
            #expect(ended.code == 1, "\(arguments): \(ended.errors)")
            #expect(
                ["write", "create folder"].contains { ended.report == "cannot \($0) '\(path)': Read-only file system" },
                "\(arguments): \(ended.errors)")
        }
        // Reading needs no more than that.
        #expect(try workspace.run("runs", "m").code == 0)
        #expect(workspace.names(in: "m/done").map { workspace.bytes("m/done/\($0)") } == before)
    }

    @Test(
        "a run folder that is removed or renamed during the run ends it, and no part of it comes back",
        arguments: ["removed", "renamed"])
    func lostFolder(how: String) throws {
        let workspace = try Workspace(["t.lua": Scripts.stateful(steps: 1_000_000)])
        let running = try workspace.start(["t.lua", "--out", "o", "--quiet", "--checkpoint-every", "0.05"])
        let deadline = ContinuousClock.now + .seconds(20)
        while !workspace.exists("o/checkpoints/best.checkpoint"), ContinuousClock.now < deadline { usleep(2000) }
        // At once: `rm -r` of a folder that is written into may itself fail.
        #expect(rename("\(workspace.path)/o", "\(workspace.path)/elsewhere") == 0)
        if how == "removed" { try FileManager.default.removeItem(atPath: "\(workspace.path)/elsewhere") }
        let ended = running.wait()
        #expect(ended.code == 1)
        #expect(ended.report == "cannot write into 'o': the folder was removed or renamed meanwhile", "\(ended.errors)")
        #expect(!workspace.exists("o"))
        guard how == "renamed" else { return }
        try Self.expectWhole(workspace, "elsewhere")
        // It goes on where it lies now.
        let resumed = try workspace.run("--resume", "elsewhere", "--quiet", "--max-time", "1")
        #expect(resumed.code == 3, "\(resumed.errors)")
        #expect(workspace.exists("elsewhere/summary.json"))
    }

    @Test("of two commands with one folder the second is refused, and free to come when the first has ended")
    func twoAtOnce() throws {
        let task = Self.swept(Scripts.stateful(steps: 1_000_000))
        let workspace = try Workspace(["t.lua": task])
        let commands: [(first: [String], marker: String, others: [[String]])] = [
            (["t.lua", "--out", "o"], "o/manifest.json", [["t.lua", "--out", "o"], ["--resume", "o"]]),
            (
                ["compare", "t.lua", "--methods", "task", "--out", "c"], "c/.lock",
                [["compare", "t.lua", "--methods", "task", "--out", "c"]]
            ),
            (
                ["sweep", "t.lua", "--grid", "n=1,2", "--out", "s"], "s/.ledger.jsonl.lock",
                [["sweep", "t.lua", "--grid", "n=1,2", "--out", "s"]]
            ),
        ]
        for (first, marker, others) in commands {
            let running = try workspace.start(first + ["--quiet"])
            let deadline = ContinuousClock.now + .seconds(20)
            while !(workspace.bytes(marker)?.contains(0x0A) ?? false), ContinuousClock.now < deadline { usleep(2000) }
            for other in others {
                let refused = try workspace.start(other + ["--quiet"]).wait()
                #expect(refused.code == 1, "\(other): \(refused.errors)")
                let isTold =
                    refused.report.contains("is in use by another run")
                    || refused.report.contains("already holds a run")
                #expect(isTold, "\(other): \(refused.errors)")
            }
            // However it ends, the lock goes with it.
            running.send(SIGKILL)
            #expect(running.wait().wasKilled)
        }
        let resumed = try workspace.run("--resume", "o", "--quiet", "--max-time", "1")
        #expect(resumed.code == 3, "\(resumed.errors)")
    }

    /// A library that makes each look at the calendar an hour earlier than the last; nil without a compiler.
    private static func backwardClock(in workspace: Workspace) throws -> String? {
        try workspace.write(
            Array(
                """
                #include <time.h>
                time_t time(time_t *out) {
                    static long calls;
                    time_t now = 1800000000 - 3600 * __sync_fetch_and_add(&calls, 1);
                    if (out) *out = now;
                    return now;
                }
                """.utf8), to: "clock.c")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["cc", "-shared", "-fPIC", "-o", "\(workspace.path)/clock.so", "\(workspace.path)/clock.c"]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? "\(workspace.path)/clock.so" : nil
    }

    static let hasCompiler: Bool = {
        guard let workspace = try? Workspace() else { return false }
        return (try? backwardClock(in: workspace)) ?? nil != nil
    }()

    @Test(
        "a clock that is set back during a run and before it goes on leaves times in order and the same results",
        .enabled(if: hasCompiler, "no C compiler to make such a clock with"))
    func clockSetBack() throws {
        let workspace = try Workspace(["t.lua": Scripts.stateful(steps: 6400)])
        #expect(try workspace.run("t.lua", "--out", "reference", "--quiet").code == 0)
        let library = try #require(try Self.backwardClock(in: workspace))
        func run(_ arguments: String...) throws -> Ended {
            try workspace.start(arguments + ["--quiet"], environment: ["LD_PRELOAD": library]).wait()
        }
        func times(_ folder: String) throws -> (started: Int, ended: Int) {
            let data = Data(workspace.bytes("\(folder)/manifest.json") ?? [])
            let manifest = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            return (
                try #require(manifest["started_seconds"] as? Int), try #require(manifest["ended_seconds"] as? Int)
            )
        }
        #expect(try run("t.lua", "--out", "o").code == 0)
        Self.expectEqual(workspace, "o", "reference")
        let whole = try times("o")
        #expect(whole.started > 1_700_000_000 && whole.started <= 1_800_000_000)
        #expect(whole.ended == whole.started)

        // Interrupted by a clock that is right, continued by one that is slow.
        _ = try workspace.run("t.lua", "--out", "p", "--quiet", "--checkpoint-every", "0", "--max-time", "0.3")
        let before = workspace.exists("p/manifest.json") ? try times("p").started : nil
        if let before {
            let slow = try run("--resume", "p")
            #expect(slow.code == 0 || slow.report.contains("already"), "\(slow.errors)")
            let after = try times("p")
            #expect(after.started == before && after.ended >= after.started)
        }
        // Folders that take their names from the time never meet.
        for _ in 1...3 { #expect(try run("t.lua").code == 0) }
        let folders = workspace.names(in: "runs").filter { !$0.hasPrefix(".") }
        #expect(folders.count == 3, "\(folders)")
        for folder in folders { Self.expectEqual(workspace, "runs/\(folder)", "reference") }
        #expect(try workspace.run("runs").code == 0)
    }
}

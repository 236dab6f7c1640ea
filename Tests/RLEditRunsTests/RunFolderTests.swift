import Foundation
import RLEditRuns
import Testing

@Suite("Run folders")
struct RunFolderTests {
    @Test("Folders are named after the task and the time, and never shared")
    func names() throws {
        let folder = try TemporaryFolder()
        let time = Timestamp(seconds: 1_769_900_000)
        let runs = try (0..<3).map { _ in
            try RunFolder.create(task: "un/learn 7!", under: folder.file("runs"), time: time)
        }
        let name = "un-learn-7--\(time.compact)"
        #expect(runs.map(\.path) == ["", "-2", "-3"].map { folder.file("runs/\(name)\($0)") })
        #expect(time.compact.wholeMatch(of: /\d{8}-\d{6}/) != nil)
        #expect(try RunFolder.create(task: "../..", under: folder.file("runs")).path.contains("/runs/run-"))
    }

    @Test("--out takes a new or an empty folder and refuses others with the reason")
    func out() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder.create(at: folder.file("deep/er/run/"))
        #expect(run.path == folder.file("deep/er/run"))
        try FileManager.default.createDirectory(atPath: folder.file("full"), withIntermediateDirectories: false)
        try folder.write("", "full/notes.txt")
        #expect(
            failure { _ = try RunFolder.create(at: folder.file("full")) }
                == "'\(folder.file("full"))' is not empty (it holds 'notes.txt'); choose an empty or a new folder for --out"
        )
        try folder.write("", "full/manifest.json")
        #expect(
            failure { _ = try RunFolder.create(at: folder.file("full")) }
                == "'\(folder.file("full"))' already holds a run; continue it with --resume \(folder.file("full")), "
                + "or choose another --out")
        #expect(
            failure { _ = try RunFolder.create(at: folder.file("full/notes.txt")) }
                == "cannot create folder '\(folder.file("full/notes.txt"))': File exists")
        #expect(
            failure { _ = try RunFolder.create(at: folder.file("full/notes.txt/x")) }
                == "cannot create folder '\(folder.file("full/notes.txt"))': File exists")
        #expect(
            failure { _ = try RunFolder.open(folder.path) }
                == "'\(folder.path)' is not a run folder: it has no manifest.json")
    }

    @Test("A folder that another process holds is refused, and free again when that process ends")
    func lock() throws {
        let folder = try TemporaryFolder()
        try folder.write("4711\n", ".lock")
        try folder.write("{}", "manifest.json")
        // `flock` of util-linux is the other process: it says when it has the lock and keeps it until its input ends.
        let holder = Process()
        holder.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
        holder.arguments = ["-n", folder.file(".lock"), "sh", "-c", "echo held; cat >/dev/null"]
        let (input, output) = (Pipe(), Pipe())
        holder.standardInput = input
        holder.standardOutput = output
        try holder.run()
        #expect(output.fileHandleForReading.availableData == Data("held\n".utf8))
        #expect(
            failure { _ = try RunFolder.open(folder.path) }
                == "'\(folder.path)' is in use by another run (process 4711); choose another --out")
        try input.fileHandleForWriting.close()
        holder.waitUntilExit()
        #expect(failure { _ = try RunFolder.open(folder.path) } == nil)
    }

    @Test("What a killed process left half-written goes when the folder is opened, and nothing else does")
    func leftovers() throws {
        let temporary = try TemporaryFolder()
        let path = temporary.file("run")
        do {
            let folder = try RunFolder.create(at: path)
            try SampleRun.manifest().write(to: folder)
            for name in [
                "manifest.json.7.1.tmp", "checkpoints/a.checkpoint.812.30.tmp",
                ".edited.safetensors.9.0F9A3F0E-6C5C-4B36-9E43-6C1D3A2F7B11.tmp", "mine.tmp", "a.b.c.tmp",
            ] {
                try folder.write("x", to: name)
            }
        }
        _ = try RunFolder.open(path)
        #expect(temporary.names("run") == [".lock", "a.b.c.tmp", "checkpoints", "manifest.json", "mine.tmp"])
        #expect(temporary.names("run/checkpoints").isEmpty)
    }

    @Test("--out takes a folder whose run was killed before it had a manifest, not one that somebody else filled")
    func begunFolder() throws {
        let temporary = try TemporaryFolder()
        let path = temporary.file("run")
        do { try RunFolder.create(at: path).write("return 1", to: "script/t.lua") }
        _ = try RunFolder.create(at: path)
        try temporary.write("x", "run/notes.txt")
        #expect(failure { _ = try RunFolder.create(at: path) }?.contains("is not empty (it holds 'notes.txt')") == true)
        // Without our lock a folder named script is anybody's, and a refusal leaves no lock.
        try FileManager.default.createDirectory(
            atPath: temporary.file("other/script"), withIntermediateDirectories: true)
        for _ in 1...2 { #expect(failure { _ = try RunFolder.create(at: temporary.file("other")) } != nil) }
        #expect(temporary.names("other") == ["script"])
    }

    @Test("A folder that was removed or renamed takes nothing more")
    func absent() throws {
        let temporary = try TemporaryFolder()
        let path = temporary.file("run")
        let folder = try RunFolder.create(at: path)
        #expect(folder.absence == nil)
        try FileManager.default.moveItem(atPath: path, toPath: temporary.file("moved"))
        let message = "cannot write into '\(path)': the folder was removed or renamed meanwhile"
        #expect(failure { try folder.write("x", to: "a/b") } == message)
        // Another folder of the name is not the one that is locked.
        _ = try RunFolder.create(at: path)
        #expect(failure { try folder.write("x", to: "b") } == message)
        #expect(temporary.names("run") == [".lock"])
    }

    @Test("Two runs of one process exclude each other as well")
    func lockWithinProcess() throws {
        let folder = try TemporaryFolder()
        let first = try RunFolder.create(at: folder.file("run"))
        #expect(failure { _ = try RunFolder.create(at: folder.file("run")) }?.contains("is in use") == true)
        withExtendedLifetime(first) {}
    }

    @Test("Seeds have their own folders, and the size counts everything")
    func seedsAndSize() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder.create(at: folder.file("run"))
        let before = run.size
        for seed in [2, 10] { try run.seedFolder(seed).write([UInt8](repeating: 1, count: 1000), to: "deep/data") }
        #expect(try RunFolder.seeds(in: run.path) == [2, 10])
        #expect(run.size >= before + 2000)
        #expect(failure { try run.checkSize(limit: 1 << 20) } == nil)
        #expect(
            failure { try run.checkSize(limit: 1500) }?.hasSuffix("over its limit of 1500; --max-folder raises it")
                == true)
    }

    @Test("A manifest reads back equal")
    func manifest() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder.create(at: folder.file("run"))
        var manifest = SampleRun.manifest(seeds: [0, 1])
        manifest.status = .failed
        manifest.reason = "task.lua:3: reward is nil"
        try manifest.write(to: run)
        #expect(try Manifest.read(from: run.path) == manifest)
        let object = try JSONSerialization.jsonObject(with: Data(folder.bytes("run/manifest.json"))) as? [String: Any]
        #expect(object?["status"] as? String == "failed")
        try folder.write(folder.text("run/manifest.json").replacing("\"world\"", with: "\"word\""), "run/manifest.json")
        #expect(
            failure { _ = try Manifest.read(from: run.path) }
                == "manifest.json: field 'world' is missing or of another kind")
    }
}

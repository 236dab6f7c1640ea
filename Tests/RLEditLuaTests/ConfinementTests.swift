import Foundation
import LuaBridge
import RLEditLua
import RLEditRuns
import Testing

/// What the kernel leaves a script of each command, tried from within: `print` is called on the script's own thread, while the
/// script runs.
@Suite(
    "Confinement of the commands", .serialized,
    .enabled(if: ProcessWallsTests.hasLandlock && ProcessWallsTests.hasSeccomp))
struct ConfinementTests {
    /// A folder with a task beside a file that nobody named, and what a command would write beside its own folder.
    struct Place: Sendable {
        let path: String
        var script: String { "\(path)/toy.lua" }
        var out: String { "\(path)/out" }

        /// - Parameter text: after the prelude of ``TaskScript``.
        init?(_ text: String) {
            path =
                FileManager.default.temporaryDirectory.appendingPathComponent("rledit-held-\(UUID().uuidString)").path
            do {
                try FileManager.default.createDirectory(atPath: "\(path)/data", withIntermediateDirectories: true)
                try Data((TaskScript.prelude + text).utf8).write(to: URL(fileURLWithPath: script))
                for name in ["secret.txt", "data/given.csv", "helper.lua"] {
                    try Data("return 1".utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
                }
            } catch {
                return nil
            }
        }

        var options: RunOptions {
            var options = RunOptions(workers: 2)
            options.data = "\(path)/data"
            options.usesCache = false
            options.isQuiet = true
            return options
        }

        /// What is allowed works, and what is not is refused, from the thread of the caller.
        func isHeld(writable: String) -> Bool {
            let expected: [(String, Int32, Int32)] = [
                ("\(path)/secret.txt", O_RDONLY, EACCES), ("\(path)/toy.lua", O_RDONLY, 0),
                ("\(path)/toy.lua", O_WRONLY, EACCES), ("\(path)/helper.lua", O_RDONLY, 0),
                ("\(path)/data/given.csv", O_RDONLY, 0), ("\(path)/data/given.csv", O_RDWR, EACCES),
                ("\(path)/data/new", O_WRONLY | O_CREAT, EACCES), ("\(path)/new", O_WRONLY | O_CREAT, EACCES),
                ("\(writable)/.tried", O_WRONLY | O_CREAT, 0), ("/etc/passwd", O_RDONLY, EACCES),
                ("/tmp/rledit-held", O_WRONLY | O_CREAT, EACCES), ("/proc/self/clear_refs", O_WRONLY, EACCES),
            ]
            for (file, flags, code) in expected where Attempt.open(file, flags) != code {
                FileHandle.standardError.write(Data("\(file) with \(flags) is not \(code)\n".utf8))
                return false
            }
            let name = strdup("/bin/true")
            defer { free(name) }
            var arguments: [UnsafeMutablePointer<CChar>?] = [name, nil]
            var pid: pid_t = 0
            return unlink("\(writable)/.tried") == 0
                && Attempt.result { socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) } == EPERM
                && Attempt.result { kill(getppid(), 0) } == EPERM
                && Attempt.result { execv("/bin/true", &arguments) } == EPERM
                && posix_spawn(&pid, "/bin/true", nil, nil, &arguments, nil) != 0
        }
    }

    /// Prints from the main chunk, from the reward, and from `on_end`.
    private static let task = """
        print "main"
        local told
        return task {
          reward = function(m) if not told then told = true print "reward" end return m.retain.accuracy end,
          on_end = function() print "end" end,
        }
        """

    /// Counts the lines that a script printed while it was held.
    final class Watch: @unchecked Sendable {
        private(set) var lines: Set<String> = []
        private let place: Place
        private let writable: String

        init(_ place: Place, writable: String) {
            self.place = place
            self.writable = writable
        }

        func print(_ bytes: UnsafeRawBufferPointer) {
            guard place.isHeld(writable: writable) else { exit(10) }
            lines.insert(String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .newlines))
        }
    }

    @Test("A comparison's script reaches its own folder, the data and nothing else")
    func compare() async {
        await #expect(processExitsWith: .exitCode(0)) {
            guard let place = Place(ConfinementTests.task) else { exit(2) }
            var options = CompareOptions(run: place.options, methods: try ComparedMethod.parse("task,bias_edit"))
            options.run.out = place.out
            options.run = try Confinement.ofFolder(
                place.out, housekeeping: [], script: place.script, options: options.run)
            guard options.run.walls?.names.count == 2 else { exit(3) }
            let settings = options
            let watch = Watch(place, writable: place.out)
            let walls = try LuaThread.run {
                try ComparisonRun(
                    script: place.script, options: settings, on: ScriptHost(options: settings.run, print: watch.print)
                ).run().comparison?.walls
            }
            guard watch.lines == ["main", "reward", "end"] else { exit(4) }
            guard walls == ["library", "limits"] + (settings.run.walls?.names ?? []) else { exit(5) }
            guard FileManager.default.fileExists(atPath: "\(place.out)/\(ComparisonFolder.jsonName)") else { exit(6) }
            exit(0)
        }
    }

    @Test("A sweep's script reaches the sweep's folder, the data and nothing else, and so does a trial that goes on")
    func sweep() async {
        await #expect(processExitsWith: .exitCode(0)) {
            guard let place = Place("local rate = rledit.args.rate\n" + ConfinementTests.task) else { exit(2) }
            var options = SweepOptions(run: place.options, plan: try SweepPlan(grids: [SettingGrid("rate=1,2")]))
            options.run.out = place.out
            options.run = try Confinement.ofFolder(
                place.out, housekeeping: [], script: place.script, options: options.run)
            let settings = options
            let watch = Watch(place, writable: place.out)
            let end = try LuaThread.run {
                try SweepRun(
                    script: place.script, options: settings, on: ScriptHost(options: settings.run, print: watch.print)
                ).run()
            }
            guard end.sweep.failures.isEmpty, end.sweep.results.count == 2 else { exit(3) }
            guard watch.lines == ["main", "reward", "end"] else { exit(4) }
            let walls = ["library", "limits"] + (settings.run.walls?.names ?? [])
            guard walls.count == 4, end.sweep.walls == walls else { exit(5) }
            for result in end.sweep.results {
                guard try Manifest.read(from: "\(place.out)/\(result.folder)").walls == walls else { exit(6) }
            }
            exit(0)
        }
    }

    @Test("Lines that are typed reach a folder for the moment, the current one's modules and nothing else")
    func typed() async {
        await #expect(processExitsWith: .exitCode(0)) {
            guard let place = Place("") else { exit(2) }
            guard FileManager.default.changeCurrentDirectoryPath(place.path) else { exit(6) }
            let options = try Confinement.ofRepl(script: nil, history: nil, options: place.options)
            guard let reserved = options.reserved?.path else { exit(3) }
            guard place.isHeld(writable: reserved) else { exit(4) }
            options.reserved?.removeUnused()
            exit(FileManager.default.fileExists(atPath: reserved) ? 5 : 0)
        }
    }

    @Test("A file cannot grow past what a run may write, and that is an error and no signal")
    func fileSize() async {
        await #expect(processExitsWith: .exitCode(0)) {
            guard let place = Place("") else { exit(2) }
            var options = place.options
            options.folderBytes = 1 << 20
            _ = try Confinement.ofFolder(place.out, housekeeping: [], script: place.script, options: options)
            let file = Glibc.open("\(place.out)/large", O_WRONLY | O_CREAT, 0o644)
            guard file >= 0, Attempt.result({ ftruncate(file, 1 << 20) }) == 0 else { exit(3) }
            guard Attempt.result({ ftruncate(file, 1 << 40) }) == EFBIG else { exit(4) }
            var byte: UInt8 = 0
            exit(Attempt.result { Int32(pwrite(file, &byte, 1, 1 << 40)) } == EFBIG ? 0 : 5)
        }
    }
}

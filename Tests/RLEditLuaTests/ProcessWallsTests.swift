import Foundation
import RLEditLua
import Testing

/// The walls bind the process for ever, so each test raises them in a process of its own.
@Suite("Walls around the process", .serialized)
struct ProcessWallsTests {
    static let hasLandlock = ProcessWalls.offered().landlock != nil
    static let hasSeccomp = ProcessWalls.offered().hasSeccomp

    @Test("Files outside of the rules cannot be opened, by no thread that comes later", .enabled(if: hasLandlock))
    func files() async {
        await #expect(processExitsWith: .exitCode(0)) {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
                "rledit-walls-\(UUID().uuidString)"
            ).path
            for name in ["read", "write", "hold"] {
                try? FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
                try? Data("x".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)/file"))
            }
            _ = mkdir("\(folder)/hold/new", 0o755)
            let passes: @Sendable () -> Bool = {
                let expected: [(String, Int32, Int32)] = [
                    ("read/file", O_RDONLY, 0), ("read/file", O_WRONLY, EACCES),
                    ("read/new", O_WRONLY | O_CREAT, EACCES),
                    ("write/file", O_RDWR, 0), ("write/new", O_WRONLY | O_CREAT, 0), ("hold/file", O_RDONLY, EACCES),
                    ("hold/other", O_WRONLY | O_CREAT, EACCES), ("hold/taken/file", O_WRONLY | O_CREAT, 0),
                ]
                return expected.allSatisfy { Attempt.open("\(folder)/\($0.0)", $0.1) == $0.2 }
                    && Attempt.open("/etc/passwd", O_RDONLY) == EACCES
                    && Attempt.result { symlink("/etc/passwd", "\(folder)/write/link") } == EACCES
            }
            let walls = ProcessWalls.raise(
                readable: ["\(folder)/read", "\(folder)/missing"], writable: ["\(folder)/write", "\(folder)/hold/new"],
                holders: ["\(folder)/hold"])
            guard walls.landlock != nil else { exit(2) }
            // The rule goes with the folder, whatever its name.
            guard rename("\(folder)/hold/new", "\(folder)/hold/taken") == 0 else { exit(3) }
            guard passes() else { exit(4) }
            guard Attempt.onThread(passes) else { exit(5) }
            exit(0)
        }
    }

    @Test("No program, process or socket can be begun, by no thread", .enabled(if: hasSeccomp))
    func calls() async {
        await #expect(processExitsWith: .exitCode(0)) {
            let passes: @Sendable () -> Bool = {
                let name = strdup("/bin/true")
                defer { free(name) }
                var arguments: [UnsafeMutablePointer<CChar>?] = [name, nil]
                var pid: pid_t = 0
                return Attempt.result { execv("/bin/true", &arguments) } == EPERM
                    && posix_spawn(&pid, "/bin/true", nil, nil, &arguments, nil) != 0
                    && Attempt.result { socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) } == EPERM
                    && Attempt.result { socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0) } == EPERM
                    && Attempt.result { kill(getppid(), 0) } == EPERM
                    && Attempt.result { chmod("/tmp", 0o777) } == EPERM
            }
            // A thread that is there already, for the filter is given to all.
            let (go, done) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
            final class Answer: @unchecked Sendable { var value = false }
            let answer = Answer()
            Thread.detachNewThread {
                go.wait()
                answer.value = passes()
                done.signal()
            }
            guard ProcessWalls.raise(readable: ["/"], writable: [], holders: []).hasSeccomp else { exit(2) }
            guard passes() else { exit(3) }
            guard Attempt.onThread(passes) else { exit(4) }
            go.signal()
            done.wait()
            exit(answer.value ? 0 : 5)
        }
    }

    @Test("A wall that the system refuses is the only one lost, and is named", .enabled(if: hasLandlock && hasSeccomp))
    func refused() async {
        await #expect(processExitsWith: .exitCode(0)) {
            // Landlock needs a descriptor, and none is left.
            var none = rlimit(rlim_cur: 3, rlim_max: 3)
            guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &none) == 0, open("/dev/null", O_RDONLY) < 0
            else {
                exit(2)
            }
            let walls = ProcessWalls.raise(readable: ["/"], writable: [], holders: [])
            guard walls.landlock == nil, walls.hasSeccomp, walls.names == ["seccomp"] else { exit(3) }
            guard walls.missing == ["landlock: Too many open files"] else { exit(4) }
            guard walls.warning?.contains("landlock: Too many open files") == true else { exit(5) }
            exit(Attempt.result { socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) } == EPERM ? 0 : 6)
        }
    }

    @Test(
        "Nothing runs without a wall where all are required, and the error names it",
        .enabled(if: hasLandlock && hasSeccomp))
    func required() async {
        await #expect(processExitsWith: .exitCode(0)) {
            var none = rlimit(rlim_cur: 3, rlim_max: 3)
            guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &none) == 0 else { exit(2) }
            var options = RunOptions(workers: 1)
            (options.requiresWalls, options.usesCache) = (true, false)
            do { _ = try Confinement.ofTrial(script: "t.lua", options: options) } catch let error as MissingWallsError {
                guard error.missing == ["landlock: Too many open files"] else { exit(3) }
                exit(error.description.contains("--require-sandbox") ? 0 : 4)
            } catch { exit(5) }
            exit(6)
        }
    }

    @Test("What is missing is reported in one line")
    func warning() {
        let offered = ProcessWalls.offered()
        #expect((offered.warning == nil) == (offered.landlock != nil && offered.hasSeccomp))
        #expect(offered.names.count + offered.missing.count == 2)
    }
}

/// What a process under the walls tries.
enum Attempt {
    /// The result of each step of an attempt: 0, or the `errno`.
    static func result(_ body: () -> Int32) -> Int32 {
        errno = 0
        return body() >= 0 ? 0 : errno
    }

    static func open(_ path: String, _ flags: Int32) -> Int32 {
        result {
            let descriptor = Glibc.open(path, flags, 0o644)
            if descriptor >= 0 { close(descriptor) }
            return descriptor
        }
    }

    /// Runs on a new thread and waits for it.
    static func onThread(_ body: @escaping @Sendable () -> Bool) -> Bool {
        final class Answer: @unchecked Sendable { var value = false }
        let (answer, done) = (Answer(), DispatchSemaphore(value: 0))
        Thread.detachNewThread {
            answer.value = body()
            done.signal()
        }
        done.wait()
        return answer.value
    }
}

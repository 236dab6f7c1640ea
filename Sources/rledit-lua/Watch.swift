import Foundation
import RLEditLua
import Synchronization

/// `--watch`: a command again on every change of its script or of a file beside it.
///
/// Nothing runs in this process but the waiting: each round is a process of its own, which confines itself.
struct Watch {
    private let script: String
    private let words: [String]

    private static let option = "--watch"
    /// The signal that came; 0 for none. What a handler may touch is one number.
    private static let caught = Atomic<Int32>(0)
    /// Seconds between two looks at the files, and until a round that was asked to stop is asked again.
    private static let pause = 0.2
    private static let patience = 2.0

    /// - Parameter words: the command line without the program's name.
    init(script: String, words: [String]) {
        self.script = script
        let end = words.firstIndex(of: "--") ?? words.endIndex
        self.words = words[..<end].filter { $0 != Watch.option } + words[end...]
    }

    /// Goes on until a signal comes.
    /// - Returns: the exit code that goes with it.
    func run() -> Int32 {
        // Whoever started this process may have signals blocked.
        var unblocked = sigset_t()
        sigemptyset(&unblocked)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            sigaddset(&unblocked, number)
            // A handler, since what is ignored here would be ignored by the rounds, too.
            let before = signal(number) { Watch.caught.store($0, ordering: .relaxed) }
            if unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(number, SIG_IGN) }
        }
        sigprocmask(SIG_UNBLOCK, &unblocked, nil)
        while true {
            let state = FileState.of(script)
            if isatty(STDOUT_FILENO) != 0 { StandardOutput.write("\u{1B}[H\u{1B}[2J\u{1B}[3J") }
            guard round(from: state) else { return 1 }
            if Watch.hasSignal { break }
            if FileState.of(script) == state {
                Terminal.note("waiting for a change of \(script) or a file beside it; Ctrl-C ends")
                while FileState.of(script) == state, !Watch.hasSignal { Watch.wait() }
            }
            if Watch.hasSignal { break }
            // A file that is being written changes more than once.
            var (before, now) = (state, FileState.of(script))
            while now != before, !Watch.hasSignal {
                Watch.wait()
                (before, now) = (now, FileState.of(script))
            }
        }
        return 128 + Watch.caught.load(ordering: .relaxed)
    }

    /// One run of the command, which is asked to stop when a file changes or a signal comes.
    /// - Returns: false when no process could be made.
    private func round(from state: FileState) -> Bool {
        var process: pid_t = 0
        var arguments = ([CommandLine.arguments[0]] + words).map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        let status = posix_spawn(&process, "/proc/self/exe", nil, nil, &arguments, environ)
        guard status == 0 else {
            Terminal.note("rledit-lua: cannot start a process: \(String(cString: strerror(status)))")
            return false
        }
        var asked = -Double.infinity
        var code: Int32 = 0
        while waitpid(process, &code, WNOHANG) == 0 {
            let now = ProcessInfo.processInfo.systemUptime
            if Watch.hasSignal || FileState.of(script) != state, now - asked >= Watch.patience {
                kill(process, SIGTERM)
                asked = now
            }
            Watch.wait()
        }
        return true
    }

    private static var hasSignal: Bool { caught.load(ordering: .relaxed) != 0 }
    private static func wait() { usleep(UInt32(pause * 1e6)) }
}

/// What tells whether files were written: the script's and those beside it.
private struct FileState: Equatable {
    private struct File: Equatable {
        let path: String
        let inode: UInt64
        let size: Int
        let seconds: Int
        let nanoseconds: Int
    }

    private let files: [File]

    static func of(_ script: String) -> FileState {
        FileState(
            files: ([script] + FilesBeside.all(besideScript: script)).compactMap { path in
                var status = stat()
                guard stat(path, &status) == 0 else { return nil }
                return File(
                    path: path, inode: UInt64(status.st_ino), size: Int(status.st_size),
                    seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
            })
    }
}

import Foundation
import LuaBridge
import RLEditLua
import RLEditRuns

/// What the program says to the person who started it.
enum Terminal {
    /// A line on standard error.
    static func note(_ text: String) { show(text + "\n") }

    /// Text on standard error.
    static func show(_ text: String) {
        Array(TerminalText.printable(text).utf8).withUnsafeBytes { _ = write($0, to: STDERR_FILENO) }
    }

    /// Bytes on a stream, as they are and whole.
    /// - Returns: the error number of a write that failed; nil when all is written.
    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32? {
        var rest = bytes
        while let base = rest.baseAddress, rest.count > 0 {
            let written = Foundation.write(descriptor, base, rest.count)
            if written < 0 {
                switch errno {
                case EINTR: continue
                case EAGAIN:
                    // A pipe that somebody has made non-blocking is full.
                    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&waiting, 1, -1)
                    continue
                default: return errno
                }
            }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
        }
        return nil
    }

    /// Reports a failure, once.
    /// - Returns: the exit code that goes with it.
    static func report(_ error: any Error) -> Int32 {
        if let failure = error as? RunFailure {
            let code = report(failure.cause)
            failure.advice.forEach(note)
            return code
        }
        guard let scriptError = error as? LuaError else {
            note("rledit-lua: \(error)")
            let inner = (error as? RewardFault)?.scriptError
            if let traceback = inner?.traceback, !traceback.isEmpty { note(traceback) }
            if inner?.underlying is MemoryShortage { return 3 }
            if case .timeOver? = error as? RunError { return 3 }
            if case .sizeLimit? = error as? RunFolderError { return 3 }
            return 1
        }
        note("rledit-lua: \(scriptError.report)")
        if scriptError.underlying is MemoryShortage { return 3 }
        if case .savedTooMuch? = scriptError.underlying as? RunFolderError { return 3 }
        switch scriptError.kind {
        case .interrupted: return StopSignals.exitCode
        case .timeLimit, .memoryLimit, .outputLimit: return 3
        case .script, .syntax, .host: return 1
        }
    }
}

/// A run that failed, and how to go on with it, a line each.
struct RunFailure: Error {
    let cause: any Error
    let advice: [String]
}

/// The process as a whole.
enum ProcessSetUp {
    static func begin() {
        // A closed pipe and a full quota come back as errors of the write that met them, and are reported as such.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        // A file that is opened must not take the number of a stream that was closed: what is shown would be written into
        // it. Each is opened the wrong way round, so that its use still fails.
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}

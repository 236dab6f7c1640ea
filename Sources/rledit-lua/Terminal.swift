import Foundation
import LuaBridge
import RLEditLua
import RLEditRuns

/// What the program says to the person who started it.
enum Terminal {
    /// A line on standard error.
    static func note(_ text: String) { show(text + "\n", to: STDERR_FILENO) }

    /// Text for a person. It may quote what stands in a stranger's file, of which nothing may act on the terminal.
    static func show(_ text: String, to descriptor: Int32) { write(TerminalText.printable(text), to: descriptor) }

    /// Text on a stream, as it is and whole, whatever becomes of it: a closed pipe is no reason to end a run.
    static func write(_ text: String, to descriptor: Int32) {
        Array(text.utf8).withUnsafeBytes { write($0, to: descriptor) }
    }

    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) {
        var rest = bytes
        while let base = rest.baseAddress, rest.count > 0 {
            let written = Foundation.write(descriptor, base, rest.count)
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { return }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
        }
    }

    /// Reports a failure, once.
    /// - Returns: the exit code that goes with it.
    static func report(_ error: any Error) -> Int32 {
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
        case .interrupted: return 130
        case .timeLimit, .memoryLimit, .outputLimit: return 3
        case .script, .syntax, .host: return 1
        }
    }
}

/// The process as a whole.
enum ProcessSetUp {
    static func begin() {
        // A closed pipe and a full quota come back as errors of the write that met them, and are reported as such.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }
}

import Foundation
import LuaBridge
import RLEditRuns
import Synchronization

/// The one door to standard output. A failed write ends no run; it is remembered, and ``exitCode(_:)`` makes an exit code
/// of it when the program ends.
enum StandardOutput {
    /// The error number of the first write that failed; nothing is written after it, so that output has no holes.
    private static let failure = Mutex<Int32?>(nil)

    /// Text for a person. It may quote a stranger's file, and nothing in it may act on the terminal.
    static func show(_ text: String) { write(TerminalText.printable(text)) }

    static func write(_ text: String) { Array(text.utf8).withUnsafeBytes { _ = write($0) } }

    /// Bytes as they are.
    /// - Returns: false when standard output takes no more.
    @discardableResult
    static func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        failure.withLock { failure in
            if failure == nil { failure = Terminal.write(bytes, to: STDOUT_FILENO) }
            return failure == nil
        }
    }

    /// The code to end the program with: 1 when it was to be 0 and something could not be written, which is then said. A
    /// pipe whose reader has seen enough, as `head` has, is not a failure.
    static func exitCode(_ code: Int32) -> Int32 {
        // What a trusted script wrote by the C library's own functions.
        if fflush(nil) != 0 {
            let number = errno
            failure.withLock { $0 = $0 ?? number }
        }
        guard let number = failure.withLock({ $0 }), number != EPIPE else { return code }
        Terminal.note("rledit-lua: cannot write to standard output: \(String(cString: strerror(number)))")
        return code == 0 ? 1 : code
    }
}

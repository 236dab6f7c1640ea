import CLineEditor
import Foundation
import RLEditLua

/// Lines that a person types, edited with libedit: history and completion.
///
/// Made before the process is confined, then used by one thread.
final class TerminalLines: LineSource, @unchecked Sendable {
    let isTerminal = true
    private let editor: OpaquePointer

    /// - Parameter history: the file that keeps what was typed; nil for none.
    /// - Returns: nil when standard input and output are not a terminal.
    init?(history: String?) {
        var settings = termios()
        if tcgetattr(STDIN_FILENO, &settings) == 0 { TerminalLines.settings = settings }
        guard let editor = line_editor_create("rledit-lua", history) else { return nil }
        self.editor = editor
    }

    /// The terminal as the person had set it; written once, before any signal is waited for.
    nonisolated(unsafe) private static var settings: termios?

    /// Sets the terminal as it was before any line was edited, for an end of the process that no one returns from.
    static func giveBack() {
        guard var settings else { return }
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
    }

    deinit { line_editor_close(editor) }

    func next(prompt: String, complete: (String) -> LineCompletion) -> LineInput {
        var (line, length) = (UnsafePointer<CChar>?.none, 0)
        // The editor calls back while this call runs, and never later.
        let status = withoutActuallyEscaping(complete) { complete in
            withExtendedLifetime(Completer(complete)) { completer in
                line_editor_read(
                    editor, prompt,
                    { context, text in
                        guard let context, let text else { return nil }
                        let completer = Unmanaged<Completer>.fromOpaque(context).takeUnretainedValue()
                        let found = completer.complete(String(cString: text))
                        return strdup(([found.insertion] + found.choices).joined(separator: "\n"))
                    }, Unmanaged.passUnretained(completer).toOpaque(), &line, &length)
            }
        }
        switch Int(status) {
        case LINE_EDITOR_LINE:
            return .line(Array(UnsafeRawBufferPointer(start: line, count: length)))
        case LINE_EDITOR_INTERRUPTED:
            return .interrupted
        default:
            // The shell's prompt begins a line of its own.
            StandardOutput.write("\n")
            return .end
        }
    }

    func remember(_ line: [UInt8]) { line_editor_remember(editor, String(decoding: line, as: UTF8.self)) }

    private final class Completer {
        let complete: (String) -> LineCompletion
        init(_ complete: @escaping (String) -> LineCompletion) { self.complete = complete }
    }
}

/// Where `repl` keeps what was typed: `$XDG_STATE_HOME/rledit/history`, else below `~/.local/state`.
enum HistoryFile {
    /// Makes the file, for its owner alone, unless it is there.
    /// - Returns: nil where there is no place for it.
    static func make() -> String? {
        let environment = ProcessInfo.processInfo.environment
        // The XDG base directory specification has relative paths ignored.
        let state =
            environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? environment["HOME"].flatMap { $0.hasPrefix("/") ? "\($0)/.local/state" : nil }
        guard let state else { return nil }
        let manager = FileManager.default
        let path = "\(state)/rledit/history"
        if manager.fileExists(atPath: path) { return path }
        try? manager.createDirectory(atPath: "\(state)/rledit", withIntermediateDirectories: true)
        return manager.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]) ? path : nil
    }
}

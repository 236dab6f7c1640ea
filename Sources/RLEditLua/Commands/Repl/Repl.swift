internal import Foundation
internal import LuaBridge
internal import RLEditRuns
internal import RLEditTensor

/// Runs what is typed, line by line: `rledit-lua repl`. As Lua's own: an expression is printed, a chunk that is not complete
/// goes on in the next line, an error is told and the session goes on.
///
/// Each chunk has the limits of a script of its own. Used on the script's thread only.
package final class Repl {
    private let script: String?
    private let host: ScriptHost
    private let lines: any LineSource
    private let session: ScriptSession
    private var folder: RunFolder?
    private var shownData: String?
    /// Local variables of earlier chunks.
    private var goneLocals: Set<String> = []
    private var lua: LuaHost { session.host }

    /// Whether some chunk failed, and whether one failed at a limit.
    package private(set) var hasFailures = false
    package private(set) var hasReachedLimit = false

    /// What messages call the text that is typed.
    fileprivate static let chunkName = "=stdin"

    /// - Parameter script: run first; its globals stay, and the task that it returns is the global `task`.
    package init(script: String?, lines: any LineSource, on host: ScriptHost) throws {
        self.script = script
        self.lines = lines
        self.host = host
        session = try host.open(seed: host.options.seeds.first ?? 0)
        session.context.outputFolder = { [unowned self] in try outputFolder() }
        session.readsArgumentsAlone = false
        lua.modules.scriptDirectory = "."
        try lua.run("rledit = require 'rledit'", name: "repl")
    }

    /// Reads and runs until the input ends.
    package func run() throws {
        defer { session.close() }
        if let script { try begin(with: script) }
        while !host.clock.mustEnd, let chunk = nextChunk() {
            guarded {
                let results = try lua.runMain(chunk.function)
                tellOfLocals(in: chunk)
                guard !results.isEmpty else { return }
                // As `lua` does: by whatever `print` is now. Tables alone are shown as what is in them.
                guard let print = try lua.global("print").asFunction else {
                    throw LuaUsageError("cannot show the results: 'print' is not a function")
                }
                try print.call(
                    results.map { value in
                        guard case .table(let table) = value, let text = try table.contents() else { return value }
                        return .string(text)
                    })
            }
        }
        for unread in session.context.unreadArguments { host.note("warning: \(unread)") }
    }

    /// Says, at the first one, that a local variable is gone at the end of its chunk.
    private func tellOfLocals(in chunk: Chunk) {
        guard let name = lua.outerLocal(of: chunk.text), !name.hasPrefix("_") else { return }
        if goneLocals.isEmpty, !host.options.isQuiet {
            host.note("'\(name)' is local to what was typed and is gone now; without 'local' it stays")
        }
        goneLocals.insert(name)
    }

    /// - Throws: ``RunError`` when the file cannot be read; what goes wrong in it is told, and the session begins.
    private func begin(with path: String) throws {
        let script = try RunScript(path: path)
        guarded {
            let task = try session.run(script.bytes, path: script.path, arguments: host.options.scriptArguments)
            if let task { try lua.setGlobal("task", lua.value(of: task.editingOneNetwork(script: path))) }
        }
    }

    /// Runs `body` so that Ctrl-C stops it alone, and tells what goes wrong.
    private func guarded(_ body: () throws -> Void) {
        do { try host.interruptible(session, body) } catch { tell(error) }
        lua.clearInterrupt()
        host.clock.forgetInterrupts()
        // What a trusted chunk wrote by the C library's own functions.
        fflush(nil)
        if let line = session.context.dataLine, line != shownData, !host.options.isQuiet {
            shownData = line
            host.note(line)
        }
    }

    private func tell(_ error: any Error) {
        hasFailures = true
        guard let error = error as? LuaError else { return host.note("\(error)") }
        if error.isLimit, error.kind != .interrupted { hasReachedLimit = true }
        host.note(error.report)
        for name in goneLocals.sorted() where error.message.contains("unknown global '\(name)'") {
            host.note("'\(name)' was local to what was typed earlier; without 'local' it stays")
        }
    }

    // MARK: - Chunks

    private struct Chunk {
        let text: [UInt8]
        let function: LuaFunction

        init(_ text: [UInt8], in lua: LuaHost) throws {
            self.text = text
            function = try lua.compile(text, chunkName: Repl.chunkName)
        }
    }

    /// The next chunk, compiled; nil at the end of the input, and where a person asks to leave.
    private func nextChunk() -> Chunk? {
        while true {
            switch lines.next(prompt: "> ", complete: completion) {
            case .end: return nil
            case .interrupted: continue
            case .line(let line):
                if !line.isEmpty { lines.remember(line) }
                switch ReplWord(line, in: lua) {
                case .help:
                    Array((ReplWord.helpText + "\n").utf8).withUnsafeBytes(host.print)
                    continue
                case .exit: return nil
                case nil: break
                }
                do { if let chunk = try chunk(beginningWith: line) { return chunk } } catch { tell(error) }
            }
        }
    }

    /// - Returns: nil when the user dropped the chunk.
    private func chunk(beginningWith line: [UInt8]) throws -> Chunk? {
        var text = line
        if line.first == UInt8(ascii: "=") { text = Array("return ".utf8) + line.dropFirst() }
        // An expression is a chunk that returns it.
        if let expression = try? Chunk(Array("return ".utf8) + line, in: lua) { return expression }
        while true {
            do {
                return try Chunk(text, in: lua)
            } catch let error as LuaError where error.isIncomplete {
                switch lines.next(prompt: ">> ", complete: completion) {
                case .interrupted: return nil
                // Unchanged.
                case .end: throw error
                case .line(let line):
                    if !line.isEmpty { lines.remember(line) }
                    text += [UInt8(ascii: "\n")] + line
                }
            }
        }
    }

    private func completion(_ text: String) -> LineCompletion { LineCompletion(after: text, in: lua) }

    // MARK: - Files

    /// Where `model:save` writes: made when it is first asked for.
    private func outputFolder() throws -> String {
        let made =
            try folder
            ?? (host.options.out.map { try RunFolder.create(at: $0) }
                ?? RunFolder.create(task: "repl", time: .now, reserved: host.options.reserved))
        folder = made
        return made.path
    }
}

extension LuaError {
    /// Whether the text ended where it could have gone on.
    fileprivate var isIncomplete: Bool { kind == .syntax && message.hasSuffix("<eof>") }
}

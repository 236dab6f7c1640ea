internal import Foundation
package import LuaBridge
internal import RLEditRuns
internal import RLEditTensor

/// Runs what is typed, line by line: `rledit-lua repl`. As Lua's own: an expression is printed, a chunk that is not complete
/// goes on in the next line, an error is told and the session goes on.
///
/// Each chunk has the limits of a script of its own. Used on the script's thread only.
package final class InteractiveSession {
    private let script: String?
    private let options: RunOptions
    private let clock: RunClock
    private let lines: any LineSource
    private let note: (String) -> Void
    private let hostDidChange: (LuaInterrupt?) -> Void
    private let context: ScriptContext
    private let session: ScriptSession
    private var folder: RunFolder?
    private var shownData: String?
    private var host: LuaHost { session.host }

    /// Whether some chunk failed, and whether one failed at a limit.
    package private(set) var hasFailures = false
    package private(set) var hasReachedLimit = false

    /// What messages call the text that is typed.
    private static let chunkName = "=stdin"

    /// - Parameters:
    ///   - script: run first; its globals stay, and the task that it returns is the global `task`.
    ///   - others: as those of ``RunSession``.
    package init(
        script: String?, options: RunOptions, clock: RunClock, lines: any LineSource,
        print: @escaping (UnsafeRawBufferPointer) -> Void, note: @escaping (String) -> Void,
        hostDidChange: @escaping (LuaInterrupt?) -> Void
    ) throws {
        self.script = script
        self.options = options
        self.clock = clock
        self.lines = lines
        self.note = note
        self.hostDidChange = hostDidChange
        let context = options.makeContext(
            seed: options.seeds.first ?? 0, pool: WorkerPool(workers: options.workers), clock: clock)
        self.context = context
        session = try options.makeSession(context, print: print, warn: note)
        context.outputFolder = { [unowned self] in try outputFolder() }
        session.readsArgumentsAlone = false
        host.modules.scriptDirectory = "."
        try host.run("rledit = require 'rledit'", name: "repl")
    }

    /// Reads and runs until the input ends.
    package func run() throws {
        defer {
            hostDidChange(nil)
            session.close()
        }
        if let script { try begin(with: script) }
        while !clock.mustEnd, let chunk = nextChunk() {
            guarded {
                let results = try host.runMain(chunk)
                guard !results.isEmpty else { return }
                // As `lua` does: by whatever `print` is now.
                guard let print = try host.global("print").asFunction else {
                    throw LuaUsageError("cannot show the results: 'print' is no function")
                }
                try print.call(results)
            }
        }
        for unread in context.unreadArguments { note("warning: \(unread)") }
    }

    /// - Throws: ``RunError`` when the file cannot be read; what goes wrong in it is told, and the session begins.
    private func begin(with path: String) throws {
        let script = try RunScript(path: path)
        guarded {
            let task = try session.run(script.bytes, path: script.path, arguments: options.scriptArguments)
            if let task { try host.setGlobal("task", host.value(of: task)) }
        }
    }

    /// Runs `body` so that Ctrl-C stops it alone, and tells what goes wrong.
    private func guarded(_ body: () throws -> Void) {
        hostDidChange(host.interruptHandle)
        defer {
            hostDidChange(nil)
            host.clearInterrupt()
            clock.forgetInterrupts()
        }
        do { try body() } catch { tell(error) }
        // What a trusted chunk wrote by the C library's own functions.
        fflush(nil)
        if let line = context.dataLine, line != shownData, !options.isQuiet {
            shownData = line
            note(line)
        }
    }

    private func tell(_ error: any Error) {
        hasFailures = true
        guard let error = error as? LuaError else { return note("\(error)") }
        if error.isLimit, error.kind != .interrupted { hasReachedLimit = true }
        note(error.report)
    }

    // MARK: - Chunks

    /// The next chunk, compiled; nil at the end of the input.
    private func nextChunk() -> LuaFunction? {
        while true {
            switch lines.next(prompt: "> ", complete: completion) {
            case .end: return nil
            case .interrupted: continue
            case .line(let line):
                if !line.isEmpty { lines.remember(line) }
                do { if let chunk = try chunk(beginningWith: line) { return chunk } } catch { tell(error) }
            }
        }
    }

    /// - Returns: nil when the user dropped the chunk.
    private func chunk(beginningWith line: [UInt8]) throws -> LuaFunction? {
        var text = line
        if line.first == UInt8(ascii: "=") { text = Array("return ".utf8) + line.dropFirst() }
        // An expression is a chunk that returns it.
        if let expression = try? host.compile(Array("return ".utf8) + line, chunkName: Self.chunkName) {
            return expression
        }
        while true {
            do {
                return try host.compile(text, chunkName: Self.chunkName)
            } catch let error as LuaError where error.isIncomplete {
                switch lines.next(prompt: ">> ", complete: completion) {
                case .interrupted: return nil
                // As it stands.
                case .end: throw error
                case .line(let line):
                    if !line.isEmpty { lines.remember(line) }
                    text += [UInt8(ascii: "\n")] + line
                }
            }
        }
    }

    private func completion(_ text: String) -> LineCompletion { LineCompletion(after: text, in: host) }

    // MARK: - Files

    /// Where `model:save` writes: made when it is first asked for.
    private func outputFolder() throws -> String {
        let made =
            try folder
            ?? (options.out.map { try RunFolder.create(at: $0) }
                ?? RunFolder.create(task: "repl", time: .now, reserved: options.reserved))
        folder = made
        return made.path
    }
}

extension LuaError {
    /// Whether the text ended where it could have gone on.
    fileprivate var isIncomplete: Bool { kind == .syntax && message.hasSuffix("<eof>") }
}

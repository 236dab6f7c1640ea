import LuaBridge
import RLEditLua
import RLEditRuns
import RLEditTensor

/// Scripts run in a session, with the whole of `rledit`, a toy network and toy sets.
enum TaskScript {
    /// Defines `rledit`, `model`, `sets`, `world` and `task(t)`, which makes a task of `fields(t)`: the table with what
    /// the test leaves out. One line, so that line 2 is the test's first.
    static let prelude =
        #"local rledit = require "rledit"; "#
        + #"local model = rledit.models.mlp { widths = { 2, 4, 3 }, seed = 1 }; "#
        + #"local function points(from, n) local x, y = {}, {} for i = 1, n do "#
        + #"x[i] = { math.sin(from + i), math.cos(from + 2 * i) } y[i] = i % 3 end "#
        + #"return rledit.data.set { inputs = x, labels = y } end; "#
        + #"local sets = { forget = points(0, 9), retain = points(50, 12) }; "#
        + #"local world = rledit.MaskWorld { layer = "fc1", rank = 1 }; "#
        + #"local function fields(t) t.model, t.sets, t.world = t.model or model, t.sets or sets, t.world or world; "#
        + #"t.reward = t.reward or function(m) return m.retain.accuracy end; "#
        + #"t.learner = t.learner or rledit.RandomSearch { steps = 8, batch_size = 4 }; return t end "#
        + #"local function task(t) return rledit.task(fields(t)) end "#
        + "\n"

    struct Outcome: Sendable {
        var printed = ""
        var warnings: [String] = []
    }

    /// Runs a script and, when it returns a task, `body` with it; on a Lua thread.
    @discardableResult
    static func run(
        _ text: String, arguments: [String: String] = [:], workers: Int = 1,
        _ body: @escaping @Sendable (ScriptSession, ScriptTask) throws -> Void = { _, _ in }
    ) throws -> Outcome {
        try LuaThread.run {
            let (printed, warnings) = (ModuleScript.Notes(), ModuleScript.Notes())
            let session = try session(
                arguments: arguments, workers: workers, print: { printed.text += String(decoding: $0, as: UTF8.self) },
                warn: { warnings.text += $0 + "\n" })
            defer { session.close() }
            let task = try session.run(Array((prelude + text).utf8), path: "examples/toy.lua")?
                .editingOneNetwork(script: "examples/toy.lua")
            if let task { try body(session, task) }
            return Outcome(
                printed: printed.text, warnings: warnings.text.split(separator: "\n").map(String.init))
        }
    }

    static func session(
        arguments: [String: String] = [:], workers: Int = 1,
        print: @escaping (UnsafeRawBufferPointer) -> Void = { _ in }, warn: @escaping (String) -> Void = { _ in }
    ) throws -> ScriptSession {
        let context = ScriptContext(
            seed: 0, pool: WorkerPool(workers: workers), locations: ModuleScript.noLocations,
            fits: FitCache(folder: "", isEnabled: false), arguments: arguments)
        return try ScriptSession(context: context, print: print, warn: warn)
    }

    /// What a script prints while it, and the task it returns, run.
    static func printed(_ text: String, workers: Int = 1) throws -> String {
        let outcome = try run(text, workers: workers) { session, task in _ = try loop(session, task) }
        return outcome.printed.hasSuffix("\n") ? String(outcome.printed.dropLast()) : outcome.printed
    }

    /// Runs a task without a folder.
    static func loop(_ session: ScriptSession, _ task: ScriptTask) throws -> EditLoop {
        let loop = try EditLoop(
            task.makeEditTask(), seed: UInt64(session.context.seed), pool: session.context.pool, delegate: task)
        let reason = try loop.run()
        try task.didEnd(loop, reason: reason)
        return loop
    }

    /// The message of the error that a script, or the run of its task, ends with.
    static func message(_ text: String, arguments: [String: String] = [:]) -> String {
        do {
            let outcome = try run(text, arguments: arguments) { session, task in _ = try loop(session, task) }
            return "no error; printed: \(outcome.printed)"
        } catch let error as LuaError {
            return error.message
        } catch {
            return "\(error)"
        }
    }
}

internal import Foundation
package import LuaBridge
internal import RLEditData
internal import RLEditRuns
internal import RLEditTensor
package import RLEditWorlds

/// What trying a task has shown.
package struct TaskCheckResult: Sendable {
    /// What the task is and what it costs, a line each.
    package let facts: [String]
    package let findings: [EnvironmentFinding]

    package var errors: Int { findings.count { $0.severity == .error } }
    package var warnings: Int { findings.count { $0.severity == .warning } }

    /// Facts, findings and their number, for a person.
    package var text: String {
        func counted(_ count: Int, _ word: String) -> String {
            "\(count == 0 ? "no" : "\(count)") \(word)\(count == 1 ? "" : "s")"
        }
        let total = "\(counted(errors, "error")), \(counted(warnings, "warning"))"
        return (facts + findings.map(\.description) + [total]).joined(separator: "\n")
    }
}

/// Tries a task without running it: `rledit-lua check TASK.lua`.
///
/// Runs the script, measures a few random candidates, plays with the environment, lets the learner make one update, and
/// tells what would make a run fail or learn nothing. Leaves no run folder.
package struct TaskCheck {
    private let script: RunScript
    private let options: RunOptions
    private let clock: RunClock
    private let print: (UnsafeRawBufferPointer) -> Void
    private let note: (String) -> Void
    private let hostDidChange: (LuaInterrupt?) -> Void

    /// Candidates measured at a time.
    private static let candidates = 16

    /// - Parameters: as those of ``RunSession``; the first seed of the options is the one that is tried.
    package init(
        script path: String, options: RunOptions, clock: RunClock, print: @escaping (UnsafeRawBufferPointer) -> Void,
        note: @escaping (String) -> Void, hostDidChange: @escaping (LuaInterrupt?) -> Void
    ) throws {
        script = try RunScript(path: path)
        self.options = options
        self.clock = clock
        self.print = print
        self.note = note
        self.hostDidChange = hostDidChange
    }

    /// - Throws: what a run of the task would end with: errors of the script, of the reward, of the learner.
    package func run() throws -> TaskCheckResult {
        let pool = WorkerPool(workers: options.workers)
        let context = options.makeContext(seed: options.seeds.first ?? 0, pool: pool, clock: clock)
        let session = try options.makeSession(context, print: print, warn: note)
        let output = TemporaryOutput(folder: options.reserved?.path)
        context.outputFolder = { try output.path() }
        defer {
            hostDidChange(nil)
            session.close()
            output.remove()
        }
        hostDidChange(session.host.interruptHandle)
        guard let task = try session.run(script.bytes, path: script.path, arguments: options.scriptArguments) else {
            return TaskCheckResult(
                facts: ["\(script.source) returned no task: the script has been run, there is nothing more to try"],
                findings: session.forgottenTask.map { [EnvironmentFinding(.error, $0)] } ?? [])
        }
        var trial = TaskTrial(task: task, pool: pool, context: context, host: session.host)
        try trial.measure(candidates: TaskCheck.candidates)
        trial.play()
        hostDidChange(nil)
        try trial.learn { [clock] in clock.isInterrupted ? .interrupted : nil }
        return TaskCheckResult(facts: trial.facts, findings: trial.findings)
    }
}

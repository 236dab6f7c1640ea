internal import RLEditRuns
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
    private let host: ScriptHost

    /// Candidates measured at a time.
    private static let candidates = 16

    /// - Parameter host: the first seed of its options is the one that is tried.
    package init(script path: String, on host: ScriptHost) throws {
        script = try RunScript(path: path)
        self.host = host
    }

    /// - Throws: what a run of the task would end with: errors of the script, of the reward, of the learner.
    package func run() throws -> TaskCheckResult {
        let session = try host.open(seed: host.options.seeds.first ?? 0)
        let output = TemporaryOutput(folder: host.options.reserved?.path)
        session.context.outputFolder = { try output.path() }
        defer {
            session.close()
            output.remove()
        }
        guard let task = try host.load(script, in: session) else {
            return TaskCheckResult(
                facts: ["\(script.source) returned no task: the script has been run, there is nothing more to try"],
                findings: session.forgottenTask.map { [EnvironmentFinding(.error, $0)] } ?? [])
        }
        var trial = TaskTrial(task: try task.editingOneNetwork(script: script.source), of: session)
        try host.interruptible(session) {
            try trial.measure(candidates: TaskCheck.candidates)
            trial.play()
        }
        try trial.learn()
        return TaskCheckResult(facts: trial.facts, findings: trial.findings)
    }
}

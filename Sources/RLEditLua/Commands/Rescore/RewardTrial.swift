internal import LuaBridge
package import RLEditRuns
internal import RLEditWorlds

/// Asks another reward about the candidates that a run has recorded: `rledit-lua rescore RUN REWARD.lua`.
package struct RewardTrial {
    private let script: RunScript
    private let recorded: [RecordedCandidates]
    private let host: ScriptHost

    package init(script path: String, _ recorded: [RecordedCandidates], on host: ScriptHost) throws {
        script = try RunScript(path: path)
        self.recorded = recorded
        self.host = host
    }

    /// - Throws: what the script or its reward raises; a usage error for a script that returns no function.
    package func run() throws -> [Rescoring] {
        try recorded.map { candidates in
            let session = try host.open(seed: candidates.seed)
            defer { session.close() }
            let output = TemporaryOutput(folder: host.options.reserved?.path)
            defer { output.remove() }
            session.context.outputFolder = { try output.path() }
            return try host.interruptible(session) {
                let reward = try session.runReward(
                    script.bytes, path: script.path, arguments: host.options.scriptArguments)
                return Rescoring(candidates, rewards: try rewards(of: candidates, by: reward, on: session.host))
            }
        }
    }

    private func rewards(
        of candidates: RecordedCandidates, by function: LuaFunction, on lua: LuaHost
    ) throws -> [Double] {
        try RecordedMetrics.register(in: lua)
        let scope = RecordedScope(candidates)
        let object = try RecordedMetrics.make(for: scope, host: lua)
        let position = try function.definition().position
        var results = RewardResults()
        return try candidates.table.evaluations.enumerated().map { row, evaluation in
            scope.row = row
            do {
                return try function.call(with: object, resultCount: 3) { returned in
                    try results.read(returned) { RescoreFault(evaluation: evaluation, reason: "\(position): \($0)") }
                }.value
            } catch let error as LuaError where error.kind == .script {
                throw RescoreFault(evaluation: evaluation, reason: error.message)
            }
        }
    }
}

/// A reward that failed on a recorded candidate.
package struct RescoreFault: Error, CustomStringConvertible {
    package let evaluation: Int
    package let reason: String
    package var description: String { "candidate of evaluation \(evaluation): \(reason)" }
}

extension ScriptSession {
    /// Runs the text of a script that returns a reward function.
    fileprivate func runReward(_ source: [UInt8], path: String, arguments: [String]) throws -> LuaFunction {
        useFolder(of: path)
        let results = try host.runMain(source, path: path, arguments: arguments.map { .string($0) })
        guard case .function(let reward)? = results.first else {
            throw LuaError(
                .script,
                "\(path): the script must return a reward, function(m) … end, got "
                    + (results.first?.typeName ?? "nothing"))
        }
        return reward
    }
}

internal import Foundation
internal import LuaBridge
internal import RLEditCore
internal import RLEditData
internal import RLEditNN
package import RLEditRuns
internal import RLEditTensor

/// What the command line asks of a sweep.
package struct SweepOptions: Sendable {
    /// Seeds, data, arguments other than the swept ones, limits; `out` is the sweep's folder.
    package var run: RunOptions
    package var plan: SweepPlan
    package var shard = SweepShard.whole
    /// Whether trials that failed before are tried again.
    package var retries = false
    /// The options that make the plan as words of the command line, for the command that makes the sweep again.
    package var words: [String] = []

    package init(run: RunOptions, plan: SweepPlan) {
        self.run = run
        self.plan = plan
    }

    /// The folder of a script's sweep, unless the user names another.
    package static func folder(forScript path: String) -> String {
        "runs/sweep-\(((path as NSString).lastPathComponent as NSString).deletingPathExtension)"
    }
}

/// Runs the trials of a sweep, each as a run of its own with a folder of its own: `rledit-lua sweep TASK.lua`.
///
/// The outcome of a trial is in a ledger under a key of everything that decides it. A trial that is finished there is
/// never run again; one that was cut short goes on from its checkpoint.
package final class SweepRun {
    private let script: RunScript
    private let options: SweepOptions
    private let host: ScriptHost
    private let folder: String
    private let ledger: TrialLedger

    /// - Parameter host: its options give way to those of the sweep.
    package init(script path: String, options: SweepOptions, on host: ScriptHost) throws {
        script = try RunScript(path: path)
        self.options = options
        // A warning is shown once, however many trials have cause for it.
        self.host = host.with(options.run, isShownOnce: { $0.hasPrefix("warning: ") })
        folder = try SweepFolder.open(options.run.out ?? SweepOptions.folder(forScript: script.source))
        ledger = try TrialLedger(in: folder, shard: options.shard)
    }

    /// Runs the trials of the shard that are not done, and sums up all that are, those of other shards included.
    package func run() throws -> (end: RunEnd, sweep: Sweep) {
        var end = RunEnd.finished
        for trial in options.plan.trials where options.shard.contains(trial) {
            if let reason = host.stopReason {
                end = reason == .interrupted ? .interrupted : .timeLimit
                break
            }
            if let entry = ledger[key(trial)] {
                if entry.status == .finished {
                    let kept = RunSummary.read(in: "\(folder)/\(entry.folder)")
                    for warning in kept?.warnings ?? [] { host.note("warning: \(warning)") }
                    continue
                }
                guard options.retries else {
                    host.note("\(trial.title) failed before and is left out; --retry tries it again")
                    continue
                }
            }
            end = try runTrial(trial)
            if end != .finished { break }
        }
        let sweep = summary()
        try sweep.write()
        if end != .finished {
            host.note("stopped; '\(folder)' has what is done; the same command goes on with what is missing")
        }
        return (end, sweep)
    }

    /// Everything that decides a trial and is known before its script runs.
    private func key(_ trial: SweepTrial) -> String {
        var key = FitKey(
            engineVersion: ProductVersion.current.description, numericKernels: "\(NumericKernels.current)")
        key.add("script", SHA256Digest.hex(of: script.bytes))
        var recorded = runOptions(trial).recorded
        // Decides what the folder holds, but no result.
        recorded["examples"] = nil
        key.add(options: recorded)
        key.add("seeds", "\(options.run.seeds)")
        return key.finish()
    }

    private func runOptions(_ trial: SweepTrial) -> RunOptions {
        var options = options.run
        for setting in trial.settings { options.arguments[setting.name] = setting.value }
        return options
    }

    private func runTrial(_ trial: SweepTrial) throws -> RunEnd {
        let key = key(trial)
        let name = SweepFolder.trialFolder(trial, key: key)
        var run = runOptions(trial)
        run.out = "\(folder)/\(name)"
        let begun = host.clock.seconds
        if !run.isQuiet { host.note("trial \(trial.number) of \(options.plan.trials.count): \(trial.title)") }
        func record(_ status: TrialLedger.Status, _ reason: String? = nil) throws {
            try ledger.add(
                TrialLedger.Entry(
                    key: key, trial: trial.number, settings: trial.settings, status: status, reason: reason,
                    folder: name, seconds: host.clock.seconds - begun))
        }
        do {
            let (end, summary) = try runOrResume(run)
            guard end == .finished else { return end }
            if summary == nil {
                try record(.failed, "the script returned no task")
            } else {
                try record(.finished)
            }
        } catch RunFolderError.inUse {
            host.note("\(trial.title) is being run by another process, and is left to it")
        } catch {
            if let reason = host.stopReason { return reason == .interrupted ? .interrupted : .timeLimit }
            // A full disk or a missing folder is not the trial's fault, and would be that of all that follow.
            if error is FileError { throw error }
            if case .unwritable? = (error as? SafetensorsError)?.fault { throw error }
            // A setting that the script does not have fails every trial alike: once is enough.
            if let fault = error as? LuaError, let unread = fault.underlying as? UnreadArgumentError {
                guard trial.settings.contains(where: { $0.name == unread.name }) else { throw error }
                throw LuaError(
                    .script, "\(script.source): \(unread.description(of: "setting '\(unread.name)' of the sweep"))",
                    underlying: unread)
            }
            try record(.failed, "\(error)")
            host.note("\(trial.title) failed: \(error)")
        }
        return .finished
    }

    /// A trial that was begun goes on from its checkpoint; one that was finished just before a kill has its summary.
    private func runOrResume(_ run: RunOptions) throws -> (end: RunEnd, summary: RunSummary?) {
        let path = run.out ?? ""
        let host = host.with(run)
        guard FileManager.default.fileExists(atPath: "\(path)/\(RunFolder.manifestName)") else {
            return try ScriptRun(script: script.source, on: host).run()
        }
        do {
            return try ScriptRun(resuming: path, on: host).run()
        } catch RunError.alreadyFinished {
            return (.finished, RunSummary.read(in: path))
        }
    }

    private func summary() -> Sweep {
        var results: [Sweep.Result] = []
        var failures: [Sweep.Failure] = []
        for trial in options.plan.trials {
            guard let entry = ledger[key(trial)] else { continue }
            switch entry.status {
            case .failed: failures.append(Sweep.Failure(trial: trial, reason: entry.reason ?? ""))
            case .finished:
                if let summary = RunSummary.read(in: "\(folder)/\(entry.folder)") {
                    results.append(Sweep.Result(trial: trial, folder: entry.folder, summary: summary))
                } else {
                    failures.append(
                        Sweep.Failure(trial: trial, reason: "'\(folder)/\(entry.folder)' holds no summary any more"))
                }
            }
        }
        var sweep = Sweep(
            folder: folder, plan: options.plan, results: results, failures: failures, seconds: host.clock.seconds)
        sweep.walls = options.run.wallNames
        sweep.script = script.baseName
        sweep.command = options.run.command("sweep", script: script.source, options.words)
        return sweep
    }
}

internal import Foundation
internal import LuaBridge
internal import RLEditCore
internal import RLEditData
package import RLEditRuns

/// Runs a script from its text to its results: `rledit-lua TASK.lua`.
///
/// For each seed: the script runs in a state of its own and returns its task; the loop runs; what it came to is
/// measured on held-out sets, saved and reported.
package final class ScriptRun {
    let host: ScriptHost
    let script: RunScript
    /// The folder to continue, and what its manifest says.
    let resumed: (folder: RunFolder, manifest: Manifest)?
    var top: RunFolder?
    var results: [SeedResult] = []
    var summaryData: RunSummary.Data?
    /// Of all seeds so far, each once.
    var setWarnings: [String] = []
    let started = Timestamp.now
    /// Which data the run used, in a line; nil for none.
    package internal(set) var dataLine: String?
    /// Why the run ended before its budget was spent; nil when it did not.
    package internal(set) var endLine: String?
    /// What a run that failed has kept, and how to go on with it, a line each.
    package internal(set) var advice: [String] = []
    /// What a run that failed came to until then; nil when nothing was kept.
    package internal(set) var keptSummary: RunSummary?

    var options: RunOptions { host.options }
    var clock: RunClock { host.clock }

    package init(script path: String, on host: ScriptHost) throws {
        script = try RunScript(path: path)
        self.host = host
        resumed = nil
    }

    /// Continues the run of a folder with the script and options it was started with.
    /// - Parameter host: workers and what is shown are taken from its options, all that decides results from the folder.
    package init(resuming path: String, on host: ScriptHost) throws {
        let folder = try RunFolder.open(path, isReadOnly: host.options.isFollower)
        let manifest = try Manifest.read(from: folder.path)
        guard manifest.status != .finished else { throw RunError.alreadyFinished(path: folder.path) }
        script = try RunScript(copiedBy: manifest, in: folder.path)
        self.host = host.with(try host.options.resuming(manifest))
        resumed = (folder, manifest)
        top = folder
    }

    /// Runs what a run was of once more, as a new run.
    /// - Parameters:
    ///   - folder: the run's, or one that a pack was unpacked into.
    ///   - host: what is shown and read, and where results go, are taken from its options.
    init(repeating manifest: Manifest, of folder: String, on host: ScriptHost) throws {
        script = try RunScript(copiedBy: manifest, in: folder)
        self.host = host.with(try host.options.resuming(manifest))
        resumed = nil
    }

    /// Runs all seeds.
    /// - Returns: how it ended and the summary; nil when the script returned no task.
    /// - Throws: what ended the run; ``advice`` then says how to go on.
    package func run() throws -> (end: RunEnd, summary: RunSummary?) {
        var end = RunEnd.finished
        var manifests: [Manifest] = []
        for seed in options.seeds {
            let seedRun: SeedRun?
            do {
                seedRun = try run(seed: seed)
            } catch RunError.timeOver where !results.isEmpty {
                // The seeds that are done count.
                end = .timeLimit
                endLine = "\(stoppedByTime), with \(results.count) of \(options.seeds.count) seeds done"
                break
            } catch let error as LuaError where error.kind == .interrupted && !results.isEmpty {
                if let top { host.note("interrupted; \(resumeLine(top))") }
                end = .interrupted
                break
            }
            guard let run = seedRun else {
                if resumed != nil { throw RunError.noTask(path: script.source) }
                return (clock.isInterrupted ? .interrupted : .finished, nil)
            }
            manifests.append(run.manifest)
            end = run.end
            if end == .interrupted { break }
            if let result = run.result { results.append(result) }
            if end == .timeLimit { break }
        }
        guard !manifests.isEmpty, let top else { return (end, nil) }
        if end == .interrupted {
            if options.seeds.count > 1 { try manifest(of: top, status: .interrupted).write(to: top) }
            return (end, nil)
        }
        var summary = RunSummary(
            // A script may make another task of another seed.
            task: Distinct(manifests.map(\.task)).only ?? script.baseName, run: top.path,
            world: Distinct(manifests.map(\.world)).text, learner: Distinct(manifests.map(\.learner)).text,
            seconds: clock.seconds, data: summaryData, seeds: results)
        summary.warnings = setWarnings
        if options.seeds.count > 1 {
            if let line = try TransferFiles.average(seeds: results.map(\.seed), in: top) { host.note(line) }
            try top.write(summary.detailedJSON.prettyText() + "\n", to: RunFolder.summaryName)
            let status: Manifest.Status = end == .finished ? .finished : .interrupted
            let manifest = try manifest(of: top, status: status, task: summary.task)
            try top.write(try Report.read(fromRun: top.path, manifest: manifest).html, to: RunFolder.reportName)
            try manifest.write(to: top)
        }
        return (end, summary)
    }

    var stoppedByTime: String { "stopped by --max-time after \(NumberText.duration(clock.seconds))" }
}

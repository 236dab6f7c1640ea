internal import Foundation
package import LuaBridge
internal import RLEditCore
internal import RLEditData
internal import RLEditLearners
internal import RLEditNN
package import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// Runs a script from its text to its results: `rledit-lua TASK.lua`.
///
/// For each seed: the script runs in a state of its own and returns its task; the loop runs; what it came to is
/// measured on held-out sets, saved and reported.
package final class RunSession {
    let options: RunOptions
    private let script: RunScript
    let clock: RunClock
    let pool: WorkerPool
    /// The folder to continue, and what its manifest says.
    private let resumed: (folder: RunFolder, manifest: Manifest)?
    private(set) var top: RunFolder?
    private var results: [SeedResult] = []
    private var summaryData: RunSummary.Data?
    /// Of all seeds so far, each once.
    private var setWarnings: [String] = []
    private let started = Timestamp.now
    /// Which data the run used, in a line; nil for none.
    package private(set) var dataLine: String?
    /// Why the run ended before its budget was spent; nil when it did not.
    package private(set) var endLine: String?
    /// Gets the Lua state that runs now, so that Ctrl-C can stop a script that computes.
    private let hostDidChange: (LuaInterrupt?) -> Void
    private let print: (UnsafeRawBufferPointer) -> Void
    package let notes: NoteCounter
    /// What a run that failed has kept, and how to go on with it, a line each.
    package internal(set) var advice: [String] = []
    /// What a run that failed came to until then; nil when nothing was kept.
    package internal(set) var keptSummary: RunSummary?

    /// - Parameters:
    ///   - print: gets what scripts print.
    ///   - note: gets warnings and notes for the person, a line each.
    package init(
        script path: String, options: RunOptions, clock: RunClock, print: @escaping (UnsafeRawBufferPointer) -> Void,
        note: @escaping (String) -> Void, hostDidChange: @escaping (LuaInterrupt?) -> Void
    ) throws {
        script = try RunScript(path: path)
        self.options = options
        self.clock = clock
        self.print = print
        notes = NoteCounter(isStrict: options.isStrict, note)
        self.hostDidChange = hostDidChange
        pool = WorkerPool(workers: options.workers)
        resumed = nil
    }

    /// Continues the run of a folder with the script and options it was started with.
    /// - Parameter options: workers and what is shown are taken from here, all that decides results from the folder.
    package init(
        resuming path: String, options: RunOptions, clock: RunClock, print: @escaping (UnsafeRawBufferPointer) -> Void,
        note: @escaping (String) -> Void, hostDidChange: @escaping (LuaInterrupt?) -> Void
    ) throws {
        let folder = try RunFolder.open(path)
        let manifest = try Manifest.read(from: folder.path)
        guard manifest.status != .finished else { throw RunError.alreadyFinished(path: folder.path) }
        script = try RunScript(path: folder.file(manifest.script.copy), source: manifest.script.source)
        for file in [manifest.script] + manifest.modules {
            let copy = folder.file(file.copy)
            guard let bytes = FileManager.default.contents(atPath: copy),
                SHA256Digest.hex(of: Array(bytes)) == file.hash
            else { throw RunError.changedCopy(path: copy) }
        }
        self.options = try options.resuming(manifest)
        self.clock = clock
        self.print = print
        notes = NoteCounter(isStrict: options.isStrict, note)
        self.hostDidChange = hostDidChange
        pool = WorkerPool(workers: options.workers)
        resumed = (folder, manifest)
        top = folder
    }

    /// Runs all seeds.
    /// - Returns: how it ended and the summary; nil when the script returned no task.
    /// - Throws: what ended the run; ``advice`` then says how to go on.
    package func run() throws -> (end: RunEnd, summary: RunSummary?) {
        var end = RunEnd.finished
        var tasks: [(name: String, world: String, learner: String)] = []
        for seed in options.seeds {
            let seedRun: SeedRun?
            do {
                seedRun = try runSeed(seed)
            } catch RunError.timeOver where !results.isEmpty {
                // The seeds that are done count.
                end = .timeLimit
                endLine = "\(stoppedByTime), with \(results.count) of \(options.seeds.count) seeds done"
                break
            } catch let error as LuaError where error.kind == .interrupted && !results.isEmpty {
                if let top { note("interrupted; \(resumeLine(top))") }
                end = .interrupted
                break
            }
            guard let run = seedRun else {
                if resumed != nil { throw RunError.noTask(path: script.source) }
                return (clock.isInterrupted ? .interrupted : .finished, nil)
            }
            tasks.append(run.task)
            end = run.end
            if end == .interrupted { break }
            if let result = run.result { results.append(result) }
            if end == .timeLimit { break }
        }
        guard !tasks.isEmpty, let top else { return (end, nil) }
        if end == .interrupted {
            if options.seeds.count > 1 { try writeTopManifest(status: .interrupted) }
            return (end, nil)
        }
        var summary = RunSummary(
            // A script may make another task of another seed.
            task: Distinct(tasks.map(\.name)).only ?? script.baseName, run: top.path,
            world: Distinct(tasks.map(\.world)).text, learner: Distinct(tasks.map(\.learner)).text,
            seconds: clock.seconds, data: summaryData, seeds: results)
        summary.warnings = setWarnings
        if options.seeds.count > 1 {
            try top.write(summary.detailedJSON.prettyText() + "\n", to: RunFolder.summaryName)
            try writeTopManifest(status: end == .finished ? .finished : .interrupted, task: summary.task)
            try top.write(try Report.read(fromRun: top.path).html, to: RunFolder.reportName)
        }
        return (end, summary)
    }

    // MARK: - One seed

    struct SeedRun {
        let task: (name: String, world: String, learner: String)
        let end: RunEnd
        let result: SeedResult?
    }

    private func runSeed(_ seed: Int) throws -> SeedRun? {
        let begun = clock.seconds
        if let finished = try finishedResult(seed) { return finished }
        let context = options.makeContext(seed: seed, pool: pool, clock: clock)
        let session = try options.makeSession(context, print: print, warn: notes.add)
        defer {
            hostDidChange(nil)
            session.close()
        }
        var folder: RunFolder?
        context.outputFolder = { [self, weak context] in
            if folder == nil { folder = try makeFolder(seed, task: context?.madeTasks.last?.name ?? script.baseName) }
            return folder?.path ?? "."
        }
        /// What the script saved before it ended without a task gets a manifest too.
        func close(_ status: Manifest.Status, reason: String? = nil) throws {
            guard let folder, resumed == nil else { return }
            var manifest = makeManifest(seed, task: nil, context: context)
            manifest.status = status
            manifest.reason = reason
            manifest.ended = .end(of: manifest.started)
            try write(&manifest, modules: session.loadedFiles, policies: context.policiesBeside, to: folder)
        }
        hostDidChange(session.host.interruptHandle)
        let made: (any RunnableTask)?
        do { made = try runScript(in: session) } catch {
            // The error of the script itself matters more than one of saying so.
            try? close(.failed, reason: "\(error)")
            throw error
        }
        guard let task = made else {
            if let forgotten = session.forgottenTask { note("warning: \(script.source): \(forgotten)") }
            try close(.finished)
            try notes.requireNoWarnings()
            return nil
        }
        showData(context.dataLine)
        // Once for all seeds.
        for warning in task.setWarnings where !setWarnings.contains(warning) {
            setWarnings.append(warning)
            note("warning: \(warning)")
        }
        // From here on Ctrl-C lets the step finish: the loop asks the clock.
        hostDidChange(nil)
        do { try notes.requireNoWarnings() } catch {
            try? close(.failed, reason: "\(error)")
            throw error
        }
        let own = try folder ?? makeFolder(seed, task: task.name)
        var manifest = makeManifest(seed, task: task, context: context)
        if resumed != nil { try continueManifest(&manifest, of: own) }
        try write(&manifest, modules: session.loadedFiles, policies: context.policiesBeside, to: own)
        do {
            let end: SeedRun
            switch task {
            case let task as ScriptTask:
                end = try runLoop(task, seed: seed, folder: own, manifest: &manifest, begun: begun)
            case let task as ScriptTransferTask:
                end = try runTransfer(task, seed: seed, folder: own, manifest: &manifest, begun: begun)
            default: throw RunError.noTask(path: script.source)
            }
            // Those that a callback has read since.
            for policy in context.policiesBeside {
                let name = "\(RunFolder.scriptFolderName)/\(policy.name)"
                if !FileManager.default.fileExists(atPath: own.file(name)) { try own.write(policy.bytes, to: name) }
            }
            noteScriptTime(session.host.callbackSeconds, of: clock.seconds - begun)
            if results.isEmpty, end.result != nil {
                for unread in context.unreadArguments { note("warning: \(unread)") }
            }
            return end
        } catch let cause {
            // Whatever then failed first, this is why.
            let error = own.absence ?? cause
            manifest.status = .failed
            manifest.reason = "\(error)"
            manifest.ended = .end(of: manifest.started)
            // The error of the run itself matters more than one of saying so.
            try? manifest.write(to: own)
            if options.seeds.count > 1 { try? writeTopManifest(status: .failed, reason: "seed \(seed): \(error)") }
            throw error
        }
    }

    /// Says which data are used, before learning; once for all seeds that use the same.
    private func showData(_ line: String?) {
        guard let line, line != dataLine else { return }
        dataLine = line
        if !options.isQuiet { note(line) }
    }

    /// Says when a good part of a run went by in the script's own functions: nobody sees it otherwise.
    private func noteScriptTime(_ script: Double, of seconds: Double) {
        guard !options.isQuiet, script > 0.1 * seconds, script >= 0.5 else { return }
        note(
            "the script's own functions took \(NumberText.duration(script)), \(Int(100 * script / seconds)) % of this run"
        )
    }

    private var stoppedByTime: String { "stopped by --max-time after \(NumberText.duration(clock.seconds))" }

    /// Runs the script up to its task.
    /// - Throws: what the script raises; an interrupt, or ``RunError/timeOver(seconds:)``, when either came meanwhile,
    ///   whatever the script made of it: a fit that was cut short must not become a run.
    private func runScript(in session: ScriptSession) throws -> (any RunnableTask)? {
        let result = Result {
            try session.runAny(script.bytes, path: script.path, arguments: options.scriptArguments)
        }
        if clock.isInterrupted {
            if case .failure(let error as LuaError) = result, error.kind == .interrupted { throw error }
            throw LuaError(.interrupted, "\(script.source): interrupted")
        }
        if clock.isTimeOver { throw RunError.timeOver(seconds: options.maxSeconds ?? clock.seconds) }
        return try result.get()
    }

    // MARK: - What the loops have in common

    /// The newest checkpoint of a resumed run, and the logs that go on from it.
    func makeLogs(in folder: RunFolder) throws -> (checkpoint: Checkpoint?, logs: RunLogs) {
        let checkpoint = resumed == nil ? nil : try lastCheckpoint(in: folder)
        let logs = try RunLogs(
            in: folder, continuing: checkpoint, checkpointInterval: options.checkpointSeconds,
            sizeLimit: options.folderBytes)
        return (checkpoint, logs)
    }

    func reporter(_ task: String, seed: Int) -> ProgressReporter {
        let label = options.seeds.count > 1 ? "\(task) seed \(seed)" : task
        return .standardError(label: label, quiet: options.isQuiet)
    }

    /// Asked by a loop between its steps.
    var stopReason: () -> StopReason? {
        { [clock] in clock.isInterrupted ? .interrupted : clock.isTimeOver ? .timeLimit : nil }
    }

    func secondsSince(_ begun: Double) -> Double { clock.seconds - begun }

    func note(_ text: String) { notes.add(text) }

    /// Says how to go on with a run that the user stopped.
    func interrupted(
        _ names: (name: String, world: String, learner: String), _ folder: RunFolder, _ manifest: inout Manifest
    ) throws -> SeedRun {
        manifest.status = .interrupted
        manifest.reason = clock.interruptReason
        try manifest.write(to: folder)
        note("interrupted; \(resumeLine(folder))")
        return SeedRun(task: names, end: .interrupted, result: nil)
    }

    /// Summary, manifest and report of a seed whose results are saved.
    /// - Parameter fault: what ended the loop, if it ended with an error; it is thrown when all is written.
    func finish(
        _ names: (name: String, world: String, learner: String), _ folder: RunFolder, _ manifest: inout Manifest,
        result: SeedResult, reason: StopReason?, budget: Int, fault: (any Error)?
    ) throws -> SeedRun {
        manifest.status = fault != nil ? .failed : reason == .timeLimit ? .interrupted : .finished
        manifest.reason = fault.map { "\($0)" }
        if reason == .timeLimit {
            manifest.reason = "the time of --max-time has passed"
            endLine =
                "\(stoppedByTime), at \(NumberText.grouped(result.evaluations)) of "
                + "\(NumberText.grouped(budget)) evaluations"
        }
        // A run that says it is finished has its summary; the report can be made again from the folder.
        let summary = try writeSummary([result], of: names, warnings: manifest.warnings, to: folder)
        try manifest.write(to: folder)
        try folder.write(try Report.read(fromRun: folder.path).html, to: RunFolder.reportName)
        if let fault {
            keptSummary = summary
            throw fault
        }
        return SeedRun(task: names, end: reason == .timeLimit ? .timeLimit : .finished, result: result)
    }

    /// A seed of a resumed run that is complete already.
    private func finishedResult(_ seed: Int) throws -> SeedRun? {
        guard let resumed, options.seeds.count > 1 else { return nil }
        let path = "\(resumed.folder.path)/seed-\(seed)"
        guard let manifest = try? Manifest.read(from: path), manifest.status == .finished,
            let bytes = FileManager.default.contents(atPath: "\(path)/\(RunFolder.summaryName)"),
            let summary = RunSummary(json: try JSONValue(parsing: Array(bytes))), let result = summary.seeds.first
        else { return nil }
        summaryData = summary.data
        setWarnings += summary.warnings.filter { !setWarnings.contains($0) }
        return SeedRun(
            task: (manifest.task, manifest.world, manifest.learner), end: .finished, result: result)
    }

    /// The newest checkpoint; nil when the run was killed before its first one and so starts over.
    private func lastCheckpoint(in folder: RunFolder) throws -> Checkpoint? {
        do {
            let (checkpoint, passedOver) = try CheckpointStore(in: folder).loadLatest()
            for fault in passedOver { note("passed over a checkpoint: \(fault)") }
            return checkpoint
        } catch let error as NoCheckpointError where error.faults.isEmpty {
            return nil
        }
    }

    private func writeSummary(
        _ seeds: [SeedResult], of task: (name: String, world: String, learner: String), warnings: [String],
        to folder: RunFolder
    ) throws -> RunSummary {
        var summary = RunSummary(
            task: task.name, run: folder.path, world: task.world, learner: task.learner,
            seconds: seeds.reduce(0) { $0 + $1.seconds }, data: summaryData, seeds: seeds)
        summary.warnings = warnings
        try folder.write(summary.detailedJSON.prettyText() + "\n", to: RunFolder.summaryName)
        return summary
    }

    // MARK: - Parts

    /// The folder of a seed: the run's own for one seed, a sub-folder for several.
    private func makeFolder(_ seed: Int, task: String) throws -> RunFolder {
        let top =
            try self.top
            ?? (options.out.map { try RunFolder.create(at: $0) }
                ?? RunFolder.create(task: task, time: started, reserved: options.reserved))
        self.top = top
        return options.seeds.count > 1 ? try top.seedFolder(seed) : top
    }

    /// - Parameter task: nil for a script that did its work by itself and saved something.
    private func makeManifest(_ seed: Int?, task: (any RunnableTask)?, context: ScriptContext) -> Manifest {
        var manifest = Manifest(
            task: task?.name ?? script.baseName, world: task?.worldName ?? "", learner: task?.learnerName ?? "",
            started: started, seed: seed, seeds: options.seeds, script: script.copied,
            numericKernels: NumericKernels.current.description)
        manifest.configuration = task?.configuration ?? [:]
        manifest.options = options.recorded
        manifest.versions = [
            "rledit": .string(ProductVersion.current.description), "lua": .string(LuaHost.luaVersion),
            "library": .string(NumericKernels.current.library),
        ]
        manifest.data = context.usedData
        manifest.sets = task?.setDescriptions ?? []
        manifest.warnings = task?.setWarnings ?? []
        manifest.walls = options.wallNames
        if let data = context.mainData { summaryData = data }
        return manifest
    }

    /// What a resumed run keeps of its manifest: when it began, and where its modules were.
    /// - Throws: ``RunError/changedSets(path:)`` when the script now makes other sets, which could not end in the same
    ///   numbers.
    private func continueManifest(_ manifest: inout Manifest, of folder: RunFolder) throws {
        // A seed that had not begun has none.
        guard let old = try? Manifest.read(from: folder.path) else { return }
        func key(_ set: Manifest.SetDescription) -> [String] { [set.name, "\(set.heldOut)", set.hash] }
        guard old.sets.map(key) == manifest.sets.map(key) else { throw RunError.changedSets(path: folder.path) }
        manifest.started = old.started
        if old.numericKernels != manifest.numericKernels {
            note(
                "this run began with the kernels '\(old.numericKernels)' and goes on with "
                    + "'\(manifest.numericKernels)': its numbers will differ in their last digits")
        }
    }

    /// Copies of the script and its modules, then the manifest that names them.
    private func write(
        _ manifest: inout Manifest, modules: [LuaModules.LoadedFile], policies: [(name: String, bytes: [UInt8])],
        to folder: RunFolder
    ) throws {
        let target = options.seeds.count > 1 ? [top, folder].compactMap { $0 } : [folder]
        manifest.modules = modules.map { module in
            let copy = "\(RunFolder.scriptFolderName)/\(module.name.split(separator: ".").joined(separator: "/")).lua"
            let source = resumed?.manifest.modules.first { $0.copy == copy }?.source ?? module.path
            return Manifest.CopiedFile(source: source, copy: copy, hash: SHA256Digest.hex(of: module.bytes))
        }
        for folder in target {
            // A resumed run has copies, but for seeds that it had not come to; a new one replaces what another left that
            // was killed before it had a manifest.
            let copies =
                [(script.copyName, script.bytes)] + zip(manifest.modules, modules).map { ($0.copy, $1.bytes) }
                + policies.map { ("\(RunFolder.scriptFolderName)/\($0.name)", $0.bytes) }
            for (name, bytes) in copies
            where resumed == nil || !FileManager.default.fileExists(atPath: folder.file(name)) {
                try folder.write(bytes, to: name)
            }
            var own = manifest
            if folder === top, options.seeds.count > 1 {
                own.seed = nil
                if own.ended == nil { own.status = .running }
            }
            try own.write(to: folder)
        }
    }

    private func writeTopManifest(status: Manifest.Status, task: String? = nil, reason: String? = nil) throws {
        guard let top else { return }
        var manifest = try Manifest.read(from: top.path)
        manifest.status = status
        if let task { manifest.task = task }
        manifest.reason = reason
        manifest.ended = .end(of: manifest.started)
        try manifest.write(to: top)
    }
}

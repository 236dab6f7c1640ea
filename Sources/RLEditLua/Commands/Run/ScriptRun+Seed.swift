internal import Foundation
internal import LuaBridge
internal import RLEditCore
internal import RLEditData
internal import RLEditRuns
internal import RLEditTensor

/// One seed of a run.
extension ScriptRun {
    struct SeedRun {
        let manifest: Manifest
        let end: RunEnd
        var result: SeedResult?
    }

    /// - Returns: nil when the script returned no task.
    func run(seed: Int) throws -> SeedRun? {
        let begun = clock.seconds
        if let finished = try finishedRun(seed) { return finished }
        host.pool.processes?.isTogether = true
        defer { host.pool.processes?.isTogether = false }
        if options.isFollower { return try follow(seed: seed) }
        let session = try host.open(seed: seed)
        defer { session.close() }
        let context = session.context
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
            try write(&manifest, of: session, to: folder)
        }
        let task: (any RunnableTask)?
        do {
            task = try host.load(script, in: session)
            if let task { announce(task, data: context.dataLine) }
            if task != nil { try host.notes.requireNoWarnings() }
        } catch {
            // The error of the script itself matters more than one of saying so.
            try? close(.failed, reason: "\(error)")
            throw error
        }
        guard let task else {
            if let forgotten = session.forgottenTask { host.note("warning: \(script.source): \(forgotten)") }
            try close(.finished)
            try host.notes.requireNoWarnings()
            return nil
        }
        let own = try folder ?? makeFolder(seed, task: task.name)
        var manifest = makeManifest(seed, task: task, context: context)
        if resumed != nil { try continueManifest(&manifest, of: own) }
        try write(&manifest, of: session, to: own)
        // A run that is killed finds what it required after this when it goes on.
        session.host.modules.didLoad = { [self] in try keep($0, in: own) }
        do {
            let ended = try learn(
                task, of: session, seed: seed, folder: own, manifest: &manifest, begun: begun)
            try keepLateFiles(&manifest, of: session, in: own)
            noteScriptTime(session.host.callbackSeconds, of: clock.seconds - begun)
            if results.isEmpty, ended.result != nil {
                for unread in context.unreadArguments { host.note("warning: \(unread)") }
            }
            return ended
        } catch let cause {
            // A folder that is gone explains any other error.
            let error = own.absence ?? cause
            try? keepLateFiles(&manifest, of: session, in: own)
            manifest.status = .failed
            manifest.reason = "\(error)"
            manifest.ended = .end(of: manifest.started)
            // The error of the run itself matters more than one of saying so.
            try? manifest.write(to: own)
            if options.seeds.count > 1, let top {
                try? self.manifest(of: top, status: .failed, reason: "seed \(seed): \(error)").write(to: top)
            }
            throw error
        }
    }

    /// Says which data are used, and what is odd about the sets, before learning; once for all seeds that agree.
    private func announce(_ task: any RunnableTask, data line: String?) {
        if let line, line != dataLine {
            dataLine = line
            if !options.isQuiet { host.note(line) }
        }
        for warning in task.setWarnings where !setWarnings.contains(warning) {
            setWarnings.append(warning)
            host.note("warning: \(warning)")
        }
    }

    /// Says when the script's own functions took a large part of the run's time.
    private func noteScriptTime(_ script: Double, of seconds: Double) {
        guard !options.isQuiet, script > 0.1 * seconds, script >= 0.5 else { return }
        host.note(
            "the script's own functions took \(NumberText.duration(script)), \(Int(100 * script / seconds)) % of this run"
        )
    }

    // MARK: - The loop and its results

    /// Runs the loop of a task and saves what it comes to. A loop that ends with an error has found something, too: that
    /// is kept.
    private func learn(
        _ task: any RunnableTask, of session: ScriptSession, seed: Int, folder: RunFolder, manifest: inout Manifest,
        begun: Double
    ) throws -> SeedRun {
        let checkpoint = resumed == nil ? nil : try lastCheckpoint(in: folder)
        // The others have read the folder by now: it changes from here on.
        try host.pool.processes?.agree(on: facts(of: manifest, checkpoint))
        let logs = try RunLogs(
            in: folder, continuing: checkpoint, checkpointInterval: options.checkpointSeconds,
            sizeLimit: options.folderBytes, eventTexts: options.writesEvents ? eventTexts(of: session) : nil)
        let label = options.seeds.count > 1 ? "\(task.name) seed \(seed)" : task.name
        let run = try task.makeRun(
            seed: seed, pool: host.pool, logs: logs,
            progress: .standardError(label: label, quiet: options.isQuiet))
        if let remark = run.remark, !options.isQuiet { host.note(remark) }
        if let checkpoint { try run.loop.restore(checkpoint) }
        let place = ResultPlace(
            folder: folder, seed: seed, data: manifest.data, savedEdit: options.savedEdit,
            keepsExamples: options.keepsExamples, note: host.note)
        func finish(_ reason: StopReason?, fault: (any Error)? = nil) throws -> SeedRun {
            var result = try run.write(place, isFaulty: fault != nil)
            result.seconds = clock.seconds - begun
            result.ended = EarlyEnd(reason)
            try logs.add(result)
            return try self.finish(
                result, &manifest, in: folder, reason: reason, budget: run.loop.plannedEvaluations, fault: fault)
        }
        do {
            let reason = try run.loop.run()
            host.pool.processes?.isTogether = false
            try logs.flush()
            manifest.ended = .end(of: manifest.started)
            if reason == .interrupted { return try interrupted(&manifest, in: folder) }
            try task.didEnd(run.loop, reason: reason)
            // 6. The result is measured on held-out sets, saved and reported.
            return try finish(reason)
        } catch {
            host.pool.processes?.isTogether = false
            advise(after: error, folder, isBegun: run.loop.evaluations > 0 || run.loop.best != nil)
            guard let found = run.found, canKeepResults(after: error) else { throw error }
            manifest.ended = .end(of: manifest.started)
            advice.insert("\(found) is measured and saved in '\(folder.path)'", at: 0)
            defer { if keptSummary == nil { advice.removeFirst() } }
            do { return try finish(nil, fault: error) } catch _ where keptSummary == nil {
                // The error of the run matters more than one of keeping what it found.
                throw error
            }
        }
    }

    /// The script and its modules as they were run.
    private func eventTexts(of session: ScriptSession) -> [(name: String, text: String)] {
        ([(script.baseName, script.bytes)] + session.loadedFiles.map { ($0.name, $0.bytes) }).map {
            ("script/\($0)", String(decoding: $1, as: UTF8.self))
        }
    }

    /// Says how to go on with a run that the user stopped.
    private func interrupted(_ manifest: inout Manifest, in folder: RunFolder) throws -> SeedRun {
        manifest.status = .interrupted
        manifest.reason = clock.interruptReason
        try manifest.write(to: folder)
        host.note("interrupted; \(resumeLine(folder))")
        return SeedRun(manifest: manifest, end: .interrupted)
    }

    /// Summary, manifest and report of a seed whose results are saved.
    /// - Parameter fault: what ended the loop, if it ended with an error; it is thrown when all is written.
    private func finish(
        _ result: SeedResult, _ manifest: inout Manifest, in folder: RunFolder, reason: StopReason?, budget: Int,
        fault: (any Error)?
    ) throws -> SeedRun {
        manifest.status = fault != nil ? .failed : reason == .timeLimit ? .interrupted : .finished
        manifest.reason = fault.map { "\($0)" }
        if reason == .timeLimit {
            manifest.reason = "the time of --max-time has passed"
            endLine =
                "\(stoppedByTime), at \(NumberText.grouped(result.evaluations)) of "
                + "\(NumberText.grouped(budget)) evaluations"
        }
        manifest.warnings += result.findings
        setWarnings += result.findings.filter { !setWarnings.contains($0) }
        var summary = RunSummary(
            task: manifest.task, run: folder.path, world: manifest.world, learner: manifest.learner,
            seconds: result.seconds, data: summaryData, seeds: [result])
        summary.warnings = manifest.warnings
        try folder.write(summary.detailedJSON.prettyText() + "\n", to: RunFolder.summaryName)
        try folder.write(try Report.read(fromRun: folder.path, manifest: manifest).html, to: RunFolder.reportName)
        // Last: nobody continues a run that says it is finished, so a kill must leave nothing undone after this.
        try manifest.write(to: folder)
        if let fault {
            keptSummary = summary
            throw fault
        }
        return SeedRun(manifest: manifest, end: reason == .timeLimit ? .timeLimit : .finished, result: result)
    }

    /// The newest checkpoint; nil when the run was killed before its first one and so starts over.
    func lastCheckpoint(in folder: RunFolder) throws -> Checkpoint? {
        do {
            let (checkpoint, passedOver) = try CheckpointStore(in: folder).loadLatest()
            for fault in passedOver { host.note("passed over a checkpoint: \(fault)") }
            return checkpoint
        } catch let error as NoCheckpointError where error.faults.isEmpty {
            return nil
        }
    }
}

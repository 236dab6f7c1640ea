internal import RLEditData
internal import RLEditLearners
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

extension RunSession {
    /// Runs the loop of a task that edits one network, and saves what it comes to. A loop that ends with an error has
    /// found something, too: the best edit so far is kept.
    func runLoop(
        _ task: ScriptTask, seed: Int, folder: RunFolder, manifest: inout Manifest, begun: Double
    ) throws -> SeedRun {
        let names = (name: task.name, world: task.worldName, learner: task.learnerName)
        let (checkpoint, logs) = try makeLogs(in: folder)
        let loop = try EditLoop(
            task.makeEditTask(), seed: UInt64(bitPattern: Int64(seed)), pool: pool, logs: logs,
            progress: reporter(task.name, seed: seed), delegate: task)
        task.stop = stopReason
        if let checkpoint { try loop.restore(checkpoint) }
        let reason: StopReason?
        do {
            reason = try loop.run()
            try logs.flush()
            manifest.ended = .end(of: manifest.started)
            if reason == .interrupted { return try interrupted(names, folder, &manifest) }
            try task.didEnd(loop, reason: reason)
            // 6. The result is applied to a copy of the model, measured on held-out sets, saved and reported.
            let outcome = try RunOutcome(of: loop, pool: pool)
            let result = try save(outcome, of: loop, task, seed: seed, to: folder, begun: begun, options.savedEdit)
            return try finish(
                names, folder, &manifest, result: result, reason: reason, budget: loop.task.learner.budget, fault: nil)
        } catch {
            advise(after: error, folder, isBegun: loop.evaluations > 0 || loop.best != nil)
            guard let best = loop.best, canKeepResults(after: error) else { throw error }
            manifest.ended = .end(of: manifest.started)
            do {
                let outcome = try RunOutcome(of: loop, pool: pool, isBestOnly: true)
                let result = try save(outcome, of: loop, task, seed: seed, to: folder, begun: begun, .bestSeen)
                defer { if keptSummary == nil { advice.removeFirst() } }
                advice.insert(
                    "the best edit so far (reward \(NumberText.significant(best.reward.value)), evaluation "
                        + "\(NumberText.grouped(best.evaluation))) is measured and saved in '\(folder.path)'", at: 0)
                return try finish(
                    names, folder, &manifest, result: result, reason: nil, budget: loop.task.learner.budget,
                    fault: error)
            } catch _ where keptSummary == nil {
                // The error of the run matters more than one of keeping what it found.
                throw error
            }
        }
    }

    private func save(
        _ outcome: RunOutcome, of loop: EditLoop, _ task: ScriptTask, seed: Int, to folder: RunFolder, begun: Double,
        _ savedEdit: SavedEdit
    ) throws -> SeedResult {
        for reason in outcome.undefinedMeasures { note("held out, \(reason); it is shown as –") }
        try RunResults(
            folder: folder, loop: loop, outcome: outcome, savedEdit: savedEdit, keepsExamples: options.keepsExamples
        ).write(base: task.parts.modelSource)
        var result = SeedResult(
            seed: seed, evaluations: loop.evaluations, evaluationsToTarget: loop.evaluationsToTarget,
            bestReward: loop.best?.reward.value, seconds: secondsSince(begun), heldOut: outcome.heldOut,
            classes: outcome.classes, groups: outcome.groups, costs: outcome.costs,
            invalidRewards: loop.invalidRewards)
        (result.model, result.unedited, result.answers) = (outcome.model, outcome.unedited, outcome.answers)
        return result
    }
}

internal import RLEditCore
internal import RLEditData
internal import RLEditRuns
internal import RLEditTensor

extension RunSession {
    /// Trains a policy, applies it to the held-out pairs, saves and reports it: what `runLoop` is to an edit.
    func runTransfer(
        _ task: ScriptTransferTask, seed: Int, folder: RunFolder, manifest: inout Manifest, begun: Double
    ) throws -> SeedRun {
        let names = (name: task.name, world: task.worldName, learner: task.learnerName)
        let (checkpoint, logs) = try makeLogs(in: folder)
        let streamSeed = UInt64(bitPattern: Int64(seed))
        let loop = try TransferLoop(
            task.makeTransferTask(), seed: streamSeed, pool: pool, logs: logs,
            progress: reporter(task.name, seed: seed),
            delegate: task)
        task.stop = stopReason
        if let checkpoint { try loop.restore(checkpoint) }
        func save(_ outcome: TransferOutcome) throws -> SeedResult {
            try write(outcome, of: loop, task, seed: seed, to: folder, data: manifest.data, begun: begun)
        }
        do {
            let reason = try loop.run()
            try logs.flush()
            manifest.ended = .end(of: manifest.started)
            if reason == .interrupted { return try interrupted(names, folder, &manifest) }
            try task.didEnd(loop, reason: reason)
            let result = try save(TransferOutcome(of: loop, seed: streamSeed, pool: pool))
            return try finish(
                names, folder, &manifest, result: result, reason: reason, budget: loop.plannedEvaluations, fault: nil)
        } catch {
            advise(after: error, folder, isBegun: loop.evaluations > 0)
            guard loop.hasLearned, canKeepResults(after: error) else { throw error }
            manifest.ended = .end(of: manifest.started)
            do {
                let result = try save(TransferOutcome(of: loop, seed: streamSeed, pool: pool, isRefined: false))
                defer { if keptSummary == nil { advice.removeFirst() } }
                advice.insert(
                    "the policy so far (\(NumberText.grouped(loop.evaluations)) evaluations) is measured and saved in "
                        + "'\(folder.path)'", at: 0)
                return try finish(
                    names, folder, &manifest, result: result, reason: nil, budget: loop.plannedEvaluations,
                    fault: error)
            } catch _ where keptSummary == nil {
                // The error of the run matters more than one of keeping what it found.
                throw error
            }
        }
    }

    private func write(
        _ outcome: TransferOutcome, of loop: TransferLoop, _ task: ScriptTransferTask, seed: Int, to folder: RunFolder,
        data: [Manifest.DataSource], begun: Double
    ) throws -> SeedResult {
        try TransferFiles(folder).write(
            outcome, of: loop.task,
            origin: [
                "task": .string(task.name), "learner": .string(task.learnerName), "seed": .integer(seed),
                "evaluations": .integer(loop.evaluations), "rledit": .string(ProductVersion.current.description),
                "numeric_kernels": .string(NumericKernels.current.description),
                "data": .array(data.map { .string("\($0.name) \($0.hash)") }),
            ])
        return SeedResult(
            seed: seed, evaluations: loop.evaluations, evaluationsToTarget: loop.evaluationsToTarget,
            bestReward: loop.bestReward.isFinite ? loop.bestReward : nil, seconds: secondsSince(begun),
            heldOut: outcome.heldOutResults, invalidRewards: loop.invalidRewards)
    }
}

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
        let reason = try loop.run()
        try logs.flush()
        manifest.ended = .end(of: manifest.started)
        if reason == .interrupted { return try interrupted(names, folder, &manifest) }
        try task.didEnd(loop, reason: reason)
        let outcome = try TransferOutcome(of: loop, seed: streamSeed, pool: pool)
        try TransferFiles(folder).write(
            outcome, of: loop.task,
            origin: [
                "task": .string(task.name), "learner": .string(task.learnerName), "seed": .integer(seed),
                "evaluations": .integer(loop.evaluations), "rledit": .string(ProductVersion.current.description),
                "numeric_kernels": .string(NumericKernels.current.description),
                "data": .array(manifest.data.map { .string("\($0.name) \($0.hash)") }),
            ])
        let result = SeedResult(
            seed: seed, evaluations: loop.evaluations, evaluationsToTarget: loop.evaluationsToTarget,
            bestReward: loop.bestReward.isFinite ? loop.bestReward : nil, seconds: secondsSince(begun),
            heldOut: outcome.heldOutResults)
        return try finish(
            names, folder, &manifest, result: result, reason: reason, budget: loop.plannedEvaluations)
    }
}

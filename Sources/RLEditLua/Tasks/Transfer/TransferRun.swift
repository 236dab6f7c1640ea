internal import RLEditCore
internal import RLEditData
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// A run of a task that trains a policy over many networks: its result is the policy, and what it does to each pair.
struct TransferRun: TaskRun {
    let task: ScriptTransferTask
    let transfer: TransferLoop
    let pool: WorkerPool

    var loop: LearningLoop { transfer }

    var found: String? {
        transfer.hasLearned ? "the policy so far (\(NumberText.grouped(loop.evaluations)) evaluations)" : nil
    }

    func write(_ place: ResultPlace, isFaulty: Bool) throws -> SeedResult {
        let outcome = try TransferOutcome(
            of: transfer, seed: UInt64(bitPattern: Int64(place.seed)), pool: pool, isRefined: !isFaulty)
        try TransferFiles(place.folder).write(
            outcome, of: transfer,
            origin: [
                "task": .string(task.name), "learner": .string(task.learnerName), "seed": .integer(place.seed),
                "evaluations": .integer(loop.evaluations), "rledit": .string(ProductVersion.current.description),
                "numeric_kernels": .string(NumericKernels.current.description),
                "data": .array(place.data.map { .string("\($0.name) \($0.hash)") }),
            ])
        return SeedResult(
            seed: place.seed, evaluations: loop.evaluations, evaluationsToTarget: loop.evaluationsToTarget,
            bestReward: loop.best?.reward.value, seconds: 0, heldOut: outcome.heldOutResults,
            invalidRewards: loop.invalidRewards)
    }
}

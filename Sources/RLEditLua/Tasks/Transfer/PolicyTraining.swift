internal import LuaBridge
internal import RLEditCore
internal import RLEditLearners
internal import RLEditRuns
internal import RLEditTensor

/// Policies of several seeds trained one after another within a script, and their average.
struct PolicyTraining {
    let policy: PolicyFile
    /// Evaluations of all seeds.
    let evaluations: Int
    /// Of each seed, on the validation pairs; empty without any.
    let validationRewards: [Double]
    /// What the mean of their edits reaches there.
    let averageReward: Double?

    init(of task: ScriptTransferTask, seeds: Int, _ context: ScriptContext) throws {
        var files: [PolicyFile] = []
        var rewards: [Double] = []
        var evaluations = 0
        var last: TransferLoop?
        for seed in (0..<seeds).map({ context.seed &+ $0 }) {
            let loop = try task.makeLoop(
                seed: seed, pool: context.pool, progress: context.progress("\(task.name) seed \(seed)"))
            let reason = try loop.run()
            if reason == .interrupted { throw LuaError(.interrupted, "interrupted") }
            files.append(
                try TransferFiles.policy(
                    loop,
                    origin: [
                        "task": .string(task.name), "learner": .string(task.learnerName), "seed": .integer(seed),
                        "evaluations": .integer(loop.evaluations),
                        "rledit": .string(ProductVersion.current.description),
                        "numeric_kernels": .string(NumericKernels.current.description),
                    ]))
            evaluations += loop.evaluations
            if let reward = loop.validationReward { rewards.append(reward) }
            last = loop
        }
        policy = try PolicyFile.average(files)
        self.evaluations = evaluations
        validationRewards = rewards
        averageReward = try last?.validationReward(of: policy.members)
    }

    /// What the seeds reached, in a line; nil without validation pairs.
    var summary: String? { SeedSpread(validationRewards, together: averageReward)?.sentence }
}

internal import CKernels
internal import RLEditTensor
internal import RLEditWorlds

/// How a learner of a policy acts and gathers rollouts: what PPO and REINFORCE do alike between two updates.
final class RolloutCollector {
    let learner: String
    let policy: any Policy
    private let pool: WorkerPool
    /// Transitions of a rollout, over all environments together.
    private let rolloutLength: Int
    let discount: Double
    /// Whether an episode that was cut by the horizon is bootstrapped by the value of its final observation; otherwise a
    /// truncated step is as final as a terminated one.
    private let bootstrapsTruncated: Bool
    /// Never drawn from: each `ask` draws from a split by its number.
    private let actionStream: RandomStream
    private var normalizer: ObservationNormalizer?
    /// The rollout being collected; nil between an update and the next `ask`.
    private var buffer: RolloutBuffer?
    /// Progress at the first `ask` of the rollout: an update uses the schedules' values of that moment, so that a rate
    /// that ends at 0 does not waste the last rollout.
    private(set) var rolloutProgress = 0.0
    private var asks = 0

    init(
        learner: String, problem: LearningProblem, policy: any Policy, pool: WorkerPool, rolloutLength: Int,
        discount: Double, bootstrapsTruncated: Bool, normalizer: ObservationNormalizer?
    ) {
        self.learner = learner
        self.policy = policy
        self.pool = pool
        self.rolloutLength = rolloutLength
        self.discount = discount
        self.bootstrapsTruncated = bootstrapsTruncated
        actionStream = problem.random.split("policy")
        self.normalizer = normalizer
    }

    /// Samples a ~ N(μ(s), σ²). The action is not clamped, and its log-probability is of what was sampled: the
    /// environment clamps what it applies (as Stable-Baselines3 does).
    func ask(_ observation: ObservationBatch, progress: Double) throws -> Tensor {
        let environments = observation.environments
        guard observation.features == policy.observationSize else {
            throw LearnerError.sizeMismatch(
                learner: learner, what: "features of an observation", expected: policy.observationSize,
                actual: observation.features)
        }
        if buffer == nil {
            buffer = RolloutBuffer(
                environments: environments, steps: max(1, rolloutLength / max(1, environments)),
                actionSize: policy.actionSize)
            rolloutProgress = progress
        }
        guard var buffer, !buffer.awaitsReward else {
            throw LearnerError.outOfTurn(learner: learner, call: "ask", expected: "tell")
        }
        guard environments == buffer.environments else {
            throw LearnerError.sizeMismatch(
                learner: learner, what: "environments within a rollout", expected: buffer.environments,
                actual: environments)
        }
        // Observations are normalized once, when seen: the update must see what the action was chosen for.
        try normalizer?.observe(observation)
        let seen = try normalizer?.normalize(observation) ?? observation
        let (rows, copies) = try seen.uniqueRows()
        let output = try policy.forward(rows)
        let gaussian = try DiagonalGaussian(logStandardDeviation: policy.logStandardDeviation())
        let (actions, logProbabilities) = try sample(
            gaussian, means: output.means, environments: environments, random: actionStream.split("ask", asks))
        let values = output.values.scalars
        try buffer.append(
            observation: seen, actions: actions, logProbabilities: logProbabilities,
            values: copies == 1 ? values : [Float](repeating: values[0], count: environments))
        asks += 1
        self.buffer = buffer
        return actions
    }

    /// One action for each environment, μ + σ ε, and its log-probability.
    ///
    /// Each environment draws ε from a split of its own, so that the draws can be spread over the workers.
    /// - Parameter means: `[environments, actionSize]`, or one row for all.
    /// - Returns: actions `[environments, actionSize]`, log-probabilities `[environments]`.
    private func sample(
        _ gaussian: DiagonalGaussian, means: Tensor, environments: Int, random: RandomStream
    ) throws -> (actions: Tensor, logProbabilities: [Float]) {
        let size = gaussian.actionSize
        let isShared = means.shape[0] == 1
        let logProbabilities = TensorStorage(uninitializedCount: environments)
        let actions = TensorStorage(uninitializedCount: environments * size)
        pool.forEach(environments) { environment, _ in
            var stream = random.split("environment", environment)
            let action = UnsafeMutableBufferPointer(start: actions.pointer + environment * size, count: size)
            stream.fillNormal(action)
            means.withUnsafeBufferPointer { means in
                gaussian.standardDeviation.withUnsafeBufferPointer { deviation in
                    guard let means = means.baseAddress, let base = action.baseAddress else { return }
                    let mean = means + (isShared ? 0 : environment * size)
                    for index in 0..<size { action[index] = mean[index] + deviation[index] * action[index] }
                    logProbabilities.pointer[environment] = Float(gaussian.logProbability(action: base, mean: mean))
                }
            }
        }
        return (
            try Tensor(shape: [environments, size]) {
                $0.baseAddress?.update(from: actions.pointer, count: environments * size)
            },
            Array(UnsafeBufferPointer(start: logProbabilities.pointer, count: environments))
        )
    }

    /// Takes the rewards of the last actions.
    /// - Returns: the rollout, when they complete it; it is then the caller's.
    func tell(_ outcome: StepBatch) throws -> RolloutBuffer? {
        guard var buffer, buffer.awaitsReward else {
            throw LearnerError.outOfTurn(learner: learner, call: "tell", expected: "ask")
        }
        for (what, actual) in [
            ("rewards", outcome.rewards.count), ("terminated flags", outcome.terminated.count),
            ("truncated flags", outcome.truncated.count),
        ] where actual != buffer.environments {
            throw LearnerError.sizeMismatch(
                learner: learner, what: what, expected: buffer.environments, actual: actual)
        }
        if let environment = outcome.rewards.firstIndex(where: { !Float($0).isFinite }) {
            throw LearnerError.nonFiniteReward(
                learner: learner, environment: environment, value: "\(outcome.rewards[environment])")
        }
        let terminated =
            bootstrapsTruncated
            ? outcome.terminated : zip(outcome.terminated, outcome.truncated).map { $0 || $1 }
        buffer.complete(
            rewards: outcome.rewards.map { Float($0) }, terminated: terminated, truncated: outcome.truncated,
            nextValues: try nextValues(outcome, terminated: terminated))
        self.buffer = buffer.isFull ? nil : buffer
        return buffer.isFull ? buffer : nil
    }

    /// V of what each step led to: of the final observation where an episode was cut, which a vector environment has
    /// already reset ("37 implementation details of PPO", detail 5, and Pardo et al., arXiv 1712.00378), of the next
    /// observation elsewhere.
    private func nextValues(_ outcome: StepBatch, terminated: [Bool]) throws -> [Float] {
        let environments = terminated.count
        var result = [Float](repeating: 0, count: environments)
        guard discount > 0 else { return result }
        let truncated = zip(terminated, outcome.truncated).map { !$0 && $1 }
        func fill(from observation: ObservationBatch, where isWanted: (Int) -> Bool) throws {
            let seen = try normalizer?.normalize(observation) ?? observation
            let (rows, copies) = try seen.uniqueRows()
            let values = try policy.forward(rows).values.scalars
            for environment in 0..<environments where isWanted(environment) {
                result[environment] = values[copies == 1 ? min(environment, values.count - 1) : 0]
            }
        }
        if truncated.contains(true) { try fill(from: outcome.finalObservation()) { truncated[$0] } }
        let continues = (0..<environments).map { !terminated[$0] && !outcome.truncated[$0] }
        if continues.contains(true) { try fill(from: outcome.observation) { continues[$0] } }
        return result
    }

    /// μ(s) of each environment's observation, `[environments, actionSize]`.
    func meanAction(_ observation: ObservationBatch) throws -> Tensor {
        let seen = try normalizer?.normalize(observation) ?? observation
        let (rows, copies) = try seen.uniqueRows()
        let means = try policy.forward(rows).means
        if rows.shape[0] == observation.environments { return means }
        return try ObservationBatch.shared(means, environments: copies).rows()
    }

    func snapshot() throws -> LearnerSnapshot {
        guard buffer?.awaitsReward != true else {
            throw LearnerError.outOfTurn(learner: learner, call: "snapshot", expected: "tell")
        }
        var snapshot = LearnerSnapshot()
        try policy.save(in: &snapshot)
        normalizer?.save(in: &snapshot)
        try buffer?.save(in: &snapshot)
        snapshot.integers["rollout.isOpen"] = buffer == nil ? 0 : 1
        snapshot.numbers["rollout.progress"] = rolloutProgress
        snapshot.integers["asks"] = asks
        return snapshot
    }

    func restore(_ snapshot: LearnerSnapshot) throws {
        try policy.load(from: snapshot)
        try normalizer?.load(from: snapshot)
        buffer =
            try snapshot.integer("rollout.isOpen") == 0
            ? nil
            : try RolloutBuffer(from: snapshot, features: policy.observationSize, actionSize: policy.actionSize)
        rolloutProgress = try snapshot.number("rollout.progress")
        asks = try snapshot.integer("asks")
    }
}

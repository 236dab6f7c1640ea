internal import RLEditTensor
internal import RLEditWorlds

/// Scores of candidates that are each held through one episode: the sum of the episode's rewards.
///
/// Learners that search over actions do not look at observations: a candidate is one action, applied at every step of
/// an episode of its own. Each environment runs one candidate at a time.
struct EpisodeScores {
    /// Undiscounted return so far of the episode that each environment is in.
    private(set) var returns: [Double]

    init(environments: Int) { returns = Array(repeating: 0, count: environments) }

    init(from snapshot: LearnerSnapshot) throws {
        let environments = try snapshot.integer("environments")
        guard environments >= 0 else {
            throw LearnerError.snapshotMismatch(field: "environments", expected: "a count, got \(environments)")
        }
        returns = try (0..<environments).map { try snapshot.number("return[\($0)]") }
    }

    func save(in snapshot: inout LearnerSnapshot) {
        snapshot.integers["environments"] = returns.count
        for (environment, value) in returns.enumerated() { snapshot.numbers["return[\(environment)]"] = value }
    }

    /// Take the rewards of a step.
    /// - Returns: each environment whose episode ended, with its score.
    /// - Throws: ``LearnerError`` for a reward that is not finite, or another number of environments.
    mutating func add(_ outcome: StepBatch, learner: String) throws -> [(environment: Int, score: Double)] {
        guard outcome.rewards.count == returns.count, outcome.terminated.count == returns.count,
            outcome.truncated.count == returns.count
        else {
            throw LearnerError.sizeMismatch(
                learner: learner, what: "rewards", expected: returns.count, actual: outcome.rewards.count)
        }
        var ended: [(environment: Int, score: Double)] = []
        for environment in returns.indices {
            let reward = outcome.rewards[environment]
            guard reward.isFinite else {
                throw LearnerError.nonFiniteReward(
                    learner: learner, environment: environment, value: "\(reward)")
            }
            returns[environment] += reward
            if outcome.terminated[environment] || outcome.truncated[environment] {
                ended.append((environment, returns[environment]))
                returns[environment] = 0
            }
        }
        return ended
    }
}

/// The best candidate so far.
struct Incumbent {
    var action: [Float]
    var score: Double

    init(action: [Float], score: Double = -.infinity) {
        self.action = action
        self.score = score
    }

    init(from snapshot: LearnerSnapshot, actionSize: Int) throws {
        action = try snapshot.tensor("incumbent", shape: [actionSize]).scalars
        // A checkpoint holds finite numbers only: no score means none yet.
        score = snapshot.numbers["incumbentScore"] ?? -.infinity
    }

    func save(in snapshot: inout LearnerSnapshot) {
        snapshot.tensors["incumbent"] = Tensor(action)
        if score.isFinite { snapshot.numbers["incumbentScore"] = score }
    }

    func rows(_ count: Int) throws -> Tensor {
        try ObservationBatch.shared(Tensor(action), environments: count).rows()
    }
}

public import RLEditTensor
public import RLEditWorlds

/// Independent candidates from one fixed distribution, the best kept: the floor that any learner must beat on the same
/// budget. A candidate is one action, held through one episode and scored by the episode's return.
public final class RandomSearch: Learner {
    /// Settings of ``RandomSearch``.
    public struct Configuration: Sendable {
        /// Candidate evaluations over the whole run; ≥ 1. Default 8,192, as ``PPO``'s.
        public var steps = 8192
        /// Candidate evaluations per `ask`–`tell` round trip over an episode; ≥ 1. Default 256.
        public var batchSize = 256
        /// Standard deviation of each number of an action, around 0; > 0. Default nil: uniform in [−1, 1].
        public var standardDeviation: Double?

        public init() {}

        /// - Throws: ``ConfigurationError`` naming the first field outside its range.
        public func validate() throws {
            guard steps >= 1 else {
                throw ConfigurationError("RandomSearch", "steps", "must be at least 1, got \(steps)")
            }
            guard batchSize >= 1 else {
                throw ConfigurationError("RandomSearch", "batchSize", "must be at least 1, got \(batchSize)")
            }
            if let standardDeviation, !(standardDeviation > 0 && standardDeviation.isFinite) {
                throw ConfigurationError(
                    "RandomSearch", "standardDeviation", "must be positive, got \(standardDeviation)")
            }
        }
    }

    public let name = "RandomSearch"
    public let configuration: Configuration
    public var budget: Int { configuration.steps }
    private var session: Session?

    private struct Session {
        let actionSize: Int
        var random: RandomStream
        var incumbent: Incumbent
        /// Candidates being evaluated, `[environments, actionSize]`; nil before the first `ask`.
        var candidates: Tensor?
        var scores = EpisodeScores(environments: 0)
        var isAwaitingReward = false
    }

    public init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

    public func environments(horizon: Int) -> Int { max(1, configuration.batchSize / max(1, horizon)) }

    public func begin(_ problem: LearningProblem, pool: WorkerPool) throws {
        try configuration.validate()
        session = Session(
            actionSize: problem.actionSize, random: problem.random.split("policy"),
            incumbent: Incumbent(action: Array(repeating: 0, count: problem.actionSize)))
    }

    public func ask(_ observation: ObservationBatch, progress: Double) throws -> Tensor {
        var session = try begun()
        guard !session.isAwaitingReward else {
            throw LearnerError.outOfTurn(learner: name, call: "ask", expected: "tell")
        }
        let environments = observation.environments
        if session.candidates?.shape[0] != environments {
            // The first round, or a last one with fewer environments: all candidates are new.
            session.candidates = try Tensor(shape: [environments, session.actionSize]) { buffer in
                draw(into: buffer, random: &session.random)
            }
            session.scores = EpisodeScores(environments: environments)
        }
        session.isAwaitingReward = true
        self.session = session
        return try session.candidates ?? Tensor.zeros([environments, session.actionSize])
    }

    private func draw(into buffer: UnsafeMutableBufferPointer<Float>, random: inout RandomStream) {
        if let standardDeviation = configuration.standardDeviation {
            random.fillNormal(buffer, scale: Float(standardDeviation))
        } else {
            for index in buffer.indices { buffer[index] = random.uniform(-1, 1) }
        }
    }

    /// - Returns: values to log whenever an episode ended.
    public func tell(_ outcome: StepBatch, progress: Double) throws -> [LoggedValue]? {
        var session = try begun()
        guard session.isAwaitingReward, var candidates = session.candidates else {
            throw LearnerError.outOfTurn(learner: name, call: "tell", expected: "ask")
        }
        session.isAwaitingReward = false
        let ended = try session.scores.add(outcome, learner: name)
        candidates.withUnsafeMutableBufferPointer { buffer in
            for (environment, score) in ended {
                let row = UnsafeMutableBufferPointer(
                    rebasing: buffer[environment * session.actionSize..<(environment + 1) * session.actionSize])
                if score > session.incumbent.score { session.incumbent = Incumbent(action: Array(row), score: score) }
                draw(into: row, random: &session.random)
            }
        }
        session.candidates = candidates
        self.session = session
        guard !ended.isEmpty else { return nil }
        let mean = ended.reduce(0) { $0 + $1.score } / Double(ended.count)
        return [LoggedValue("best_return", session.incumbent.score), LoggedValue("mean_return", mean)]
    }

    /// The best candidate so far; zeros before any was scored.
    public func meanAction(_ observation: ObservationBatch) throws -> Tensor? {
        try begun().incumbent.rows(observation.environments)
    }

    private func begun() throws -> Session {
        guard let session else { throw LearnerError.notBegun(learner: name) }
        return session
    }

    public func snapshot() throws -> LearnerSnapshot {
        let session = try begun()
        guard !session.isAwaitingReward else {
            throw LearnerError.outOfTurn(learner: name, call: "snapshot", expected: "tell")
        }
        var snapshot = LearnerSnapshot()
        snapshot.streams["policy"] = session.random
        session.incumbent.save(in: &snapshot)
        session.scores.save(in: &snapshot)
        snapshot.tensors["candidates"] = session.candidates
        return snapshot
    }

    public func restore(_ snapshot: LearnerSnapshot) throws {
        var session = try begun()
        session.random = try snapshot.stream("policy")
        session.incumbent = try Incumbent(from: snapshot, actionSize: session.actionSize)
        session.scores = try EpisodeScores(from: snapshot)
        session.candidates = try snapshot.candidates(
            environments: session.scores.returns.count, actionSize: session.actionSize)
        session.isAwaitingReward = false
        self.session = session
    }
}

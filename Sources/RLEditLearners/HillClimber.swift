public import RLEditTensor
public import RLEditWorlds

/// A (1 + λ) evolution strategy: λ normal mutations of the best action so far, which the best of them replaces when it
/// is better. A candidate is one action, held through one episode and scored by the episode's return.
///
/// The mutation's size follows the rule of one fifth (Rechenberg 1973): it grows while more than a fifth of the
/// mutations improve on the best so far, and shrinks while fewer do.
public final class HillClimber: Learner {
    /// Settings of ``HillClimber``.
    public struct Configuration: Sendable {
        /// Candidate evaluations over the whole run; ≥ 1. Default 8,192, as ``PPO``'s.
        public var steps = 8192
        /// λ, candidates per generation; ≥ 1. Default 32.
        public var populationSize = 32
        /// Standard deviation of the first mutations, per number of an action; > 0. Default 0.5, a quarter of the box.
        public var initialStandardDeviation = 0.5
        /// Factor on the standard deviation after a generation of which every mutation improved; its fourth root divides
        /// after one of which none did; ≥ 1, and 1 keeps it fixed. Default 1.5.
        public var adaptationFactor = 1.5

        public init() {}

        /// - Throws: ``ConfigurationError`` naming the first field outside its range.
        public func validate() throws {
            let owner = "HillClimber"
            guard steps >= 1 else { throw ConfigurationError(owner, "steps", "must be at least 1, got \(steps)") }
            guard populationSize >= 1 else {
                throw ConfigurationError(owner, "populationSize", "must be at least 1, got \(populationSize)")
            }
            guard populationSize <= largestBatch else {
                throw ConfigurationError(
                    owner, "populationSize", "must be at most \(largestBatch), got \(populationSize)")
            }
            guard initialStandardDeviation > 0, initialStandardDeviation.isFinite else {
                throw ConfigurationError(
                    owner, "initialStandardDeviation", "must be positive, got \(initialStandardDeviation)")
            }
            guard adaptationFactor >= 1, adaptationFactor.isFinite else {
                throw ConfigurationError(owner, "adaptationFactor", "must be at least 1, got \(adaptationFactor)")
            }
        }
    }

    public let name = "HillClimber"
    public let configuration: Configuration
    public var budget: Int { configuration.steps }
    private var session: Session?

    private struct Session {
        /// Its candidates are the generation being evaluated; nil between generations.
        var search: CandidateSearch
        var standardDeviation: Double
        /// Score of each candidate of the generation once its episode ended; NaN until then.
        var finished: [Double] = []
    }

    public init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

    /// One environment for each candidate of a generation.
    public func environments(horizon: Int) -> Int { configuration.populationSize }

    public func begin(_ problem: LearningProblem, pool: WorkerPool) throws {
        try configuration.validate()
        session = Session(
            search: CandidateSearch(problem), standardDeviation: configuration.initialStandardDeviation)
    }

    public func ask(_ observation: ObservationBatch, progress: Double) throws -> Tensor {
        var session = try begun()
        try session.search.beginAsk(learner: name)
        let environments = observation.environments
        let size = session.search.actionSize
        if session.search.candidates?.shape[0] != environments {
            session.search.candidates = try Tensor(shape: [environments, size]) { buffer in
                for index in buffer.indices {
                    // Kept inside of the box: mutations of an action that the environment clamps would be lost on it.
                    let mutated =
                        session.search.incumbent.action[index % size]
                        + Float(session.standardDeviation) * session.search.random.normal()
                    buffer[index] = min(max(mutated, -1), 1)
                }
            }
            session.search.scores = EpisodeScores(environments: environments)
            session.finished = Array(repeating: .nan, count: environments)
        }
        self.session = session
        return try session.search.candidates ?? Tensor.zeros([environments, size])
    }

    /// - Returns: values to log when a generation is complete.
    public func tell(_ outcome: StepBatch, progress: Double) throws -> [LoggedValue]? {
        var session = try begun()
        let candidates = try session.search.beginTell(learner: name)
        // An environment whose episode ends early begins another of the same candidate: only the first one counts.
        for (environment, score) in try session.search.scores.add(outcome, learner: name)
        where session.finished[environment].isNaN {
            session.finished[environment] = score
        }
        defer { self.session = session }
        guard !session.finished.contains(where: \.isNaN) else { return nil }

        var best = 0
        for candidate in session.finished.indices where session.finished[candidate] > session.finished[best] {
            best = candidate
        }
        // The first generation improves on nothing: it says nothing of the mutation's size.
        if session.search.incumbent.score.isFinite {
            let improvements = session.finished.reduce(0) { $0 + ($1 > session.search.incumbent.score ? 1 : 0) }
            let share = Double(improvements) / Double(session.finished.count)
            // 1 when all improve, 0 at one fifth, −¼ when none does.
            session.standardDeviation *= PortableMath.exp(
                PortableMath.log(configuration.adaptationFactor) * (share - 0.2) / 0.8)
        }
        if session.finished[best] > session.search.incumbent.score {
            let size = session.search.actionSize
            session.search.incumbent = Incumbent(
                action: Array(candidates.scalars[best * size..<(best + 1) * size]), score: session.finished[best])
        }
        let mean = session.finished.reduce(0, +) / Double(session.finished.count)
        session.search.candidates = nil
        return [
            LoggedValue("best_return", session.search.incumbent.score), LoggedValue("mean_return", mean),
            LoggedValue("standard_deviation", session.standardDeviation),
        ]
    }

    /// The best candidate so far; zeros before any was scored.
    public func meanAction(_ observation: ObservationBatch) throws -> Tensor? {
        try begun().search.incumbent.rows(observation.environments)
    }

    private func begun() throws -> Session {
        guard let session else { throw LearnerError.notBegun(learner: name) }
        return session
    }

    public func snapshot() throws -> LearnerSnapshot {
        let session = try begun()
        var snapshot = try session.search.snapshot(learner: name)
        snapshot.numbers["standardDeviation"] = session.standardDeviation
        // A checkpoint holds finite numbers only: what is not there is not finished.
        for (candidate, score) in session.finished.enumerated() where !score.isNaN {
            snapshot.numbers["finished[\(candidate)]"] = score
        }
        return snapshot
    }

    public func restore(_ snapshot: LearnerSnapshot) throws {
        var session = try begun()
        try session.search.restore(snapshot)
        session.standardDeviation = try snapshot.number("standardDeviation")
        session.finished = session.search.scores.returns.indices.map { snapshot.numbers["finished[\($0)]"] ?? .nan }
        self.session = session
    }
}

public import RLEditCore
public import RLEditTensor
public import RLEditWorlds

/// A (1 + λ) evolution strategy: λ normal mutations of the best action so far, which the best of them replaces when it
/// is better. A candidate is one action, held through one episode and scored by the episode's return.
///
/// The mutation's size follows the rule of one fifth (Rechenberg 1973): it grows while more than a fifth of the
/// mutations improve on the best so far, and shrinks while fewer do.
public final class HillClimber: CatalogueLearner {
    public static let name = "HillClimber"
    public static let documentation =
        "A (1 + λ) evolution strategy: mutations of the best action so far, whose size follows the rule of one fifth."
    public static let logKeys: [LogKey] = [.bestReturn, .meanReturn, .searchDeviation]

    /// Settings of ``HillClimber``.
    public struct Configuration: LearnerConfiguration, Sendable {
        public var steps = 8192
        public var populationSize = 32
        /// An eighth of the box.
        public var initialStandardDeviation = 0.25
        public var adaptationFactor = 1.2

        public init() {}

        public var owner: String { HillClimber.name }

        public var settings: [Setting<Self>] {
            [
                .steps,
                .integer(
                    "populationSize", \.populationSize, .count(upTo: largestBatch), "λ, candidates per generation"),
                .number(
                    "initialStandardDeviation", \.initialStandardDeviation, .positive,
                    "of the first mutations, per number of an action"),
                .number(
                    "adaptationFactor", \.adaptationFactor, .atLeast(1),
                    "growth of the mutations when all improve; its fourth root divides when none does; 1 keeps them"),
            ]
        }

        public mutating func spend(_ budget: Int) {
            steps = budget
            populationSize = min(populationSize, max(budget, 1))
        }
    }

    public let configuration: Configuration
    public var budget: Int { configuration.steps }
    private var session: Session?

    private struct Session {
        var generation: Generation
        var standardDeviation: Double
    }

    public init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

    /// One environment for each candidate of a generation.
    public func environments(horizon: Int) -> Int { configuration.populationSize }

    public func begin(_ problem: LearningProblem, pool: WorkerPool) throws {
        try configuration.validate()
        session = Session(
            generation: Generation(problem), standardDeviation: configuration.initialStandardDeviation)
    }

    public func ask(_ observation: ObservationBatch, progress: Double) throws -> Tensor {
        var session = try begun()
        let parent = session.generation.search.incumbent.action
        let deviation = Float(session.standardDeviation)
        let actions = try session.generation.ask(observation, learner: name) { candidates, random in
            random.fillNormal(candidates, scale: deviation)
            parent.withUnsafeBufferPointer { parent in
                for first in stride(from: 0, to: candidates.count, by: max(parent.count, 1)) {
                    // Kept inside of the box: mutations of an action that the environment clamps would be lost on it.
                    for index in parent.indices {
                        candidates[first + index] = min(max(parent[index] + candidates[first + index], -1), 1)
                    }
                }
            }
        }
        self.session = session
        return actions
    }

    /// - Returns: values to log when a generation is complete.
    public func tell(_ outcome: StepBatch, progress: Double) throws -> [NamedNumber]? {
        var session = try begun()
        let generation = try session.generation.tell(outcome, learner: name)
        defer { self.session = session }
        guard let scored = generation else { return nil }
        // The first generation improves on nothing: it says nothing of the mutation's size.
        if scored.bestBefore.isFinite {
            let improvements = scored.scores.reduce(0) { $0 + ($1 > scored.bestBefore ? 1 : 0) }
            let share = Double(improvements) / Double(scored.scores.count)
            // 1 when all improve, 0 at one fifth, −¼ when none does.
            session.standardDeviation *= PortableMath.exp(
                PortableMath.log(configuration.adaptationFactor) * (share - 0.2) / 0.8)
        }
        return [
            LogKey.bestReturn(session.generation.search.incumbent.score),
            LogKey.meanReturn(scored.mean),
            LogKey.searchDeviation(session.standardDeviation),
        ]
    }

    /// The best candidate so far; zeros before any was scored.
    public func meanAction(_ observation: ObservationBatch) throws -> Tensor? {
        try begun().generation.search.incumbent.rows(observation.environments)
    }

    private func begun() throws -> Session {
        guard let session else { throw LearnerError.notBegun(learner: name) }
        return session
    }

    public func snapshot() throws -> LearnerSnapshot {
        let session = try begun()
        var snapshot = try session.generation.snapshot(learner: name)
        snapshot.numbers["standardDeviation"] = session.standardDeviation
        return snapshot
    }

    public func restore(_ snapshot: LearnerSnapshot) throws {
        var session = try begun()
        try session.generation.restore(snapshot)
        session.standardDeviation = try snapshot.number("standardDeviation")
        self.session = session
    }
}

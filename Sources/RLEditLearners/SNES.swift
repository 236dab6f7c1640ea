public import RLEditCore
public import RLEditTensor
public import RLEditWorlds

/// Separable natural evolution strategies: Wierstra, Schaul, Glasmachers, Sun, Peters and Schmidhuber, *Natural evolution
/// strategies* (Journal of Machine Learning Research 15, 2014), algorithm 6. It follows the natural gradient of the
/// expected return of x = μ + σ ⊙ s, s ~ N(0, I), by the mean μ and by a deviation σ for each number of an action.
///
/// Read from top to bottom: a generation (`ask`), its utilities and the step (`tell`). A candidate is one action, held
/// through one episode and scored by the episode's return. Candidates outside of the box [−1, 1] are evaluated clamped
/// and pay a penalty in the ranking (`rankedCandidates`); the update uses them as they were drawn.
public final class SNES: CatalogueLearner, GenerationLearner {
    public static let name = "SNES"
    public static let documentation =
        "Separable natural evolution strategies (Wierstra et al. 2014): a step along the natural gradient for the mean "
        + "and for each number's deviation. Candidates outside of -1 … 1 are treated as by `CMAES`."
    public static let logKeys: [LogKey] = [.bestReturn, .meanReturn, .searchDeviation, .axisRatio]

    /// Settings of ``SNES``. Defaults are the paper's, table 1, but for what a comment says.
    public struct Configuration: LearnerConfiguration, Sendable {
        public var steps = 8192
        /// The paper's 4 + ⌊3 ln n⌋ for an action of 200 numbers.
        public var populationSize = 20
        /// An eighth of the box.
        public var initialStandardDeviation = 0.25
        public var meanLearningRate = 1.0
        public var deviationLearningRate: Double?

        public init() {}

        public var owner: String { SNES.name }

        public var settings: [Setting<Self>] {
            [
                .steps,
                .integer(
                    "populationSize", \.populationSize, .count(from: 2, upTo: largestBatch),
                    "λ, candidates per generation"),
                .number(
                    "initialStandardDeviation", \.initialStandardDeviation, .positive,
                    "σ of the first generation, per number of an action"),
                .number("meanLearningRate", \.meanLearningRate, .positive, "η of the mean"),
                .number(
                    "deviationLearningRate", \.deviationLearningRate, .positive,
                    "η of the deviations; false: (3 + ln n) / (5 √n) for an action of n numbers"),
            ]
        }

        /// A generation larger than the budget would be evaluated to its end all the same.
        public mutating func spend(_ budget: Int) {
            steps = budget
            populationSize = min(populationSize, max(budget, 2))
        }
    }

    public let configuration: Configuration
    public var budget: Int { configuration.steps }
    private var session: Session?

    private struct Session {
        /// u_k, the best candidate's first.
        let utilities: [Double]
        let deviationLearningRate: Double
        var generation: Generation
        /// μ, `[n]`.
        var mean: [Double]
        /// σ, `[n]`.
        var deviations: [Double]
    }

    public init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

    /// One environment for each candidate of a generation.
    public func environments(horizon: Int) -> Int { configuration.populationSize }

    public func begin(_ problem: LearningProblem, pool: WorkerPool) throws {
        try configuration.validate()
        let size = Double(max(problem.actionSize, 1))
        session = Session(
            utilities: SNES.utilities(configuration.populationSize),
            deviationLearningRate: configuration.deviationLearningRate
                ?? (3 + PortableMath.log(size)) / (5 * size.squareRoot()),
            generation: Generation(problem), mean: Array(repeating: 0, count: problem.actionSize),
            deviations: Array(repeating: configuration.initialStandardDeviation, count: problem.actionSize))
    }

    /// Section 3.1, "fitness shaping": u_k = max(0, ln(λ/2 + 1) − ln k) / Σ … − 1/λ for the k-th best of λ.
    package static func utilities(_ count: Int) -> [Double] {
        let raw = (1...count).map { max(0, PortableMath.log(Double(count) / 2 + 1) - PortableMath.log(Double($0))) }
        let total = raw.reduce(0, +)
        return raw.map { $0 / total - 1 / Double(count) }
    }

    /// x = μ + σ ⊙ s.
    public func ask(_ observation: ObservationBatch, progress: Double) throws -> Tensor {
        var session = try begun()
        defer { self.session = session }
        return try session.generation.ask(
            observation, learner: name, count: configuration.populationSize, mean: session.mean,
            deviations: session.deviations)
    }

    /// - Returns: values to log when a generation is complete.
    public func tell(_ outcome: StepBatch, progress: Double) throws -> [NamedNumber]? {
        var session = try begun()
        let generation = try session.generation.tell(outcome, learner: name)
        defer { self.session = session }
        guard let scored = generation else { return nil }
        update(&session, with: scored)
        let squares = session.deviations.reduce(0) { $0 + $1 * $1 }
        return [
            LogKey.bestReturn(session.generation.search.incumbent.score),
            LogKey.meanReturn(scored.mean),
            LogKey.searchDeviation((squares / Double(max(session.deviations.count, 1))).squareRoot()),
            LogKey.axisRatio((session.deviations.max() ?? 1) / (session.deviations.min() ?? 1)),
        ]
    }

    private func update(_ session: inout Session, with scored: Generation.Scored) {
        let (mean, deviations) = (session.mean, session.deviations)
        let order = rankedCandidates(scored.candidates, scores: scored.scores, deviations: deviations)

        // Algorithm 6: ∇_μ = Σ u_k s_k, ∇_σ = Σ u_k (s_k² − 1), with s = (x − μ)/σ.
        var meanGradient = [Double](repeating: 0, count: mean.count)
        var deviationGradient = meanGradient
        scored.candidates.withUnsafeBufferPointer { candidates in
            for (utility, candidate) in zip(session.utilities, order) {
                let first = candidate * mean.count
                for index in mean.indices {
                    let step = (Double(candidates[first + index]) - mean[index]) / deviations[index]
                    meanGradient[index] += utility * step
                    deviationGradient[index] += utility * (step * step - 1)
                }
            }
        }

        // μ ← μ + η_μ σ ∇_μ, σ ← σ exp(η_σ ∇_σ / 2). Numbers of an action are floats near 1: a smaller σ would draw the
        // same candidate again and again; a larger one than the box by far is clamped everywhere.
        let half = session.deviationLearningRate / 2
        for index in mean.indices {
            session.mean[index] += configuration.meanLearningRate * deviations[index] * meanGradient[index]
            let factor = PortableMath.exp(min(max(half * deviationGradient[index], -1), 1))
            session.deviations[index] = min(max(deviations[index] * factor, 1e-8), 1e3)
        }
    }

    /// μ.
    public func meanAction(_ observation: ObservationBatch) throws -> Tensor? {
        let mean = Tensor(try begun().mean.map { Float($0) })
        return try ObservationBatch.shared(mean, environments: observation.environments).rows()
    }

    private func begun() throws -> Session {
        guard let session else { throw LearnerError.notBegun(learner: name) }
        return session
    }

    public func snapshot() throws -> LearnerSnapshot {
        let session = try begun()
        var snapshot = try session.generation.snapshot(learner: name)
        snapshot.vectors = ["mean": session.mean, "deviations": session.deviations]
        return snapshot
    }

    public func restore(_ snapshot: LearnerSnapshot) throws {
        var session = try begun()
        try session.generation.restore(snapshot)
        session.mean = try snapshot.vector("mean", count: session.mean.count)
        session.deviations = try snapshot.vector("deviations", count: session.mean.count)
        self.session = session
    }
}

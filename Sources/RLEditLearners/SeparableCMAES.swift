public import RLEditCore
public import RLEditTensor
public import RLEditWorlds

/// CMA-ES with a diagonal covariance matrix: Ros and Hansen, *A simple modification in CMA-ES achieving linear time and
/// space complexity* (PPSN 2008). It learns a scale for each number of an action, no correlation, and so learns faster
/// and costs n operations a candidate. Equation numbers are those of Hansen's tutorial (arXiv 1604.00772), as in
/// ``CMAES``, whose settings it shares.
///
/// Candidates outside of the box [−1, 1] are evaluated clamped and pay a penalty in the ranking (`rankedCandidates`); the
/// update uses them as they were drawn.
public final class SeparableCMAES: CatalogueLearner, GenerationLearner {
    public typealias Configuration = CMAES.Configuration

    public static let name = "SeparableCMAES"
    public static let documentation =
        "CMA-ES with a diagonal covariance matrix (Ros and Hansen 2008), for actions of any length. Otherwise as `CMAES`."
    public static let logKeys = CMAES.logKeys
    public let configuration: Configuration
    public var budget: Int { configuration.steps }
    private var session: Session?

    private struct Session {
        var parameters: CovarianceAdaptation
        var generation: Generation
        var restarts: Restarts
        var updates = 0
        /// m, `[n]`.
        var mean: [Double]
        /// σ.
        var standardDeviation: Double
        /// p_σ and p_c, `[n]`.
        var stepSizePath: [Double]
        var covariancePath: [Double]
        /// The diagonal of C, `[n]`.
        var variances: [Double]

        /// The first state of a start, for the population of this one.
        mutating func beginAgain(standardDeviation: Double) {
            parameters = CovarianceAdaptation(
                dimension: mean.count, populationSize: restarts.population, separable: true)
            updates = 0
            mean = mean.map { _ in 0 }
            self.standardDeviation = standardDeviation
            (stepSizePath, covariancePath) = (mean, mean)
            variances = mean.map { _ in 1 }
        }
    }

    public init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

    /// One environment for each candidate of a generation.
    public func environments(horizon: Int) -> Int { configuration.populationSize }

    public func begin(_ problem: LearningProblem, pool: WorkerPool) throws {
        try configuration.validate(owner: name)
        let zeros = [Double](repeating: 0, count: problem.actionSize)
        session = Session(
            parameters: CovarianceAdaptation(
                dimension: problem.actionSize, populationSize: configuration.populationSize, separable: true),
            generation: Generation(problem),
            restarts: Restarts(
                allowed: configuration.restarts, populationSize: configuration.populationSize,
                dimension: problem.actionSize),
            mean: zeros, standardDeviation: configuration.initialStandardDeviation,
            stepSizePath: zeros, covariancePath: zeros, variances: zeros.map { _ in 1 })
    }

    /// x = m + σ D z, z ~ N(0, I), D² the diagonal of C.
    public func ask(_ observation: ObservationBatch, progress: Double) throws -> Tensor {
        var session = try begun()
        defer { self.session = session }
        return try session.generation.ask(
            observation, learner: name, count: configuration.populationSize, mean: session.mean,
            deviations: session.variances.map { session.standardDeviation * $0.squareRoot() })
    }

    /// - Returns: values to log when a generation is complete.
    public func tell(_ outcome: StepBatch, progress: Double) throws -> [NamedNumber]? {
        var session = try begun()
        let round = try session.generation.tell(outcome, learner: name)
        defer { self.session = session }
        guard let scored = try round.flatMap({ try session.restarts.collect($0) }) else { return nil }
        update(&session, with: scored)
        let deviations = session.variances.map { $0.squareRoot() }
        let meanVariance = session.variances.reduce(0, +) / Double(max(deviations.count, 1))
        let values =
            [
                LogKey.bestReturn(session.generation.search.incumbent.score),
                LogKey.meanReturn(scored.mean),
                LogKey.searchDeviation(session.standardDeviation * meanVariance.squareRoot()),
                LogKey.stepSize(session.standardDeviation),
                LogKey.axisRatio((deviations.max() ?? 1) / (deviations.min() ?? 1)),
            ]
        if session.restarts.isDue(
            mean: session.mean, deviation: session.standardDeviation * (deviations.max() ?? 1),
            axisRatio: (deviations.max() ?? 1) / (deviations.min() ?? 1),
            initial: configuration.initialStandardDeviation)
        {
            session.beginAgain(standardDeviation: configuration.initialStandardDeviation)
        }
        return values
    }

    private func update(_ session: inout Session, with scored: Generation.Scored) {
        let parameters = session.parameters
        let size = session.mean.count
        let sigma = session.standardDeviation
        session.updates += 1

        // y_{i:λ} = (x_{i:λ} − m)/σ, the best first: ⟨y⟩ and ⟨y²⟩ over the parents.
        let order = rankedCandidates(
            scored.candidates, scores: scored.scores, deviations: session.variances.map { sigma * $0.squareRoot() })
        var meanStep = [Double](repeating: 0, count: size)
        var squares = [Double](repeating: 0, count: size)
        let mean = session.mean
        scored.candidates.withUnsafeBufferPointer { candidates in
            for (weight, candidate) in zip(parameters.weights, order).prefix(parameters.parents) {
                let first = candidate * size
                for index in 0..<size {
                    let step = (Double(candidates[first + index]) - mean[index]) / sigma
                    meanStep[index] += weight * step
                    squares[index] += weight * step * step
                }
            }
        }

        // Equations 41 and 42: m ← m + σ ⟨y⟩.
        session.mean.add(meanStep, times: sigma)

        // Equation 43: p_σ. C^(−1/2) is a division by each number's own deviation.
        let decay = parameters.stepSizeDecay
        let gain = (decay * (2 - decay) * parameters.effectiveParents).squareRoot()
        session.stepSizePath.scale(by: 1 - decay)
        session.stepSizePath.add(zip(meanStep, session.variances).map { $0 / $1.squareRoot() }, times: gain)
        let pathNorm = session.stepSizePath.norm

        // Equation 45: p_c.
        let accepts = parameters.acceptsPath(norm: pathNorm, generation: session.updates)
        let pathDecay = parameters.pathDecay
        let pathVariance = pathDecay * (2 - pathDecay)
        session.covariancePath.scale(by: 1 - pathDecay)
        if accepts {
            session.covariancePath.add(meanStep, times: (pathVariance * parameters.effectiveParents).squareRoot())
        }

        // Equation 47 on the diagonal.
        let lost = accepts ? 0 : parameters.rankOneRate * pathVariance
        session.variances.scale(by: 1 + lost - parameters.rankOneRate - parameters.rankMuRate)
        session.variances.add(session.covariancePath.map { $0 * $0 }, times: parameters.rankOneRate)
        session.variances.add(squares, times: parameters.rankMuRate)

        // Equation 44. Numbers of an action are floats near 1: a smaller σ would draw the same candidate again and again.
        session.standardDeviation = max(sigma * parameters.stepSizeFactor(norm: pathNorm), 1e-8)
    }

    /// m.
    public func meanAction(_ observation: ObservationBatch) throws -> Tensor? {
        let session = try begun()
        let mean = Tensor(session.restarts.mean(session.mean).map { Float($0) })
        return try ObservationBatch.shared(mean, environments: observation.environments).rows()
    }

    private func begun() throws -> Session {
        guard let session else { throw LearnerError.notBegun(learner: name) }
        return session
    }

    public func snapshot() throws -> LearnerSnapshot {
        let session = try begun()
        var snapshot = try session.generation.snapshot(learner: name)
        snapshot.integers["updates"] = session.updates
        snapshot.numbers["standardDeviation"] = session.standardDeviation
        snapshot.vectors = [
            "mean": session.mean, "stepSizePath": session.stepSizePath, "covariancePath": session.covariancePath,
            "variances": session.variances,
        ]
        session.restarts.save(in: &snapshot)
        return snapshot
    }

    public func restore(_ snapshot: LearnerSnapshot) throws {
        var session = try begun()
        let size = session.mean.count
        try session.generation.restore(snapshot)
        try session.restarts.restore(snapshot)
        session.parameters = CovarianceAdaptation(
            dimension: size, populationSize: session.restarts.population, separable: true)
        session.updates = try snapshot.integer("updates")
        session.standardDeviation = try snapshot.number("standardDeviation")
        session.mean = try snapshot.vector("mean", count: size)
        session.stepSizePath = try snapshot.vector("stepSizePath", count: size)
        session.covariancePath = try snapshot.vector("covariancePath", count: size)
        session.variances = try snapshot.vector("variances", count: size)
        self.session = session
    }
}

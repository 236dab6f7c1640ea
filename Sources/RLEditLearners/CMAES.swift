internal import CKernels
public import RLEditCore
public import RLEditTensor
public import RLEditWorlds

/// The evolution strategy with covariance matrix adaptation, CMA-ES, with active (negative) weights: Hansen, *The CMA
/// evolution strategy: a tutorial* (arXiv 1604.00772, 2016). Equation numbers are that paper's, figure 6 its summary.
///
/// Read from top to bottom: a generation x ~ m + σ N(0, C) (`ask`), then mean, paths, C and σ (`tell`). A candidate is
/// one action, held through one episode and scored by the episode's return. Candidates outside of the box [−1, 1] are
/// evaluated clamped and pay a penalty in the ranking (`rankedCandidates`); the update uses them as they were drawn.
///
/// C has n² numbers, and its decomposition takes 12 n³ operations: for long actions there is ``SeparableCMAES``.
public final class CMAES: CatalogueLearner, GenerationLearner {
    public static let name = "CMAES"
    public static let documentation =
        "CMA-ES with a full covariance matrix (Hansen 2016), for actions of up to 1,024 numbers. Candidates outside of "
        + "-1 … 1 are evaluated clamped and rank lower the further outside they are."
    public static let logKeys: [LogKey] = [.bestReturn, .meanReturn, .searchDeviation, .stepSize, .axisRatio]

    /// Settings of ``CMAES`` and ``SeparableCMAES``. Defaults were chosen on seeds ≥ 100 and validation images
    /// (docs/learners.md).
    public struct Configuration: LearnerConfiguration, Sendable {
        public var steps = 8192
        /// The tutorial's 4 + ⌊3 ln n⌋ for an action of 200 numbers.
        public var populationSize = 20
        /// An eighth of the box.
        public var initialStandardDeviation = 0.25
        /// None: one start is the best use of the few evaluations that most tasks have.
        public var restarts = 0

        public init() {}

        public var owner: String { CMAES.name }

        public var settings: [Setting<Self>] {
            [
                .steps,
                .integer(
                    "populationSize", \.populationSize, .count(from: 2, upTo: largestBatch),
                    "λ, candidates per generation"),
                .number(
                    "initialStandardDeviation", \.initialStandardDeviation, .positive,
                    "σ of the first generation, per number of an action"),
                .integer(
                    "restarts", \.restarts, .within(0, 9),
                    "how often a search that has settled begins again, each time with twice the candidates per generation"
                ),
            ]
        }

        /// A generation larger than the budget would be evaluated to its end all the same; half of one are parents.
        public mutating func spend(_ budget: Int) {
            steps = budget
            populationSize = min(populationSize, max(budget, 4))
        }
    }

    /// Numbers in the longest action that a full matrix is kept for: its decomposition then takes seconds.
    public static let largestDimension = 1024

    public let configuration: Configuration
    public var budget: Int { configuration.steps }
    private var session: Session?

    public init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

    /// One environment for each candidate of a generation.
    public func environments(horizon: Int) -> Int { configuration.populationSize }

    /// - Throws: a `ConfigurationError` for a setting out of range, ``LearnerError/actionTooLong(learner:size:largest:instead:)``.
    public func begin(_ problem: LearningProblem, pool: WorkerPool) throws {
        try configuration.validate()
        let size = problem.actionSize
        guard size <= CMAES.largestDimension else {
            throw LearnerError.actionTooLong(
                learner: name, size: size, largest: CMAES.largestDimension, instead: "SeparableCMAES")
        }
        let zeros = [Double](repeating: 0, count: size)
        let identity = (0..<(size * size)).map { $0 % (size + 1) == 0 ? 1.0 : 0 }
        session = Session(
            parameters: CovarianceAdaptation(
                dimension: size, populationSize: configuration.populationSize, separable: false),
            generation: Generation(problem),
            restarts: Restarts(
                allowed: configuration.restarts, populationSize: configuration.populationSize, dimension: size),
            mean: zeros, standardDeviation: configuration.initialStandardDeviation,
            stepSizePath: zeros, covariancePath: zeros, covariance: identity, basis: identity,
            axisDeviations: zeros.map { _ in 1 })
    }

    /// Equations 38 to 40: x = m + σ Bᵀ D z, z ~ N(0, I).
    public func ask(_ observation: ObservationBatch, progress: Double) throws -> Tensor {
        var session = try begun()
        let size = session.dimension
        let (mean, sigma, basis) = (session.mean, session.standardDeviation, session.basis)
        let deviations = session.axisDeviations
        var step = [Double](repeating: 0, count: size)
        let actions = try session.generation.ask(
            observation, learner: name, count: configuration.populationSize
        ) { candidates, random in
            random.fillNormal(candidates)
            basis.withUnsafeBufferPointer { basis in
                step.withUnsafeMutableBufferPointer { step in
                    guard let rows = basis.baseAddress, let sum = step.baseAddress else { return }
                    for first in stride(from: 0, to: candidates.count, by: size) {
                        step.update(repeating: 0)
                        for axis in 0..<size {
                            rl_add_scaled_double(
                                Int64(size), Double(candidates[first + axis]) * deviations[axis], rows + axis * size,
                                sum)
                        }
                        for index in 0..<size { candidates[first + index] = Float(mean[index] + sigma * step[index]) }
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
        let round = try session.generation.tell(outcome, learner: name)
        guard let scored = try round.flatMap({ try session.restarts.collect($0) }) else {
            self.session = session
            return nil
        }
        try update(&session, with: scored)
        let values = log(session, scored)
        let sizes = (0..<session.dimension).map { session.covariance[$0 * session.dimension + $0] }
        let ratio = (session.axisDeviations.max() ?? 1) / (session.axisDeviations.min() ?? 1)
        if session.restarts.isDue(
            mean: session.mean, deviation: session.standardDeviation * (sizes.max() ?? 1).squareRoot(),
            axisRatio: ratio, initial: configuration.initialStandardDeviation)
        {
            session.beginAgain(standardDeviation: configuration.initialStandardDeviation)
        }
        self.session = session
        return values
    }

    private func log(_ session: Session, _ scored: Generation.Scored) -> [NamedNumber] {
        let deviations = session.axisDeviations
        return [
            LogKey.bestReturn(session.generation.search.incumbent.score),
            LogKey.meanReturn(scored.mean),
            LogKey.searchDeviation(session.standardDeviation * session.meanDeviation),
            LogKey.stepSize(session.standardDeviation),
            LogKey.axisRatio((deviations.max() ?? 1) / (deviations.min() ?? 1)),
        ]
    }

    private func update(_ session: inout Session, with scored: Generation.Scored) throws {
        let parameters = session.parameters
        let size = session.dimension
        let sigma = session.standardDeviation
        session.updates += 1

        // y_{i:λ} = (x_{i:λ} − m)/σ, the best first.
        let order = rankedCandidates(
            scored.candidates, scores: scored.scores,
            deviations: (0..<size).map { sigma * session.covariance[$0 * size + $0].squareRoot() })
        let steps = scored.candidates.withUnsafeBufferPointer { candidates in
            order.map { candidate in
                (0..<size).map { (Double(candidates[candidate * size + $0]) - session.mean[$0]) / sigma }
            }
        }

        // Equations 41 and 42: m ← m + σ ⟨y⟩.
        var meanStep = [Double](repeating: 0, count: size)
        for (weight, step) in zip(parameters.weights, steps).prefix(parameters.parents) {
            meanStep.add(step, times: weight)
        }
        session.mean.add(meanStep, times: sigma)

        // Equation 43: p_σ, the evolution path of steps made isotropic by C^(−1/2).
        let decay = parameters.stepSizeDecay
        let isotropic = session.fromAxes(session.whitened(meanStep))
        session.stepSizePath.scale(by: 1 - decay)
        session.stepSizePath.add(isotropic, times: (decay * (2 - decay) * parameters.effectiveParents).squareRoot())
        let pathNorm = session.stepSizePath.norm

        // Equation 45: p_c.
        let accepts = parameters.acceptsPath(norm: pathNorm, generation: session.updates)
        let pathDecay = parameters.pathDecay
        session.covariancePath.scale(by: 1 - pathDecay)
        if accepts {
            session.covariancePath.add(
                meanStep, times: (pathDecay * (2 - pathDecay) * parameters.effectiveParents).squareRoot())
        }

        // Equations 46 and 47: the rank-one and the rank-μ update of C. Negative weights are scaled so that C stays
        // positive definite whatever the length of their step.
        let lost = accepts ? 0 : parameters.rankOneRate * pathDecay * (2 - pathDecay)
        let total = parameters.weights.reduce(0, +)
        session.covariance.scale(by: 1 + lost - parameters.rankOneRate - parameters.rankMuRate * total)
        session.covariance.addOuter(session.covariancePath, times: parameters.rankOneRate)
        for (weight, step) in zip(parameters.weights, steps) where weight != 0 {
            var scaled = weight
            if weight < 0 {
                let length = session.whitened(step).norm
                scaled = length > 0 ? weight * Double(size) / (length * length) : 0
            }
            session.covariance.addOuter(step, times: parameters.rankMuRate * scaled)
        }

        // Equation 44: σ grows while the path is longer than chance would make it. Numbers of an action are floats near 1:
        // a smaller σ would draw the same candidate again and again.
        session.standardDeviation = max(sigma * parameters.stepSizeFactor(norm: pathNorm), 1e-8)
        try decompose(&session)
    }

    /// B and D, once C has changed enough (appendix B.2): every ⌈1/(10 n (c₁ + c_μ))⌉ updates.
    private func decompose(_ session: inout Session) throws {
        let parameters = session.parameters
        let interval = 1 / (10 * Double(session.dimension) * (parameters.rankOneRate + parameters.rankMuRate))
        guard Double(session.updates - session.decomposedAt) >= interval else { return }
        guard let eigen = SymmetricEigen(session.covariance, size: session.dimension) else {
            throw LearnerError.diverged(
                learner: name, update: session.updates, quantity: "the covariance matrix", value: "not finite")
        }
        // Rounding may take the smallest eigenvalue of an ill-conditioned matrix below 0: it is held at 1e-14 of the
        // largest, as in Hansen's own implementations.
        let floor = (eigen.values.last ?? 1) * 1e-14
        session.axisDeviations = eigen.values.map { max($0, floor).squareRoot() }
        session.basis = eigen.vectors
        session.decomposedAt = session.updates
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
        snapshot.integers["decomposedAt"] = session.decomposedAt
        snapshot.numbers["standardDeviation"] = session.standardDeviation
        snapshot.vectors = [
            "mean": session.mean, "stepSizePath": session.stepSizePath, "covariancePath": session.covariancePath,
            "covariance": session.covariance, "basis": session.basis, "axisDeviations": session.axisDeviations,
        ]
        session.restarts.save(in: &snapshot)
        return snapshot
    }

    public func restore(_ snapshot: LearnerSnapshot) throws {
        var session = try begun()
        let size = session.dimension
        try session.generation.restore(snapshot)
        try session.restarts.restore(snapshot)
        session.parameters = CovarianceAdaptation(
            dimension: size, populationSize: session.restarts.population, separable: false)
        session.updates = try snapshot.integer("updates")
        session.decomposedAt = try snapshot.integer("decomposedAt")
        session.standardDeviation = try snapshot.number("standardDeviation")
        session.mean = try snapshot.vector("mean", count: size)
        session.stepSizePath = try snapshot.vector("stepSizePath", count: size)
        session.covariancePath = try snapshot.vector("covariancePath", count: size)
        session.covariance = try snapshot.vector("covariance", count: size * size)
        session.basis = try snapshot.vector("basis", count: size * size)
        session.axisDeviations = try snapshot.vector("axisDeviations", count: size)
        self.session = session
    }
}

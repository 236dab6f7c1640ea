public import RLEditCore
public import RLEditTensor
public import RLEditWorlds

/// Ascent with Adam (Kingma and Ba, arXiv 1412.6980) on the parameters of a unit policy, by the pathwise derivative of the
/// reward: through the edit that the policy makes (`EditGradient`).
///
/// It asks for one policy at a time and is told the gradient with the reward, where ``EvolutionStrategy`` estimates it from a
/// generation of policies.
public final class PathwiseGradient: CatalogueLearner, GradientLearner {
    public static let name = "PathwiseGradient"
    public static let documentation =
        "Trains a unit policy of one step by the gradient of the reward through the edit, with Adam: for tasks over many "
        + "networks. The reward may be any function of means over sets (`loss`, `true_probability`, …); accuracy counts "
        + "with the gradient of `true_probability`."
    public static let logKeys: [LogKey] = [.bestReturn, .meanReturn, .rewardGradientNorm, .learningRate]

    /// Settings of ``PathwiseGradient``. Defaults were chosen on the validation pairs of `examples/transfer.lua`.
    public struct Configuration: LearnerConfiguration, AdamConfiguration {
        public var steps = 300
        public var learningRate = Schedule.linear(0.02, 0.002)
        public var adamBeta1 = 0.9
        public var adamBeta2 = 0.99
        public var adamEpsilon = 1e-8

        public init() {}

        public var owner: String { PathwiseGradient.name }

        public var settings: [Setting<Self>] {
            [
                .steps,
                .schedule("learningRate", \.learningRate, .notNegative, "Adam's step size"),
            ] + Setting.adam
        }
    }

    public let configuration: Configuration
    public var budget: Int { configuration.steps }
    private var session: Session?

    private struct Session {
        /// θ with Adam's moments, `[actionSize]`.
        let mean: Parameter
        var updates = 0
        var best = -Double.infinity
    }

    public init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

    /// One: the policy itself.
    public func environments(horizon: Int) -> Int { 1 }

    public func begin(_ problem: LearningProblem, pool: WorkerPool) throws {
        try configuration.validate()
        session = Session(mean: Parameter(shape: [problem.actionSize]))
    }

    public func ask(_ observation: ObservationBatch, progress: Double) throws -> Tensor {
        try ObservationBatch.shared(begun().mean.tensor(), environments: 1).rows()
    }

    /// - Throws: ``LearnerError/sizeMismatch(learner:what:expected:actual:)`` where no gradient comes with the reward.
    public func tell(_ outcome: StepBatch, progress: Double) throws -> [NamedNumber]? {
        var session = try begun()
        let (size, reward) = (session.mean.count, outcome.rewards.first ?? 0)
        guard let gradient = outcome.gradient, gradient.count == size else {
            throw LearnerError.sizeMismatch(
                learner: name, what: "numbers of the gradient", expected: size, actual: outcome.gradient?.count ?? 0)
        }
        session.updates += 1
        session.best = max(session.best, reward)
        let rate = try configuration.value(of: \.learningRate, at: progress)
        let adam = configuration.adamStep(count: session.updates, learningRate: rate)
        // Adam descends, and the reward is to rise.
        let norm = session.mean.descend(gradient.map { -Float($0) }, adam)
        self.session = session
        return [
            LogKey.bestReturn(session.best), LogKey.meanReturn(reward), LogKey.rewardGradientNorm(norm),
            LogKey.learningRate(rate),
        ]
    }

    /// θ.
    public func meanAction(_ observation: ObservationBatch) throws -> Tensor? {
        try ObservationBatch.shared(begun().mean.tensor(), environments: observation.environments).rows()
    }

    private func begun() throws -> Session {
        guard let session else { throw LearnerError.notBegun(learner: name) }
        return session
    }

    public func snapshot() throws -> LearnerSnapshot {
        let session = try begun()
        var snapshot = LearnerSnapshot()
        try session.mean.save(as: "mean", in: &snapshot)
        snapshot.integers["updates"] = session.updates
        if session.best.isFinite { snapshot.numbers["best"] = session.best }
        return snapshot
    }

    public func restore(_ snapshot: LearnerSnapshot) throws {
        var session = try begun()
        try session.mean.load("mean", from: snapshot)
        session.updates = try snapshot.integer("updates")
        session.best = snapshot.numbers["best"] ?? -.infinity
        self.session = session
    }
}

extension LogKey {
    static let rewardGradientNorm = LogKey(
        "gradient_norm", "norm of the gradient of the mean reward by an action", unit: "unit of the reward",
        good: "falling as the optimum comes near")
}

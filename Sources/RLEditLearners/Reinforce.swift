public import RLEditCore
public import RLEditTensor
public import RLEditWorlds

/// REINFORCE with a baseline: Williams, *Simple statistical gradient-following algorithms for connectionist
/// reinforcement learning* (Machine Learning 8, 1992), with the policy and the value network of ``PPO``.
///
/// Read from top to bottom: a rollout (`ask`, `tell`), its returns and what they gain over the baseline, one step along
/// ∇ E[R] = E[(G − b) ∇ log π]. Each rollout is used once: what PPO adds is that it may be used again.
public final class Reinforce: CatalogueLearner, PolicyLearner {
    public static let name = "Reinforce"
    public static let documentation =
        "REINFORCE with a learned baseline (Williams 1992): one step along the policy gradient for each rollout, with "
        + "the networks of `PPO`."
    public static let logKeys: [LogKey] = [
        .updates, .meanReward, .rewardStandardDeviation, .policyLoss, .valueLoss, .entropy, .explainedVariance,
        .gradientNorm, .policyDeviation, .learningRate, .entropyCoefficient,
    ]
    public let configuration: Configuration
    public var budget: Int { configuration.steps }
    private var session: Session?

    private struct Session {
        let collector: RolloutCollector
        /// Adam steps, one an update.
        var updates = 0
    }

    public init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

    /// One rollout is one episode of each environment, as in ``PPO``.
    public func environments(horizon: Int) -> Int { max(1, configuration.effectiveRolloutLength / max(1, horizon)) }

    public func begin(_ problem: LearningProblem, pool: WorkerPool) throws {
        try configuration.validate()
        let policy = try PerceptronPolicy(
            observationSize: problem.observationSize, actionSize: problem.actionSize,
            hiddenSizes: configuration.hiddenSizes, valueHiddenSizes: configuration.hiddenSizes,
            initialLogStandardDeviation: Float(
                configuration.initialLogStandardDeviation(horizon: problem.horizon)), orthogonal: true,
            random: problem.random.split("init"), pool: pool)
        try begin(problem, policy: policy, pool: pool)
    }

    package func initialLogStandardDeviation(horizon: Int) -> Double {
        configuration.initialLogStandardDeviation(horizon: horizon)
    }

    /// Begin with a policy of the caller's making.
    package func begin(_ problem: LearningProblem, policy: any Policy, pool: WorkerPool) throws {
        try configuration.validate()
        // The horizon is the end of an episode here, as in the paper: nothing that would follow is estimated.
        session = Session(
            collector: RolloutCollector(
                learner: name, problem: problem, policy: policy, pool: pool,
                rolloutLength: configuration.effectiveRolloutLength,
                discount: configuration.discount(horizon: problem.horizon), bootstrapsTruncated: false,
                normalizer: nil))
    }

    /// Samples a ~ N(μ(s), σ²) for each environment.
    public func ask(_ observation: ObservationBatch, progress: Double) throws -> Tensor {
        try begun().collector.ask(observation, progress: progress)
    }

    /// Takes the rewards of the last actions; updates when they complete a rollout.
    public func tell(_ outcome: StepBatch, progress: Double) throws -> [NamedNumber]? {
        try begun().collector.tell(outcome).map(update)
    }

    private func update(_ rollout: RolloutBuffer) throws -> [NamedNumber] {
        var session = try begun()
        let policy = session.collector.policy
        session.updates += 1
        let progress = session.collector.rolloutProgress
        let learningRate = try configuration.value(of: \.learningRate, at: progress)
        let entropyCoefficient = try configuration.value(of: \.entropyCoefficient, at: progress)

        // G_t = Σ γᵏ r_{t+k} to the end of the episode, and G_t − V(s_t): what λ = 1 makes of the advantage. Only an
        // episode that outlasts the rollout is completed by V.
        let estimates = rollout.advantages(discount: session.collector.discount, lambda: 1)

        let transitions = Array(0..<rollout.count)[...]
        let output = try policy.forward(
            try rollout.sharedObservation ?? rollout.observations(of: transitions))
        let gaussian = try DiagonalGaussian(logStandardDeviation: policy.logStandardDeviation())
        let loss = try Reinforce.loss(
            of: output, gaussian: gaussian, rollout: rollout, estimates: estimates,
            normalizeAdvantage: configuration.normalizeAdvantage, entropyCoefficient: entropyCoefficient,
            valueCoefficient: configuration.valueCoefficient)

        let norm = try policy.backward(loss.gradient).squareRoot()
        guard norm.isFinite else {
            throw LearnerError.diverged(
                learner: name, update: session.updates, quantity: "the gradient's norm", value: "\(norm)")
        }
        var step = AdamStep(count: session.updates, learningRate: learningRate)
        step.gradientScale = min(1, configuration.maxGradientNorm / (norm + 1e-6))
        policy.update(step)
        self.session = session

        return [LogKey.updates(Double(session.updates))] + rollout.log + [
            LogKey.policyLoss(loss.policyLoss),
            LogKey.valueLoss(loss.valueLoss),
            LogKey.entropy(gaussian.entropy),
            LogKey.explainedVariance(explainedVariance(values: rollout.values, returns: estimates.returns)),
            LogKey.gradientNorm(norm),
            LogKey.policyDeviation(try policy.meanStandardDeviation()),
            LogKey.learningRate(learningRate),
            LogKey.entropyCoefficient(entropyCoefficient),
        ]
    }

    /// The loss of one rollout, its parts, and its derivative by what the policy said.
    package struct Loss: Sendable {
        /// −mean (G − b) log π(a): its derivative is what matters, its value says little.
        package var policyLoss = 0.0
        /// mean (V − G)².
        package var valueLoss = 0.0
        package var gradient: PolicyGradient
    }

    /// - Parameter output: of each transition, or of one row that all transitions share: then the gradient is their sum.
    package static func loss(
        of output: PolicyOutput, gaussian: DiagonalGaussian, rollout: RolloutBuffer, estimates: AdvantageEstimates,
        normalizeAdvantage: Bool, entropyCoefficient: Double, valueCoefficient: Double
    ) throws -> Loss {
        let rows = try GaussianRows(
            output, gaussian: gaussian, rollout: rollout, entropyCoefficient: entropyCoefficient)
        let advantages = estimates.advantages(of: Array(0..<rollout.count)[...], standardized: normalizeAdvantage)
        let weight = 1 / Double(rollout.count)
        var (policyLoss, valueLoss) = (0.0, 0.0)
        for transition in 0..<rollout.count {
            let row = rows.row(transition)
            let gain = advantages[transition]
            policyLoss -= weight * gain * rows.logProbability(transition, row: row)
            rows.addGradient(Float(-weight * gain), transition, row: row)

            let error = Double(rows.values[row]) - Double(estimates.returns[transition])
            valueLoss += weight * error * error
            rows.valueGradient[row] += Float(valueCoefficient * 2 * weight * error)
        }
        return Loss(policyLoss: policyLoss, valueLoss: valueLoss, gradient: try rows.gradient())
    }

    /// μ(s).
    public func meanAction(_ observation: ObservationBatch) throws -> Tensor? {
        try begun().collector.meanAction(observation)
    }

    private func begun() throws -> Session {
        guard let session else { throw LearnerError.notBegun(learner: name) }
        return session
    }

    public func snapshot() throws -> LearnerSnapshot {
        let session = try begun()
        var snapshot = try session.collector.snapshot()
        snapshot.integers["updates"] = session.updates
        return snapshot
    }

    public func restore(_ snapshot: LearnerSnapshot) throws {
        var session = try begun()
        try session.collector.restore(snapshot)
        session.updates = try snapshot.integer("updates")
        self.session = session
    }
}

extension LogKey {
    static let policyLoss = LogKey(
        "policy_loss", "−mean (G − b) log π(a), G − b standardized", unit: "–",
        good: "any: only its gradient means something")
}

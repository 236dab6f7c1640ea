internal import CKernels
public import RLEditTensor
public import RLEditWorlds

/// REINFORCE with a baseline: Williams, *Simple statistical gradient-following algorithms for connectionist
/// reinforcement learning* (Machine Learning 8, 1992), with the policy and the value network of ``PPO``.
///
/// Read from top to bottom: a rollout (`ask`, `tell`), its returns and what they gain over the baseline, one step along
/// ∇ E[R] = E[(G − b) ∇ log π]. Each rollout is used once: what PPO adds is that it may be used again.
public final class Reinforce: Learner {
    public let name = "Reinforce"
    public let configuration: Configuration
    public var budget: Int { configuration.steps }
    private var session: Session?

    private struct Session {
        var collector: RolloutCollector
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
        var session = try begun()
        let actions = try session.collector.ask(observation, progress: progress)
        self.session = session
        return actions
    }

    /// Takes the rewards of the last actions; updates when they complete a rollout.
    public func tell(_ outcome: StepBatch, progress: Double) throws -> [LoggedValue]? {
        var session = try begun()
        let rollout = try session.collector.tell(outcome)
        self.session = session
        return try rollout.map(update)
    }

    private func update(_ rollout: RolloutBuffer) throws -> [LoggedValue] {
        var session = try begun()
        let policy = session.collector.policy
        session.updates += 1
        let scheduled = try configuration.scheduled(at: session.collector.rolloutProgress)

        // G_t = Σ γᵏ r_{t+k} to the end of the episode, and G_t − V(s_t): what λ = 1 makes of the advantage. Only an
        // episode that outlasts the rollout is completed by V.
        let estimates = generalizedAdvantages(
            environments: rollout.environments, rewards: rollout.rewards, values: rollout.values,
            nextValues: rollout.nextValues, terminated: rollout.terminated, truncated: rollout.truncated,
            discount: session.collector.discount, lambda: 1)

        let transitions = Array(0..<rollout.count)[...]
        let output = try policy.forward(
            try rollout.sharedObservation ?? rollout.observations(of: transitions))
        let gaussian = try DiagonalGaussian(logStandardDeviation: policy.logStandardDeviation())
        let loss = try Reinforce.loss(
            of: output, gaussian: gaussian, rollout: rollout, estimates: estimates,
            normalizeAdvantage: configuration.normalizeAdvantage, entropyCoefficient: scheduled.entropyCoefficient,
            valueCoefficient: configuration.valueCoefficient)

        let norm = try policy.backward(loss.gradient).squareRoot()
        guard norm.isFinite else {
            throw LearnerError.diverged(
                learner: name, update: session.updates, quantity: "the gradient's norm", value: "\(norm)")
        }
        var step = AdamStep(count: session.updates, learningRate: scheduled.learningRate)
        step.gradientScale = min(1, configuration.maxGradientNorm / (norm + 1e-6))
        policy.update(step)
        self.session = session

        let rewards = rollout.rewards.map { Double($0) }
        let deviations = try DiagonalGaussian(logStandardDeviation: policy.logStandardDeviation()).standardDeviation
        return [
            LoggedValue("updates", Double(session.updates)),
            LoggedValue("mean_reward", mean(rewards)),
            LoggedValue("reward_standard_deviation", variance(rewards).squareRoot()),
            LoggedValue("policy_loss", loss.policyLoss),
            LoggedValue("value_loss", loss.valueLoss),
            LoggedValue("entropy", gaussian.entropy),
            LoggedValue("explained_variance", explainedVariance(values: rollout.values, returns: estimates.returns)),
            LoggedValue("gradient_norm", norm),
            LoggedValue("standard_deviation", mean(deviations.scalars.map { Double($0) })),
            LoggedValue("learning_rate", scheduled.learningRate),
            LoggedValue("entropy_coefficient", scheduled.entropyCoefficient),
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
        let (size, rows, count) = (rollout.actionSize, output.values.count, rollout.count)
        let advantages = estimates.advantages(
            of: Array(0..<count)[...], standardized: normalizeAdvantage)
        let weight = 1 / Double(count)
        var values = [Float](repeating: 0, count: rows)
        var loss = Loss(
            gradient: PolicyGradient(
                means: try Tensor.zeros([rows, size]), values: try Tensor.zeros([rows]),
                // The entropy's derivative by each log σ is 1.
                logStandardDeviation: try Tensor(repeating: Float(-entropyCoefficient), shape: [size])))
        let predictions = output.values.scalars
        output.means.withUnsafeBufferPointer { means in
            gaussian.inverseDeviation.withUnsafeBufferPointer { inverse in
                loss.gradient.means.withUnsafeMutableBufferPointer { dMeans in
                    loss.gradient.logStandardDeviation.withUnsafeMutableBufferPointer { dLog in
                        guard let means = means.baseAddress, let inverse = inverse.baseAddress,
                            let dMeans = dMeans.baseAddress, let dLog = dLog.baseAddress
                        else { return }
                        for transition in 0..<count {
                            let row = rows == 1 ? 0 : transition
                            let mean = means + row * size
                            rollout.withAction(transition) { action in
                                let gain = advantages[transition]
                                loss.policyLoss -= weight * gain * gaussian.logProbability(action: action, mean: mean)
                                rl_gaussian_backward(
                                    Int64(size), action, mean, inverse, Float(-weight * gain), dMeans + row * size,
                                    dLog)
                            }
                            let error = Double(predictions[row]) - Double(estimates.returns[transition])
                            loss.valueLoss += weight * error * error
                            values[row] += Float(valueCoefficient * 2 * weight * error)
                        }
                    }
                }
            }
        }
        loss.gradient.values = Tensor(values)
        return loss
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

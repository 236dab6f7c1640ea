public import RLEditCore
public import RLEditTensor
public import RLEditWorlds

/// Proximal policy optimization (Schulman et al., arXiv 1707.06347) with a diagonal Gaussian policy.
///
/// Read from top to bottom: a rollout (`ask`, `tell`), its advantages, then epochs of minibatches of the clipped
/// objective. "Detail n" names an entry of Huang et al., *The 37 implementation details of proximal policy
/// optimization* (ICLR blog track, 2022); where implementations differ, this one does as Stable-Baselines3.
public final class PPO: CatalogueLearner, PolicyLearner {
    public static let name = "PPO"
    public static let documentation =
        "Proximal policy optimization (Schulman et al. 2017) with a diagonal Gaussian policy, which sees the weights and "
        + "may act in steps."
    public let configuration: Configuration
    public var budget: Int { configuration.steps }
    /// What exists between `begin` and the end of the run.
    private var session: Session?

    public init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

    /// One rollout is one episode of each environment. When episodes are longer than a rollout, one environment takes
    /// several rollouts for each of its episodes.
    public func environments(horizon: Int) -> Int { max(1, configuration.effectiveRolloutLength / max(1, horizon)) }

    public func begin(_ problem: LearningProblem, pool: WorkerPool) throws {
        try configuration.validate()
        let policy = try PerceptronPolicy(
            observationSize: problem.observationSize, actionSize: problem.actionSize,
            hiddenSizes: configuration.hiddenSizes,
            valueHiddenSizes: configuration.valueHiddenSizes ?? configuration.hiddenSizes,
            initialLogStandardDeviation: Float(
                configuration.initialLogStandardDeviation(horizon: problem.horizon)),
            orthogonal: configuration.orthogonalInitialization, random: problem.random.split("init"), pool: pool)
        try begin(problem, policy: policy, pool: pool)
    }

    package func initialLogStandardDeviation(horizon: Int) -> Double {
        configuration.initialLogStandardDeviation(horizon: horizon)
    }

    /// Begin with a policy of the caller's making.
    package func begin(_ problem: LearningProblem, policy: any Policy, pool: WorkerPool) throws {
        try configuration.validate()
        session = Session(
            collector: RolloutCollector(
                learner: name, problem: problem, policy: policy, pool: pool,
                rolloutLength: configuration.effectiveRolloutLength,
                discount: configuration.discount(horizon: problem.horizon),
                bootstrapsTruncated: configuration.bootstrapTruncated,
                normalizer: configuration.normalizeObservation
                    ? try ObservationNormalizer(features: problem.observationSize, clip: configuration.observationClip)
                    : nil),
            minibatchStream: problem.random.split("minibatch"))
    }

    // MARK: 1. Rollout

    /// Samples a ~ N(μ(s), σ²) for each environment.
    public func ask(_ observation: ObservationBatch, progress: Double) throws -> Tensor {
        try begun().collector.ask(observation, progress: progress)
    }

    /// Takes the rewards of the last actions; updates when they complete a rollout.
    public func tell(_ outcome: StepBatch, progress: Double) throws -> [NamedNumber]? {
        try begun().collector.tell(outcome).map(update)
    }

    // MARK: 2. Advantages, 3. Epochs of minibatches

    private func update(_ rollout: RolloutBuffer) throws -> [NamedNumber] {
        var session = try begun()
        let policy = session.collector.policy
        session.updates += 1
        // Detail 4: annealing.
        let progress = session.collector.rolloutProgress
        let learningRate = try configuration.value(of: \.learningRate, at: progress)
        let ratioNumbers = configuration.ratioNumbers(actionSize: policy.actionSize)
        // In nats of a whole action.
        let targetKL = configuration.targetKL(actionSize: policy.actionSize)
        let settings = LossSettings(
            clipRange: try configuration.value(of: \.clipRange, at: progress),
            valueClipRange: try configuration.value(of: \.valueClipRange, at: progress),
            entropyCoefficient: try configuration.value(of: \.entropyCoefficient, at: progress),
            valueCoefficient: configuration.valueCoefficient, normalizeAdvantage: configuration.normalizeAdvantage)

        // δ_t and A_t of arXiv 1506.02438, equation 16 (detail 5).
        let estimates = rollout.advantages(discount: session.collector.discount, lambda: configuration.gaeLambda)

        // When every transition was acted upon the same row, the networks compute it once for a minibatch.
        let sharedRow = rollout.sharedObservation
        // The rollout's own policy, before the first step changes it.
        let old = try OldLogProbabilities(of: rollout, by: policy, numbers: ratioNumbers)
        var losses: [Loss] = []
        var gradientNorms: [Double] = []
        /// Losses before the epoch in progress.
        var epochStart = 0
        var epochs = 0
        var stoppedEarly = false
        epochs: for _ in 0..<configuration.epochs {
            epochs += 1
            epochStart = losses.count
            let order = session.minibatchStream.permutation(rollout.count)  // detail 6: shuffled minibatches
            for first in stride(from: 0, to: rollout.count, by: configuration.minibatchSize) {
                let transitions = order[first..<min(first + configuration.minibatchSize, rollout.count)]
                let output = try policy.forward(try sharedRow ?? rollout.observations(of: transitions))
                let loss = try PPO.loss(
                    of: output, logStandardDeviation: try policy.logStandardDeviation(), rollout: rollout,
                    old: old, estimates: estimates, transitions: transitions, settings: settings)
                losses.append(loss)

                // Early stopping by the approximate KL divergence, before the step that would take it further.
                if let target = targetKL, loss.approximateKL > 1.5 * target {
                    stoppedEarly = true
                    break epochs
                }

                // Detail 11: clipping by the global norm over all parameters.
                let norm = try policy.backward(loss.gradient).squareRoot()
                guard norm.isFinite else {
                    throw LearnerError.diverged(
                        learner: name, update: session.updates, quantity: "the gradient's norm", value: "\(norm)")
                }
                session.optimizerSteps += 1
                // Detail 3: Adam's ε.
                var step = configuration.adamStep(count: session.optimizerSteps, learningRate: learningRate)
                step.gradientScale = min(1, configuration.maxGradientNorm / (norm + 1e-6))
                policy.update(step)
                gradientNorms.append(norm)
            }
        }
        self.session = session

        var log = [LogKey.updates(Double(session.updates))] + rollout.log
        log += [
            LogKey.clippedPolicyLoss(mean(losses.map(\.policyLoss))),
            LogKey.valueLoss(mean(losses.map(\.valueLoss))),
            LogKey.entropy(mean(losses.map(\.entropy))),
            LogKey.approximateKL(mean(losses[epochStart...].map(\.approximateKL))),
            LogKey.clipFraction(mean(losses.map(\.clipFraction))),
            LogKey.explainedVariance(explainedVariance(values: rollout.values, returns: estimates.returns)),
            LogKey.gradientNorm(mean(gradientNorms)),
            LogKey.policyDeviation(try policy.meanStandardDeviation()),
            LogKey.epochs(Double(epochs)),
            LogKey.stoppedEarly(stoppedEarly ? 1 : 0),
            LogKey.learningRate(learningRate),
            LogKey.clipRange(settings.clipRange),
            LogKey.entropyCoefficient(settings.entropyCoefficient),
        ]
        if let range = settings.valueClipRange { log.append(LogKey.valueClipRange(range)) }
        return log
    }

    public func meanAction(_ observation: ObservationBatch) throws -> Tensor? {
        try begun().collector.meanAction(observation)
    }

    // MARK: State

    /// Everything a run changes.
    private struct Session {
        let collector: RolloutCollector
        var minibatchStream: RandomStream
        var updates = 0
        /// Adam steps, over all updates.
        var optimizerSteps = 0
    }

    private func begun() throws -> Session {
        guard let session else { throw LearnerError.notBegun(learner: name) }
        return session
    }

    public func snapshot() throws -> LearnerSnapshot {
        let session = try begun()
        var snapshot = try session.collector.snapshot()
        snapshot.integers["updates"] = session.updates
        snapshot.integers["optimizerSteps"] = session.optimizerSteps
        snapshot.streams["minibatch"] = session.minibatchStream
        return snapshot
    }

    public func restore(_ snapshot: LearnerSnapshot) throws {
        var session = try begun()
        try session.collector.restore(snapshot)
        session.updates = try snapshot.integer("updates")
        session.optimizerSteps = try snapshot.integer("optimizerSteps")
        session.minibatchStream = try snapshot.stream("minibatch")
        self.session = session
    }
}

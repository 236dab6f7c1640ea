internal import CKernels
public import RLEditTensor
public import RLEditWorlds

/// Proximal policy optimization (Schulman et al., arXiv 1707.06347) with a diagonal Gaussian policy.
///
/// Read from top to bottom: a rollout (`ask`, `tell`), its advantages, then epochs of minibatches of the clipped
/// objective. "Detail n" names an entry of Huang et al., *The 37 implementation details of proximal policy
/// optimization* (ICLR blog track, 2022); where implementations differ, this one does as Stable-Baselines3.
public final class PPO: Learner {
    public let name = "PPO"
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

    /// Begin with a policy of the caller's making.
    package func begin(_ problem: LearningProblem, policy: any Policy, pool: WorkerPool) throws {
        try configuration.validate()
        session = Session(
            policy: policy, pool: pool, discount: configuration.discount(horizon: problem.horizon),
            actionStream: problem.random.split("policy"), minibatchStream: problem.random.split("minibatch"),
            normalizer: configuration.normalizeObservation
                ? try ObservationNormalizer(features: problem.observationSize, clip: configuration.observationClip)
                : nil)
    }

    // MARK: 1. Rollout

    /// Sample a ~ N(μ(s), σ²). The action is not clamped, and its log-probability is of what was sampled: the
    /// environment clamps what it applies (as Stable-Baselines3 does).
    public func ask(_ observation: ObservationBatch, progress: Double) throws -> Tensor {
        var session = try begun()
        let environments = observation.environments
        guard observation.features == session.policy.observationSize else {
            throw LearnerError.sizeMismatch(
                learner: name, what: "features of an observation", expected: session.policy.observationSize,
                actual: observation.features)
        }
        if session.buffer == nil {
            session.buffer = RolloutBuffer(
                environments: environments, steps: max(1, configuration.effectiveRolloutLength / max(1, environments)),
                actionSize: session.policy.actionSize)
            session.rolloutProgress = progress
        }
        guard var buffer = session.buffer, !buffer.awaitsReward else {
            throw LearnerError.outOfTurn(learner: name, call: "ask", expected: "tell")
        }
        guard environments == buffer.environments else {
            throw LearnerError.sizeMismatch(
                learner: name, what: "environments within a rollout", expected: buffer.environments,
                actual: environments)
        }
        // Observations are normalised once, when seen: the update must see what the action was chosen for.
        try session.normalizer?.observe(observation)
        let seen = try session.normalizer?.normalize(observation) ?? observation
        let (rows, copies) = try seen.uniqueRows()
        let output = try session.policy.forward(rows)
        let gaussian = try DiagonalGaussian(logStandardDeviation: session.policy.logStandardDeviation())
        let (actions, logProbabilities) = try sample(
            gaussian, means: output.means, environments: environments,
            random: session.actionStream.split("ask", session.asks), pool: session.pool)
        let values = output.values.scalars
        try buffer.append(
            observation: seen, actions: actions, logProbabilities: logProbabilities,
            values: copies == 1 ? values : [Float](repeating: values[0], count: environments))
        session.asks += 1
        session.buffer = buffer
        self.session = session
        return actions
    }

    /// Take the rewards of the last actions; update when they complete a rollout.
    public func tell(_ outcome: StepBatch, progress: Double) throws -> [LoggedValue]? {
        var session = try begun()
        guard var buffer = session.buffer, buffer.awaitsReward else {
            throw LearnerError.outOfTurn(learner: name, call: "tell", expected: "ask")
        }
        for (what, actual) in [
            ("rewards", outcome.rewards.count), ("terminated flags", outcome.terminated.count),
            ("truncated flags", outcome.truncated.count),
        ] where actual != buffer.environments {
            throw LearnerError.sizeMismatch(
                learner: name, what: what, expected: buffer.environments, actual: actual)
        }
        if let environment = outcome.rewards.firstIndex(where: { !Float($0).isFinite }) {
            throw LearnerError.nonFiniteReward(
                learner: name, environment: environment, value: "\(outcome.rewards[environment])")
        }
        // Without a bootstrap at the horizon, a truncated step is as final as a terminated one.
        let terminated =
            configuration.bootstrapTruncated
            ? outcome.terminated : zip(outcome.terminated, outcome.truncated).map { $0 || $1 }
        buffer.complete(
            rewards: outcome.rewards.map { Float($0) }, terminated: terminated, truncated: outcome.truncated,
            nextValues: try nextValues(outcome, terminated: terminated, session: session))
        session.buffer = buffer
        self.session = session
        return buffer.isFull ? try update(buffer) : nil
    }

    /// V of what each step led to: of the final observation where an episode was cut, which a vector environment has
    /// already reset (detail 5 and Pardo et al., arXiv 1712.00378), of the next observation elsewhere.
    private func nextValues(_ outcome: StepBatch, terminated: [Bool], session: Session) throws -> [Float] {
        let environments = terminated.count
        var result = [Float](repeating: 0, count: environments)
        guard session.discount > 0 else { return result }
        let truncated = zip(terminated, outcome.truncated).map { !$0 && $1 }
        func fill(from observation: ObservationBatch, where isWanted: (Int) -> Bool) throws {
            let seen = try session.normalizer?.normalize(observation) ?? observation
            let (rows, copies) = try seen.uniqueRows()
            let values = try session.policy.forward(rows).values.scalars
            for environment in 0..<environments where isWanted(environment) {
                result[environment] = values[copies == 1 ? min(environment, values.count - 1) : 0]
            }
        }
        if truncated.contains(true) { try fill(from: outcome.finalObservation()) { truncated[$0] } }
        let continues = (0..<environments).map { !terminated[$0] && !outcome.truncated[$0] }
        if continues.contains(true) { try fill(from: outcome.observation) { continues[$0] } }
        return result
    }

    // MARK: 2. Advantages, 3. Epochs of minibatches

    private func update(_ rollout: RolloutBuffer) throws -> [LoggedValue] {
        var session = try begun()
        session.buffer = nil
        session.updates += 1
        // Detail 4: annealing. A rollout is learned from with the settings of the progress at which it began, so that
        // a rate that ends at 0 does not waste the last one.
        let scheduled = try configuration.scheduled(at: session.rolloutProgress)

        // δ_t and A_t of arXiv 1506.02438, equation 16 (detail 5).
        let estimates = generalizedAdvantages(
            environments: rollout.environments, rewards: rollout.rewards, values: rollout.values,
            nextValues: rollout.nextValues, terminated: rollout.terminated, truncated: rollout.truncated,
            discount: session.discount, lambda: configuration.gaeLambda)

        // When every transition was acted upon the same row, the networks compute it once for a minibatch.
        let sharedRow = rollout.sharedObservation
        var log = UpdateLog()
        epochs: for _ in 0..<configuration.epochs {
            log.beginEpoch()
            let order = session.minibatchStream.permutation(rollout.count)  // detail 6: shuffled minibatches
            for first in stride(from: 0, to: rollout.count, by: configuration.minibatchSize) {
                let transitions = order[first..<min(first + configuration.minibatchSize, rollout.count)]
                let output = try session.policy.forward(try sharedRow ?? rollout.observations(of: transitions))
                let loss = try PPO.loss(
                    of: output, logStandardDeviation: try session.policy.logStandardDeviation(), rollout: rollout,
                    estimates: estimates, transitions: transitions, settings: lossSettings(scheduled))
                log.add(loss)

                // Early stopping by the approximate KL divergence, before the step that would take it further.
                if let target = configuration.targetKL, loss.approximateKL > 1.5 * target {
                    log.stoppedEarly = true
                    break epochs
                }

                // Detail 11: clipping by the global norm over all parameters.
                let norm = try session.policy.backward(loss.gradient).squareRoot()
                guard norm.isFinite else {
                    throw LearnerError.diverged(
                        learner: name, update: session.updates, quantity: "the gradient's norm", value: "\(norm)")
                }
                session.optimizerSteps += 1
                var step = AdamStep(count: session.optimizerSteps, learningRate: scheduled.learningRate)
                step.beta1 = configuration.adamBeta1
                step.beta2 = configuration.adamBeta2
                step.epsilon = configuration.adamEpsilon  // detail 3
                step.gradientScale = min(1, configuration.maxGradientNorm / (norm + 1e-6))
                session.policy.update(step)
                log.gradientNorms.append(norm)
            }
        }
        self.session = session
        let deviation = try DiagonalGaussian(logStandardDeviation: session.policy.logStandardDeviation())
        return log.values(
            rollout: rollout, estimates: estimates, scheduled: scheduled,
            standardDeviation: deviation.standardDeviation, updates: session.updates)
    }

    private func lossSettings(_ scheduled: Configuration.Scheduled) -> LossSettings {
        LossSettings(
            clipRange: scheduled.clipRange, valueClipRange: scheduled.valueClipRange,
            entropyCoefficient: scheduled.entropyCoefficient, valueCoefficient: configuration.valueCoefficient,
            normalizeAdvantage: configuration.normalizeAdvantage)
    }

    public func meanAction(_ observation: ObservationBatch) throws -> Tensor? {
        let session = try begun()
        let seen = try session.normalizer?.normalize(observation) ?? observation
        let (rows, copies) = try seen.uniqueRows()
        let means = try session.policy.forward(rows).means
        if rows.shape[0] == observation.environments { return means }
        return try ObservationBatch.shared(means, environments: copies).rows()
    }

    // MARK: State

    /// Everything a run changes.
    private struct Session {
        let policy: any Policy
        let pool: WorkerPool
        let discount: Double
        /// Never drawn from: each `ask` draws from a split by its number.
        let actionStream: RandomStream
        var minibatchStream: RandomStream
        var normalizer: ObservationNormalizer?
        /// The rollout being collected; nil between an update and the next `ask`.
        var buffer: RolloutBuffer?
        /// Progress at the first `ask` of the rollout.
        var rolloutProgress = 0.0
        var asks = 0
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
        guard session.buffer?.awaitsReward != true else {
            throw LearnerError.outOfTurn(learner: name, call: "snapshot", expected: "tell")
        }
        var snapshot = LearnerSnapshot()
        try session.policy.save(in: &snapshot)
        session.normalizer?.save(in: &snapshot)
        try session.buffer?.save(in: &snapshot)
        snapshot.integers["rollout.isOpen"] = session.buffer == nil ? 0 : 1
        snapshot.numbers["rollout.progress"] = session.rolloutProgress
        snapshot.integers["asks"] = session.asks
        snapshot.integers["updates"] = session.updates
        snapshot.integers["optimizerSteps"] = session.optimizerSteps
        snapshot.streams["minibatch"] = session.minibatchStream
        return snapshot
    }

    public func restore(_ snapshot: LearnerSnapshot) throws {
        var session = try begun()
        try session.policy.load(from: snapshot)
        try session.normalizer?.load(from: snapshot)
        session.buffer =
            try snapshot.integer("rollout.isOpen") == 0
            ? nil
            : try RolloutBuffer(
                from: snapshot, features: session.policy.observationSize, actionSize: session.policy.actionSize)
        session.rolloutProgress = try snapshot.number("rollout.progress")
        session.asks = try snapshot.integer("asks")
        session.updates = try snapshot.integer("updates")
        session.optimizerSteps = try snapshot.integer("optimizerSteps")
        session.minibatchStream = try snapshot.stream("minibatch")
        self.session = session
    }
}

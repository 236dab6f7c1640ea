public import RLEditNN
public import RLEditTensor

/// An edit task before anyone tries to solve it: what may change, on what it is judged, and how.
public struct EditProblem {
    /// The unedited network; never changed.
    public var network: Network
    /// Names of the edited layers, in the order of the action.
    public var layers: [String]
    /// Sets the reward may read.
    public var sets: [NamedSet]
    public var world: any EditWorld
    public var observer: any Observer
    /// Steps of an episode; the edits of its steps accumulate.
    public var horizon: Int
    public var reward: any RewardFunction
    /// What becomes of a candidate without a valid reward.
    public var invalidRewards: InvalidRewardRule
    /// Most bytes of what enters the edited layers that are kept between evaluations.
    public var prefixLimit: Int

    public init(
        network: Network, layers: [String], sets: [NamedSet], world: any EditWorld,
        observer: any Observer = StandardizedWeights(), horizon: Int = 1, reward: any RewardFunction,
        invalidRewards: InvalidRewardRule = .stop, prefixLimit: Int = Evaluator.defaultPrefixBytes
    ) {
        self.network = network
        self.layers = layers
        self.sets = sets
        self.world = world
        self.observer = observer
        self.horizon = horizon
        self.reward = reward
        self.invalidRewards = invalidRewards
        self.prefixLimit = prefixLimit
    }

    /// What measures candidates on the sets.
    /// - Throws: ``WorldError`` naming the layer or set at fault.
    public func makeEvaluator(pool: WorkerPool) throws -> Evaluator {
        try Evaluator(
            network: network, layers: layers, includingBias: world.editsBias, sets: sets, prefixLimit: prefixLimit,
            pool: pool)
    }
}

/// What one step did in each environment: for logs, rewards' terms and the best candidate.
public struct StepRecord {
    /// Actions as they were applied, clamped, `[environments, actionSize]`.
    public let actions: Tensor
    /// The edits and what was measured of them; nil where a candidate is a policy that is tried on several networks.
    public let batch: EvaluationBatch?
    /// Of a candidate that was tried on several networks, means over them; invalid if it was so on one.
    public let rewards: [Reward]
    /// Edited networks that the step had measured when each reward was known.
    public let evaluations: [Int]
    /// Episode of each environment, from 1.
    public let episodes: [Int]
    /// Step within the episode, from 1.
    public let steps: [Int]

    package init(
        actions: Tensor, batch: EvaluationBatch?, rewards: [Reward], evaluations: [Int]? = nil, episodes: [Int],
        steps: [Int]
    ) {
        self.actions = actions
        self.batch = batch
        self.rewards = rewards
        self.evaluations = evaluations ?? rewards.indices.map { $0 + 1 }
        self.episodes = episodes
        self.steps = steps
    }
}

/// Episodes of editing one network, stepped side by side.
///
/// The state of an episode is the accumulated edit of each layer; the observation is made of the edited weights; the
/// reward is that of the edited network. An episode ends truncated at the horizon, or terminated when the reward says
/// so, and the next one starts from the unedited weights.
public final class EditEnvironment: VectorEnvironment {
    public let environments: Int
    public let observationSize: Int
    public let actionSize: Int
    public let horizon: Int
    /// The evaluator and what the reward has read so far.
    public let source: MetricSource
    /// Share of the run's budget spent, 0 … 1, set by whoever runs the loop: schedules and rewards may read it.
    public var progress = 0.0
    /// The step that the reward ended with an error: its record has the rewards of the candidates before that one only.
    public private(set) var unfinished: StepRecord?
    /// Who judges, and the lowest reward so far.
    public let rewardJudge: RewardJudge

    private let world: any BoundWorld
    private let observer: any Observer
    private let pool: WorkerPool
    private let baseObservation: Tensor
    var episodes: [Episode] = []
    /// Episodes begun so far: the number of the youngest.
    var episodesBegun = 0

    /// A running episode; its whole state is what it has done to the layers.
    struct Episode {
        var edits: [LayerEdit]
        /// From 1, in the order in which episodes began.
        var number: Int
        /// Steps done.
        var steps = 0
    }

    /// - Parameters:
    ///   - environments: episodes that run side by side, at least 1.
    ///   - random: the run's root stream (the sign offset is drawn from it).
    /// - Throws: ``WorldError``.
    public init(_ problem: EditProblem, environments: Int, pool: WorkerPool, random: RandomStream) throws {
        guard problem.horizon >= 1 else {
            throw WorldError.invalidSetting(
                owner: problem.world.name, field: "horizon", message: "must be at least 1, got \(problem.horizon)")
        }
        guard environments >= 1 else {
            throw WorldError.invalidSetting(
                owner: problem.world.name, field: "environments", message: "must be at least 1, got \(environments)")
        }
        let evaluator = try problem.makeEvaluator(pool: pool)
        source = MetricSource(evaluator: evaluator)
        world = try problem.world.bind(to: evaluator.layers, random: random)
        observer = problem.observer
        rewardJudge = RewardJudge(problem.reward, rule: problem.invalidRewards)
        horizon = problem.horizon
        self.pool = pool
        self.environments = environments
        actionSize = world.actionSize
        observationSize = observer.size(for: evaluator.layers)
        baseObservation = try Tensor(shape: [observationSize]) { [observer] features in
            observer.observe(evaluator.layers.map(\.base), of: evaluator.layers, into: features)
        }
    }

    public var evaluator: Evaluator { source.evaluator }

    /// Begins new episodes in all environments.
    /// - Parameter seed: changes nothing, since an episode starts from the unedited weights and draws nothing.
    public func reset(seed: UInt64 = 0) throws -> ObservationBatch {
        episodes = (0..<environments).map { _ in begin() }
        return .shared(baseObservation, environments: environments)
    }

    /// - Throws: ``WorldError``, or what the world or the reward throws; then no episode has moved.
    public func step(_ actions: Tensor) throws -> StepBatch {
        guard episodes.count == environments else { throw WorldError.notReset }
        unfinished = nil
        // 1. Actions become candidate edits, each on top of its own episode's.
        let clamped = try clamp(actions, count: environments)
        let candidates = try edits(from: clamped, onto: episodes.map(\.edits))
        // 2. All candidates are measured, spread over the workers.
        let batch = try source.evaluate(candidates)
        // 3. The reward judges them in order.
        let (numbers, steps) = (episodes.map(\.number), episodes.map { $0.steps + 1 })
        let rewards: [Reward]
        do { rewards = try judge(batch, episodes: numbers, steps: steps) } catch {
            unfinished = StepRecord(
                actions: clamped, batch: batch, rewards: rewardJudge.judged, episodes: numbers, steps: steps)
            throw error
        }
        // 4. Episodes move on; ended ones start over.
        let terminated = rewards.map(\.terminated)
        let truncated = zip(steps, terminated).map { $0 >= horizon && !$1 }
        for index in episodes.indices {
            if terminated[index] || truncated[index] {
                episodes[index] = begin()
            } else {
                episodes[index].edits = candidates[index]
                episodes[index].steps = steps[index]
            }
        }
        let final = EditObservations(
            edits: candidates, layers: evaluator.layers, observer: observer, size: observationSize, pool: pool)
        return StepBatch(
            rewards: rewards.map(\.value), terminated: terminated, truncated: truncated, observation: try observe(),
            finalObservation: { .distinct(try final.rows()) },
            record: StepRecord(actions: clamped, batch: batch, rewards: rewards, episodes: numbers, steps: steps))
    }

    /// Judges actions from the unedited weights, without any effect on the running episodes.
    /// - Parameter actions: `[count, actionSize]`.
    public func evaluate(_ actions: Tensor) throws -> StepRecord {
        let count = actions.shape.first ?? 0
        let clamped = try clamp(actions, count: count)
        let unedited = evaluator.layers.map { _ in LayerEdit.unchanged }
        let candidates = try edits(from: clamped, onto: Array(repeating: unedited, count: count))
        let batch = try source.evaluate(candidates)
        let ones = Array(repeating: 1, count: count)
        let episodes = Array(repeating: max(episodesBegun, 1), count: count)
        return StepRecord(
            actions: clamped, batch: batch, rewards: try judge(batch, episodes: episodes, steps: ones),
            episodes: episodes, steps: ones)
    }

    /// Judges the states of one episode, without any effect on the running episodes.
    /// - Parameter states: the edits after its first step, its second, ….
    public func judge(episode states: [[LayerEdit]]) throws -> [Reward] {
        try judge(
            source.evaluate(states), episodes: Array(repeating: max(episodesBegun, 1), count: states.count),
            steps: states.indices.map { $0 + 1 }, isRemembered: false)
    }

    /// The edit an action makes of given edits: one step for one environment.
    public func apply(_ action: Tensor, to current: [LayerEdit]) throws -> [LayerEdit] {
        // Both are checked here: a caller may bring any edits, and nothing measures what the world makes of them.
        try evaluator.requireFit(current)
        let clamped = try clamp(action.reshaped([1, action.count]), count: 1)
        let edits = try edits(from: clamped, onto: [current])[0]
        try evaluator.requireFit(edits)
        return edits
    }

    /// The observation of given edits, `[observationSize]`.
    public func observation(of edits: [LayerEdit]) throws -> Tensor {
        let final = EditObservations(
            edits: [edits], layers: evaluator.layers, observer: observer, size: observationSize, pool: pool)
        return try final.rows().reshaped([observationSize])
    }

    // MARK: - Parts of a step

    private func begin() -> Episode {
        episodesBegun += 1
        return Episode(edits: evaluator.layers.map { _ in .unchanged }, number: episodesBegun)
    }

    /// Actions clamped to [−1, 1].
    private func clamp(_ actions: Tensor, count: Int) throws -> Tensor {
        guard actions.rank == 2, actions.shape[1] == actionSize else {
            throw WorldError.actionSize(
                expected: actionSize, actual: actions.rank == 2 ? actions.shape[1] : actions.count)
        }
        guard actions.shape[0] == count else {
            throw WorldError.actionCount(expected: count, actual: actions.shape[0])
        }
        var clamped = actions
        try clamped.withUnsafeMutableBufferPointer { buffer in
            for index in buffer.indices {
                guard buffer[index].isFinite else { throw WorldError.actionNotFinite(index: index % actionSize) }
                buffer[index] = min(max(buffer[index], -1), 1)
            }
        }
        return clamped
    }

    /// Edits that may not fit their layers, since a world may be a script's own. The evaluator checks them before it
    /// measures them.
    /// - Parameter current: edits that fit their layers.
    private func edits(from actions: Tensor, onto current: [[LayerEdit]]) throws -> [[LayerEdit]] {
        try actions.withUnsafeBufferPointer { buffer in
            try current.indices.map { index in
                let action = UnsafeBufferPointer(rebasing: buffer[index * actionSize..<(index + 1) * actionSize])
                let edits = try world.apply(action, to: current[index], progress: progress)
                // NaN and infinity go no further.
                for (edit, layer) in zip(edits, evaluator.layers) { try edit.requireFinite(layer) }
                return edits
            }
        }
    }

    private func judge(
        _ batch: EvaluationBatch, episodes: [Int], steps: [Int], isRemembered: Bool = true
    ) throws -> [Reward] {
        try rewardJudge.judge(
            batch, base: source.base(), steps: steps, episodes: episodes, progress: progress,
            isRemembered: isRemembered)
    }

    /// What the environments show now.
    func observe() throws -> ObservationBatch {
        if episodes.allSatisfy({ $0.steps == 0 }) { return .shared(baseObservation, environments: environments) }
        let rows = EditObservations(
            edits: episodes.map(\.edits), layers: evaluator.layers, observer: observer, size: observationSize,
            pool: pool)
        return .distinct(try rows.rows())
    }
}

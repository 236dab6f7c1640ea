public import RLEditCore

/// What a candidate is worth: one number to maximize, and its named parts for the log.
public struct Reward: Sendable, Equatable {
    public var value: Double
    /// Named terms in the order in which the log shows them.
    public var terms: [NamedNumber]
    /// True when the episode has reached its goal and nothing should follow.
    public var terminated: Bool
    /// True when the reward function gave no valid reward and the candidate counts as the worst so far.
    public var isInvalid = false

    public init(_ value: Double, terms: [NamedNumber] = [], terminated: Bool = false) {
        self.value = value
        self.terms = terms
        self.terminated = terminated
    }
}

/// One candidate as its reward sees it.
public struct RewardContext {
    /// Measurements of all candidates of this step.
    public let batch: EvaluationBatch
    /// Which of them this is.
    public let candidate: Int
    /// The unedited network's measurements.
    public let base: EvaluationBatch
    /// Step within the episode, from 1.
    public let step: Int
    /// Episode within the run, from 1.
    public let episode: Int
    /// Share of the run's budget spent before this step, 0 … 1.
    public let progress: Double

    package init(
        batch: EvaluationBatch, candidate: Int, base: EvaluationBatch, step: Int, episode: Int, progress: Double
    ) {
        self.batch = batch
        self.candidate = candidate
        self.base = base
        self.step = step
        self.episode = episode
        self.progress = progress
    }

    /// A metric of this candidate on the set of this index.
    public func value(_ metric: Metric, set: Int) throws -> Double {
        try batch.value(metric, candidate: candidate, set: set)
    }
}

/// Judges candidates. Called in candidate order on the thread that runs the loop, since a script may supply it.
public protocol RewardFunction: AnyObject {
    func reward(_ context: RewardContext) throws -> Reward
}

extension RewardFunction {
    /// The reward of a candidate, every number of it finite.
    /// - Throws: ``WorldError/rewardNotFinite(value:episode:step:)``,
    ///   ``WorldError/rewardTermNotFinite(term:value:episode:step:)``, or what the reward throws.
    package func finiteReward(_ context: RewardContext) throws -> Reward {
        let reward = try reward(context)
        guard reward.value.isFinite else {
            throw WorldError.rewardNotFinite(value: reward.value, episode: context.episode, step: context.step)
        }
        if let term = reward.terms.first(where: { !$0.value.isFinite }) {
            throw WorldError.rewardTermNotFinite(
                term: term.name, value: term.value, episode: context.episode, step: context.step)
        }
        return reward
    }
}

/// A reward given as a Swift closure.
public final class ClosureReward: RewardFunction {
    private let body: (RewardContext) throws -> Reward
    public init(_ body: @escaping (RewardContext) throws -> Reward) { self.body = body }
    public func reward(_ context: RewardContext) throws -> Reward { try body(context) }
}

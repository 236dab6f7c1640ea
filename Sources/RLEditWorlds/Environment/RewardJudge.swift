/// What becomes of a candidate without a valid reward: its reward function raises, or gives no finite number.
public enum InvalidRewardRule: String, Sendable, CaseIterable {
    /// The run ends with the error.
    case stop
    /// The candidate counts as the worst so far, and the run goes on.
    case worst
}

/// An error that may say that a candidate has no valid reward.
public protocol InvalidRewardError: Error {
    /// False for what only came through the reward, for example memory that has run out.
    var isInvalidReward: Bool { get }
}

extension WorldError: InvalidRewardError {
    public var isInvalidReward: Bool {
        switch self {
        case .rewardNotFinite, .rewardTermNotFinite, .noValidReward: true
        default: false
        }
    }
}

/// Judges the candidates of a batch in their order, and applies the rule for those without a valid reward.
///
/// Used from the thread of the run only. A class without exclusive access: a script's reward may call back.
public final class RewardJudge {
    public let reward: any RewardFunction
    public let rule: InvalidRewardRule
    /// The lowest valid reward of all batches so far; nil before the first.
    public private(set) var worst: Double?
    /// Rewards of the candidates before the one that ended the last call with an error.
    public private(set) var judged: [Reward] = []
    /// Why the first candidate without a valid reward had none; nil as long as all had one.
    public private(set) var firstFault: String?

    public init(_ reward: any RewardFunction, rule: InvalidRewardRule = .stop) {
        self.reward = reward
        self.rule = rule
    }

    /// Goes on from a saved state.
    package func restore(worst: Double?) { self.worst = worst }

    /// - Parameters:
    ///   - steps: step of each candidate within its episode, from 1.
    ///   - episodes: episode of each candidate, from 1.
    ///   - isRemembered: whether ``worst`` takes note; false for what is judged beside the learner's own candidates.
    /// - Returns: a reward for each candidate. One without a valid reward gets the lowest of all batches so far, this one
    ///   included.
    /// - Throws: ``WorldError`` or what the reward throws; with the rule `worst`
    ///   ``WorldError/noValidReward(candidates:reason:)`` when no candidate has had a valid one yet.
    package func judge(
        _ batch: EvaluationBatch, base: EvaluationBatch, steps: [Int], episodes: [Int], progress: Double,
        isRemembered: Bool = true
    ) throws -> [Reward] {
        var rewards: [Reward?] = []
        judged = []
        do {
            for candidate in 0..<batch.count {
                rewards.append(
                    try validReward(
                        RewardContext(
                            batch: batch, candidate: candidate, base: base, step: steps[candidate],
                            episode: episodes[candidate], progress: progress)))
            }
        } catch {
            judged = rewards.map { $0 ?? .invalid }
            throw error
        }
        let lowest = ([worst] + rewards.map { $0?.value }).compactMap { $0 }.min()
        guard let lowest else {
            guard let firstFault else { return [] }
            throw WorldError.noValidReward(candidates: batch.count, reason: firstFault)
        }
        if isRemembered { worst = lowest }
        return rewards.map { reward in
            if let reward { return reward }
            var invalid = Reward.invalid
            invalid.value = lowest
            return invalid
        }
    }

    /// nil for an invalid reward that the rule lets pass.
    private func validReward(_ context: RewardContext) throws -> Reward? {
        do { return try reward.finiteReward(context) } catch let error as any InvalidRewardError
            where rule == .worst && error.isInvalidReward
        {
            firstFault = firstFault ?? "\(error)"
            return nil
        }
    }
}

extension Reward {
    fileprivate static var invalid: Reward {
        var reward = Reward(-.infinity)
        reward.isInvalid = true
        return reward
    }
}

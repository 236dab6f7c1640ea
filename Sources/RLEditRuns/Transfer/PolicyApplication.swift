internal import RLEditCore
public import RLEditLearners
public import RLEditTensor
public import RLEditWorlds

/// Applying a policy to a pair: at once, or refined by a few evaluations of a reward.
public struct PolicyApplication {
    /// How evaluations are spent.
    public enum Search: String, CaseIterable, Sendable {
        /// On the scale of every step: what the policy says, and N − 1 points evenly in ratios from a quarter to four times that.
        case scale
        /// On the directions: the policy's own edit, and N − 1 with normal noise on the factors of every step.
        case samples
    }

    /// The edit of each layer after each step of the policy.
    public let course: [[LayerEdit]]
    /// The edit of each layer at the end.
    public var edits: [LayerEdit] { course.last ?? [] }
    /// Reward of that edit; nil when none was asked for.
    public let reward: Double?
    /// Evaluations of the reward that were spent.
    public let evaluations: Int

    /// Deviation of the noise of `samples`, relative to the root mean square of a factor.
    static let sampleDeviation: Float = 0.3
    /// `scale` goes from 1/4 to 4.
    static let scaleReach = 4.0

    /// Zero-shot: what the policy says.
    /// - Parameters:
    ///   - members: the policy, or several whose edits are averaged.
    ///   - episode: what the policy sees; by default all examples of the pair.
    public init(_ members: [UnitPolicyNetwork], to pair: EditPair, episode: Episode? = nil) throws {
        try self.init(members, in: episode ?? pair.episodes.whole)
    }

    /// The same without a pair.
    public init(_ members: [UnitPolicyNetwork], in episode: Episode) throws {
        course = try episode.course { PolicyApplication.factors(members, $0) }
        reward = nil
        evaluations = 0
    }

    /// The best of at most `count` candidates around what the policy says, by a reward.
    /// - Parameters:
    ///   - members: the policy, or several whose edits are averaged.
    ///   - count: evaluations of the reward, at least 1; the first is of the policy's own edit.
    ///   - invalidRewards: with `worst`, a candidate without a valid reward is passed over.
    ///   - random: for `samples`.
    /// - Throws: what the reward throws.
    public init(
        _ members: [UnitPolicyNetwork], to pair: EditPair, refining count: Int, by search: Search,
        reward: any RewardFunction, invalidRewards: InvalidRewardRule = .stop, random: RandomStream
    ) throws {
        let seen = pair.episodes.whole
        let candidates = try (0..<max(count, 1)).map { index in
            var stream = random.split("refine", index)
            return try seen.course {
                PolicyApplication.candidate(PolicyApplication.factors(members, $0), index, of: count, search, &stream)
            }
        }
        let judge = RewardJudge(reward, rule: invalidRewards)
        var rewards: [Reward] = []
        do { rewards = try pair.judge(candidates.map { $0.last ?? [] }, by: judge) } catch WorldError.noValidReward {
            // None is better than the policy's own.
        }
        let valid = rewards.indices.filter { !rewards[$0].isInvalid }
        // The policy's own edit wins a tie.
        let best = valid.reduce(valid.first ?? 0) { rewards[$1].value > rewards[$0].value ? $1 : $0 }
        course = candidates[best]
        self.reward = valid.isEmpty ? nil : rewards[best].value
        evaluations = candidates.count
    }

    /// By layer, then by policy.
    private static func factors(_ members: [UnitPolicyNetwork], _ seen: [UnitFeatures]) -> [[UnitFactors]] {
        seen.map { features in members.map { $0.factors(for: features) } }
    }

    private static func candidate(
        _ own: [[UnitFactors]], _ index: Int, of count: Int, _ search: Search, _ stream: inout RandomStream
    ) -> [[UnitFactors]] {
        guard index > 0 else { return own }
        func each(_ change: (UnitFactors) -> UnitFactors) -> [[UnitFactors]] { own.map { $0.map(change) } }
        switch search {
        case .scale:
            let step = logScales(count)[index - 1]
            return each { UnitFactors(outputs: $0.outputs, inputs: $0.inputs, logScale: $0.logScale + step) }
        case .samples:
            func noisy(_ values: [Float]) -> [Float] {
                let square = values.reduce(0) { $0 + $1 * $1 } / Float(max(values.count, 1))
                let deviation = sampleDeviation * square.squareRoot()
                return values.map { $0 + deviation * stream.normal() }
            }
            return each {
                UnitFactors(outputs: noisy($0.outputs), inputs: noisy($0.inputs), logScale: $0.logScale)
            }
        }
    }

    /// Logarithms of what the scale is multiplied by, without 1: `count` − 1 of them, evenly from −log 4 to log 4.
    static func logScales(_ count: Int) -> [Double] {
        let others = count - 1
        let reach = PortableMath.log(scaleReach)
        if others == 1 { return [-reach / 2] }
        return (0..<others).map { place in
            let share = 2 * Double(place) / Double(others - 1) - 1
            // An odd number of points includes 0, the policy's own scale: it moves by half a step.
            return (share == 0 ? 1 / Double(others) : share) * reach
        }
    }

    /// The reward where the user gives none: ½(accuracy + probability of the label) of the retain set, + 1 − the same of
    /// the forget set.
    public static func standardReward(forget: Int, retain: Int) -> any RewardFunction {
        ClosureReward { context in
            func half(_ set: Int) throws -> Double {
                try (context.value(.accuracy, set: set) + context.value(.trueProbability, set: set)) / 2
            }
            return Reward(try half(retain) + 1 - half(forget))
        }
    }
}

public import RLEditCore

/// One line of `metrics.jsonl`: what one update of the learner saw and did. Holds deterministic values only.
///
/// `docs/reference/learners.md` explains each name.
public struct UpdateRecord: Sendable, Equatable {
    /// Number of the update, from 1.
    public var update: Int
    /// Candidates evaluated so far.
    public var evaluations: Int
    /// Share of the budget spent, in [0, 1].
    public var progress: Double
    /// Rewards of this update's candidates.
    public var reward: RewardStatistics
    /// Best reward of the run so far.
    public var bestReward: Double
    /// Mean over this update's candidates of each term the reward function named, in its order.
    public var terms: [NamedNumber]
    /// What the learner logs, for example `policy_loss`, `approximate_kl`, `learning_rate`.
    public var learner: [NamedNumber]
    /// This update's candidates without a valid reward, each counted as the worst so far.
    public var invalidRewards: Int

    public init(
        update: Int, evaluations: Int, progress: Double, reward: RewardStatistics, bestReward: Double,
        terms: [NamedNumber] = [], learner: [NamedNumber] = [], invalidRewards: Int = 0
    ) {
        self.update = update
        self.evaluations = evaluations
        self.progress = progress
        self.reward = reward
        self.bestReward = bestReward
        self.terms = terms
        self.learner = learner
        self.invalidRewards = invalidRewards
    }
}

/// How the rewards of one update are spread.
public struct RewardStatistics: Sendable, Equatable {
    public var mean: Double
    public var minimum: Double
    /// Quantile 0.1, linear between order statistics.
    public var lowerDecile: Double
    public var median: Double
    /// Quantile 0.9.
    public var upperDecile: Double
    public var maximum: Double

    public init(
        mean: Double, minimum: Double, lowerDecile: Double, median: Double, upperDecile: Double, maximum: Double
    ) {
        self.mean = mean
        self.minimum = minimum
        self.lowerDecile = lowerDecile
        self.median = median
        self.upperDecile = upperDecile
        self.maximum = maximum
    }

    /// nil when there are no rewards. The mean is summed in the order given, so it is the same on every run.
    public init?(_ rewards: [Double]) {
        guard !rewards.isEmpty else { return nil }
        let sorted = rewards.sorted()
        func quantile(_ share: Double) -> Double {
            let place = share * Double(sorted.count - 1)
            let low = Int(place)
            let high = min(low + 1, sorted.count - 1)
            return sorted[low] + (sorted[high] - sorted[low]) * (place - Double(low))
        }
        self.init(
            mean: rewards.reduce(0, +) / Double(rewards.count), minimum: quantile(0), lowerDecile: quantile(0.1),
            median: quantile(0.5), upperDecile: quantile(0.9), maximum: quantile(1))
    }
}

extension UpdateRecord {
    /// Without `invalid_rewards` where there is none.
    public var json: JSONValue {
        var object: JSONObject = [
            "update": .integer(update), "evaluations": .integer(evaluations), "progress": .number(progress),
            "reward": [
                "mean": .number(reward.mean), "min": .number(reward.minimum), "q10": .number(reward.lowerDecile),
                "median": .number(reward.median), "q90": .number(reward.upperDecile), "max": .number(reward.maximum),
            ],
            "best_reward": .number(bestReward), "terms": .object(JSONObject(terms)),
            "learner": .object(JSONObject(learner)),
        ]
        if invalidRewards > 0 { object["invalid_rewards"] = .integer(invalidRewards) }
        return .object(object)
    }

    /// nil when the line is of another kind. A number that was not finite reads as NaN.
    public init?(json: JSONValue) {
        guard let update = json["update"]?.integer, let evaluations = json["evaluations"]?.integer,
            let reward = json["reward"]
        else { return nil }
        func number(_ value: JSONValue?) -> Double { value?.double ?? .nan }
        self.init(
            update: update, evaluations: evaluations, progress: number(json["progress"]),
            reward: RewardStatistics(
                mean: number(reward["mean"]), minimum: number(reward["min"]), lowerDecile: number(reward["q10"]),
                median: number(reward["median"]), upperDecile: number(reward["q90"]), maximum: number(reward["max"])),
            bestReward: number(json["best_reward"]), terms: (json["terms"]?.object).map([NamedNumber].init) ?? [],
            learner: (json["learner"]?.object).map([NamedNumber].init) ?? [],
            invalidRewards: json["invalid_rewards"]?.integer ?? 0)
    }

    /// All updates of a `metrics.jsonl`. A last line that a kill cut short is left out.
    public static func read(_ path: String) throws(FileError) -> [UpdateRecord] {
        try FileSystem.read(path).split(separator: 0x0A).compactMap { line in
            (try? JSONValue(parsing: Array(line))).flatMap(UpdateRecord.init(json:))
        }
    }

    /// Evaluations a second from the first update to the last: loading and training of networks do not count.
    /// - Parameters:
    ///   - updates: of a run.
    ///   - path: of its `timing.jsonl`, whose seconds begin again where the run was resumed.
    /// - Returns: nil for a file that does not go with the updates, or less than two of them.
    static func rate(_ updates: [UpdateRecord], timing path: String) -> Double? {
        guard let bytes = try? FileSystem.read(path) else { return nil }
        let seconds = bytes.split(separator: 0x0A).compactMap {
            (try? JSONValue(parsing: Array($0)))?["seconds"]?.double
        }
        guard seconds.count == updates.count else { return nil }
        var (evaluations, taken) = (0, 0.0)
        for (index, span) in zip(seconds, seconds.dropFirst()).map({ $1 - $0 }).enumerated() where span > 0 {
            evaluations += updates[index + 1].evaluations - updates[index].evaluations
            taken += span
        }
        return taken > 0 ? Double(evaluations) / taken : nil
    }
}

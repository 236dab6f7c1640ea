internal import RLEditCore
internal import RLEditWorlds

/// Rewards and terms of the candidates since the last update of a learner.
struct UpdateTally {
    private var rewards: [Double] = []
    private var terms = TermMeans()
    private var invalid = 0

    var isEmpty: Bool { rewards.isEmpty }

    mutating func add(_ reward: Reward) {
        rewards.append(reward.value)
        terms.add(reward.terms)
        if reward.isInvalid { invalid += 1 }
    }

    /// What the update saw, and an empty tally; nil when there was nothing.
    mutating func take() -> (statistics: RewardStatistics, terms: [NamedNumber], invalid: Int)? {
        guard let statistics = RewardStatistics(rewards) else { return nil }
        defer {
            rewards.removeAll(keepingCapacity: true)
            terms = TermMeans()
            invalid = 0
        }
        return (statistics, terms.means, invalid)
    }
}

/// Means of named reward terms, in the order in which they first appear.
private struct TermMeans {
    private var sums: [(name: String, sum: Double, count: Int)] = []

    mutating func add(_ terms: [NamedNumber]) {
        for term in terms {
            if let index = sums.firstIndex(where: { $0.name == term.name }) {
                sums[index].sum += term.value
                sums[index].count += 1
            } else {
                sums.append((term.name, term.value, 1))
            }
        }
    }

    var means: [NamedNumber] { sums.map { NamedNumber($0.name, $0.sum / Double($0.count)) } }
}

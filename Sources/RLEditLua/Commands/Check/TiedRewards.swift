internal import RLEditRuns
internal import RLEditWorlds

/// Whether the rewards of random candidates tell them apart, and what would.
///
/// A learner ranks candidates, or weighs them by their rewards. It learns nothing from candidates of equal reward. A dense
/// reward matters more than the learner.
enum TiedRewards {
    /// A softer measure of the same examples is proposed when at least this share of candidates share their reward.
    private static let leastTied = 0.5

    /// - Parameters:
    ///   - records: judged candidates, with their measurements.
    ///   - read: what the reward reads, beside which measures are looked for.
    /// - Returns: nil where most rewards differ, and where all are equal, which is another finding.
    static func finding(_ records: [StepRecord], read: MetricSelection) throws -> String? {
        let rewards = records.flatMap(\.rewards).filter { !$0.isInvalid }.map(\.value)
        let counts = Dictionary(grouping: rewards) { $0 }.mapValues(\.count)
        let tied = counts.values.filter { $0 > 1 }.reduce(0, +)
        guard counts.count > 1, Double(tied) >= leastTied * Double(rewards.count) else { return nil }
        let softer = try softerMeasures(records, read: read)
        return "\(tied) of \(rewards.count) random candidates share their reward with others (\(counts.count) "
            + "different rewards): a learner sees no difference between these" + (softer.isEmpty ? "" : "; \(softer)")
    }

    /// `'retain.loss' takes 32 values where 'retain.accuracy' takes 9`, for each set that the reward reads coarsely.
    private static func softerMeasures(_ records: [StepRecord], read: MetricSelection) throws -> String {
        let batches = records.compactMap(\.batch)
        func different(_ metric: Metric, set: Int) throws -> Int {
            Set(
                try batches.flatMap { batch in
                    try (0..<batch.count).map { try batch.value(metric, candidate: $0, set: set) }
                }
            ).count
        }
        let names = batches.first?.setNames ?? []
        return try names.indices.compactMap { set -> String? in
            guard read.contains(Metric.accuracy, set: set) else { return nil }
            let coarse = try different(.accuracy, set: set)
            let finer = try [Metric.loss, .trueProbability, .margin].filter { !read.contains($0, set: set) }
                .map { (name: SetMetric.plain($0).name, values: try different($0, set: set)) }
                .filter { $0.values > coarse }
            guard let most = finer.map(\.values).max() else { return nil }
            let best = finer.filter { $0.values == most }.map { "'\(names[set]).\($0.name)'" }
            return "\(best.joined(separator: ", ")) \(best.count == 1 ? "takes" : "take") \(most) different values "
                + "where '\(names[set]).accuracy' takes \(coarse)"
        }.joined(separator: "; ")
    }
}

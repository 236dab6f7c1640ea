public import RLEditCore
public import RLEditData
public import RLEditNN
public import RLEditTensor

/// The accuracy of the group of a set that a network serves worst, with an interval from the percentile bootstrap (Efron
/// and Tibshirani 1993): examples are drawn with replacement, and the worst group is found again each time.
public struct WorstGroup: Configurable, Sendable {
    public var resamples = 1000
    public var level = 0.95

    public init() {}

    public var owner: String { "worst_group" }

    public var settings: [Setting<Self>] {
        [
            .integer("resamples", \.resamples, .count(upTo: 1_000_000), "times that as many examples are drawn"),
            .number("level", \.level, .unit, "share of the resamples within the interval"),
        ]
    }

    public struct Found: Sendable, Equatable {
        public let group: String
        /// 0 … 1
        public let accuracy: Double
        /// Ends of the interval.
        public let low: Double
        public let high: Double
    }

    /// - Parameter examples: with groups. A group without examples counts nowhere.
    public func find(
        _ network: Network, on examples: ExampleSet, seed: UInt64, pool: WorkerPool? = nil
    ) throws -> Found {
        try validate()
        try network.requireClassifier([("set", examples)])
        guard let groups = examples.groups, groups.counts.contains(where: { $0 > 0 }) else {
            throw BaselineError.unsuitableSet("set", reason: "has no groups with examples")
        }
        let scores = try network.scores(of: examples, pool: pool, passes: PassCounter())
        let isRight = zip(PredictedClass.ofRows(scores), examples.labels).map { $0 == $1 }
        let memberships = isRight.indices.map { groups.groups(of: $0) }
        func worst(_ rows: some Sequence<Int>) -> (group: Int, accuracy: Double)? {
            var counts = groups.names.map { _ in (right: 0, all: 0) }
            for row in rows {
                for group in memberships[row] {
                    counts[group].all += 1
                    if isRight[row] { counts[group].right += 1 }
                }
            }
            return counts.indices.filter { counts[$0].all > 0 }
                .map { (group: $0, accuracy: Double(counts[$0].right) / Double(counts[$0].all)) }
                .min { $0.accuracy < $1.accuracy }
        }
        guard let found = worst(isRight.indices) else {
            throw BaselineError.unsuitableSet("set", reason: "has no groups with examples")
        }
        var stream = RandomStream(seed: seed, name: "worst group")
        var drawn: [Double] = []
        for _ in 0..<resamples {
            let rows = isRight.indices.map { _ in stream.index(below: isRight.count) }
            // None of a sparse set's groups may have been drawn.
            if let resampled = worst(rows) { drawn.append(resampled.accuracy) }
        }
        drawn = drawn.isEmpty ? [found.accuracy] : drawn.sorted()
        return Found(
            group: groups.names[found.group], accuracy: found.accuracy,
            low: Self.quantile(drawn, (1 - level) / 2), high: Self.quantile(drawn, (1 + level) / 2))
    }

    /// A quantile of ascending values, linear between neighbours as numpy's.
    package static func quantile(_ values: [Double], _ share: Double) -> Double {
        let place = min(max(share, 0), 1) * Double(values.count - 1)
        let below = Int(place)
        let above = min(below + 1, values.count - 1)
        return values[below] + (values[above] - values[below]) * (place - Double(below))
    }
}

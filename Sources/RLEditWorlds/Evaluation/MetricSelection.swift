/// Which metrics of which sets are wanted: what a reward reads, learned as it reads.
public struct MetricSelection: Sendable, Equatable {
    /// What is wanted of one set.
    private struct Wanted: Sendable, Equatable {
        /// A bit for each ``Metric``.
        var metrics = 0
        /// A bit for each ``BinaryMetric``.
        var binary = 0
        /// What metrics of groups need.
        var groups: MarginNeeds = []
    }

    /// By set index.
    private var wanted: [Wanted]

    public init(sets: Int) { wanted = Array(repeating: Wanted(), count: sets) }

    /// Every ``Metric`` of every set.
    public static func all(sets: Int) -> MetricSelection {
        var selection = MetricSelection(sets: sets)
        for set in 0..<sets { for metric in Metric.allCases { selection.insert(metric, set: set) } }
        return selection
    }

    public mutating func insert(_ metric: Metric, set: Int) { wanted[set].metrics |= 1 << metric.rawValue }
    public mutating func insert(_ metric: BinaryMetric, set: Int) { wanted[set].binary |= 1 << metric.rawValue }
    /// Metrics that need the same counts come together.
    public mutating func insert(group metric: GroupMetric, set: Int) { wanted[set].groups.formUnion(metric.needs) }

    public func contains(_ metric: Metric, set: Int) -> Bool { wanted[set].metrics & (1 << metric.rawValue) != 0 }
    public func contains(_ metric: BinaryMetric, set: Int) -> Bool { wanted[set].binary & (1 << metric.rawValue) != 0 }
    public func contains(group metric: GroupMetric, set: Int) -> Bool {
        wanted[set].groups.isSuperset(of: metric.needs)
    }

    /// Adds what another selection wants of a set.
    mutating func formUnion(_ other: MetricSelection, set: Int) {
        wanted[set].metrics |= other.wanted[set].metrics
        wanted[set].binary |= other.wanted[set].binary
        wanted[set].groups.formUnion(other.wanted[set].groups)
    }

    func isWanted(set: Int) -> Bool { wanted[set] != Wanted() }
    /// Whether a set needs probabilities; accuracy alone needs only the order of the scores.
    func needsProbabilities(set: Int) -> Bool { wanted[set].metrics & ~(1 << Metric.accuracy.rawValue) != 0 }
    /// What must be counted of a set's margins.
    func marginNeeds(set: Int) -> MarginNeeds {
        BinaryMetric.allCases.reduce(into: wanted[set].groups) { needs, metric in
            if contains(metric, set: set) { needs.formUnion(metric.needs) }
        }
    }

    // MARK: - As one number, for snapshots

    private static let binaryPlace = 16
    private static let groupsPlace = 48

    /// What is wanted of a set: bits by raw value, from 0 on those of ``Metric``, then of ``BinaryMetric`` and of what
    /// groups need.
    func bits(set: Int) -> Int {
        wanted[set].metrics | wanted[set].binary << MetricSelection.binaryPlace
            | wanted[set].groups.rawValue << MetricSelection.groupsPlace
    }

    /// - Returns: false, and nothing has changed, for bits without a meaning.
    mutating func insert(bits: Int, set: Int) -> Bool {
        let all =
            (1 << Metric.allCases.count - 1) | (1 << BinaryMetric.allCases.count - 1) << MetricSelection.binaryPlace
            | MarginNeeds.all.rawValue << MetricSelection.groupsPlace
        guard bits >= 0, bits & ~all == 0 else { return false }
        wanted[set].metrics |= bits & 0xFFFF
        wanted[set].binary |= bits >> MetricSelection.binaryPlace & 0xFFFF_FFFF
        wanted[set].groups.formUnion(MarginNeeds(rawValue: bits >> MetricSelection.groupsPlace))
        return true
    }
}

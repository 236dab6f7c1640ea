public import RLEditData

/// A named set of examples on which candidates are measured, for example `forget`.
public struct NamedSet: Sendable {
    public let name: String
    public let examples: ExampleSet

    public init(name: String, examples: ExampleSet) {
        self.name = name
        self.examples = examples
    }
}

/// A number measured on one set. All are means over the set's examples; see `docs/metrics.md`.
public enum Metric: Int, CaseIterable, Sendable {
    /// Share of examples whose largest score stands at their label, 0 … 1; the lowest class wins a tie.
    case accuracy
    /// Cross entropy of the label, in nats.
    case loss
    /// Probability of the predicted class, 0 … 1.
    case confidence
    /// Probability of the label, 0 … 1.
    case trueProbability
    /// Score of the label minus the largest other score.
    case margin
    /// Entropy of the predicted distribution, in nats.
    case entropy
}

/// Which metrics of which sets are wanted: what a reward reads, learned as it reads.
public struct MetricSelection: Sendable, Equatable {
    /// A bit for each metric, by set index.
    private var masks: [UInt32]

    public init(sets: Int) { masks = Array(repeating: 0, count: sets) }

    public static func all(sets: Int) -> MetricSelection {
        var selection = MetricSelection(sets: sets)
        for set in 0..<sets { for metric in Metric.allCases { selection.insert(metric, set: set) } }
        return selection
    }

    public mutating func insert(_ metric: Metric, set: Int) { masks[set] |= 1 << UInt32(metric.rawValue) }
    public func contains(_ metric: Metric, set: Int) -> Bool { masks[set] & (1 << UInt32(metric.rawValue)) != 0 }
    /// The metrics of a set as bits, by raw value.
    func bits(set: Int) -> Int { Int(masks[set]) }
    mutating func insert(bits: Int, set: Int) { masks[set] |= UInt32(truncatingIfNeeded: bits) }
    func isWanted(set: Int) -> Bool { masks[set] != 0 }
    /// Whether a set needs probabilities; accuracy alone needs only the order of the scores.
    func needsProbabilities(set: Int) -> Bool { masks[set] & ~(1 << UInt32(Metric.accuracy.rawValue)) != 0 }
}

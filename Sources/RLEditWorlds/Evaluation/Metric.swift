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

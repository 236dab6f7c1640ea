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
    case accuracy
    case loss
    case confidence
    case trueProbability
    case margin
    case entropy

    /// What it is, in a phrase.
    public var documentation: String {
        switch self {
        case .accuracy: "share of examples whose largest score is that of their label"
        case .loss: "cross entropy of the label, in nats"
        case .confidence: "probability of the predicted class"
        case .trueProbability: "probability of the label"
        case .margin: "score of the label minus the largest other score"
        case .entropy: "entropy of the predicted distribution, in nats"
        }
    }
}

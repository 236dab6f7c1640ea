/// One number that a unit policy sees of each unit of an edited layer, for input units of what enters the layer (h), for
/// output units of what leaves it (z). "Standardized" means over the units of one side of one layer of one network, so
/// that the same policy fits networks of other sizes and scales.
public enum UnitFeature: String, CaseIterable, Sendable {
    /// Mean activation on the forget set, z-scored over the units.
    case forgetMean
    /// Mean activation on the retain set, z-scored over the units.
    case retainMean
    /// Standard deviation on the forget set, z-scored over the units.
    case forgetDeviation
    /// Standard deviation on the retain set, z-scored over the units.
    case retainDeviation
    /// Share of the forget set on which the unit is above 0, z-scored over the units.
    case forgetActive
    /// Share of the retain set on which the unit is above 0, z-scored over the units.
    case retainActive
    /// (mean_f − mean_r) / (sd_r + 0.05 · mean sd_r), divided by its root mean square over the units.
    case contrast
    /// Coefficient of the linear discriminant times sd_r, divided by its root mean square. Of output units after the
    /// ReLU.
    case discriminant
    /// Norm of the unit's weights, a column of W for an input unit and a row for an output unit; z-scored.
    case weightNorm
    /// Mean over the forget set of ∂(z_y − mean_k z_k)/∂unit, y the example's label; divided by its root mean square. The
    /// only feature that looks at labels.
    case gradient
    /// mean_f − mean_r, divided by its root mean square.
    case difference

    /// Whether the feature reads labels.
    public var isLabelAware: Bool { self == .gradient }

    /// All features.
    public static let labelAware = UnitFeature.allCases
    /// Those that read no label.
    public static let labelFree = UnitFeature.allCases.filter { !$0.isLabelAware }

    /// As scripts and files call it: `forget_mean`.
    public var name: String {
        rawValue.reduce(into: "") { name, letter in
            if letter.isUppercase { name += "_" }
            name += letter.lowercased()
        }
    }

    /// nil for a name that no feature has.
    public init?(name: String) {
        guard let feature = UnitFeature.allCases.first(where: { $0.name == name }) else { return nil }
        self = feature
    }

    /// Raised whenever a definition above, or of ``UnitContext``, changes: a policy trained on other numbers does not fit.
    public static let definitions = 1
    /// Features are clipped to ± this.
    static let bound = 5.0
}

/// What a unit policy sees of a layer as a whole, the same for all of its units; clipped to ±3.
public enum UnitContext: String, CaseIterable, Sendable {
    /// log d² − 3 of the input units, d² the squared Mahalanobis distance of the forget mean from the retain set.
    case inputDistance
    /// The same of the output units, after the ReLU.
    case outputDistance
    /// Mean |(mean_f − mean_r) / (sd_r + 0.05 · mean sd_r)| over the input units − 1.
    case inputContrast
    /// (score of the label − highest other score, mean over the forget set) / 5 − 1. Reads labels.
    case forgetMargin
    /// log₁₀(examples of the forget set / 50): how far the other numbers can be trusted. Only of policies that were trained on
    /// sets of many sizes (``ExampleDraws``).
    case forgetCount
    /// Steps done of those to come: 0 in the first, 1 in the last. This and what follows only of policies of several steps.
    case step
    /// How much the mean probability of the label on the forget set has changed since the first step. Reads labels.
    case forgetConfidence
    /// Ten times the same on the retain set, where changes are small. Reads labels.
    case retainConfidence

    public var isLabelAware: Bool { [.forgetMargin, .forgetConfidence, .retainConfidence].contains(self) }
    /// Whether it tells where an episode of several steps is.
    var isOfSteps: Bool { [.step, .forgetConfidence, .retainConfidence].contains(self) }

    /// As files call it: `input_distance`.
    public var name: String {
        switch self {
        case .inputDistance: "input_distance"
        case .outputDistance: "output_distance"
        case .inputContrast: "input_contrast"
        case .forgetMargin: "forget_margin"
        case .forgetCount: "forget_count"
        case .step: "step"
        case .forgetConfidence: "forget_confidence"
        case .retainConfidence: "retain_confidence"
        }
    }

    static let bound = 3.0
}

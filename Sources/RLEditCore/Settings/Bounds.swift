/// The range of a setting, with the one wording for what lies outside of it.
public enum Bounds: Sendable, Equatable {
    case any
    /// Above 0.
    case positive
    case notNegative
    case atLeast(Double)
    /// Both ends included.
    case within(Double, Double)
    /// Above the first, up to the second.
    case above(Double, upTo: Double)
    /// [0, 1): the decay of a running mean.
    case decay
    /// Whole numbers that are multiplied by others: up to a limit.
    case count(from: Int = 1, upTo: Int)

    /// [0, 1].
    public static let unit = Bounds.within(0, 1)

    /// For people: `> 0`, `0 … 1`; nil for any number.
    public var text: String? {
        switch self {
        case .any: nil
        case .positive: "> 0"
        case .notNegative: "≥ 0"
        case .atLeast(let least): "≥ \(Schedule.text(least))"
        case .within(let low, let high): "\(Schedule.text(low)) … \(Schedule.text(high))"
        case .above(let low, let high): "> \(Schedule.text(low)) and ≤ \(Schedule.text(high))"
        case .decay: "≥ 0 and < 1"
        // Limits beyond a million only keep products from overflowing.
        case .count(let least, let most): most < 1_000_000 ? "\(least) … \(most)" : "≥ \(least)"
        }
    }

    /// Why a value is refused; nil when it is not. Infinities and NaN are outside of every range but ``any``.
    public func refusal(of value: Double, shown: String) -> String? {
        switch self {
        case .any: nil
        case .positive: value > 0 && value.isFinite ? nil : "must be positive, got \(shown)"
        case .notNegative: value >= 0 && value.isFinite ? nil : "must not be negative, got \(shown)"
        case .atLeast(let least):
            value >= least && value.isFinite ? nil : "must be at least \(Schedule.text(least)), got \(shown)"
        case .within(let low, let high):
            low <= value && value <= high
                ? nil : "must be from \(Schedule.text(low)) to \(Schedule.text(high)), got \(shown)"
        case .above(let low, let high):
            low < value && value <= high
                ? nil : "must be above \(Schedule.text(low)) and at most \(Schedule.text(high)), got \(shown)"
        case .decay: 0 <= value && value < 1 ? nil : "must be at least 0 and below 1, got \(shown)"
        case .count(let least, let most):
            if value < Double(least) {
                "must be at least \(least), got \(shown)"
            } else {
                value <= Double(most) ? nil : "must be at most \(most), got \(shown)"
            }
        }
    }
}

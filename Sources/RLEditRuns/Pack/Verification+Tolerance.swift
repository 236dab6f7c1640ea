internal import RLEditCore

/// How far a held-out measure may be off where other bytes are no fault: on other kernels the last digits of the products
/// differ, and a learner that compares candidates goes another way after the first tie that they break.
extension Verification {
    /// Of a share, in shares.
    static let shareTolerance = 0.05
    /// Of a share of few examples: so many of them.
    static let exampleTolerance = 3.0
    /// Of another measure: this much of its value, and this much where it is near 0.
    static let relativeTolerance = 0.15
    static let absoluteTolerance = 0.05

    private static let heldOut = "heldout."

    /// Whether a number is a measure of a held-out set; the others tell of the way there.
    static func isHeldOut(_ name: String) -> Bool {
        name.hasPrefix(heldOut) || name.contains(": \(heldOut)")
    }

    /// How far two values of a held-out measure are apart, and may be; nil for what is none.
    static func allowance(
        _ name: String, _ one: JSONValue?, _ other: JSONValue?, _ manifest: Manifest
    ) -> (distance: Double, limit: Double)? {
        guard isHeldOut(name), let one = one?.double, let other = other?.double else { return nil }
        let distance = abs(one - other)
        guard MeasureText.isShare(name) else {
            let limit = max(absoluteTolerance, relativeTolerance * abs(one))
            return (distance, name.hasSuffix(".loss") ? max(limit, lossLimit(one, other)) : limit)
        }
        let set = manifest.sets.first { $0.heldOut && name.contains("\(heldOut)\($0.name).") }
        let examples = Double(max(set?.examples ?? 1, 1))
        return (distance, max(shareTolerance, exampleTolerance / examples))
    }

    /// How far a loss may be off: as far as the probability e^−loss that it means may be off as a share. The losses of two
    /// nearly impossible labels may differ by any amount, since no reward asks for the difference.
    private static func lossLimit(_ one: Double, _ other: Double) -> Double {
        let probability = PortableMath.exp(-one)
        if other < one { return one + PortableMath.log(probability + shareTolerance) }
        return probability > shareTolerance ? -PortableMath.log(probability - shareTolerance) - one : .infinity
    }
}

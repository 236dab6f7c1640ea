internal import RLEditCore
internal import RLEditTensor

/// The mean of paired differences over seeds, with a bootstrap interval.
///
/// Two methods that edit the same network of the same seed differ less than two networks do: the difference is taken seed
/// by seed, and the seeds are resampled with replacement (the percentile interval of Efron and Tibshirani 1993,
/// chapter 13).
public struct PairedDifference: Sendable, Equatable {
    public let mean: Double
    /// Central 95 % of the means of the resamples; nil for less than two pairs, which say nothing of the spread.
    public let interval: ClosedRange<Double>?
    /// Seeds that both methods have.
    public let pairs: Int

    public static let resamples = 10_000
    /// Share of the resamples that the interval holds.
    public static let level = 0.95

    /// - Parameters:
    ///   - differences: one a seed, in any unit.
    ///   - name: of what is compared; it names the random stream, so that an interval does not depend on what else is.
    /// - Returns: nil without differences, or when one is not finite.
    public init?(_ differences: [Double], name: String) {
        guard !differences.isEmpty, differences.allSatisfy(\.isFinite) else { return nil }
        let count = differences.count
        pairs = count
        mean = differences.reduce(0, +) / Double(count)
        guard count > 1 else {
            interval = nil
            return
        }
        var random = RandomStream(seed: 0, name: "bootstrap").split(name)
        let means = (0..<PairedDifference.resamples).map { _ in
            (0..<count).reduce(0.0) { sum, _ in sum + differences[random.index(below: count)] } / Double(count)
        }.sorted()
        let tail = (1 - PairedDifference.level) / 2
        interval = Quantile.of(sorted: means, tail)...Quantile.of(sorted: means, 1 - tail)
    }

    var json: JSONValue {
        [
            "mean": .number(mean), "lower": interval.map { .number($0.lowerBound) } ?? .null,
            "upper": interval.map { .number($0.upperBound) } ?? .null, "pairs": .integer(pairs),
        ]
    }
}

/// Quantiles with linear interpolation between neighbours (type 7 of Hyndman and Fan 1996, the usual default).
public enum Quantile {
    /// - Parameters:
    ///   - values: ascending.
    ///   - share: 0 … 1.
    /// - Returns: NaN without values.
    public static func of(sorted values: [Double], _ share: Double) -> Double {
        guard let last = values.last else { return .nan }
        let place = min(max(share, 0), 1) * Double(values.count - 1)
        let index = Int(place)
        guard index + 1 < values.count else { return last }
        return values[index] + (place - Double(index)) * (values[index + 1] - values[index])
    }
}

internal import Foundation

/// How values are spread along an axis.
enum ChartSpacing: Sendable, Equatable {
    case linear
    /// Equal ratios lie equally far apart; what is less than the floor lies on it.
    case logarithmic(floor: Double)
    /// Shares near 1: equal ratios of what is missing lie equally far apart; what misses less than the floor lies on it.
    case logarithmicToOne(floor: Double)

    /// Ascending with the value.
    func transformed(_ value: Double) -> Double {
        switch self {
        case .linear: value
        case .logarithmic(let floor): log(max(value, floor))
        case .logarithmicToOne(let floor): -log(max(1 - value, floor))
        }
    }
}

extension ChartScale {
    /// An axis for positive values of different magnitude.
    /// - Parameters:
    ///   - floor: above 0; the place of all that is less.
    ///   - isShare: label 0.25 as 25 %.
    ///   - padding: room at both ends, as a factor less one.
    static func logarithmic(
        _ values: [Double], floor: Double, isShare: Bool = false, padding: Double = 0.3
    ) -> ChartScale {
        let known = values.filter(\.isFinite)
        let low = max(known.min() ?? floor, floor)
        let high = max(known.max() ?? 10 * floor, low * 2)
        let ends = (low / (1 + padding), high * (1 + padding))
        let ticks = roundValues(from: max(ends.0, floor), to: ends.1)
        let names = ticks.map { tick -> String in
            let isFloor = tick <= floor && (known.min() ?? floor) <= floor && isShare
            return (isFloor ? "≤ " : "")
                + (isShare ? "\(NumberText.significant(100 * tick, digits: 2)) %" : text(tick))
        }
        return ChartScale(
            spacing: .logarithmic(floor: floor / (1 + padding)), from: ends.0, to: ends.1, ticks: ticks, names: names)
    }

    /// An axis for shares of which most are nearly 1.
    /// - Parameter floor: the smallest difference from 1 that is told apart from none.
    static func nearOne(_ values: [Double], floor: Double = 0.0002) -> ChartScale {
        let missing = values.filter(\.isFinite).map { max(1 - $0, floor) }
        let low = (missing.min() ?? floor) / 1.3
        let high = max((missing.max() ?? 1) * 1.3, low * 2)
        let ticks = roundValues(from: low, to: min(high, 1)).reversed().map { 1 - $0 }
        return ChartScale(
            spacing: .logarithmicToOne(floor: floor / 2), from: 1 - high, to: 1 - low, ticks: ticks,
            names: ticks.map { "\(NumberText.significant(100 * $0, digits: 4)) %" })
    }

    /// An axis of names: the values are their places, from 0.
    static func names(_ names: [String]) -> ChartScale {
        ChartScale(
            spacing: .linear, from: -0.5, to: Double(max(names.count, 1)) - 0.5,
            ticks: names.indices.map(Double.init),
            names: names.map { DisplayWidth.truncated($0, to: min(max(96 / max(names.count, 1), 3), 40)) })
    }

    /// 1, 2 and 5 times powers of ten between two positive values; only the powers when those are enough.
    private static func roundValues(from low: Double, to high: Double) -> [Double] {
        guard low > 0, high > low, high.isFinite else { return [] }
        let exponents = NumberText.decimalExponent(low)...NumberText.decimalExponent(high)
        func values(_ digits: [Double]) -> [Double] {
            exponents.flatMap { exponent in digits.map { $0 * NumberText.powerOfTen(exponent) } }
                .filter { $0 >= low * 0.9999 && $0 <= high * 1.0001 }
        }
        let (fine, coarse) = (values([1, 2, 5]), values([1]))
        return fine.count > 9 && coarse.count > 2 ? coarse : fine
    }

    private static func text(_ value: Double) -> String {
        value >= 1000 && value < 1e9
            ? NumberText.grouped(Int(value.rounded())) : NumberText.significant(value, digits: 2)
    }
}

internal import Foundation

/// The map from values to places along one axis, with labelled ticks.
struct ChartScale {
    let ticks: [(value: Double, label: String)]
    /// Place of a value: 0 at the lower end of the axis, 1 at the upper.
    let place: (Double) -> Double

    /// The same axis with its ends exchanged.
    var flipped: ChartScale { ChartScale(ticks: ticks) { 1 - place($0) } }

    /// - Parameters:
    ///   - values: what must fit; those that are not finite are ignored.
    ///   - isShare: label 0.25 as 25 %, within 0 and 1.
    ///   - padding: share of the range to leave free at both ends.
    static func fitting(
        _ values: [Double], isShare: Bool = false, padding: Double = 0.05, target: Int = 5
    ) -> ChartScale {
        let known = values.filter(\.isFinite)
        var (low, high) = (known.min() ?? 0, known.max() ?? 1)
        // A flat line gets room around it.
        if high - low < 1e-12 * max(abs(low), abs(high), 1e-6) {
            let room = low == 0 ? 0.5 : abs(low) * 0.1
            (low, high) = (low - room, high + room)
        }
        let room = (high - low) * padding
        (low, high) = (low - room, high + room)
        if isShare { (low, high) = (max(low, -0.02), min(high, 1.02)) }
        return linear(low, high, isShare: isShare, target: target)
    }

    /// - Parameters:
    ///   - isWhole: leave out ticks between whole numbers.
    ///   - target: ticks are 1, 2 or 5 times a power of ten apart: the smallest that needs no more intervals.
    static func linear(
        _ low: Double, _ high: Double, isShare: Bool = false, isWhole: Bool = false, target: Int = 5
    ) -> ChartScale {
        let rough = (high - low) / Double(max(target, 1))
        let power = NumberText.powerOfTen(NumberText.decimalExponent(rough))
        let nearest = [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? 10 * power
        let step = isWhole ? max(nearest, 1) : nearest
        let digits = max(0, -NumberText.decimalExponent(step * 1.0001) - (isShare ? 2 : 0))
        func label(_ tick: Double) -> String {
            if isShare { return "\(NumberText.fixed(100 * tick, digits: digits)) %" }
            if abs(tick) >= 1000, abs(tick) < 1e9, digits == 0 { return NumberText.grouped(Int(tick.rounded())) }
            return abs(tick) >= 1e9 || digits > 6
                ? NumberText.significant(tick, digits: 3) : NumberText.fixed(tick, digits: digits)
        }
        let first = (low / step).rounded(.up)
        let ticks = (0..<50).map { (first + Double($0)) * step }.prefix { $0 <= high + step * 1e-9 }
        return ChartScale(ticks: ticks.map { ($0 == 0 ? 0 : $0, label($0 == 0 ? 0 : $0)) }) {
            ($0 - low) / (high - low)
        }
    }

    /// An axis for positive values of different magnitude.
    /// - Parameters:
    ///   - floor: above 0; the place of all that is less.
    ///   - padding: room at both ends, as a factor less one.
    static func logarithmic(
        _ values: [Double], floor: Double, isShare: Bool = false, padding: Double = 0.3
    ) -> ChartScale {
        let known = values.filter(\.isFinite)
        let low = max(known.min() ?? floor, floor)
        let ends = (low / (1 + padding), max(known.max() ?? 10 * floor, low * 2) * (1 + padding))
        func label(_ tick: Double) -> String {
            if isShare {
                let isFloor = tick <= floor && (known.min() ?? floor) <= floor
                return "\(isFloor ? "≤ " : "")\(NumberText.significant(100 * tick, digits: 2)) %"
            }
            return tick >= 1000 && tick < 1e9
                ? NumberText.grouped(Int(tick.rounded())) : NumberText.significant(tick, digits: 2)
        }
        return ChartScale(ticks: roundValues(max(ends.0, floor), ends.1).map { ($0, label($0)) }) {
            log(max($0, floor / (1 + padding)) / ends.0) / log(ends.1 / ends.0)
        }
    }

    /// A logarithmic axis for positive values that span several magnitudes, else a linear one.
    static func spanning(_ values: [Double]) -> ChartScale {
        let low = values.filter(\.isFinite).min() ?? 0
        return low > 0 && (values.max() ?? 0) / low >= 50 ? .logarithmic(values, floor: low) : .fitting(values)
    }

    /// An axis for shares, most of them nearly 1: equal ratios of what is missing lie equally far apart.
    static func nearOne(_ values: [Double]) -> ChartScale {
        let missing = logarithmic(values.map { 1 - $0 }, floor: 0.0002)
        let ticks = missing.ticks.filter { $0.value <= 1 }.reversed().map { tick in
            (1 - tick.value, "\(NumberText.significant(100 * (1 - tick.value), digits: 4)) %")
        }
        return ChartScale(ticks: ticks) { 1 - missing.place(1 - $0) }
    }

    /// An axis of names: the values are their places, from 0.
    /// - Parameter width: characters of a name; nil for what fits side by side.
    static func names(_ names: [String], width: Int? = nil) -> ChartScale {
        let count = max(names.count, 1)
        let width = width ?? min(max(96 / count, 3), 40)
        let ticks = names.enumerated().map { (Double($0), DisplayWidth.truncated($1, to: width)) }
        return ChartScale(ticks: ticks) { ($0 + 0.5) / Double(count) }
    }

    /// 1, 2 and 5 times powers of ten between two positive values; only the powers when those are enough.
    private static func roundValues(_ low: Double, _ high: Double) -> [Double] {
        guard low > 0, high > low, high.isFinite else { return [] }
        let exponents = NumberText.decimalExponent(low)...NumberText.decimalExponent(high)
        func values(_ digits: [Double]) -> [Double] {
            exponents.flatMap { exponent in digits.map { $0 * NumberText.powerOfTen(exponent) } }
                .filter { $0 >= low * 0.9999 && $0 <= high * 1.0001 }
        }
        let (fine, coarse) = (values([1, 2, 5]), values([1]))
        return fine.count > 9 && coarse.count > 2 ? coarse : fine
    }
}

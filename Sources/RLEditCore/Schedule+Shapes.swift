/// The usual courses of a setting. Each is a plain function of progress; descriptions read as they were written.
extension Schedule {
    /// From `start` to `end` along half a period of the cosine: flat at both ends (Loshchilov and Hutter 2017, one cycle).
    public static func cosine(_ start: Double, _ end: Double) -> Schedule {
        Schedule(description: "cosine(\(text(start)), \(text(end)))") { progress in
            // cos(πp) through turns, since `PortableMath` gives the same bits on every machine.
            end + (start - end) * (1 + PortableMath.cosineOfTurns(progress / 2)) / 2
        }
    }

    /// From `start` to `end` by a constant factor per unit of progress: start · (end / start)^progress.
    /// - Throws: ``ConfigurationError`` unless both are positive.
    public static func exponential(_ start: Double, _ end: Double) throws(ConfigurationError) -> Schedule {
        for (field, value) in [("start", start), ("end", end)] where !(value > 0 && value.isFinite) {
            throw ConfigurationError("exponential", field, "must be positive, got \(text(value))")
        }
        let rate = PortableMath.log(end) - PortableMath.log(start)
        return Schedule(description: "exponential(\(text(start)), \(text(end)))") { progress in
            progress == 1 ? end : start * PortableMath.exp(rate * progress)
        }
    }

    /// Straight lines between points (progress, value); constant before the first and after the last.
    ///
    /// Two points of the same progress make a jump: at that progress the later one holds.
    /// - Throws: ``ConfigurationError`` for no points, a progress outside [0, 1], or one that goes back.
    public static func piecewise(
        _ points: [(progress: Double, value: Double)]
    ) throws(ConfigurationError) -> Schedule {
        guard let first = points.first else {
            throw ConfigurationError("piecewise", "points", "must hold at least one point")
        }
        var last = 0.0
        for (number, point) in points.enumerated() {
            guard point.progress >= last, point.progress <= 1, point.value.isFinite else {
                throw ConfigurationError(
                    "piecewise", "points",
                    "need finite values at progress between 0 and 1 that never goes back; point \(number + 1) is "
                        + "(\(text(point.progress)), \(text(point.value)))")
            }
            last = point.progress
        }
        let shown = points.map { "\(text($0.progress)): \(text($0.value))" }.joined(separator: ", ")
        return Schedule(description: "piecewise(\(shown))") { progress in
            guard let next = points.firstIndex(where: { $0.progress > progress }) else {
                return points[points.count - 1].value
            }
            guard next > 0 else { return first.value }
            let (left, right) = (points[next - 1], points[next])
            let share = (progress - left.progress) / (right.progress - left.progress)
            return left.value + (right.value - left.value) * share
        }
    }

    /// Rises in a straight line from 0 to what `schedule` begins with during the first `fraction` of progress; then
    /// `schedule` runs its whole course over the rest.
    /// - Throws: ``ConfigurationError`` for a fraction outside [0, 1).
    public static func warmup(_ fraction: Double, then schedule: Schedule) throws(ConfigurationError) -> Schedule {
        guard fraction >= 0, fraction < 1 else {
            throw ConfigurationError("warmup", "fraction", "must be at least 0 and below 1, got \(text(fraction))")
        }
        return Schedule(description: "warmup(\(text(fraction)), \(schedule.description))") { progress in
            guard progress < fraction else { return try schedule((progress - fraction) / (1 - fraction)) }
            return try schedule(0) * progress / fraction
        }
    }

    /// A number as people write it: `0` for 0.0, `0.0003`.
    static func text(_ value: Double) -> String {
        if let whole = Int(exactly: value), whole.magnitude < 1 << 53 { return "\(whole)" }
        return "\(value)"
    }
}

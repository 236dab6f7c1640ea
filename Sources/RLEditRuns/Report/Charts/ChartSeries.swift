/// A point of a chart.
struct ChartPoint {
    var x: Double
    var y: Double
    /// The ends of a band, or of a bar through the point.
    var spread: (low: Double, high: Double)?
    /// Beside the point.
    var label: String?
    /// Shown where a pointer rests on the point.
    var hint = ""

    var isFinite: Bool { x.isFinite && y.isFinite }
}

/// Points that a chart draws alike.
struct ChartSeries {
    enum Kind {
        case line, band, dots, rings
        /// Very many dots, which are not told apart.
        case cloud
    }

    /// In the legend; nil leaves it out.
    var name: String?
    /// Class of the style sheet, for example `s1`.
    var style: String
    var kind = Kind.line
    var shape = MarkerShape.circle
    var points: [ChartPoint]

    /// A line over the evaluations; updates without a value are left out.
    static func curve(
        _ name: String?, _ style: String, _ updates: [UpdateRecord], _ value: (UpdateRecord) -> Double?
    ) -> ChartSeries {
        let points = updates.compactMap { update in
            value(update).map { ChartPoint(x: Double(update.evaluations), y: $0) }
        }
        return ChartSeries(name: name, style: style, points: points)
    }

    /// The style of one of many lines: seven colours, then the same dashed.
    static func style(_ place: Int) -> String { "s\(place % 7 + 1)\(place >= 7 ? " dashed" : "")" }

    /// Whether its points are told apart, and may have labels.
    var hasMarks: Bool { kind == .dots || kind == .rings }

    func mark(_ x: Double, _ y: Double, radius: Double, hint: String = "") -> Markup {
        shape.markup("\(kind == .rings ? "ring" : "dot") \(style)", x, y, radius: radius, hint: hint)
    }

    /// For the legend, 22 × 14.
    var swatch: Markup {
        switch kind {
        case .line: .line("line \(style)", x: (0, 22), y: (7, 7))
        case .band: .rect("band \(style)", Box(left: 0, top: 2, width: 22, height: 10))
        case .dots, .rings, .cloud: mark(11, 7, radius: 4.5)
        }
    }

    /// More points of a line than this are joined into means: no screen shows more.
    private static let mostPoints = 360

    /// What can be drawn: neighbours joined into groups of equal size where there are many.
    var thinned: ChartSeries {
        var result = self
        // A line has a gap where there is no number; others have none.
        result.points = points.filter {
            $0.x.isFinite && (kind == .line || $0.y.isFinite) && ($0.spread.map { ($0.high - $0.low).isFinite } ?? true)
        }
        guard [.line, .band].contains(kind), result.points.count > ChartSeries.mostPoints else { return result }
        let size = (result.points.count + ChartSeries.mostPoints - 1) / ChartSeries.mostPoints
        result.points = stride(from: 0, to: result.points.count, by: size).map { start in
            let group = result.points[start...].prefix(size)
            func mean(_ value: (ChartPoint) -> Double?) -> Double {
                Spread(group.compactMap(value).filter(\.isFinite)).mean
            }
            let spread = group.contains { $0.spread != nil } ? (mean { $0.spread?.low }, mean { $0.spread?.high }) : nil
            return ChartPoint(x: mean(\.x), y: mean(\.y), spread: spread)
        }
        return result
    }
}

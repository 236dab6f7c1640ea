/// Lines over a common axis, with bands below them.
struct LineChart {
    struct Curve {
        let name: String
        /// Class of the style sheet, for example `s1`.
        let style: String
        /// One y for a line, the lower and the upper one for a band.
        var points: [(x: Double, y: [Double])]
        /// Whether the legend lists it.
        var isListed = true
        var isBand = false
    }

    /// More points than this are joined into means: no screen shows more.
    private static let mostPoints = 360

    /// - Parameters:
    ///   - titles: of the axes.
    ///   - isLogarithmic: whether equal ratios of x lie equally far apart.
    static func markup(
        _ curves: [Curve], titles: (x: String, y: String), about: String, height: Double = 320,
        isLogarithmic: Bool = false
    ) -> Markup {
        let curves = curves.map(thinned)
        let (bands, lines) = (curves.filter(\.isBand), curves.filter { !$0.isBand })
        let points = curves.flatMap(\.points)
        let places = points.map(\.x)
        let frame = ChartFrame(
            height: height,
            // From 0: evaluations are counted from the start of the run.
            x: isLogarithmic
                ? .logarithmic(places, floor: 1, padding: 0) : .fitting([0] + places, padding: 0, target: 7),
            y: .fitting(points.flatMap(\.y)), titles: titles, about: about)
        var marks = bands.filter { $0.points.count > 1 }.map { band in
            let upper = band.points.map { frame.point($0.x, $0.y[1]) }
            let lower = band.points.reversed().map { frame.point($0.x, $0.y[0]) }
            return Markup.path("band \(band.style)", upper + lower, isClosed: true)
        }
        for line in lines {
            marks.append(.path("line \(line.style)", line.points.map { frame.point($0.x, $0.y[0]) }))
            // A single point has no line to show.
            if line.points.count == 1, let point = line.points.first, point.y[0].isFinite {
                marks.append(.circle("dot \(line.style)", frame.across(point.x), frame.down(point.y[0]), 3.5))
            }
        }
        let legend =
            lines.filter(\.isListed).map { LegendEntry.line($0.name, $0.style) }
            + bands.filter(\.isListed).map { .fill($0.name, "band \($0.style)") }
        return LegendEntry.markup(legend) + frame.drawing(marks)
    }

    /// Neighbours joined into groups of equal size, one each when they are few.
    private static func thinned(_ curve: Curve) -> Curve {
        // A line has a gap where there is no number, a band none.
        let known = curve.points.filter { $0.x.isFinite && (!curve.isBand || $0.y.allSatisfy(\.isFinite)) }
        let size = max((known.count + mostPoints - 1) / mostPoints, 1)
        var curve = curve
        curve.points = stride(from: 0, to: known.count, by: size).map { start in
            let group = known[start..<min(start + size, known.count)]
            return (mean(group.map(\.x)), group[start].y.indices.map { row in mean(group.map { $0.y[row] }) })
        }
        return curve
    }

    private static func mean(_ values: [Double]) -> Double {
        let known = values.filter(\.isFinite)
        return known.isEmpty ? .nan : known.reduce(0, +) / Double(known.count)
    }
}

/// Lines over a common axis, with bands behind them.
struct LineChart {
    struct Line {
        let name: String
        /// Class of the style sheet, for example `s1`.
        let style: String
        let points: [(x: Double, y: Double)]
        /// Whether the key lists it.
        var isListed = true
    }

    struct Band {
        let name: String
        let style: String
        let points: [(x: Double, lower: Double, upper: Double)]
        /// Whether the key lists it.
        var isListed = true
    }

    var lines: [Line] = []
    var bands: [Band] = []
    var xTitle: String
    var yTitle: String
    var description: String
    var height = 320.0
    /// Whether equal ratios of x lie equally far apart.
    var xIsLogarithmic = false

    /// More points than this are joined into means: no screen shows more.
    static let mostPoints = 360

    func markup() -> Markup {
        let bands = bands.map(LineChart.thinned)
        let lines = lines.map(LineChart.thinned)
        let places = lines.flatMap { $0.points.map(\.x) } + bands.flatMap { $0.points.map(\.x) }
        let frame = ChartFrame(
            height: height,
            // From 0: evaluations are counted from the start of the run.
            x: xIsLogarithmic
                ? .logarithmic(places, floor: 1, padding: 0) : ChartScale([0] + places, padding: 0, target: 7),
            y: ChartScale(
                lines.flatMap { $0.points.map(\.y) } + bands.flatMap { $0.points.flatMap { [$0.lower, $0.upper] } }),
            xTitle: xTitle, yTitle: yTitle)
        var marks: [Markup] = []
        for band in bands where band.points.count > 1 {
            let outline =
                band.points.map { (frame.across($0.x), frame.down($0.upper)) }
                + band.points.reversed().map { (frame.across($0.x), frame.down($0.lower)) }
            let path = outline.map { "\(pixel($0.0)) \(pixel($0.1))" }.joined(separator: "L")
            marks.append(.element("path", ["class": "band \(band.style)", "d": "M\(path)Z"]))
        }
        for line in lines {
            marks.append(.element("path", ["class": "line \(line.style)", "d": LineChart.path(line.points, frame)]))
            // A single point has no line to show.
            if line.points.count == 1, let point = line.points.first, point.y.isFinite {
                marks.append(
                    .element(
                        "circle",
                        [
                            "class": "dot \(line.style)", "cx": pixel(frame.across(point.x)),
                            "cy": pixel(frame.down(point.y)), "r": "3.5",
                        ]))
            }
        }
        let legend = ChartLegend.markup(
            lines.filter(\.isListed).map { .init(name: $0.name, style: $0.style, isFilled: false) }
                + bands.filter(\.isListed).map { .init(name: $0.name, style: "band \($0.style)", isFilled: true) })
        return legend + frame.svg(description: description, marks)
    }

    private static func path(_ points: [(x: Double, y: Double)], _ frame: ChartFrame) -> String {
        var path = ""
        var penDown = false
        for point in points {
            // A gap where there is no number, rather than a line through it.
            guard point.y.isFinite else {
                penDown = false
                continue
            }
            path += "\(penDown ? "L" : "M")\(pixel(frame.across(point.x))) \(pixel(frame.down(point.y)))"
            penDown = true
        }
        return path
    }

    private static func thinned(_ line: Line) -> Line {
        Line(
            name: line.name, style: line.style,
            points: groups(line.points.filter { $0.x.isFinite }).map { group in
                (mean(group.map(\.x)), mean(group.map(\.y).filter(\.isFinite)))
            }, isListed: line.isListed)
    }

    private static func thinned(_ band: Band) -> Band {
        Band(
            name: band.name, style: band.style,
            points: groups(band.points.filter { $0.lower.isFinite && $0.upper.isFinite }).map { group in
                (mean(group.map(\.x)), mean(group.map(\.lower)), mean(group.map(\.upper)))
            }, isListed: band.isListed)
    }

    /// Neighbours in groups of equal size, one each when they are few.
    private static func groups<Point>(_ points: [Point]) -> [ArraySlice<Point>] {
        let size = (points.count + mostPoints - 1) / mostPoints
        return stride(from: 0, to: points.count, by: max(size, 1)).map { points[$0..<min($0 + size, points.count)] }
    }

    private static func mean(_ values: [Double]) -> Double {
        values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
    }
}

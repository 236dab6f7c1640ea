/// Points in a plane: few with names, or a crowd painted into a picture, so that the size of the document does not grow
/// with their number. Labels lie beside their points so that none hides another.
struct PointChart {
    struct Marker {
        /// nil for a point without a label.
        let name: String?
        /// Class of the style sheet, for example `s1`.
        let style: String
        let x: Double
        let y: Double
        /// Drawn as a vertical bar.
        var spread: ClosedRange<Double>?
        /// A ring is told apart from dots.
        var isRing = false
        var shape = MarkerShape.circle
    }

    /// A candidate of a crowd; its age is when it was evaluated, in [0, 1].
    typealias Candidate = (x: Double, y: Double, age: Double)

    /// - Parameter lines: below the markers.
    static func markup(
        _ markers: [Marker], in frame: ChartFrame, lines: [(style: String, points: [(x: Double, y: Double)])] = [],
        legend: [LegendEntry] = []
    ) -> Markup {
        let shown = markers.filter { $0.x.isFinite && $0.y.isFinite }
        var marks = lines.map { line in
            Markup.path(
                "line \(line.style)",
                line.points.filter { $0.x.isFinite && $0.y.isFinite }.map { frame.point($0.x, $0.y) })
        }
        for marker in shown {
            let (x, y) = frame.point(marker.x, marker.y)
            if let spread = marker.spread {
                func end(_ value: Double) -> Double { frame.down(min(max(value, frame.y.lower), frame.y.upper)) }
                marks.append(
                    .line("line thin \(marker.style)", x: (x, x), y: (end(spread.upperBound), end(spread.lowerBound))))
            }
            let kind = marker.isRing ? "ring" : "dot"
            marks.append(marker.shape.markup("\(kind) \(marker.style)", x, y, radius: marker.isRing ? 6 : 4))
        }
        return LegendEntry.markup(legend) + frame.drawing(marks + labels(shown, frame, style: "small"))
    }

    // MARK: - A crowd

    /// From early to late: a blue and an orange of like lightness, told apart with any colour vision, on white and black.
    private static let early = Bitmap.Colour(74, 134, 196)
    private static let late = Bitmap.Colour(230, 120, 20)
    private static func colour(_ age: Double) -> Bitmap.Colour { early + (late - early) * age }
    /// Picture pixels per drawing unit, for screens of high density.
    private static let density = 2.0

    /// All candidates of a run, coloured by when they were evaluated.
    /// - Parameter highlights: rings with names.
    static func markup(crowd: [Candidate], highlights: [Marker], in frame: ChartFrame) -> Markup {
        let plot = frame.plot
        var picture = Bitmap(width: Int(plot.width * density), height: Int(plot.height * density))
        // Few points are drawn larger and denser, many so that overlap shows as depth.
        let share = min(1, Double(crowd.count) / 4000)
        let opacity = (0.75 - 0.35 * share) * min(1, (16_000 / Double(max(crowd.count, 1))).squareRoot())
        for point in crowd {
            let (x, y) = frame.point(point.x, point.y)
            picture.disc(
                x: (x - plot.left) * density, y: (y - plot.top) * density, radius: 5.5 - 2 * share,
                colour(min(max(point.age, 0), 1)), opacity: max(opacity, 0.05))
        }
        let shown = highlights.filter { $0.x.isFinite && $0.y.isFinite }
        let rings = shown.map {
            $0.shape.markup("ring \($0.style)", frame.across($0.x), frame.down($0.y), radius: 7)
        }
        return crowdLegend + frame.drawing([.image(picture, plot)] + rings + labels(shown, frame, style: "note"))
    }

    /// The colours of the legend follow the picture's.
    private static var crowdLegend: Markup {
        var ramp = Bitmap(width: 64, height: 1)
        for column in 0..<64 { ramp.set(column, 0, colour(Double(column) / 63), opacity: 1) }
        let image = Markup.tag("img.ramp", ["alt": "to", "src": ramp.dataURI])
        return .tag("div.legend", .tag("span", "first evaluations", image, "last evaluations"))
    }

    // MARK: - Labels

    private static let lineHeight = 12.0

    /// Each label goes to the first free place around its point, nearest first; a far one gets a line to its point.
    private static func labels(_ markers: [Marker], _ frame: ChartFrame, style: String) -> [Markup] {
        let plot = frame.plot
        var taken = markers.map { marker in
            Box(left: frame.across(marker.x) - 4, top: frame.down(marker.y) - 4, width: 8, height: 8)
        }
        var marks: [Markup] = []
        let order = markers.indices.filter { markers[$0].name != nil }.sorted {
            (frame.down(markers[$0].y), $0) < (frame.down(markers[$1].y), $1)
        }
        for index in order {
            let name = ChartFrame.fitted(markers[index].name ?? "", to: plot.width - 24)
            let (x, y) = frame.point(markers[index].x, markers[index].y)
            let width = ChartFrame.width(of: name)
            func box(_ left: Double, _ offset: Offset) -> Box {
                Box(left: left, top: y + offset.down - lineHeight / 2, width: width, height: lineHeight)
            }
            // Long names may lie above or below their point, wherever they fit.
            let left = min(max(x - width / 2, plot.left + 1), plot.left + plot.width - width)
            let places =
                offsets.flatMap { offset in
                    [x + offset.across, x - offset.across - width].map { (box($0, offset), offset.isFar) }
                } + offsets.filter { abs($0.down) > lineHeight }.map { (box(left, $0), false) }
            let inside = places.filter { place, _ in
                place.left > plot.left && place.left + width <= plot.left + plot.width && place.top > 0
                    && place.top + lineHeight < frame.foot
            }
            guard
                let (place, isFar) = inside.first(where: { place, _ in !taken.contains { $0.overlaps(place) } })
                    ?? inside.first
            else { continue }
            taken.append(place)
            let middle = place.top + lineHeight / 2
            if isFar {
                marks.append(
                    .line("grid", x: (x, place.left > x ? place.left - 2 : place.left + width + 2), y: (y, middle)))
            }
            marks.append(.text(style, name, place.left, middle, isLevel: true))
        }
        return marks
    }

    /// A place for a label relative to its point, tried on the right and on the left.
    private typealias Offset = (across: Double, down: Double, isFar: Bool)

    /// Nearest first.
    private static let offsets: [Offset] = {
        var offsets: [Offset] = []
        for step in 0..<14 {
            for across in [9.0, 40, 90] {
                for down in [Double(step) * 6, -Double(step) * 6] {
                    offsets.append((across, down, across > 9 || step > 1))
                }
            }
        }
        func distance(_ offset: Offset) -> Double { offset.across * offset.across / 4 + offset.down * offset.down }
        // Stable: places of equal distance keep their order.
        return offsets.enumerated().sorted { (distance($0.element), $0.offset) < (distance($1.element), $1.offset) }
            .map(\.element)
    }()
}

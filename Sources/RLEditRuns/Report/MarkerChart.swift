/// What a point looks like: colour alone does not tell series apart for everybody.
enum MarkerShape: CaseIterable {
    case circle, square, triangle, diamond

    func markup(_ style: String, _ x: Double, _ y: Double, radius: Double) -> Markup {
        let corners: [(Double, Double)] =
            switch self {
            case .circle: []
            case .square: [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]
            case .triangle: [(0, -1.2), (1.1, 0.8), (-1.1, 0.8)]
            case .diamond: [(0, -1.3), (1.2, 0), (0, 1.3), (-1.2, 0)]
            }
        if corners.isEmpty {
            return .element("circle", ["class": style, "cx": pixel(x), "cy": pixel(y), "r": pixel(radius)])
        }
        let path = corners.map { "\(pixel(x + $0.0 * radius)) \(pixel(y + $0.1 * radius))" }.joined(separator: "L")
        return .element("path", ["class": style, "d": "M\(path)Z"])
    }
}

/// Few points with names: methods in a plane of two figures. Labels are placed beside their points so that none hides
/// another.
struct MarkerChart {
    struct Marker {
        /// nil for a point without a label.
        let name: String?
        /// Class of the style sheet, for example `s1`.
        let style: String
        let x: Double
        let y: Double
        /// Drawn as a vertical bar.
        var spread: ClosedRange<Double>?
        /// A ring stands out from dots.
        var isRing = false
        var shape = MarkerShape.circle
    }

    var markers: [Marker]
    /// Lines behind the markers.
    var lines: [(style: String, points: [(x: Double, y: Double)])] = []
    var x: ChartScale
    var y: ChartScale
    var xTitle: String
    var yTitle: String
    var description: String
    var height = 400.0
    var legend: [ChartLegend.Entry] = []

    func markup() -> Markup {
        let frame = ChartFrame(height: height, x: x, y: y, xTitle: xTitle, yTitle: yTitle)
        let shown = markers.filter { $0.x.isFinite && $0.y.isFinite }
        var marks: [Markup] = []
        for line in lines {
            let path = line.points.filter { $0.x.isFinite && $0.y.isFinite }.enumerated().map { index, point in
                "\(index == 0 ? "M" : "L")\(pixel(frame.across(point.x))) \(pixel(frame.down(point.y)))"
            }.joined()
            marks.append(.element("path", ["class": "line \(line.style)", "d": path]))
        }
        for marker in shown {
            let across = pixel(frame.across(marker.x))
            if let spread = marker.spread {
                func end(_ value: Double) -> String { pixel(frame.down(min(max(value, y.lower), y.upper))) }
                marks.append(
                    .element(
                        "line",
                        [
                            "class": "line thin \(marker.style)", "x1": across, "x2": across,
                            "y1": end(spread.upperBound), "y2": end(spread.lowerBound),
                        ]))
            }
            marks.append(
                marker.shape.markup(
                    "\(marker.isRing ? "ring" : "dot") \(marker.style)", frame.across(marker.x), frame.down(marker.y),
                    radius: marker.isRing ? 6 : 4))
        }
        marks += MarkerChart.labels(shown, frame)
        return (legend.isEmpty ? .empty : ChartLegend.markup(legend)) + frame.svg(description: description, marks)
    }

    // MARK: - Labels

    private struct Box {
        let left: Double
        let top: Double
        let width: Double
        let height: Double

        func overlaps(_ other: Box) -> Bool {
            left < other.left + other.width && other.left < left + width && top < other.top + other.height
                && other.top < top + height
        }
    }

    private static let lineHeight = 12.0

    /// Each label goes to the first free place around its point, nearest first; a far one gets a line to its point.
    /// - Parameter style: class of the style sheet for the text.
    static func labels(_ markers: [Marker], _ frame: ChartFrame, style: String = "small") -> [Markup] {
        var taken = markers.map { marker in
            Box(left: frame.across(marker.x) - 4, top: frame.down(marker.y) - 4, width: 8, height: 8)
        }
        var marks: [Markup] = []
        let order = markers.indices.filter { markers[$0].name != nil }.sorted {
            (frame.down(markers[$0].y), $0) < (frame.down(markers[$1].y), $1)
        }
        for index in order {
            let marker = markers[index]
            let name = ChartFrame.fitted(marker.name ?? "", to: frame.plotWidth - 24)
            let (across, down) = (frame.across(marker.x), frame.down(marker.y))
            let width = ChartFrame.width(of: name)
            var places = MarkerChart.offsets.flatMap { offset -> [(box: Box, isFar: Bool)] in
                let top = down + offset.down - MarkerChart.lineHeight / 2
                return [across + offset.across, across - offset.across - width].map { left in
                    (Box(left: left, top: top, width: width, height: MarkerChart.lineHeight), offset.isFar)
                }
            }
            // Long names may lie above or below their point, wherever they fit.
            let left = min(max(across - width / 2, frame.left + 1), frame.left + frame.plotWidth - width)
            places += MarkerChart.offsets.filter { abs($0.down) > MarkerChart.lineHeight }.map { offset in
                let top = down + offset.down - MarkerChart.lineHeight / 2
                return (Box(left: left, top: top, width: width, height: MarkerChart.lineHeight), false)
            }
            let inside = places.filter { place in
                place.box.left > frame.left && place.box.left + width <= frame.left + frame.plotWidth
                    && place.box.top > 0
                    && place.box.top + MarkerChart.lineHeight < frame.height - frame.bottom
            }
            guard
                let place = inside.first(where: { place in !taken.contains { $0.overlaps(place.box) } }) ?? inside.first
            else { continue }
            taken.append(place.box)
            if place.isFar {
                let end = place.box.left > across ? place.box.left - 2 : place.box.left + width + 2
                marks.append(
                    .element(
                        "line",
                        [
                            "class": "grid", "x1": pixel(across), "y1": pixel(down), "x2": pixel(end),
                            "y2": pixel(place.box.top + MarkerChart.lineHeight / 2),
                        ]))
            }
            marks.append(
                .element(
                    "text",
                    [
                        "class": style, "x": pixel(place.box.left),
                        "y": pixel(place.box.top + MarkerChart.lineHeight / 2), "dy": "0.32em",
                    ], Markup(name)))
        }
        return marks
    }

    /// Places for a label relative to its point, nearest first; each is tried on the right and on the left.
    private static let offsets: [(across: Double, down: Double, isFar: Bool)] = {
        var offsets: [(across: Double, down: Double, isFar: Bool)] = []
        for step in 0..<14 {
            for across in [9.0, 40, 90] {
                for down in [Double(step) * 6, -Double(step) * 6] {
                    offsets.append((across, down, across > 9 || step > 1))
                }
            }
        }
        // Stable: places of equal distance keep their order.
        return offsets.enumerated().sorted { left, right in
            func distance(_ offset: (across: Double, down: Double, isFar: Bool)) -> Double {
                offset.across * offset.across / 4 + offset.down * offset.down
            }
            return (distance(left.element), left.offset) < (distance(right.element), right.offset)
        }.map(\.element)
    }()
}

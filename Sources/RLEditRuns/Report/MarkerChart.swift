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
            let (across, down) = (pixel(frame.across(marker.x)), pixel(frame.down(marker.y)))
            if let spread = marker.spread {
                marks.append(
                    .element(
                        "line",
                        [
                            "class": "line thin \(marker.style)", "x1": across, "x2": across,
                            "y1": pixel(frame.down(spread.upperBound)), "y2": pixel(frame.down(spread.lowerBound)),
                        ]))
            }
            marks.append(
                .element(
                    "circle",
                    [
                        "class": "\(marker.isRing ? "ring" : "dot") \(marker.style)", "cx": across, "cy": down,
                        "r": marker.isRing ? "6" : "4",
                    ]))
        }
        marks += labels(shown, frame)
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
    private func labels(_ markers: [Marker], _ frame: ChartFrame) -> [Markup] {
        var taken = markers.map { marker in
            Box(left: frame.across(marker.x) - 4, top: frame.down(marker.y) - 4, width: 8, height: 8)
        }
        var marks: [Markup] = []
        let order = markers.indices.filter { markers[$0].name != nil }.sorted {
            (frame.down(markers[$0].y), $0) < (frame.down(markers[$1].y), $1)
        }
        for index in order {
            let marker = markers[index]
            let name = marker.name ?? ""
            let (across, down) = (frame.across(marker.x), frame.down(marker.y))
            let width = 6.3 * Double(DisplayWidth.of(name))
            let places = MarkerChart.offsets.flatMap { offset -> [(box: Box, isFar: Bool)] in
                let top = down + offset.down - MarkerChart.lineHeight / 2
                return [across + offset.across, across - offset.across - width].map { left in
                    (Box(left: left, top: top, width: width, height: MarkerChart.lineHeight), offset.isFar)
                }
            }
            let inside = places.filter { place in
                place.box.left > frame.left && place.box.left + width < frame.width + 8 && place.box.top > 0
                    && place.box.top + MarkerChart.lineHeight < frame.height - frame.bottom
            }
            guard
                let place = inside.first(where: { place in !taken.contains { $0.overlaps(place.box) } }) ?? places.first
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
                        "class": "small", "x": pixel(place.box.left),
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

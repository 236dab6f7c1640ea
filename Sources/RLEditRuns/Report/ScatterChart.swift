/// All candidates of a run as points in a plane, coloured by when they were evaluated.
///
/// Points are painted into a picture, so that the size of the document does not grow with their number.
struct ScatterChart {
    struct Point {
        let x: Double
        let y: Double
        /// When, in [0, 1].
        let age: Double
    }

    var points: [Point]
    /// Rings with names.
    var highlights: [MarkerChart.Marker] = []
    var xTitle: String
    var yTitle: String
    var xIsShare: Bool
    var yIsShare: Bool
    var description: String

    /// From early to late: a blue and an orange of like lightness, told apart with any colour vision, on white and black.
    private static let early = Bitmap.Colour(74, 134, 196)
    private static let late = Bitmap.Colour(230, 120, 20)
    /// Picture pixels per drawing unit, for screens of high density.
    private static let density = 2.0

    func markup() -> Markup {
        let points = points.filter { $0.x.isFinite && $0.y.isFinite }
        let frame = ChartFrame(
            height: 400,
            x: ChartScale(points.map(\.x) + highlights.map(\.x), isShare: xIsShare, target: 6),
            y: ChartScale(points.map(\.y) + highlights.map(\.y), isShare: yIsShare), xTitle: xTitle, yTitle: yTitle)
        var picture = Bitmap(
            width: Int(frame.plotWidth * ScatterChart.density), height: Int(frame.plotHeight * ScatterChart.density))
        // Few points are drawn larger and denser, many so that overlap shows as depth.
        let crowd = min(1, Double(points.count) / 4000)
        let opacity = (0.75 - 0.35 * crowd) * min(1, (16_000 / Double(max(points.count, 1))).squareRoot())
        for point in points {
            picture.disc(
                x: (frame.across(point.x) - frame.left) * ScatterChart.density,
                y: (frame.down(point.y) - frame.top) * ScatterChart.density, radius: 5.5 - 2 * crowd,
                ScatterChart.early.mixed(with: ScatterChart.late, min(max(point.age, 0), 1)),
                opacity: max(opacity, 0.05))
        }
        var marks: [Markup] = [
            .element(
                "image",
                [
                    "x": pixel(frame.left), "y": pixel(frame.top), "width": pixel(frame.plotWidth),
                    "height": pixel(frame.plotHeight), "preserveAspectRatio": "none", "href": picture.dataURI,
                ])
        ]
        let highlights = highlights.filter { $0.x.isFinite && $0.y.isFinite }
        marks += highlights.map {
            $0.shape.markup("ring \($0.style)", frame.across($0.x), frame.down($0.y), radius: 7)
        }
        marks += MarkerChart.labels(highlights, frame, style: "note")
        return ScatterChart.key + frame.svg(description: description, marks)
    }

    /// The colours of the key follow the picture's.
    private static var key: Markup {
        var ramp = Bitmap(width: 64, height: 1)
        for column in 0..<64 { ramp.set(column, 0, early.mixed(with: late, Double(column) / 63), opacity: 1) }
        return .element(
            "div", ["class": "legend"],
            .element(
                "span",
                children: [
                    "first evaluations", .void("img", ["class": "ramp", "alt": "to", "src": ramp.dataURI]),
                    "last evaluations",
                ]))
    }
}

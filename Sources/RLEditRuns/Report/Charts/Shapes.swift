/// The shapes of charts. Lengths are in drawing units; a tenth is exact enough and short.
extension Markup {
    private static func pixel(_ value: Double) -> String { NumberText.fixed(value, digits: 1) }

    static func line(_ style: String, x: (Double, Double), y: (Double, Double)) -> Markup {
        .tag("line.\(style)", ["x1": pixel(x.0), "x2": pixel(x.1), "y1": pixel(y.0), "y2": pixel(y.1)])
    }

    /// - Parameters:
    ///   - anchor: `start`, `middle` or `end`: which part of the text lies at x.
    ///   - isLevel: whether the text's middle lies at y, in place of its base line.
    static func text(
        _ style: String, _ text: String, _ x: Double, _ y: Double, _ anchor: String = "", isLevel: Bool = false
    ) -> Markup {
        let level = isLevel ? "0.32em" : ""
        return .tag("text.\(style)", ["x": pixel(x), "y": pixel(y), "dy": level, "text-anchor": anchor], Markup(text))
    }

    /// A text that reads upwards.
    static func verticalTitle(_ text: String, _ x: Double, _ y: Double) -> Markup {
        let place = "translate(\(pixel(x)) \(pixel(y))) rotate(-90)"
        return .tag("text.title", ["transform": place, "text-anchor": "middle"], Markup(text))
    }

    /// Joined points; where one is not finite there is a gap.
    static func path(
        _ style: String, _ points: [(x: Double, y: Double)], isClosed: Bool = false, hint: String = ""
    ) -> Markup {
        var path = ""
        var isDown = false
        for point in points {
            if point.y.isFinite { path += "\(isDown ? "L" : "M")\(pixel(point.x)) \(pixel(point.y))" }
            isDown = point.y.isFinite
        }
        return .tag("path.\(style)", ["d": path + (isClosed ? "Z" : "")], title(hint))
    }

    /// A dot at each of very many points; those at one place are one dot, so that the document stays small.
    static func dots(_ style: String, _ points: [(x: Double, y: Double)]) -> Markup {
        let places = points.map { "M\(NumberText.fixed($0.x, digits: 0)) \(NumberText.fixed($0.y, digits: 0))h0" }
        return .tag("path.cloud \(style)", ["d": places.unique.joined()])
    }

    static func circle(_ style: String, _ x: Double, _ y: Double, _ radius: Double, hint: String = "") -> Markup {
        .tag("circle.\(style)", ["cx": pixel(x), "cy": pixel(y), "r": pixel(radius)], title(hint))
    }

    /// A rectangle, or a picture stretched to it.
    static func rect(_ style: String, _ box: Box, picture: Bitmap? = nil) -> Markup {
        .tag(
            "\(picture == nil ? "rect" : "image").\(style)",
            [
                "x": pixel(box.left), "y": pixel(box.top), "width": pixel(box.width), "height": pixel(box.height),
                "preserveAspectRatio": picture == nil ? "" : "none",
                "href": picture.map { "data:image/png;base64,\($0.base64)" } ?? "",
            ])
    }

    /// A drawing.
    /// - Parameter about: what it shows in one sentence, for those who cannot see it.
    static func drawing(_ width: Double, _ height: Double, about: String, _ marks: Markup) -> Markup {
        .tag("svg", ["viewBox": "0 0 \(pixel(width)) \(pixel(height))", "role": "img"], [title(about), marks])
    }

    /// A mark of a legend.
    static func swatch(_ mark: Markup) -> Markup {
        .tag("svg", ["viewBox": "0 0 22 14", "width": "22", "height": "14", "aria-hidden": "true"], mark)
    }

    private static func title(_ text: String) -> Markup { .block("title", Markup(text)) }
}

/// A rectangle of a drawing.
struct Box {
    let left: Double
    let top: Double
    let width: Double
    let height: Double

    var right: Double { left + width }
    var bottom: Double { top + height }

    func overlaps(_ other: Box) -> Bool {
        left < other.right && other.left < right && top < other.bottom && other.top < bottom
    }
}

/// What a point looks like: colour alone does not tell series apart for everybody.
enum MarkerShape: CaseIterable {
    case circle, square, triangle, diamond

    func markup(_ style: String, _ x: Double, _ y: Double, radius: Double, hint: String) -> Markup {
        let corners: [(Double, Double)] =
            switch self {
            case .circle: []
            case .square: [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]
            case .triangle: [(0, -1.2), (1.1, 0.8), (-1.1, 0.8)]
            case .diamond: [(0, -1.3), (1.2, 0), (0, 1.3), (-1.2, 0)]
            }
        return corners.isEmpty
            ? .circle(style, x, y, radius, hint: hint)
            : .path(style, corners.map { (x + $0.0 * radius, y + $0.1 * radius) }, isClosed: true, hint: hint)
    }
}

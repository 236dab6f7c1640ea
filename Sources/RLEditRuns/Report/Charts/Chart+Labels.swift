extension Chart {
    private static let lineHeight = 12.0

    /// The names of points. Each goes to the first free place around its point, nearest first; a far one gets a line to it.
    var labels: [Markup] {
        let points = series.filter(\.hasMarks).flatMap(\.points)
        var taken = points.map { Box(left: across($0.x) - 4, top: down($0.y) - 4, width: 8, height: 8) }
        var marks: [Markup] = []
        let named = points.filter { $0.label != nil }.sorted { down($0.y) < down($1.y) }
        for point in named {
            let name = Chart.fitted(point.label ?? "", to: plot.width - 24)
            let (x, y, width) = (across(point.x), down(point.y), Chart.width(of: name))
            func box(_ left: Double, _ offset: Offset) -> Box {
                Box(left: left, top: y + offset.down - Chart.lineHeight / 2, width: width, height: Chart.lineHeight)
            }
            // Long names may lie above or below their point, wherever they fit.
            let middle = min(max(x - width / 2, plot.left + 1), plot.right - width)
            let places =
                Chart.offsets.flatMap { offset in
                    [x + offset.across, x - offset.across - width].map { (box($0, offset), offset.isFar) }
                } + Chart.offsets.filter { abs($0.down) > Chart.lineHeight }.map { (box(middle, $0), false) }
            let inside = places.filter { place, _ in
                place.left > plot.left && place.right <= plot.right && place.top > 0 && place.bottom < plot.bottom
            }
            let free = inside.first { place, _ in !taken.contains { $0.overlaps(place) } }
            guard let (place, isFar) = free ?? inside.first else { continue }
            taken.append(place)
            let level = place.top + Chart.lineHeight / 2
            if isFar {
                let end = place.left > x ? place.left - 2 : place.right + 2
                marks.append(.line("grid", x: (x, end), y: (y, level)))
            }
            marks.append(.text("small", name, place.left, level, isLevel: true))
        }
        return marks
    }

    /// A place for a label relative to its point, tried on the right and on the left.
    private typealias Offset = (across: Double, down: Double, isFar: Bool)

    /// Nearest first.
    private static let offsets: [Offset] = (0..<14).flatMap { step -> [Offset] in
        [9.0, 40, 90].flatMap { across in
            [6.0, -6].map { (across, $0 * Double(step), across > 9 || step > 1) }
        }
    }.sorted { Chart.square($0) < Chart.square($1) }

    private static func square(_ offset: Offset) -> Double {
        offset.across * offset.across / 4 + offset.down * offset.down
    }
}

/// A chart of lines, bands, points or a picture over two axes, with grid, legend and labels. All charts of reports are made
/// of it.
struct Chart {
    let series: [ChartSeries]
    let x: ChartScale
    let y: ChartScale
    let titles: (x: String, y: String)
    private let size: (width: Double, height: Double)
    /// What fills the plot, and one sentence about it for those who cannot see it.
    private let picture: (image: Bitmap, about: String)?
    /// What the two ends of a scale of colours mean, and its class of the style sheet.
    private let ramp: (from: String, to: String, style: String)?
    /// The area between the axes.
    let plot: Box

    /// - Parameters:
    ///   - x, y: nil for linear axes that fit the points.
    ///   - titles: of the axes.
    init(
        _ series: [ChartSeries], x: ChartScale? = nil, y: ChartScale? = nil, titles: (x: String, y: String),
        height: Double = 320, picture: (image: Bitmap, about: String)? = nil,
        ramp: (from: String, to: String, style: String)? = nil
    ) {
        let series = series.map(\.thinned)
        let points = series.flatMap(\.points)
        self.series = series
        self.x = x ?? .fitting(points.map(\.x))
        self.y = y ?? .fitting(points.flatMap { [$0.y, $0.spread?.low ?? $0.y, $0.spread?.high ?? $0.y] })
        size = (720, height)
        let left = max(64, (self.y.ticks.map { Chart.width(of: $0.label) }.max() ?? 0) + 38)
        plot = Box(left: left, top: 12, width: size.width - left - 16, height: height - 60)
        self.titles = (Chart.fitted(titles.x, to: plot.width), Chart.fitted(titles.y, to: height - 12))
        self.picture = picture
        self.ramp = ramp
    }

    /// About how many pixels a text takes.
    static func width(of text: String) -> Double { 6.5 * Double(DisplayWidth.of(text)) }

    /// A text cut to what fits.
    static func fitted(_ text: String, to pixels: Double) -> String {
        DisplayWidth.truncated(text, to: max(3, Int(pixels / 6.5)))
    }

    func across(_ value: Double) -> Double { plot.left + plot.width * x.place(value) }
    func down(_ value: Double) -> Double { plot.top + plot.height * (1 - y.place(value)) }

    var markup: Markup {
        let ends = (plot.left, plot.left + plot.width)
        let foot = plot.top + plot.height
        let rows = y.ticks.flatMap { tick -> [Markup] in
            let place = down(tick.value)
            return [
                .line("grid", x: ends, y: (place, place)),
                .text("tick", tick.label, plot.left - 8, place, "end", isLevel: true),
            ]
        }
        let columns = x.ticks.flatMap { tick -> [Markup] in
            let place = across(tick.value)
            // Centred so that the label stays within the drawing.
            let middle = min(place, size.width - Chart.width(of: tick.label) / 2)
            return [
                .line("axis", x: (place, place), y: (foot, foot + 4)),
                .text("tick", tick.label, middle, foot + 18, "middle"),
            ]
        }
        let picture = picture.map { [Markup.image($0.image, plot), .rect("frame", plot)] } ?? []
        let frame: [Markup] = [
            .line("axis", x: ends, y: (foot, foot)),
            .text("title", titles.x, plot.left + plot.width / 2, size.height - 8, "middle"),
            .verticalTitle(titles.y, 14, plot.top + plot.height / 2),
        ]
        // Labels cover lines and crowds, but no mark.
        let (marked, below) = (series.filter(\.hasMarks), series.filter { !$0.hasMarks })
        let marks = below.flatMap(marks) + labels + marked.flatMap(marks)
        return legend
            + .drawing(
                size.width, size.height, about: self.picture?.about ?? "\(titles.y) against \(titles.x)",
                rows + columns + picture + marks + frame)
    }

    private func marks(_ series: ChartSeries) -> [Markup] {
        let points = series.points
        func place(_ point: ChartPoint) -> (x: Double, y: Double) { (across(point.x), down(point.y)) }
        /// Within the plot.
        func end(_ value: Double) -> Double { min(max(down(value), plot.top), plot.top + plot.height) }
        switch series.kind {
        case .line where points.count == 1 && points[0].y.isFinite:
            // A single point has no line to show.
            return [.circle("dot \(series.style)", across(points[0].x), down(points[0].y), 3.5)]
        case .line: return [.path("line \(series.style)", points.map(place))]
        case .band:
            let ends = points.compactMap { point in point.spread.map { (across(point.x), down($0.high), down($0.low)) }
            }
            let outline = ends.map { ($0.0, $0.1) } + ends.reversed().map { ($0.0, $0.2) }
            return points.count > 1 ? [.path("band \(series.style)", outline, isClosed: true)] : []
        case .cloud: return [.dots(series.style, points.map(place))]
        case .dots, .rings:
            return points.flatMap { point -> [Markup] in
                let (x, y) = place(point)
                let mark = series.mark(x, y, radius: series.kind == .rings ? 6 : 4, hint: point.hint)
                guard let spread = point.spread else { return [mark] }
                return [.line("line thin \(series.style)", x: (x, x), y: (end(spread.high), end(spread.low))), mark]
            }
        }
    }

    private var legend: Markup {
        var entries = series.compactMap { series in
            series.name.map { Markup.tag("span", .swatch(series.swatch), Markup($0)) }
        }
        if let ramp { entries.append(.tag("span", Markup(ramp.from), .tag("i.ramp \(ramp.style)"), Markup(ramp.to))) }
        return entries.isEmpty ? .empty : .tag("div.legend", entries)
    }
}

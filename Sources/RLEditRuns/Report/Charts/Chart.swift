/// A chart of lines, bands, points or a picture over two axes, with grid, legend and labels. All charts of reports are made
/// of it.
struct Chart {
    /// Makes an axis that the values fit.
    typealias Fit = (_ values: [Double]) -> ChartScale

    let series: [ChartSeries]
    private let x: ChartScale
    private let y: ChartScale
    private let titles: (x: String, y: String)
    private let size: (width: Double, height: Double)
    /// What fills the plot, and one sentence about it for those who cannot see it.
    private let picture: (image: Bitmap, about: String)?
    /// What the two ends of a scale of colours mean, and its class of the style sheet.
    private let ramp: (from: String, to: String, style: String)?
    /// The area between the axes.
    let plot: Box

    /// - Parameter titles: of the axes.
    init(
        _ series: [ChartSeries], titles: (x: String, y: String), x: Fit = { .fitting($0) },
        y: Fit = { .fitting($0) }, height: Double = 320, picture: (image: Bitmap, about: String)? = nil,
        ramp: (from: String, to: String, style: String)? = nil
    ) {
        self.series = series.map(\.thinned)
        self.x = x(series.flatMap(\.points).map(\.x))
        self.y = y(
            self.series.flatMap(\.points).flatMap { [$0.y, $0.spread?.low ?? $0.y, $0.spread?.high ?? $0.y] })
        size = (720, height)
        let left = max(64, (self.y.ticks.map { Chart.width(of: $0.label) }.max() ?? 0) + 38)
        plot = Box(left: left, top: 12, width: size.width - left - 16, height: height - 60)
        self.titles = (Chart.fitted(titles.x, to: plot.width), Chart.fitted(titles.y, to: height - 12))
        self.picture = picture
        self.ramp = ramp
    }

    /// Whether there is nothing to draw.
    var isEmpty: Bool { picture == nil && !series.contains { $0.points.contains(where: \.isFinite) } }

    /// About how many pixels a text takes.
    static func width(of text: String) -> Double { 6.5 * Double(DisplayWidth.of(text)) }

    /// A text cut to what fits.
    static func fitted(_ text: String, to pixels: Double) -> String {
        DisplayWidth.truncated(text, to: max(3, Int(pixels / 6.5)))
    }

    /// Where values lie in the drawing.
    func across(_ value: Double) -> Double { plot.left + plot.width * x.place(value) }
    func down(_ value: Double) -> Double { plot.top + plot.height * (1 - y.place(value)) }

    var markup: Markup {
        let rows = y.ticks.map { tick -> Markup in
            let place = down(tick.value)
            return [
                .line("grid", x: (plot.left, plot.right), y: (place, place)),
                .text("tick", tick.label, plot.left - 8, place, "end", isLevel: true),
            ]
        }
        let columns = x.ticks.map { tick -> Markup in
            let place = across(tick.value)
            // Centred so that the label stays within the drawing.
            let middle = min(place, size.width - Chart.width(of: tick.label) / 2)
            return [
                .line("axis", x: (place, place), y: (plot.bottom, plot.bottom + 4)),
                .text("tick", tick.label, middle, plot.bottom + 18, "middle"),
            ]
        }
        let frame: Markup = [
            .line("axis", x: (plot.left, plot.right), y: (plot.bottom, plot.bottom)),
            .text("title", titles.x, plot.left + plot.width / 2, size.height - 8, "middle"),
            .verticalTitle(titles.y, 14, plot.top + plot.height / 2),
        ]
        let cells: Markup = picture.map { [.rect("cells", plot, picture: $0.image), .rect("frame", plot)] } ?? .empty
        // Labels cover lines and crowds, but no mark.
        let (marked, below) = (series.filter(\.hasMarks), series.filter { !$0.hasMarks })
        let content = rows + columns + [cells] + below.map(marks) + labels + marked.map(marks) + [frame]
        let about = picture?.about ?? "\(titles.y) against \(titles.x)"
        return [legend, .drawing(size.width, size.height, about: about, Markup(content))]
    }

    private func marks(_ series: ChartSeries) -> Markup {
        let style = series.style
        let places = series.points.map { (x: across($0.x), y: down($0.y)) }
        func within(_ place: Double) -> Double { min(max(place, plot.top), plot.bottom) }
        let bars = series.points.compactMap { point in
            point.spread.map { (x: across(point.x), high: within(down($0.high)), low: within(down($0.low))) }
        }
        switch series.kind {
        case .line where places.count == 1 && places[0].y.isFinite:
            // A single point has no line to show.
            return .circle("dot \(style)", places[0].x, places[0].y, 3.5)
        case .line: return .path("line \(style)", places)
        case .band:
            let outline = bars.map { ($0.x, $0.high) } + bars.reversed().map { ($0.x, $0.low) }
            return bars.count > 1 ? .path("band \(style)", outline, isClosed: true) : .empty
        case .cloud: return .dots(style, places)
        case .dots, .rings:
            let marks = zip(places, series.points).map { place, point in
                series.mark(place.x, place.y, radius: series.kind == .rings ? 6 : 4, hint: point.hint)
            }
            return Markup(bars.map { .line("line thin \(style)", x: ($0.x, $0.x), y: ($0.high, $0.low)) } + marks)
        }
    }

    private var legend: Markup {
        let names = series.compactMap { series in
            series.name.map { Markup.tag("span", [.swatch(series.swatch), Markup($0)]) }
        }
        let colours = ramp.map { Markup.tag("span", "\($0.from)\(Markup.tag("i.ramp \($0.style)"))\($0.to)") }
        return .block("div.legend", [Markup(names), colours ?? .empty])
    }
}

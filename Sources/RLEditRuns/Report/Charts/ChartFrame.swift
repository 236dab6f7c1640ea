/// Axes, grid and labels around a plot, and the map from values to its pixels.
struct ChartFrame {
    let width: Double
    let height: Double
    /// Room for the labels of the vertical axis and its title.
    let left: Double
    let x: ChartScale
    let y: ChartScale
    private let titles: (x: String, y: String)
    private let about: String

    private static let top = 12.0
    private static let right = 16.0
    private static let bottom = 48.0

    /// - Parameters:
    ///   - titles: of the axes.
    ///   - about: what the chart shows in one sentence, for those who cannot see it.
    init(
        width: Double = 720, height: Double = 320, x: ChartScale, y: ChartScale, titles: (x: String, y: String),
        about: String
    ) {
        self.width = width
        self.height = height
        self.x = x
        self.y = y
        self.about = about
        let widest = y.ticks.map { ChartFrame.width(of: $0.label) }.max() ?? 0
        left = max(64, widest + 38)
        self.titles = (
            ChartFrame.fitted(titles.x, to: width - left - ChartFrame.right),
            ChartFrame.fitted(titles.y, to: height - ChartFrame.top)
        )
    }

    /// About how many pixels a text takes.
    static func width(of text: String) -> Double { 6.5 * Double(DisplayWidth.of(text)) }

    /// A text cut to what fits.
    static func fitted(_ text: String, to pixels: Double) -> String {
        DisplayWidth.truncated(text, to: max(3, Int(pixels / 6.5)))
    }

    var plot: Box {
        Box(
            left: left, top: ChartFrame.top, width: width - left - ChartFrame.right,
            height: height - ChartFrame.top - ChartFrame.bottom)
    }
    /// Where the horizontal axis lies.
    var foot: Double { height - ChartFrame.bottom }

    func across(_ value: Double) -> Double { left + plot.width * x.place(value) }
    func down(_ value: Double) -> Double { ChartFrame.top + plot.height * (1 - y.place(value)) }
    func point(_ x: Double, _ y: Double) -> (x: Double, y: Double) { (across(x), down(y)) }

    /// The titles of both axes.
    var axisTitles: [Markup] {
        [
            .text("title", titles.x, left + plot.width / 2, height - 8, "middle"),
            .verticalTitle(titles.y, 14, ChartFrame.top + plot.height / 2),
        ]
    }

    /// The whole drawing.
    /// - Parameter hasLabelsAcross: false when the marks bring their own labels below the axis.
    func drawing(hasLabelsAcross: Bool = true, _ marks: [Markup]) -> Markup {
        let ends = (left, width - ChartFrame.right)
        let rows = y.ticks.flatMap { tick -> [Markup] in
            let place = down(tick.value)
            return [
                .line("grid", x: ends, y: (place, place)),
                .text("tick", tick.label, left - 8, place, "end", isLevel: true),
            ]
        }
        let columns = x.ticks.flatMap { tick -> [Markup] in
            let place = across(tick.value)
            // Centred so that the label stays within the drawing.
            let middle = min(place, width - ChartFrame.width(of: tick.label) / 2)
            return [
                .line("axis", x: (place, place), y: (foot, foot + 4)),
                .text("tick", tick.label, middle, foot + 18, "middle"),
            ]
        }
        return .drawing(
            width, height, about: about,
            rows + (hasLabelsAcross ? columns : []) + marks + [.line("axis", x: ends, y: (foot, foot))] + axisTitles)
    }
}

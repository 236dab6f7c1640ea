/// The map from values to pixels along one axis, with readable ticks.
struct ChartScale {
    let lower: Double
    let upper: Double
    /// Values to label, ascending, a round step apart.
    let ticks: [Double]
    private let digits: Int
    private let isShare: Bool
    /// How values are spread along the axis.
    let spacing: ChartSpacing
    /// Names in place of the numbers of the ticks.
    private let names: [String]?

    /// An axis of another spacing than the linear one.
    init(spacing: ChartSpacing, from low: Double, to high: Double, ticks: [Double], names: [String]) {
        lower = low
        upper = high
        self.ticks = ticks
        self.names = names
        self.spacing = spacing
        digits = 0
        isShare = false
    }

    /// - Parameters:
    ///   - values: what must fit; those that are not finite are ignored.
    ///   - isShare: label 0.25 as 25 %, within 0 and 1.
    ///   - padding: share of the range to leave free at both ends.
    init(_ values: some Sequence<Double>, isShare: Bool = false, padding: Double = 0.05, target: Int = 5) {
        var low = Double.infinity
        var high = -Double.infinity
        for value in values where value.isFinite {
            low = min(low, value)
            high = max(high, value)
        }
        if low > high { (low, high) = (0, 1) }
        // A flat line gets room around it.
        if high - low < 1e-12 * max(abs(low), abs(high), 1e-6) {
            let room = low == 0 ? 0.5 : abs(low) * 0.1
            (low, high) = (low - room, high + room)
        }
        let room = (high - low) * padding
        (low, high) = (low - room, high + room)
        if isShare { (low, high) = (max(low, -0.02), min(high, 1.02)) }
        self.init(from: low, to: high, isShare: isShare, target: target)
    }

    init(from low: Double, to high: Double, isShare: Bool = false, target: Int = 5) {
        lower = low
        upper = high
        spacing = .linear
        names = nil
        self.isShare = isShare
        // The steps 1, 2 and 5 times a power of ten; the smallest that needs no more than `target` intervals.
        let rough = (high - low) / Double(max(target, 1))
        let power = NumberText.powerOfTen(NumberText.decimalExponent(rough))
        let step = [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? 10 * power
        var ticks: [Double] = []
        var index = (low / step).rounded(.up)
        while index * step <= high + step * 1e-9, ticks.count < 50 {
            ticks.append(index * step == 0 ? 0 : index * step)
            index += 1
        }
        self.ticks = ticks
        digits = max(0, -NumberText.decimalExponent(step * 1.0001) - (isShare ? 2 : 0))
    }

    /// Place of a value, 0 at the lower end and 1 at the upper.
    func place(_ value: Double) -> Double {
        let ends = (spacing.transformed(lower), spacing.transformed(upper))
        return (spacing.transformed(value) - ends.0) / (ends.1 - ends.0)
    }

    func label(_ tick: Double) -> String {
        if let names { return ticks.firstIndex(of: tick).flatMap { $0 < names.count ? names[$0] : nil } ?? "" }
        if isShare { return "\(NumberText.fixed(100 * tick, digits: digits)) %" }
        if abs(tick) >= 1000, abs(tick) < 1e9, digits == 0 { return NumberText.grouped(Int(tick.rounded())) }
        return abs(tick) >= 1e9 || digits > 6
            ? NumberText.significant(tick, digits: 3) : NumberText.fixed(tick, digits: digits)
    }
}

/// Axes, grid and labels around a plot, and the map from values to its pixels.
struct ChartFrame {
    let width: Double
    let height: Double
    /// Room for the labels of the vertical axis and its title.
    let left: Double
    let right = 16.0
    let top = 12.0
    let bottom = 48.0
    let x: ChartScale
    let y: ChartScale
    let xTitle: String
    let yTitle: String

    init(width: Double = 720, height: Double = 320, x: ChartScale, y: ChartScale, xTitle: String, yTitle: String) {
        self.width = width
        self.height = height
        self.x = x
        self.y = y
        let widest = y.ticks.map { ChartFrame.width(of: y.label($0)) }.max() ?? 0
        left = max(64, widest + 38)
        self.xTitle = ChartFrame.fitted(xTitle, to: width - left - right)
        self.yTitle = ChartFrame.fitted(yTitle, to: height - top)
    }

    /// About how many pixels a text takes.
    static func width(of text: String) -> Double { 6.5 * Double(DisplayWidth.of(text)) }

    /// A text cut to what fits.
    static func fitted(_ text: String, to pixels: Double) -> String {
        DisplayWidth.truncated(text, to: max(3, Int(pixels / 6.5)))
    }

    var plotWidth: Double { width - left - right }
    var plotHeight: Double { height - top - bottom }
    func across(_ value: Double) -> Double { left + plotWidth * x.place(value) }
    func down(_ value: Double) -> Double { top + plotHeight * (1 - y.place(value)) }

    /// Where a text at a place is centred so that it stays within the drawing.
    private func middle(of text: String, at place: Double) -> Double {
        min(place, width - ChartFrame.width(of: text) / 2)
    }

    /// The whole drawing.
    /// - Parameters:
    ///   - description: what the chart shows in one sentence, for those who cannot see it.
    ///   - labelsAcross: false when the marks bring their own labels below the axis.
    func svg(description: String, labelsAcross: Bool = true, _ marks: [Markup]) -> Markup {
        var content: [Markup] = [.element("title", Markup(description))]
        for tick in y.ticks {
            let place = pixel(down(tick))
            content.append(
                .element(
                    "line", ["class": "grid", "x1": pixel(left), "x2": pixel(width - right), "y1": place, "y2": place]))
            content.append(
                .element(
                    "text", ["class": "tick", "x": pixel(left - 8), "y": place, "dy": "0.32em", "text-anchor": "end"],
                    Markup(y.label(tick))))
        }
        if labelsAcross {
            for tick in x.ticks {
                let place = pixel(across(tick))
                let foot = height - bottom
                content.append(
                    .element(
                        "line", ["class": "axis", "x1": place, "x2": place, "y1": pixel(foot), "y2": pixel(foot + 4)]))
                content.append(
                    .element(
                        "text",
                        [
                            "class": "tick", "x": pixel(middle(of: x.label(tick), at: across(tick))),
                            "y": pixel(foot + 18), "text-anchor": "middle",
                        ], Markup(x.label(tick))))
            }
        }
        content += marks
        let foot = pixel(height - bottom)
        content.append(
            .element("line", ["class": "axis", "x1": pixel(left), "x2": pixel(width - right), "y1": foot, "y2": foot]))
        content.append(
            .element(
                "text",
                ["class": "title", "x": pixel(left + plotWidth / 2), "y": pixel(height - 8), "text-anchor": "middle"],
                Markup(xTitle)))
        content.append(
            .element(
                "text",
                [
                    "class": "title", "transform": "translate(14 \(pixel(top + plotHeight / 2))) rotate(-90)",
                    "text-anchor": "middle",
                ], Markup(yTitle)))
        return .element(
            "svg",
            [
                "viewBox": "0 0 \(pixel(width)) \(pixel(height))", "role": "img",
                "preserveAspectRatio": "xMidYMid meet",
            ], content)
    }
}

/// The key of a chart.
struct ChartLegend {
    struct Entry {
        let name: String
        /// Class of the style sheet that gives the colour, for example `s1`.
        let style: String
        /// A filled swatch stands for a band or a bar, an open one for a line.
        var isFilled = false
        /// The mark of a chart of points, in place of a swatch.
        var mark: (shape: MarkerShape, isRing: Bool)?
    }

    static func markup(_ entries: [Entry]) -> Markup {
        .element(
            "div", ["class": "legend"],
            entries.map { entry in
                let mark: Markup =
                    entry.mark.map {
                        $0.shape.markup("\($0.isRing ? "ring" : "dot") \(entry.style)", 11, 7, radius: 4.5)
                    }
                    ?? (entry.isFilled
                        ? .element(
                            "rect",
                            ["class": "fill \(entry.style)", "y": "2", "width": "22", "height": "10", "rx": "2"])
                        : .element(
                            "line", ["class": "line \(entry.style)", "x1": "0", "x2": "22", "y1": "7", "y2": "7"]))
                return .element(
                    "span",
                    children: [
                        .element(
                            "svg", ["viewBox": "0 0 22 14", "width": "22", "height": "14", "aria-hidden": "true"], mark),
                        Markup(entry.name),
                    ])
            })
    }
}

/// Bars for shares in [0, 1], a group of them for each class.
struct BarChart {
    struct Series {
        let name: String
        /// Class of the style sheet, for example `s1`.
        let style: String
        /// One for each group; nil leaves a gap.
        let values: [Spread?]
    }

    static func markup(
        groups: [(label: String, isMarked: Bool)], _ series: [Series], titles: (x: String, y: String), about: String
    ) -> Markup {
        let frame = ChartFrame(
            height: 300, x: .linear(0, Double(max(groups.count, 1))), y: .linear(0, 1, isShare: true), titles: titles,
            about: about)
        let barWidth = 0.8 / Double(max(series.count, 1))
        let foot = frame.foot
        var marks: [Markup] = []
        for (index, group) in groups.enumerated() {
            for (place, item) in series.enumerated() {
                guard let spread = item.values[index], spread.mean.isFinite else { continue }
                let start = frame.across(Double(index) + 0.1 + barWidth * Double(place))
                let end = frame.across(Double(index) + 0.1 + barWidth * Double(place + 1))
                let top = frame.down(min(max(spread.mean, 0), 1))
                let deviation = spread.standardDeviation
                let value = MeasureText.of(spread, measure: "accuracy", seeds: deviation > 0 ? 2 : 1)
                // A bar of nothing keeps a visible foot: 0 % is a result, not a gap.
                let bar = Box(
                    left: start + 0.5, top: min(top, foot - 1.5), width: max(end - start - 1, 0.5),
                    height: max(foot - top, 1.5))
                marks.append(.rect("fill \(item.style)", bar, title: "\(group.label), \(item.name): \(value)"))
                if deviation > 0 {
                    let ends = (min(spread.mean + deviation, 1), max(spread.mean - deviation, 0))
                    let middle = (start + end) / 2
                    marks.append(.line("error", x: (middle, middle), y: (frame.down(ends.0), frame.down(ends.1))))
                }
            }
            let label = DisplayWidth.truncated(group.label, to: max(3, 90 / max(groups.count, 1)))
            let style = group.isMarked ? "tick marked" : "tick"
            marks.append(.text(style, label, frame.across(Double(index) + 0.5), foot + 18, "middle"))
        }
        return LegendEntry.markup(series.map { .fill($0.name, $0.style) })
            + frame.drawing(hasLabelsAcross: false, marks)
    }
}

/// A line for each group with a mark for each stage, for shares in [0, 1]: how far the groups lie apart, and how far an
/// edit moved each.
struct GroupChart {
    struct Series {
        let name: String
        let style: String
        /// One for each group; nil leaves the mark out.
        let values: [Double?]
    }

    /// Of the plot, which has room for names on its left.
    private static let (left, right, top) = (150.0, 704.0, 8.0)
    private static let line = 17.0

    static func markup(groups: [String], _ series: [Series], title: String, about: String) -> Markup {
        // Up to the next tenth, so that small rates can be told apart.
        let largest = series.flatMap(\.values).compactMap { $0 }.max() ?? 1
        let scale = ChartScale.linear(0, min(max((largest * 10).rounded(.up) / 10, 0.1), 1), isShare: true)
        let foot = top + line * Double(max(groups.count, 1))
        func across(_ value: Double) -> Double { left + (right - left) * scale.place(min(max(value, 0), 1)) }
        var marks = scale.ticks.flatMap { tick -> [Markup] in
            let place = across(tick.value)
            return [
                .line("grid", x: (place, place), y: (top, foot)),
                .text("tick", tick.label, place, foot + 18, "middle"),
            ]
        }
        for (index, group) in groups.enumerated() {
            let middle = top + line * (Double(index) + 0.5)
            marks.append(
                .text("tick", ChartFrame.fitted(group, to: left - 12), left - 10, middle, "end", isLevel: true))
            let known = series.compactMap { $0.values[index] }
            if let low = known.min(), let high = known.max(), low < high {
                marks.append(.line("axis", x: (across(low), across(high)), y: (middle, middle)))
            }
            if known.isEmpty { marks.append(.text("tick", "–", across(0) + 4, middle, isLevel: true)) }
            // The first stages lie on top: what the others are compared with is never hidden.
            for item in series.reversed() {
                guard let value = item.values[index] else { continue }
                let text = MeasureText.of(value, measure: "false_positive_rate")
                marks.append(
                    .circle("dot \(item.style)", across(value), middle, 4.5, title: "\(group), \(item.name): \(text)"))
            }
        }
        marks.append(.text("title", title, (left + right) / 2, foot + 38, "middle"))
        return LegendEntry.markup(series.map { .fill($0.name, $0.style) })
            + .drawing(720, foot + 44, about: about, marks)
    }
}

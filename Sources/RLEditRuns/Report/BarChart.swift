/// Groups of bars for shares in [0, 1], one group per class.
struct BarChart {
    struct Series {
        let name: String
        /// Class of the style sheet, for example `s1`.
        let style: String
        /// One value per group; nil leaves a gap.
        let values: [Spread?]
    }

    var groups: [(label: String, isMarked: Bool)]
    var series: [Series]
    var xTitle: String
    var yTitle: String
    var description: String

    func markup() -> Markup {
        let frame = ChartFrame(
            height: 300, x: ChartScale(from: 0, to: Double(max(groups.count, 1))),
            y: ChartScale(from: 0, to: 1, isShare: true), xTitle: xTitle, yTitle: yTitle)
        var marks: [Markup] = []
        let barWidth = 0.8 / Double(max(series.count, 1))
        let foot = frame.height - frame.bottom
        for (index, group) in groups.enumerated() {
            for (place, item) in series.enumerated() {
                guard index < item.values.count, let spread = item.values[index], spread.mean.isFinite else { continue }
                let start = frame.across(Double(index) + 0.1 + barWidth * Double(place))
                let end = frame.across(Double(index) + 0.1 + barWidth * Double(place + 1))
                let top = frame.down(min(max(spread.mean, 0), 1))
                let value = MeasureText.of(spread, measure: "accuracy", seeds: spread.standardDeviation > 0 ? 2 : 1)
                marks.append(
                    .element(
                        "rect",
                        [
                            "class": "fill \(item.style)", "x": pixel(start + 0.5), "y": pixel(min(top, foot - 1.5)),
                            "width": pixel(max(end - start - 1, 0.5)),
                            // A bar of nothing keeps a visible foot: 0 % is a result, not a gap.
                            "height": pixel(max(foot - top, 1.5)),
                        ], .element("title", Markup("\(group.label), \(item.name): \(value)"))))
                if spread.standardDeviation > 0 {
                    let middle = pixel((start + end) / 2)
                    marks.append(
                        .element(
                            "line",
                            [
                                "class": "error", "x1": middle, "x2": middle,
                                "y1": pixel(frame.down(min(spread.mean + spread.standardDeviation, 1))),
                                "y2": pixel(frame.down(max(spread.mean - spread.standardDeviation, 0))),
                            ]))
                }
            }
            marks.append(
                .element(
                    "text",
                    [
                        "class": group.isMarked ? "tick marked" : "tick", "x": pixel(frame.across(Double(index) + 0.5)),
                        "y": pixel(foot + 18), "text-anchor": "middle",
                    ], Markup(DisplayWidth.truncated(group.label, to: max(3, 90 / max(groups.count, 1))))))
        }
        let legend = ChartLegend.markup(series.map { .init(name: $0.name, style: $0.style, isFilled: true) })
        return legend + frame.svg(description: description, labelsAcross: false, marks)
    }
}

/// A line for each group with a mark for each stage, for shares in [0, 1]: how far the groups lie apart, and how far an
/// edit moved each.
struct GroupChart {
    struct Series {
        let name: String
        /// Class of the style sheet, for example `s1`.
        let style: String
        /// One value per group; nil leaves the mark out.
        let values: [Double?]
    }

    var groups: [String]
    var series: [Series]
    var xTitle: String
    var description: String

    private static let width = 720.0
    private static let left = 150.0
    private static let right = 16.0
    private static let top = 8.0
    private static let bottom = 44.0
    private static let line = 17.0

    func markup() -> Markup {
        // Up to the next tenth, so that small rates can be told apart.
        let largest = series.flatMap(\.values).compactMap { $0 }.max() ?? 1
        let scale = ChartScale(from: 0, to: min(max((largest * 10).rounded(.up) / 10, 0.1), 1), isShare: true)
        let height = GroupChart.top + GroupChart.bottom + GroupChart.line * Double(max(groups.count, 1))
        let foot = height - GroupChart.bottom
        func across(_ value: Double) -> Double {
            GroupChart.left + (GroupChart.width - GroupChart.left - GroupChart.right)
                * scale.place(min(max(value, 0), 1))
        }
        var content: [Markup] = [.element("title", Markup(description))]
        for tick in scale.ticks {
            let place = pixel(across(tick))
            content.append(
                .element(
                    "line",
                    ["class": "grid", "x1": place, "x2": place, "y1": pixel(GroupChart.top), "y2": pixel(foot)]))
            content.append(
                .element(
                    "text", ["class": "tick", "x": place, "y": pixel(foot + 18), "text-anchor": "middle"],
                    Markup(scale.label(tick))))
        }
        for (index, group) in groups.enumerated() {
            content += marks(group, index, across)
        }
        content.append(
            .element(
                "text",
                [
                    "class": "title", "x": pixel((GroupChart.left + GroupChart.width - GroupChart.right) / 2),
                    "y": pixel(height - 6), "text-anchor": "middle",
                ], Markup(xTitle)))
        let legend = ChartLegend.markup(series.map { .init(name: $0.name, style: $0.style, isFilled: true) })
        return legend
            + .element(
                "svg",
                [
                    "viewBox": "0 0 \(pixel(GroupChart.width)) \(pixel(height))", "role": "img",
                    "preserveAspectRatio": "xMidYMid meet",
                ], content)
    }

    private func marks(_ group: String, _ index: Int, _ across: (Double) -> Double) -> [Markup] {
        let middle = GroupChart.top + GroupChart.line * (Double(index) + 0.5)
        var marks: [Markup] = [
            .element(
                "text",
                [
                    "class": "tick", "x": pixel(GroupChart.left - 10), "y": pixel(middle), "dy": "0.32em",
                    "text-anchor": "end",
                ], Markup(ChartFrame.fitted(group, to: GroupChart.left - 12)))
        ]
        let values = series.map { index < $0.values.count ? $0.values[index] : nil }
        let known = values.compactMap { $0 }
        if let low = known.min(), let high = known.max(), low < high {
            marks.append(
                .element(
                    "line",
                    [
                        "class": "axis", "x1": pixel(across(low)), "x2": pixel(across(high)), "y1": pixel(middle),
                        "y2": pixel(middle),
                    ]))
        }
        if known.isEmpty {
            marks.append(
                .element(
                    "text", ["class": "tick", "x": pixel(across(0) + 4), "y": pixel(middle), "dy": "0.32em"], "–"))
        }
        // The first stages lie on top: what the others are compared with is never hidden.
        for (item, value) in zip(series, values).reversed() {
            guard let value else { continue }
            marks.append(
                .element(
                    "circle",
                    [
                        "class": "dot \(item.style)", "cx": pixel(across(value)), "cy": pixel(middle), "r": "4.5",
                    ],
                    .element(
                        "title",
                        Markup("\(group), \(item.name): \(MeasureText.of(value, measure: "false_positive_rate"))"))))
        }
        return marks
    }
}

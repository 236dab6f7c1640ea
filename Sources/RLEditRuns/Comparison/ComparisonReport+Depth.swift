extension ComparisonReport {
    /// Is the class gone, or only hidden? Each method beside the retrained network.
    var depth: Markup {
        func figure(_ x: String, _ y: String, _ text: String) -> Markup {
            let points = rows.compactMap { row -> (row: Comparison.Row, x: Double, y: Double)? in
                guard let across = row.depth[x]?.mean, let up = row.depth[y]?.mean, across.isFinite, up.isFinite else {
                    return nil
                }
                return (row, across, up)
            }
            guard !points.isEmpty else { return .empty }
            func scale(_ values: [Double], _ name: String) -> ChartScale {
                ChartScale(values, isShare: ["membership_rate", "probe_recall"].contains(name), padding: 0.1)
            }
            let chart = MarkerChart(
                markers: points.map {
                    .init(
                        name: $0.row.method?.name, style: style($0.row), x: $0.x, y: $0.y,
                        isRing: $0.row.method?.name == "retrain")
                }, x: scale(points.map(\.x), x), y: scale(points.map(\.y), y), xTitle: ComparisonReport.depthAxis(x),
                yTitle: ComparisonReport.depthAxis(y), description: "\(y) against \(x) of each method", height: 360,
                legend: legend(points.map(\.row)))
            var caption = text
            if points.contains(where: { $0.row.method?.name == "retrain" }) {
                caption += " The ring is the retrained network."
            }
            if !mean.isEmpty { caption += " Means over seeds." }
            return Report.figure(chart.markup(), caption: [Markup(caption)])
        }
        let figures = [
            figure(
                "relearn_steps", "probe_recall",
                "Few steps to learn the class again, and a probe that finds it in the features, mean that it was hidden "
                    + "rather than removed."),
            figure(
                "membership_rate", "total_variation",
                "How far the answers on unseen examples to forget are from those of the retrained network of the same "
                    + "seed, and how many of the forgotten examples still look like training examples."),
        ].filter { !$0.source.isEmpty }
        let measures = comparison.depthMeasures
        let measured = rows.filter { !$0.depth.isEmpty }
        guard !measured.isEmpty else { return .empty }
        let table = Report.table(
            ["method"] + measures.map { Markup(Comparison.depthTitle($0)) },
            measured.map { row in
                [Markup(row.title)] + measures.map { Markup(Comparison.depthCell(row.depth[$0], $0)) }
            }, textColumns: 1)
        let note = Markup.element("p", ["class": "aside"], Markup(mean.isEmpty ? "" : "Means over seeds."))
        return Report.section("Depth", id: "depth", [table, note] + figures)
    }

    private static func depthAxis(_ measure: String) -> String {
        switch measure {
        case "relearn_steps": "steps to relearn"
        case "probe_recall": "recall of a linear probe"
        case "total_variation": "total variation from the retrained network"
        case "membership_rate": "called members"
        default: MeasureText.title(measure)
        }
    }
}

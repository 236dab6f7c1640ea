extension Report {
    /// A line of marks for each name, one for each stage: how far names lie apart, and how far an edit moved each.
    /// - Parameters:
    ///   - kind: what the names are of, for example `class`.
    ///   - value: of the name at a place; nil leaves the mark out.
    func shares(
        of kind: String, _ names: [String], _ stages: [Stage], measure: String, _ value: (Int, Stage) -> Spread?
    ) -> Markup {
        let series = zip(stages, Report.styles(of: stages)).map { stage, style in
            // A ring hides no other mark.
            ChartSeries(
                name: stage.title, style: style, kind: stage == .before ? .rings : .dots,
                points: names.indices.compactMap { place in
                    guard let spread = value(place, stage), spread.mean.isFinite else { return nil }
                    let text = MeasureText.of(spread, measure: measure, seeds: summary.seeds.count)
                    return ChartPoint(
                        x: spread.mean, y: Double(place), hint: "\(names[place]), \(stage.title): \(text)")
                })
        }
        let links = names.indices.map { place -> ChartSeries in
            let own = series.flatMap(\.points).filter { $0.y == Double(place) }.sorted { $0.x < $1.x }
            return ChartSeries(style: "link", points: own.count > 1 ? [own[0], own[own.count - 1]] : [])
        }
        // Up to the next tenth, so that small rates can be told apart.
        let largest = series.flatMap(\.points).map(\.x).max() ?? 1
        return Chart(
            links + series, x: .linear(0, min(max((largest * 10).rounded(.up) / 10, 0.1), 1), isShare: true),
            y: ChartScale.names(names, width: 24).flipped, titles: (MeasureText.title(measure), kind),
            height: 60 + 17 * Double(max(names.count, 2))
        ).markup
    }

    /// Classes of the style sheet for the stages: the same colours for the run's own in every chart.
    private static func styles(of stages: [Stage]) -> [String] {
        let own: [Stage: String] = [.before: "s0", .meanPolicy: "s1", .bestSeen: "s2"]
        let others = stages.filter { own[$0] == nil }
        return stages.map { stage in own[stage] ?? "s\(3 + (others.firstIndex(of: stage) ?? 0) % 5)" }
    }

    /// The picture of an edit: orange where parameters grew, blue where they shrank, clear where nothing changed. Opacity and
    /// not lightness carries the amount, so the same picture serves on a light and on a dark page.
    /// - Returns: the picture, and the amount at which its colours are full.
    static func picture(of map: EditMap) -> (chart: Markup, limit: Double) {
        // The 99.5 % quantile, so that one outlier does not blank the rest.
        let sorted = map.cells.map(abs).sorted()
        let quantile = sorted[min(sorted.count - 1, Int(Double(sorted.count) * 0.995))]
        let limit = quantile > 0 ? quantile : map.largest > 0 ? map.largest : 1
        let across = (map.columns + map.cellColumns - 1) / map.cellColumns
        let down = (map.rows + map.cellRows - 1) / map.cellRows
        var image = Bitmap(width: across, height: down)
        for (index, cell) in map.cells.enumerated() {
            let colour = cell < 0 ? Bitmap.Colour(0, 114, 178) : Bitmap.Colour(213, 94, 0)
            image.set(index % across, index / across, colour, opacity: min(abs(cell / limit), 1))
        }
        let end = NumberText.significant(limit, digits: 2)
        let chart = Chart(
            [], x: .linear(0, Double(map.columns), isWhole: true, target: 8),
            // Rows go down from the first output, as a matrix is written.
            y: ChartScale.linear(0, Double(map.rows), isWhole: true, target: 4).flipped,
            titles: (map.hasBias ? "other axes, then the bias" : "other axes", "first axis"),
            // Cells are square where that gives a picture of readable height.
            height: min(max(640 * Double(down) / Double(across), 90), 420) + 60,
            picture: (image, "Change of \(map.parameter), \(map.rows) by \(map.columns) numbers"),
            ramp: ("−\(end)", "+\(end)", "change"))
        return (chart.markup, limit)
    }
}

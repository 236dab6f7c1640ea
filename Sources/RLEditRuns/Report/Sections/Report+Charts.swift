extension Report {
    /// A line of marks for each name, one for each stage: how far names lie apart, and how far an edit moved each.
    /// - Parameters:
    ///   - kind: what the names are of, for example `class`.
    ///   - value: of the name at a place; one that is not finite leaves the mark out.
    func shares(
        of kind: String, _ names: [String], _ stages: [Stage], measure: String, _ value: (Int, Stage) -> Spread
    ) -> Chart {
        let own: [Stage: String] = [.before: "s0", .meanPolicy: "s1", .bestSeen: "s2"]
        let others = stages.filter { own[$0] == nil }
        let series = stages.map { stage in
            let points = names.indices.map { place in
                let spread = value(place, stage)
                let text = MeasureText.of(spread, measure: measure, seeds: summary.seeds.count)
                return ChartPoint(x: spread.mean, y: Double(place), hint: "\(names[place]), \(stage.title): \(text)")
            }
            return ChartSeries(
                name: stage.title, style: own[stage] ?? "s\(3 + (others.firstIndex(of: stage) ?? 0) % 5)",
                // A ring hides no other mark.
                kind: stage == .before ? .rings : .dots, points: points.filter(\.isFinite))
        }
        let links = names.indices.map { place -> ChartSeries in
            let own = series.flatMap(\.points).filter { $0.y == Double(place) }.sorted { $0.x < $1.x }
            return ChartSeries(style: "link", points: own.count > 1 ? [own[0], own[own.count - 1]] : [])
        }
        // Up to the next tenth, so that small rates can be told apart.
        let end = { (values: [Double]) in min(max((10 * (values.max() ?? 1)).rounded(.up) / 10, 0.1), 1) }
        return Chart(
            links + series, titles: (MeasureText.title(measure), kind), x: { .linear(0, end($0), isShare: true) },
            y: { _ in ChartScale.names(names, width: 24).flipped }, height: 60 + 17 * Double(max(names.count, 2)))
    }

    /// The picture of an edit: orange where parameters grew, blue where they shrank, clear where nothing changed. Opacity and
    /// not lightness carries the amount, so the same picture serves on a light and on a dark page.
    static func picture(of map: EditMap) -> Chart {
        let limit = map.colourLimit
        let across = (map.columns + map.cellColumns - 1) / map.cellColumns
        let down = (map.rows + map.cellRows - 1) / map.cellRows
        let image = Bitmap(width: across, height: down) { column, row in
            let cell = map.cells[row * across + column]
            let opacity = 255 * min(abs(cell / limit), 1)
            return cell < 0 ? [0, 114, 178, opacity] : [213, 94, 0, opacity]
        }
        let end = NumberText.significant(limit, digits: 2)
        return Chart(
            [], titles: (map.hasBias ? "other axes, then the bias" : "other axes", "first axis"),
            x: { _ in .linear(0, Double(map.columns), isWhole: true, target: 8) },
            // Rows go down from the first output, as a matrix is written.
            y: { _ in ChartScale.linear(0, Double(map.rows), isWhole: true, target: 4).flipped },
            // Cells are square where that gives a picture of readable height.
            height: min(max(640 * Double(down) / Double(across), 90), 420) + 60,
            picture: (image, "Change of \(map.parameter), \(map.rows) by \(map.columns) numbers"),
            ramp: ("−\(end)", "+\(end)", "change"))
    }
}

extension EditMap {
    /// The change at which colours are full: the cells' 99.5 % quantile, so that one outlier does not blank the rest.
    var colourLimit: Double {
        let sorted = cells.map(abs).sorted()
        let quantile = sorted[min(sorted.count - 1, Int(Double(sorted.count) * 0.995))]
        return quantile > 0 ? quantile : largest > 0 ? largest : 1
    }
}

extension Report {
    /// What the models to compare with cost, as further rows of the table of results.
    var costCells: [[Markup]] {
        summary.costRows.enumerated().map { index, cost in
            [index == 0 ? .element("b", "cost") : .empty, Report.costName(cost.title)]
                + summary.stages.map { stage in Markup(cost.spreads[stage].map(RunSummary.costText) ?? "–") }
        }
    }

    /// The table of results with a row per model and a column per set and measure.
    var resultsByModel: Markup {
        let (rows, costs) = (summary.rows, summary.costRows)
        let titles =
            ["model"] + rows.map { Report.setName($0.set) + " " + Report.measureName($0.measure) }
            + costs.map { Report.costName($0.title) }
        let cells = summary.stages.map { stage -> [Markup] in
            [Report.stageName(stage)]
                + rows.map { row in
                    row.spreads[stage].map { Report.cell($0, row.measure, seeds: summary.seeds.count) } ?? "–"
                } + costs.map { Markup($0.spreads[stage].map(RunSummary.costText) ?? "–") }
        }
        return Report.table(titles, cells, textColumns: 1)
    }

    private static func costName(_ title: String) -> Markup { title == "kFE" ? term(title, .kfe) : Markup(title) }
}

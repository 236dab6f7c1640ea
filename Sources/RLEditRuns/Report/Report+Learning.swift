internal import RLEditCore

extension Report {
    /// Reward over the evaluations.
    var learning: Markup {
        let runs = seeds.filter { !$0.updates.isEmpty }
        guard let first = runs.first else { return .empty }
        var chart = LineChart(
            xTitle: "evaluations", yTitle: "reward", description: "Mean and best reward over the evaluations of the run"
        )
        var caption: [Markup]
        if runs.count == 1 {
            let updates = first.updates
            chart.bands = [
                .init(
                    name: "10 % to 90 % of candidates", style: "s1",
                    points: updates.map { (Double($0.evaluations), $0.reward.lowerDecile, $0.reward.upperDecile) })
            ]
            chart.lines = [
                .init(
                    name: "mean of the update", style: "s1",
                    points: updates.map { (Double($0.evaluations), $0.reward.mean) }),
                .init(
                    name: "best so far", style: "s2 dashed",
                    points: updates.map { (Double($0.evaluations), $0.bestReward) }),
            ]
            caption = [
                Report.term("Reward", .reward), " of the ", Report.term("candidates", .candidate), " of each ",
                Report.term("update", .update), ", with its ", Report.term("quantile band", .band), ".",
            ]
        } else {
            for run in runs {
                chart.lines.append(
                    .init(
                        name: "one seed", style: "s1 thin",
                        points: run.updates.map { (Double($0.evaluations), $0.reward.mean) },
                        isListed: run.seed == first.seed))
            }
            let means = Report.meanLines(runs.map(\.updates))
            chart.lines += means
            caption = [
                "Mean ", Report.term("reward", .reward), " of each ", Report.term("update", .update),
                Markup(" of each of \(runs.count) seeds\(means.isEmpty ? "" : ", and means over the seeds")."),
            ]
        }
        return Report.section("Learning curve", id: "learning", [Report.figure(chart.markup(), caption: caption)])
    }

    /// Mean over seeds at each update that all of them reached after as many evaluations.
    private static func meanLines(_ runs: [[UpdateRecord]]) -> [LineChart.Line] {
        let length = runs.map(\.count).min() ?? 0
        var means: [(x: Double, y: Double)] = []
        var bests: [(x: Double, y: Double)] = []
        for index in 0..<length {
            let records = runs.map { $0[index] }
            guard Set(records.map(\.evaluations)).count == 1, let evaluations = records.first?.evaluations else {
                break
            }
            means.append((Double(evaluations), Spread(records.map(\.reward.mean)).mean))
            bests.append((Double(evaluations), Spread(records.map(\.bestReward)).mean))
        }
        if means.isEmpty { return [] }
        return [
            .init(name: "mean over seeds", style: "s1", points: means),
            .init(name: "best so far, mean over seeds", style: "s2 dashed", points: bests),
        ]
    }

    /// Named reward terms over the evaluations, of the first seed: terms of several would need a chart each.
    var terms: Markup {
        guard let run = seeds.first(where: { !$0.updates.isEmpty }) else { return .empty }
        var names: [String] = []
        for name in run.updates.flatMap({ $0.terms.map(\.name) }) where !names.contains(name) { names.append(name) }
        if names.isEmpty { return .empty }
        // Eight colours; a second round is dashed.
        let order = ["s1", "s2", "s3", "s4", "s5", "s6", "s7"]
        let lines = names.enumerated().map { index, name in
            LineChart.Line(
                name: name, style: order[index % order.count] + (index >= order.count ? " dashed" : ""),
                points: run.updates.compactMap { record in
                    record.terms.first { $0.name == name }.map { (Double(record.evaluations), $0.value) }
                })
        }
        let chart = LineChart(
            lines: lines, xTitle: "evaluations", yTitle: "term", description: "Reward terms over the evaluations",
            height: 260)
        var caption = [
            Report.term("Reward terms", .rewardTerm), Markup(" as the task names them, mean of each update"),
        ]
        caption.append(Markup(seeds.count > 1 ? "; seed \(run.seed)." : "."))
        return Report.section("Reward terms", id: "terms", [Report.figure(chart.markup(), caption: caption)])
    }

    /// What candidates kept against what they changed.
    var tradeOff: Markup {
        let tables = seeds.compactMap { seed in seed.candidates.map { (seed.seed, $0) } }
        guard let first = tables.first?.1, let axes = Report.axes(first) else { return .empty }
        var points: [ScatterChart.Point] = []
        var best: (reward: Double, x: Double, y: Double)?
        let rows = tables.reduce(0) { $0 + $1.1.evaluations.count }
        for (_, table) in tables {
            guard let across = table[axes.x], let down = table[axes.y] else { continue }
            let rewards = table["reward"]
            let last = Double(max(table.evaluations.last ?? 1, 1))
            for index in across.indices where across[index].isFinite && down[index].isFinite {
                points.append(.init(x: across[index], y: down[index], age: Double(table.evaluations[index]) / last))
                if let reward = rewards?[index], reward.isFinite, reward > best?.reward ?? -.infinity {
                    best = (reward, across[index], down[index])
                }
            }
        }
        // Later points lie on top whatever seed they are of.
        let order = points.indices.sorted { (points[$0].age, $0) < (points[$1].age, $1) }
        let chart = ScatterChart(
            points: order.map { points[$0] },
            highlights: unedited(axes)
                + (best.map { [.init(name: "best reward", style: "s3", x: $0.x, y: $0.y, isRing: true)] } ?? []),
            xTitle: Report.axisTitle(axes.x), yTitle: Report.axisTitle(axes.y), xIsShare: Report.isShare(axes.x),
            yIsShare: Report.isShare(axes.y), description: "\(axes.y) against \(axes.x) of all candidates")
        let caption: [Markup] = [
            Markup(points.count == rows ? "All " : "The "), Markup("\(NumberText.grouped(points.count)) "),
            Report.term("candidates", .candidate),
            Markup(points.count == rows ? "" : " of \(NumberText.grouped(rows)) that have both measures"),
            Markup(tables.count > 1 ? " of \(tables.count) seeds" : ""),
            " on the sets that the reward sees, coloured by when they were tried.",
        ]
        return Report.section("Trade-off", id: "trade-off", [Report.figure(chart.markup(), caption: caption)])
    }

    /// The unedited model of each seed, named once.
    private func unedited(_ axes: (x: String, y: String)) -> [MarkerChart.Marker] {
        var markers: [MarkerChart.Marker] = []
        for numbers in summary.seeds.map(\.unedited) {
            guard let x = numbers.first(where: { $0.name == axes.x })?.value,
                let y = numbers.first(where: { $0.name == axes.y })?.value,
                !markers.contains(where: { ($0.x, $0.y) == (x, y) })
            else { continue }
            markers.append(
                .init(name: markers.isEmpty ? "unedited" : nil, style: "s7", x: x, y: y, isRing: true, shape: .square))
        }
        return markers
    }

    /// Forget across and retain up where the task has them, else the first two measures of the same kind, else of any.
    private static func axes(_ table: CandidateTable) -> (x: String, y: String)? {
        let measures = table.columns.filter { $0 != "reward" }
        let accuracies = measures.filter { $0.hasSuffix(".accuracy") }
        for names in [accuracies, measures] {
            let forget = names.first { $0.hasPrefix("forget.") }
            let retain = names.first { $0.hasPrefix("retain.") }
            if let forget, let retain { return (forget, retain) }
        }
        for names in [accuracies, measures] where names.count > 1 { return (names[0], names[1]) }
        return nil
    }

    private static func axisTitle(_ column: String) -> String {
        guard let dot = column.lastIndex(of: ".") else { return column }
        return "\(column[..<dot]) \(MeasureText.title(String(column[column.index(after: dot)...])))"
    }

    private static func isShare(_ column: String) -> Bool {
        MeasureText.isShare(String(column.split(separator: ".").last ?? ""))
    }
}

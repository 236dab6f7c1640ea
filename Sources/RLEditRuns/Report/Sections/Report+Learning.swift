internal import RLEditCore

extension Report {
    /// A line over the evaluations, or a band where there are two values; updates without a value are left out.
    static func curve(
        _ name: String, _ style: String, _ updates: [UpdateRecord], isBand: Bool = false, isListed: Bool = true,
        _ value: (UpdateRecord) -> [Double]?
    ) -> LineChart.Curve {
        .init(
            name: name, style: style,
            points: updates.compactMap { record in value(record).map { (Double(record.evaluations), $0) } },
            isListed: isListed, isBand: isBand)
    }

    /// Reward over the evaluations.
    var learning: Markup {
        let runs = seeds.filter { !$0.updates.isEmpty }
        guard let first = runs.first else { return .empty }
        var curves: [LineChart.Curve]
        var caption: Markup
        if runs.count == 1 {
            curves = [
                Report.curve("10 % to 90 % of candidates", "s1", first.updates, isBand: true) {
                    [$0.reward.lowerDecile, $0.reward.upperDecile]
                },
                Report.curve("mean of the update", "s1", first.updates) { [$0.reward.mean] },
                Report.curve("best so far", "s2 dashed", first.updates) { [$0.bestReward] },
            ]
            caption = """
                \(term: "Reward", .reward) of the \(term: "candidates", .candidate) of each \(term: "update", .update), \
                with its \(term: "quantile band", .band).
                """
        } else {
            curves = runs.map { run in
                Report.curve("one seed", "s1 thin", run.updates, isListed: run.seed == first.seed) { [$0.reward.mean] }
            }
            let means = Report.means(runs.map(\.updates))
            curves += means
            caption = """
                Mean \(term: "reward", .reward) of each \(term: "update", .update) of each of \(runs.count) \
                seeds\(means.isEmpty ? "" : ", and means over the seeds").
                """
        }
        let chart = LineChart.markup(
            curves, titles: ("evaluations", "reward"), about: "Mean and best reward over the evaluations of the run")
        return .section("Learning curve", id: "learning", .figure(chart, caption))
    }

    /// Means over seeds at each update that all of them reached after as many evaluations.
    private static func means(_ runs: [[UpdateRecord]]) -> [LineChart.Curve] {
        let length = runs.map(\.count).min() ?? 0
        let updates = (0..<length).map { index in runs.map { $0[index] } }.prefix { (records: [UpdateRecord]) in
            records.map(\.evaluations).unique.count == 1
        }
        if updates.isEmpty { return [] }
        func curve(_ name: String, _ style: String, _ value: (UpdateRecord) -> Double) -> LineChart.Curve {
            .init(
                name: name, style: style,
                points: updates.map { (Double($0[0].evaluations), [Spread($0.map(value)).mean]) })
        }
        return [
            curve("mean over seeds", "s1", \.reward.mean),
            curve("best so far, mean over seeds", "s2 dashed", \.bestReward),
        ]
    }

    /// Named reward terms over the evaluations, of the first seed: terms of several would need a chart each.
    var terms: Markup {
        guard let run = seeds.first(where: { !$0.updates.isEmpty }) else { return .empty }
        let names = run.updates.flatMap { $0.terms.map(\.name) }.unique
        if names.isEmpty { return .empty }
        let curves = names.enumerated().map { index, name in
            // Seven colours; a second round is dashed.
            Report.curve(name, "s\(index % 7 + 1)\(index >= 7 ? " dashed" : "")", run.updates) { record in
                record.terms.first { $0.name == name }.map { [$0.value] }
            }
        }
        let chart = LineChart.markup(
            curves, titles: ("evaluations", "term"), about: "Reward terms over the evaluations", height: 260)
        return .section(
            "Reward terms", id: "terms",
            .figure(
                chart,
                """
                \(term: "Reward terms", .rewardTerm) as the task names them, mean of each update\
                \(seeds.count > 1 ? "; seed \(run.seed)." : ".")
                """))
    }

    /// What candidates kept against what they changed.
    var tradeOff: Markup {
        let tables = seeds.compactMap(\.candidates)
        guard let first = tables.first, let axes = Report.axes(first) else { return .empty }
        var points: [PointChart.Candidate] = []
        var best: (reward: Double, x: Double, y: Double)?
        for table in tables {
            guard let across = table[axes.x], let down = table[axes.y] else { continue }
            let last = Double(max(table.evaluations.last ?? 1, 1))
            for index in across.indices where across[index].isFinite && down[index].isFinite {
                points.append((across[index], down[index], Double(table.evaluations[index]) / last))
                if let reward = table["reward"]?[index], reward.isFinite, reward > best?.reward ?? -.infinity {
                    best = (reward, across[index], down[index])
                }
            }
        }
        let highlights =
            unedited(axes)
            + (best.map { [.init(name: "best reward", style: "s3", x: $0.x, y: $0.y, isRing: true)] } ?? [])
        let frame = ChartFrame(
            height: 400,
            x: .fitting(points.map(\.x) + highlights.map(\.x), isShare: MeasureText.isShare(axes.x), target: 6),
            y: .fitting(points.map(\.y) + highlights.map(\.y), isShare: MeasureText.isShare(axes.y)),
            titles: (MeasureText.columnTitle(axes.x), MeasureText.columnTitle(axes.y)),
            about: "\(axes.y) against \(axes.x) of all candidates")
        // Later points lie on top whatever seed they are of.
        let order = points.indices.sorted { (points[$0].age, $0) < (points[$1].age, $1) }
        let rows = tables.reduce(0) { $0 + $1.evaluations.count }
        let isAll = points.count == rows
        let caption: Markup = """
            \(isAll ? "All" : "The") \(NumberText.grouped(points.count)) \(term: "candidates", .candidate)\
            \(isAll ? "" : " of \(NumberText.grouped(rows)) that have both measures")\
            \(tables.count > 1 ? " of \(tables.count) seeds" : "") on the sets that the reward sees, coloured by when they \
            were tried.
            """
        return .section(
            "Trade-off", id: "trade-off",
            .figure(PointChart.markup(crowd: order.map { points[$0] }, highlights: highlights, in: frame), caption))
    }

    /// The unedited model of each seed, named once.
    private func unedited(_ axes: (x: String, y: String)) -> [PointChart.Marker] {
        var markers: [PointChart.Marker] = []
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
}

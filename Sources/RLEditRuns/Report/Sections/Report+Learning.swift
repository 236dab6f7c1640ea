internal import RLEditCore

extension Report {
    /// Reward over the evaluations.
    var learning: Markup {
        let runs = seeds.filter { !$0.updates.isEmpty }
        guard let first = runs.first else { return .empty }
        let shared = Report.meanCurves(runs.map(\.updates))
        let series: [ChartSeries]
        var caption: Markup
        if runs.count == 1 {
            let band = first.updates.map { record in
                ChartPoint(
                    x: Double(record.evaluations), y: record.reward.mean,
                    spread: (record.reward.lowerDecile, record.reward.upperDecile))
            }
            series = [
                ChartSeries(name: "10 % to 90 % of candidates", style: "s1", kind: .band, points: band),
                .curve("mean of the update", "s1", first.updates, \.reward.mean),
                .curve("best so far", "s2 dashed", first.updates, \.bestReward),
            ]
            caption = """
                \(term: "Reward") of the \(term: "candidates") of each \(term: "update"), with its \
                \(term: "quantile band").
                """
        } else {
            series =
                runs.map { run in
                    .curve(run.seed == first.seed ? "one seed" : nil, "s1 thin", run.updates, \.reward.mean)
                } + shared
            caption = """
                Mean \(term: "reward") of each \(term: "update") of each of \(runs.count) \
                seeds\(shared.isEmpty ? "" : ", and means over the seeds").
                """
        }
        return .section("Learning curve", id: "learning", .figure(Report.curves(series, "reward"), caption))
    }

    /// Lines over the evaluations, which are counted from the start of the run.
    static func curves(_ series: [ChartSeries], _ title: String, height: Double = 320) -> Markup {
        let places = series.flatMap(\.points).map(\.x)
        return Chart(
            series, x: .fitting([0] + places, padding: 0, target: 7), titles: ("evaluations", title), height: height
        ).markup
    }

    /// Means over seeds at each update that all of them reached after as many evaluations.
    private static func meanCurves(_ runs: [[UpdateRecord]]) -> [ChartSeries] {
        let length = runs.map(\.count).min() ?? 0
        let updates = (0..<length).map { index in runs.map { $0[index] } }.prefix { (records: [UpdateRecord]) in
            records.map(\.evaluations).unique.count == 1
        }
        if updates.isEmpty { return [] }
        func curve(_ name: String, _ style: String, _ value: (UpdateRecord) -> Double) -> ChartSeries {
            ChartSeries(
                name: name, style: style,
                points: updates.map { ChartPoint(x: Double($0[0].evaluations), y: Spread($0.map(value)).mean) })
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
        let series = names.enumerated().map { index, name in
            // Seven colours; a second round is dashed.
            ChartSeries.curve(name, "s\(index % 7 + 1)\(index >= 7 ? " dashed" : "")", run.updates) { record in
                record.terms.first { $0.name == name }?.value
            }
        }
        let end = seeds.count > 1 ? "; seed \(run.seed)." : "."
        return .section(
            "Reward terms", id: "terms",
            .figure(
                Report.curves(series, "term", height: 260),
                "\(term: "Reward terms") as the task names them, mean of each update\(end)"))
    }

    /// What candidates kept against what they changed.
    var tradeOff: Markup {
        let tables = seeds.compactMap(\.candidates)
        guard let first = tables.first, let axes = Report.axes(first) else { return .empty }
        // By their age, in tenths: later points lie on top whatever seed they are of.
        var ages: [[ChartPoint]] = Array(repeating: [], count: 10)
        var best: (reward: Double, point: ChartPoint)?
        for table in tables {
            guard let across = table[axes.x], let down = table[axes.y] else { continue }
            let last = max(table.evaluations.last ?? 1, 1)
            for index in across.indices where across[index].isFinite && down[index].isFinite {
                let point = ChartPoint(x: across[index], y: down[index])
                ages[min(max(10 * table.evaluations[index] / last, 0), 9)].append(point)
                if let reward = table["reward"]?[index], reward.isFinite, reward > best?.reward ?? -.infinity {
                    best = (reward, point)
                }
            }
        }
        let count = ages.map(\.count).reduce(0, +)
        let crowd = ages.enumerated().map { age, points in
            ChartSeries(style: "a\(age)\(count > 2000 ? " many" : "")", kind: .cloud, points: points)
        }
        best?.point.label = "best reward"
        let marks = [
            ChartSeries(style: "s7", kind: .rings, shape: .square, points: unedited(axes)),
            ChartSeries(style: "s3", kind: .rings, points: [best?.point].compactMap { $0 }),
        ]
        let all = (crowd + marks).flatMap(\.points)
        let chart = Chart(
            crowd + marks, x: .fitting(all.map(\.x), isShare: MeasureText.isShare(axes.x), target: 6),
            y: .fitting(all.map(\.y), isShare: MeasureText.isShare(axes.y)),
            titles: (MeasureText.columnTitle(axes.x), MeasureText.columnTitle(axes.y)), height: 400,
            ramp: ("first evaluations", "last evaluations", "age"))
        let rows = tables.reduce(0) { $0 + $1.evaluations.count }
        let isAll = count == rows
        let caption: Markup = """
            \(isAll ? "All" : "The") \(NumberText.grouped(count)) \(term: "candidates")\
            \(isAll ? "" : " of \(NumberText.grouped(rows)) that have both measures")\
            \(tables.count > 1 ? " of \(tables.count) seeds" : "") on the sets that the reward sees, coloured by when they \
            were tried.
            """
        return .section("Trade-off", id: "trade-off", .figure(chart.markup, caption))
    }

    /// The unedited model of each seed, named once.
    private func unedited(_ axes: (x: String, y: String)) -> [ChartPoint] {
        var points: [ChartPoint] = []
        for numbers in summary.seeds.map(\.unedited) {
            guard let x = numbers.first(where: { $0.name == axes.x })?.value,
                let y = numbers.first(where: { $0.name == axes.y })?.value,
                !points.contains(where: { ($0.x, $0.y) == (x, y) })
            else { continue }
            points.append(ChartPoint(x: x, y: y, label: points.isEmpty ? "unedited" : nil))
        }
        return points
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

internal import RLEditCore

extension Report {
    /// Reward over the evaluations: of one seed with its spread, of several with their mean.
    var learning: Markup {
        let runs = seeds.map(\.updates).filter { !$0.isEmpty }
        let updates = (0..<(runs.map(\.count).min() ?? 0)).map { index in runs.map { $0[index] } }
        // Means end where a seed has no update after as many evaluations.
        let shared = updates.prefix { (records: [UpdateRecord]) in Set(records.map(\.evaluations)).count == 1 }
        func means(_ name: String, _ style: String, _ value: (UpdateRecord) -> Double) -> ChartSeries {
            let points = shared.map { ChartPoint(x: Double($0[0].evaluations), y: Spread($0.map(value)).mean) }
            return ChartSeries(name: shared.isEmpty ? nil : name, style: style, points: points)
        }
        let isOne = runs.count == 1
        let band = runs.joined().map { record in
            ChartPoint(
                x: Double(record.evaluations), y: record.reward.mean,
                spread: (record.reward.lowerDecile, record.reward.upperDecile))
        }
        let single =
            isOne
            ? [ChartSeries(name: "10 % to 90 % of candidates", style: "s1", kind: .band, points: band)]
            : runs.enumerated().map { .curve($0 == 0 ? "one seed" : nil, "s1 thin", $1, \.reward.mean) }
        let series =
            single + [
                means(isOne ? "mean of the update" : "mean over seeds", "s1", \.reward.mean),
                means(isOne ? "best so far" : "best so far, mean over seeds", "s2 dashed", \.bestReward),
            ]
        let ofOne: Markup = """
            \(term: "Reward") of the \(term: "candidates") of each \(term: "update"), with its \
            \(term: "quantile band").
            """
        let ofSeveral: Markup = """
            Mean \(term: "reward") of each \(term: "update") of each of \(runs.count) \
            seeds\(shared.isEmpty ? "" : ", and means over the seeds").
            """
        let caption = isOne ? ofOne : ofSeveral
        return .section("Learning curve", id: "learning", Report.curves(series, "reward"), caption)
    }

    /// Lines over the evaluations, which are counted from the start of the run.
    static func curves(_ series: [ChartSeries], _ title: String, height: Double = 320) -> Chart {
        Chart(
            series, titles: ("evaluations", title), x: { .fitting([0] + $0, padding: 0, target: 7) }, height: height)
    }

    /// Named reward terms over the evaluations, of the first seed: terms of several would need a chart each.
    var terms: Markup {
        guard let run = shown({ $0.updates.isEmpty ? nil : $0.updates }) else { return .empty }
        let series = run.part.flatMap { $0.terms.map(\.name) }.unique.enumerated().map { place, name in
            ChartSeries.curve(name, ChartSeries.style(place), run.part) { $0.terms[name] }
        }
        let end = seeds.count > 1 ? "; seed \(run.seed)." : "."
        return .section(
            "Reward terms", id: "terms", Report.curves(series, "term", height: 260),
            "\(term: "Reward terms") as the task names them, mean of each update\(end)")
    }

    /// What candidates kept against what they changed.
    var tradeOff: Markup {
        let tables = seeds.compactMap(\.candidates)
        guard let axes = tables.first.flatMap(Report.axes) else { return .empty }
        let candidates = tables.flatMap { table -> [(age: Int, reward: Double, point: ChartPoint)] in
            guard let x = table[axes.x], let y = table[axes.y], let rewards = table["reward"] else { return [] }
            let last = max(table.evaluations.last ?? 1, 1)
            return x.indices.map { row in
                let age = min(max(10 * table.evaluations[row] / last, 0), 9)
                return (age, rewards[row], ChartPoint(x: x[row], y: y[row]))
            }
        }.filter(\.point.isFinite)
        // By their age, in tenths: later points lie on top whatever seed they are of.
        let style = candidates.count > 2000 ? " many" : ""
        let crowd = (0..<10).map { age in
            ChartSeries(
                style: "a\(age)\(style)", kind: .cloud, points: candidates.filter { $0.age == age }.map(\.point))
        }
        var best = candidates.filter(\.reward.isFinite).max { $0.reward < $1.reward }?.point
        best?.label = "best reward"
        let marks = [
            ChartSeries(style: "s7", kind: .rings, shape: .square, points: unedited(axes)),
            ChartSeries(style: "s3", kind: .rings, points: best.map { [$0] } ?? []),
        ]
        let chart = Chart(
            crowd + marks, titles: (MeasureText.columnTitle(axes.x), MeasureText.columnTitle(axes.y)),
            x: { .fitting($0, isShare: MeasureText.isShare(axes.x), target: 6) },
            y: { .fitting($0, isShare: MeasureText.isShare(axes.y)) }, height: 400,
            ramp: ("first evaluations", "last evaluations", "age"))
        let rows = tables.reduce(0) { $0 + $1.evaluations.count }
        let isAll = candidates.count == rows
        let caption: Markup = """
            \(isAll ? "All" : "The") \(NumberText.grouped(candidates.count)) \(term: "candidates")\
            \(isAll ? "" : " of \(NumberText.grouped(rows)) that have both measures")\
            \(tables.count > 1 ? " of \(tables.count) seeds" : "") on the sets that the reward sees, coloured by when they \
            were tried.
            """
        return .section("Trade-off", id: "trade-off", chart, caption)
    }

    /// The unedited model of each seed, named once.
    private func unedited(_ axes: (x: String, y: String)) -> [ChartPoint] {
        let places = summary.seeds.map { [$0.unedited[axes.x] ?? .nan, $0.unedited[axes.y] ?? .nan] }
        return places.filter { $0.allSatisfy(\.isFinite) }.unique.enumerated().map { index, place in
            ChartPoint(x: place[0], y: place[1], label: index == 0 ? "unedited" : nil)
        }
    }

    /// Forget across and retain up where the task has them, else the first two measures of the same kind, else of any.
    private static func axes(_ table: CandidateTable) -> (x: String, y: String)? {
        let measures = table.columns.filter { $0 != "reward" }
        let kinds = [measures.filter { $0.hasSuffix(".accuracy") }, measures]
        for names in kinds {
            let forget = names.first { $0.hasPrefix("forget.") }
            let retain = names.first { $0.hasPrefix("retain.") }
            if let forget, let retain { return (forget, retain) }
        }
        return kinds.first { $0.count > 1 }.map { ($0[0], $0[1]) }
    }
}

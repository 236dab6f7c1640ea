internal import Foundation

/// The report of a comparison: tables, and pictures of what each method keeps, forgets, costs and leaves behind.
struct ComparisonReport {
    let comparison: Comparison
    let rows: [Comparison.Row]

    init(_ comparison: Comparison) {
        self.comparison = comparison
        rows = comparison.rows
    }

    var html: String {
        Report.document(
            title: "\(comparison.task) – rledit comparison",
            [header, table, differences, tradeOff, answers, learning, quality, depth, gaps, again])
    }

    private var header: Markup {
        let cells = comparison.methods.flatMap(\.cells)
        let facts = [
            ("data", Distinct(([comparison.data] + cells.map(\.data)).compactMap { $0?.title }).text),
            (
                comparison.seeds.count == 1 ? "seed" : "seeds",
                comparison.seeds.map(String.init).joined(separator: ", ")
            ), ("methods", "\(comparison.methods.count)"),
            ("time of all methods", NumberText.duration(cells.reduce(0) { $0 + $1.cost.seconds })),
        ]
        return .element(
            "header",
            children: [
                .element("h1", Markup(comparison.task)),
                .element("p", ["class": "lead"], Markup("Comparison of methods, edits in \(comparison.world)")),
                Report.facts(facts), Report.warnings(comparison.warnings),
            ])
    }

    // MARK: - Tables

    private var table: Markup {
        let shown = comparison.shownMeasures
        let hasTarget = rows.contains { $0.cost?.toTarget != nil }
        let hasPeak = rows.contains { $0.cost?.peak != nil }
        var titles = ["method"] + shown.map(Comparison.title) + ["evaluations"]
        if hasTarget { titles.append("to target") }
        titles += ["kFE", "seconds"]
        if hasPeak { titles.append("peak MB") }
        let cells = rows.map { row -> [Markup] in
            var line = [Markup(row.title)]
            for measure in shown {
                line.append(
                    row.measures[measure].map {
                        Report.cell($0, Comparison.bare(measure), seeds: comparison.seeds.count)
                    } ?? "–")
            }
            guard let cost = row.cost else { return line + titles[line.count...].map { _ in "–" } }
            line.append(Markup(row.method?.kind == .learner ? Comparison.whole(cost.evaluations.mean) : "–"))
            if hasTarget { line.append(Markup(Comparison.reached(row))) }
            line.append(Markup(NumberText.fixed(cost.kfe.mean, digits: 1)))
            line.append(Markup(NumberText.fixed(cost.seconds.mean, digits: 1)))
            if hasPeak { line.append(Markup(cost.peak.map { NumberText.fixed($0.mean, digits: 0) } ?? "–")) }
            return line
        }
        let models = comparison.seeds.map { seed in
            comparison.methods.flatMap(\.cells).first { $0.seed == seed && $0.result.model != nil }?.result.model
        }
        var note = shown.isEmpty ? "" : "Measures of sets are those of the held-out sets. "
        if models.count > 1 {
            note += "Mean ± standard deviation over \(models.count) seeds\(Report.modelNote(models)). "
        }
        note += "kFE: thousand full-forward equivalents."
        if hasTarget {
            note += " To target: evaluations until the reward first reached the task's target, over the seeds that did."
        }
        return Report.section(
            "Results", id: "results",
            [
                Report.table(titles.map { Markup($0) }, cells, textColumns: 1),
                .element("p", ["class": "aside"], Markup(note)),
            ])
    }

    private var differences: Markup {
        guard comparison.seeds.count > 1, comparison.methods.count > 1 else { return .empty }
        let shown = comparison.shownMeasures
        let lines = comparison.methods.filter { $0.name != comparison.reference }.map { method in
            [Markup(method.name)] + shown.map { Markup(Comparison.text(comparison.difference(method, $0), $0)) }
        }
        let note =
            "Difference to \(comparison.reference) on the same seed, mean over the seeds that both have, shares in percentage points. In "
            + "brackets the central 95 % of \(NumberText.grouped(PairedDifference.resamples)) bootstrap resamples of the "
            + "seeds; of few seeds these intervals are narrow rather than wide."
        return Report.section(
            "Differences", id: "differences",
            [
                Report.table(["method"] + shown.map { Markup(Comparison.title($0)) }, lines, textColumns: 1),
                .element("p", ["class": "aside"], Markup(note)),
            ])
    }

    private var again: Markup {
        comparison.command.isEmpty
            ? .empty
            : Report.section("How to get it again", id: "provenance", [Report.command(comparison.command)])
    }

    private var gaps: Markup {
        let lines =
            comparison.skipped.map { [Markup($0.method), "skipped", Markup($0.reason)] }
            + comparison.failed.map {
                [Markup("\($0.method)\($0.seed.map { ", seed \($0)" } ?? "")"), "failed", Markup($0.reason)]
            } + comparison.invalidRewards.map { [Markup($0.method), "invalid rewards", Markup($0.text)] }
        guard !lines.isEmpty else { return .empty }
        return Report.section(
            "What is missing", id: "missing", [Report.table(["method", "", "why"], lines, textColumns: 3)])
    }

    // MARK: - Charts

    /// Learners in one colour, baselines in another; the unedited network is grey.
    func style(_ row: Comparison.Row) -> String {
        switch row.method?.kind {
        case nil: "s0"
        case .learner?: row.stage == row.method?.resultStage ? "s1" : "s6"
        case .baseline?: "s2"
        }
    }

    /// What each kind of drawn mark means.
    func legend(_ drawn: [Comparison.Row]) -> [ChartLegend.Entry] {
        let kinds = [("s0", "unedited"), ("s1", "learner"), ("s6", "its best seen"), ("s2", "baseline")]
        return kinds.filter { kind in drawn.contains { style($0) == kind.0 } }.map { kind in
            .init(name: kind.1, style: kind.0, mark: (.circle, kind.0 == "s0"))
        }
    }

    /// How the figures of a chart came about.
    var mean: String { comparison.seeds.count > 1 ? ", mean over seeds" : "" }

    private var tradeOff: Markup {
        let points = rows.compactMap { row -> (row: Comparison.Row, forget: Double, retain: Double)? in
            guard let forget = row.measures["forget.accuracy"]?.mean, let retain = row.measures["retain.accuracy"]?.mean
            else { return nil }
            return (row, forget, retain)
        }
        guard points.count > 1 else { return .empty }
        let least = 0.0005
        let chart = MarkerChart(
            markers: points.map {
                .init(
                    name: isBestSeen($0.row) ? nil : $0.row.method?.name ?? $0.row.title, style: style($0.row),
                    x: $0.forget, y: $0.retain, isRing: $0.row.method == nil)
            },
            x: .logarithmic(points.map(\.forget), floor: least, isShare: true), y: .nearOne(points.map(\.retain)),
            xTitle: "forget accuracy", yTitle: "retain accuracy",
            description: "Retain accuracy against forget accuracy of each method", height: 520,
            legend: legend(points.map(\.row)))
        return Report.section(
            "What is kept and what is forgotten", id: "trade-off",
            [
                Report.figure(
                    chart.markup(),
                    caption: [
                        Markup(
                            "Held-out accuracy\(mean); the upper left corner is best. Both axes are logarithmic in "),
                        "the error, so that good methods can be told apart.",
                        points.contains { $0.forget < least }
                            ? Markup(
                                " What is less than \(NumberText.significant(100 * least)) % lies at the left edge.")
                            : "",
                    ])
            ])
    }

    /// What the forgotten class is called after each method.
    private var answers: Markup {
        Report.answers(
            comparison.seeds.map { seed in
                comparison.methods.compactMap { method in method.cells.first { $0.seed == seed }.map { (method, $0) } }
                    .enumerated().flatMap { index, entry in
                        entry.1.result.answers.map { answer in
                            var named = answer
                            // Every cell of a seed measured the same unedited network.
                            named.stages = StageValues(
                                answer.stages.entries.filter { index == 0 || $0.stage != .before }.map {
                                    ($0.stage == .before ? .before : Stage(entry.0.title($0.stage)), $0.value)
                                })
                            return named
                        }
                    }
            })
    }

    /// The second result of a learner, which stands near the first and needs no name of its own.
    private func isBestSeen(_ row: Comparison.Row) -> Bool { row.method.map { row.stage != $0.resultStage } ?? false }

    /// Best reward so far: the median over seeds, and the middle half of them.
    private var learning: Markup {
        let methods = comparison.methods.filter { $0.cells.contains { !$0.improvements.isEmpty } }
        guard !methods.isEmpty else { return .empty }
        var chart = LineChart(
            xTitle: "evaluations", yTitle: "best reward",
            description: "Best reward against evaluations of each learner", height: 360, xIsLogarithmic: true)
        for (index, method) in methods.enumerated() {
            let curve = BestRewardCurve(method.cells)
            let style = "s\(1 + index % 7)"
            chart.bands.append(
                .init(
                    name: method.name, style: style, points: curve.points.map { ($0.evaluation, $0.lower, $0.upper) },
                    isListed: false))
            chart.lines.append(
                .init(
                    name: method.name, style: index < 7 ? style : "\(style) dashed",
                    points: curve.points.map { ($0.evaluation, $0.median) }))
        }
        return Report.section(
            "Best reward against evaluations", id: "learning",
            [
                Report.figure(
                    chart.markup(),
                    caption: [
                        "The best reward of a candidate so far, on the sets that the reward sees",
                        comparison.seeds.count > 1 ? ": median over seeds, and the quartiles as a band." : ".",
                        " The evaluations are on a logarithmic axis.",
                    ])
            ])
    }

    /// What a method costs against what it reaches.
    private var quality: Markup {
        let isUnlearning =
            comparison.measures.contains("forget.accuracy") && comparison.measures.contains("retain.accuracy")
        let points = rows.compactMap { row -> (row: Comparison.Row, cost: Double, quality: Double)? in
            guard let cost = row.cost?.kfe.mean, let method = row.method else { return nil }
            if isUnlearning {
                guard let forget = row.measures["forget.accuracy"]?.mean,
                    let retain = row.measures["retain.accuracy"]?.mean
                else { return nil }
                return (row, cost, (retain + 1 - forget) / 2)
            }
            let rewards = method.cells.compactMap(\.result.bestReward)
            return rewards.isEmpty ? nil : (row, cost, Spread(rewards).mean)
        }
        guard points.count > 1 else { return .empty }
        let values = points.map(\.quality)
        let chart = MarkerChart(
            markers: points.map {
                .init(name: $0.row.method?.name, style: style($0.row), x: $0.cost, y: $0.quality)
            }, x: .logarithmic(points.map(\.cost), floor: 0.01),
            y: isUnlearning ? .nearOne(values) : ChartScale(values),
            xTitle: "thousand full-forward equivalents",
            yTitle: isUnlearning ? "mean of retain accuracy and 1 − forget accuracy" : "best reward",
            description: "Quality against cost of each method", legend: legend(points.map(\.row)))
        return Report.section(
            "Cost against quality", id: "cost",
            [
                Report.figure(
                    chart.markup(),
                    caption: [
                        Markup(mean.isEmpty ? "" : "Means over seeds. "),
                        "One full-forward equivalent is one example through the whole network; a backward pass counts as ",
                        "two, and passes through the last layers as their share of the multiply-adds.",
                    ])
            ])
    }
}

internal import Foundation

/// The report of a comparison: tables, and pictures of what each method keeps, forgets, costs and leaves behind.
struct ComparisonReport {
    private let comparison: Comparison
    private let rows: [Comparison.Row]

    init(_ comparison: Comparison) {
        self.comparison = comparison
        rows = comparison.rows
    }

    var html: String {
        Report.document(
            title: "\(comparison.task) – rledit comparison",
            [header, table, differences, tradeOff, learning, quality, depth, gaps])
    }

    private var header: Markup {
        var facts: [Markup] = []
        func add(_ name: String, _ value: String) {
            facts.append(.element("span", children: [Markup("\(name) "), .element("b", Markup(value))]))
        }
        if let data = comparison.data { add("data", data.name) }
        add(comparison.seeds.count == 1 ? "seed" : "seeds", comparison.seeds.map(String.init).joined(separator: ", "))
        add("methods", "\(comparison.methods.count)")
        let cells = comparison.methods.flatMap(\.cells)
        add("time of all methods", NumberText.duration(cells.reduce(0) { $0 + $1.cost.seconds }))
        return .element(
            "header",
            children: [
                .element("h1", Markup(comparison.task)),
                .element("p", ["class": "lead"], Markup("Comparison of methods, edits in \(comparison.world)")),
                .element("div", ["class": "facts"], facts),
            ])
    }

    // MARK: - Tables

    private var table: Markup {
        let (shown, depths) = (comparison.shownMeasures, comparison.depthMeasures)
        let hasTarget = rows.contains { $0.cost?.toTarget != nil }
        let hasPeak = rows.contains { $0.cost?.peak != nil }
        var titles = ["method"] + shown.map(Comparison.title) + depths.map(Comparison.depthTitle) + ["evaluations"]
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
            line += depths.map { Markup(Comparison.depthCell(row.depth[$0], $0)) }
            guard let cost = row.cost else { return line }
            line.append(Markup(row.method?.kind == .learner ? Comparison.whole(cost.evaluations.mean) : "–"))
            if hasTarget { line.append(Markup(Comparison.reached(row))) }
            line.append(Markup(NumberText.fixed(cost.kfe.mean, digits: 1)))
            line.append(Markup(NumberText.fixed(cost.seconds.mean, digits: 1)))
            if hasPeak { line.append(Markup(cost.peak.map { NumberText.fixed($0.mean, digits: 0) } ?? "–")) }
            return line
        }
        let note =
            "Held-out examples, which no method saw. Mean ± standard deviation over \(comparison.seeds.count) seeds, each "
            + "with its own network. kFE: thousand full-forward equivalents. To target: evaluations until the reward "
            + "first reached the task's target, over the seeds that did."
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
            "Difference to \(comparison.reference) on the same seed, mean over seeds, shares in percentage points. In "
            + "brackets the central 95 % of \(NumberText.grouped(PairedDifference.resamples)) bootstrap resamples of the "
            + "seeds; of few seeds these intervals are narrow rather than wide."
        return Report.section(
            "Differences", id: "differences",
            [
                Report.table(["method"] + shown.map { Markup(Comparison.title($0)) }, lines, textColumns: 1),
                .element("p", ["class": "aside"], Markup(note)),
            ])
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
    private func style(_ row: Comparison.Row) -> String {
        switch row.method?.kind {
        case nil: "s0"
        case .learner?: row.stage == row.method?.resultStage ? "s1" : "s6"
        case .baseline?: "s2"
        }
    }

    private static let legend: [ChartLegend.Entry] = [
        .init(name: "learner", style: "s1", isFilled: true), .init(name: "its best seen", style: "s6", isFilled: true),
        .init(name: "baseline", style: "s2", isFilled: true),
    ]

    private var tradeOff: Markup {
        let points = rows.compactMap { row -> (row: Comparison.Row, forget: Double, retain: Double)? in
            guard let forget = row.measures["forget.accuracy"]?.mean, let retain = row.measures["retain.accuracy"]?.mean
            else { return nil }
            return (row, forget, retain)
        }
        guard points.count > 1 else { return .empty }
        let chart = MarkerChart(
            markers: points.map {
                .init(
                    name: isBestSeen($0.row) ? nil : $0.row.method?.name ?? $0.row.title, style: style($0.row),
                    x: $0.forget, y: $0.retain, isRing: $0.row.method == nil)
            },
            x: .logarithmic(points.map(\.forget), floor: 0.0005, isShare: true), y: .nearOne(points.map(\.retain)),
            xTitle: "forget accuracy", yTitle: "retain accuracy",
            description: "Retain accuracy against forget accuracy of each method", height: 520,
            legend: ComparisonReport.legend)
        return Report.section(
            "What is kept and what is forgotten", id: "trade-off",
            [
                Report.figure(
                    chart.markup(),
                    caption: [
                        "Held-out accuracy, mean over seeds; the upper left corner is best. Both axes are logarithmic in ",
                        "the error, so that good methods can be told apart.",
                    ])
            ])
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
                        "The best reward of a candidate so far, on the sets that the reward sees: median over seeds, and ",
                        "the quartiles as a band. The evaluations are on a logarithmic axis.",
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
            description: "Quality against cost of each method")
        return Report.section(
            "Cost against quality", id: "cost",
            [
                Report.figure(
                    chart.markup(),
                    caption: [
                        "One full-forward equivalent is one example through the whole network; a backward pass counts as ",
                        "two, and passes through the last layers as their share of the multiply-adds.",
                    ])
            ])
    }

    /// Is the class gone, or only hidden? Each method beside the retrained network.
    private var depth: Markup {
        func figure(_ x: String, _ y: String, _ caption: String) -> Markup {
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
                yTitle: ComparisonReport.depthAxis(y), description: "\(y) against \(x) of each method", height: 360)
            return Report.figure(chart.markup(), caption: [Markup(caption)])
        }
        let figures = [
            figure(
                "relearn_steps", "probe_recall",
                "Few steps to learn the class again, and a probe that finds it in the features, mean that it was hidden "
                    + "rather than removed. The ring is the retrained network."),
            figure(
                "membership_rate", "total_variation",
                "How far the answers on unseen examples to forget are from those of the retrained network of the same "
                    + "seed, and how many of the forgotten examples still look like training examples."),
        ].filter { !$0.source.isEmpty }
        return figures.isEmpty ? .empty : Report.section("Depth", id: "depth", figures)
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

/// The best reward so far over several seeds.
struct BestRewardCurve {
    struct Point {
        let evaluation: Double
        let lower: Double
        let median: Double
        let upper: Double
    }

    let points: [Point]

    /// At so many places, equal ratios apart.
    private static let places = 120

    /// - Parameter cells: of one method; a place before a seed's first evaluation is left out.
    init(_ cells: [ComparisonCell]) {
        let curves = cells.map(\.improvements).filter { !$0.isEmpty }
        let last = cells.map(\.result.evaluations).max() ?? 0
        var evaluations: [Int] = []
        for place in 0..<BestRewardCurve.places where last > 0 {
            let share = Double(place) / Double(BestRewardCurve.places - 1)
            let evaluation = Int(pow(Double(last), share).rounded())
            if evaluation > (evaluations.last ?? 0) { evaluations.append(min(evaluation, last)) }
        }
        points = evaluations.compactMap { evaluation in
            let best = curves.compactMap { curve in curve.last { $0.evaluation <= evaluation }?.reward }.sorted()
            guard best.count == curves.count, !best.isEmpty else { return nil }
            return Point(
                evaluation: Double(evaluation), lower: Quantile.of(sorted: best, 0.25),
                median: Quantile.of(sorted: best, 0.5), upper: Quantile.of(sorted: best, 0.75))
        }
    }
}

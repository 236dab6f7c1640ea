internal import RLEditCore

/// The report of a sweep: the results of each value of each setting, as tables and pictures.
struct SweepReport {
    private let sweep: Sweep

    init(_ sweep: Sweep) { self.sweep = sweep }

    var html: String {
        let failures = sweep.failures.map { [Markup($0.trial.title), Markup($0.reason)] }
        let invalid = sweep.invalidRewards.map { [Markup($0.trial), Markup($0.text)] }
        let settings = sweep.plan.names.map { name -> Markup in
            let charts = sweep.shownFigures.prefix(4).map { chart(name, $0) }
            return .section(name, id: "setting-\(name)", [.table(sweep.table(of: name)), Markup(charts)])
        }
        return Markup.document(
            title: "\(sweep.task) – rledit sweep",
            [
                header, Markup(settings),
                .section("Failed trials", id: "failed", .table(["trial", "why"], failures, text: 2)),
                .section(
                    "Invalid rewards", id: "invalid", .table(["trial", "without a valid reward"], invalid, text: 2)),
                .again(sweep.command),
            ])
    }

    private var header: Markup {
        let seeds = sweep.results.map(\.summary.seeds.count)
        return .header(
            Markup(sweep.task), lead: "Sweep over \(sweep.plan.names.joined(separator: ", "))",
            facts: [
                "data": Distinct(sweep.results.compactMap(\.summary.data?.title)).text,
                "trials": "\(sweep.results.count) of \(sweep.plan.trials.count)",
                "seeds each": [seeds.min(), seeds.max()].compactMap { $0.map(String.init) }.unique.joined(
                    separator: "–"),
            ], note: Markup(sweep.note ?? ""), warnings: sweep.results.flatMap(\.summary.warnings).unique)
    }

    /// Trials that are drawn alike. Where one other setting was swept, over few values, each of these is drawn by itself: a
    /// mean over both worlds, say, is that of none.
    private func groups(except name: String) -> [(results: [Sweep.Result], means: ChartSeries, dots: ChartSeries)] {
        let others = sweep.plan.names.filter { $0 != name }
        let values = others.count == 1 ? sweep.values(of: others[0]) : []
        guard (2...4).contains(values.count) else {
            return [(sweep.results, ChartSeries(style: "s1", points: []), ChartSeries(style: "s6", points: []))]
        }
        return values.enumerated().map { index, value in
            let marks = ChartSeries(
                name: "\(others[0]) \(value)", style: "s\(index + 1)", shape: MarkerShape.allCases[index], points: [])
            return (sweep.results.filter { $0.has(others[0], value) }, marks, marks)
        }
    }

    private func chart(_ name: String, _ figure: String) -> Markup {
        let values = sweep.values(of: name)
        let numbers = values.compactMap(Double.init)
        // Values of a grid are side by side; those drawn from a range lie where they are.
        let isRange = numbers.count == values.count && values.count > 12
        let groups = groups(except: name)
        let series = groups.enumerated().flatMap { index, group -> [ChartSeries] in
            var (_, means, dots) = group
            (means.kind, dots.kind) = (.rings, .dots)
            for (place, value) in values.enumerated() {
                let seeds = group.results.filter { $0.has(name, value) }.flatMap(\.summary.seeds)
                let figures = seeds.compactMap { Sweep.figures($0)[figure] }
                // No group hides another, and dots of equal height lie beside one another.
                let x = isRange ? numbers[place] : Double(place) + 0.2 * (Double(index) - Double(groups.count - 1) / 2)
                let step = isRange ? 0 : 0.12 / Double(max(figures.count, 4))
                dots.points += figures.enumerated().map { index, figure in
                    ChartPoint(x: x + step * (Double(index) - Double(figures.count - 1) / 2), y: figure)
                }
                let (mean, deviation) = (Spread(figures).mean, Spread(figures).standardDeviation)
                means.points.append(ChartPoint(x: x, y: mean, spread: (mean - deviation, mean + deviation)))
            }
            if isRange { return [dots] }
            dots.name = nil
            let line = means.points.filter(\.isFinite).map { ChartPoint(x: $0.x, y: $0.y) }
            return [ChartSeries(style: means.style, points: line), dots, means]
        }
        let chart = Chart(
            series, titles: (name, MeasureText.columnTitle(figure)),
            x: { isRange ? .spanning($0) : .names(values) },
            y: { .fitting($0, isShare: MeasureText.isShare(figure)) }, height: 280)
        return .figure(
            chart,
            isRange
                ? "A mark for each trial and seed."
                : "A small mark for each trial and seed; open ones are their means, with the standard deviation.")
    }
}

extension Sweep.Result {
    fileprivate func has(_ name: String, _ value: String) -> Bool {
        trial.settings.contains { $0.name == name && $0.value == value }
    }
}

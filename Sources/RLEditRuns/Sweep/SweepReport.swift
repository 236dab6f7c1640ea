internal import RLEditCore

/// The report of a sweep: the results of each value of each setting, as tables and pictures.
struct SweepReport {
    private let sweep: Sweep

    init(_ sweep: Sweep) { self.sweep = sweep }

    var html: String {
        let failures = sweep.failures.map { [Markup($0.trial.title), Markup($0.reason)] }
        let invalid = sweep.invalidRewards.map { [Markup($0.trial), Markup($0.text)] }
        return Markup.document(
            title: "\(sweep.task) – rledit sweep",
            [header]
                + sweep.plan.names.map { name in
                    .section(
                        name, id: "setting-\(name)",
                        [.table(sweep.table(of: name))] + sweep.shownFigures.prefix(4).map { chart(name, $0) })
                } + [
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
            ], note: .note(Markup(sweep.note ?? "")), warnings: sweep.results.flatMap(\.summary.warnings).unique)
    }

    /// Trials that are drawn alike, as their marks without points.
    private typealias Group = (results: [Sweep.Result], dots: String, marks: ChartSeries)

    /// Where one other setting was swept, over few values, each of these is drawn by itself: a mean over both worlds, say,
    /// is that of none.
    private func groups(except name: String) -> [Group] {
        let others = sweep.plan.names.filter { $0 != name }
        guard others.count == 1, let other = others.first, case let values = sweep.values(of: other),
            (2...4).contains(values.count)
        else { return [(sweep.results, "s6", ChartSeries(style: "s1", kind: .rings, points: []))] }
        return values.enumerated().map { index, value in
            let marks = ChartSeries(
                name: "\(other) \(value)", style: "s\(index + 1)", kind: .rings, shape: MarkerShape.allCases[index],
                points: [])
            return (sweep.results.filter { $0.has(other, value) }, marks.style, marks)
        }
    }

    private func chart(_ name: String, _ figure: String) -> Markup {
        let values = sweep.values(of: name)
        let numbers = values.compactMap(Double.init)
        // Values of a grid are side by side; those drawn from a range lie where they are.
        let isRange = numbers.count == values.count && values.count > 12
        let groups = groups(except: name)
        let series = groups.enumerated().flatMap { index, group -> [ChartSeries] in
            // No group hides another.
            let offset = 0.2 * (Double(index) - Double(groups.count - 1) / 2)
            var (dots, means) = (group.marks, group.marks)
            (dots.name, dots.style, dots.kind) = (isRange ? group.marks.name : nil, group.dots, .dots)
            for (index, value) in values.enumerated() {
                let seeds = group.results.filter { $0.has(name, value) }.flatMap(\.summary.seeds)
                let figures = seeds.compactMap { seed in Sweep.figures(seed).first { $0.name == figure }?.value }
                let place = isRange ? numbers[index] : Double(index) + offset
                // Dots of equal height lie beside one another.
                let step = isRange ? 0 : 0.12 / Double(max(figures.count, 4))
                dots.points += figures.enumerated().map { index, figure in
                    ChartPoint(x: place + step * (Double(index) - Double(figures.count - 1) / 2), y: figure)
                }
                let spread = Spread(figures)
                let ends = (spread.mean - spread.standardDeviation, spread.mean + spread.standardDeviation)
                means.points.append(ChartPoint(x: place, y: spread.mean, spread: ends))
            }
            let known = means.points.filter(\.isFinite).map { ChartPoint(x: $0.x, y: $0.y) }
            return isRange ? [dots] : [ChartSeries(style: means.style, points: known), dots, means]
        }
        let all = series.flatMap(\.points).flatMap { [$0.y, $0.spread?.low ?? $0.y, $0.spread?.high ?? $0.y] }
        guard all.contains(where: \.isFinite) else { return .empty }
        let low = numbers.min() ?? 0
        let isWide = low > 0 && (numbers.max() ?? 0) / low >= 50
        let chart = Chart(
            series, x: !isRange ? .names(values) : isWide ? .logarithmic(numbers, floor: low) : .fitting(numbers),
            y: .fitting(all, isShare: MeasureText.isShare(figure)), titles: (name, MeasureText.columnTitle(figure)),
            height: 280)
        return .figure(
            chart.markup,
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

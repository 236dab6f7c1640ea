internal import RLEditCore

/// The report of a sweep: the results of each value of each setting, as tables and pictures.
struct SweepReport {
    private let sweep: Sweep
    private let rows: [Sweep.Row]

    init(_ sweep: Sweep) {
        self.sweep = sweep
        rows = sweep.rows
    }

    var html: String {
        let failures = sweep.failures.map { [Markup($0.trial.title), Markup($0.reason)] }
        let invalid = sweep.invalidRewards.map { [Markup($0.trial), Markup($0.text)] }
        return Markup.document(
            title: "\(sweep.task) – rledit sweep",
            [header] + sweep.plan.names.map(section) + [
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

    /// Table and pictures of one setting; averages run over the values of all others.
    private func section(_ name: String) -> Markup {
        let own = rows.filter { $0.setting == name }
        let shown = sweep.shownFigures
        let lines = own.map { row in
            ["\(row.value)", "\(row.trials)"]
                + shown.map { Markup.cell(row.figures[$0], $0, seeds: row.seeds) }
        }
        return .section(
            name, id: "setting-\(name)",
            [.table(["value", "trials"] + shown.map { Markup(MeasureText.columnTitle($0)) }, lines)]
                + shown.prefix(4).map { chart(name, $0, own) })
    }

    /// Trials drawn alike.
    private struct Series {
        /// nil for all trials.
        let name: String?
        let dots: String
        let rings: String
        var shape = MarkerShape.circle
        /// How far beside the value of the axis the marks lie, so that no series hides another.
        var offset = 0.0
        let results: [Sweep.Result]
    }

    /// Where one other setting was swept, over few values, each of these is drawn by itself: a mean over both worlds, say,
    /// is that of none.
    private func series(except name: String) -> [Series] {
        let others = sweep.plan.names.filter { $0 != name }
        guard others.count == 1, let other = others.first, case let values = sweep.values(of: other),
            (2...4).contains(values.count)
        else { return [Series(name: nil, dots: "s6", rings: "s1", results: sweep.results)] }
        return values.enumerated().map { index, value in
            let style = "s\(index + 1)"
            return Series(
                name: "\(other) \(value)", dots: style, rings: style, shape: MarkerShape.allCases[index],
                offset: 0.2 * (Double(index) - Double(values.count - 1) / 2),
                results: sweep.results.filter { $0.has(other, value) })
        }
    }

    private func chart(_ name: String, _ figure: String, _ rows: [Sweep.Row]) -> Markup {
        let values = rows.map(\.value)
        let numbers = values.compactMap(Double.init)
        // Values of a grid are side by side; those drawn from a range lie where they are.
        let isRange = numbers.count == values.count && values.count > 12
        let series = series(except: name)
        var markers: [PointChart.Marker] = []
        var lines: [(style: String, points: [(x: Double, y: Double)])] = []
        for part in series {
            var means: [PointChart.Marker] = []
            for (index, row) in rows.enumerated() {
                let results = part.results.filter { $0.has(name, row.value) }
                let figures = results.flatMap(\.summary.seeds).compactMap { seed in
                    Sweep.figures(seed).first { $0.name == figure }?.value
                }
                let place = isRange ? numbers[index] : Double(index) + part.offset
                // Dots of equal height lie beside one another.
                let step = isRange ? 0 : 0.12 / Double(max(figures.count, 4))
                markers += figures.enumerated().map { index, figure in
                    let x = place + step * (Double(index) - Double(figures.count - 1) / 2)
                    return .init(name: nil, style: part.dots, x: x, y: figure, shape: part.shape)
                }
                let (mean, deviation) = { ($0.mean, $0.standardDeviation) }(Spread(figures))
                if isRange || !mean.isFinite { continue }
                means.append(
                    .init(
                        name: nil, style: part.rings, x: place, y: mean,
                        spread: (mean - deviation)...(mean + deviation),
                        isRing: true, shape: part.shape))
            }
            markers += means
            if !isRange { lines.append((part.rings, means.map { ($0.x, $0.y) })) }
        }
        let all = markers.map(\.y) + markers.compactMap(\.spread).flatMap { [$0.lowerBound, $0.upperBound] }
        guard all.contains(where: \.isFinite) else { return .empty }
        let low = numbers.min() ?? 0
        let isWide = low > 0 && (numbers.max() ?? 0) / low >= 50
        let frame = ChartFrame(
            height: 280, x: !isRange ? .names(values) : isWide ? .logarithmic(numbers, floor: low) : .fitting(numbers),
            y: .fitting(all, isShare: MeasureText.isShare(figure)),
            titles: (name, MeasureText.columnTitle(figure)), about: "\(MeasureText.columnTitle(figure)) by \(name)")
        let chart = PointChart.markup(
            markers, in: frame, lines: lines,
            legend: series.compactMap { part in part.name.map { .mark($0, part.rings, part.shape) } })
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

internal import RLEditCore

/// The report of a sweep: what each value of each setting came to, as tables and pictures.
struct SweepReport {
    private let sweep: Sweep
    private let rows: [Sweep.Row]

    init(_ sweep: Sweep) {
        self.sweep = sweep
        rows = sweep.rows
    }

    var html: String {
        Report.document(
            title: "\(sweep.task) – rledit sweep",
            [header] + sweep.plan.names.map(section) + [failures, invalidRewards, again])
    }

    private var header: Markup {
        let seeds = sweep.results.map(\.summary.seeds.count)
        let counts = Distinct([seeds.min(), seeds.max()].compactMap { $0.map(String.init) }).values
        let facts = [
            ("data", Distinct(sweep.results.compactMap(\.summary.data?.title)).text),
            ("trials", "\(sweep.results.count) of \(sweep.plan.trials.count)"),
            ("seeds each", counts.joined(separator: "–")),
        ]
        return .element(
            "header",
            children: [
                .element("h1", Markup(sweep.task)),
                .element("p", ["class": "lead"], Markup("Sweep over \(sweep.plan.names.joined(separator: ", "))")),
                Report.facts(facts), .element("p", ["class": "aside"], Markup(sweep.note ?? "")),
                Report.warnings(RunSummary.distinct(sweep.results.flatMap(\.summary.warnings))),
            ])
    }

    /// Table and pictures of one setting; averages run over the values of all others.
    private func section(_ name: String) -> Markup {
        let own = rows.filter { $0.setting == name }
        guard !own.isEmpty else { return .empty }
        let shown = sweep.shownFigures
        let lines = own.map { row in
            [Markup(row.value), Markup("\(row.trials)")]
                + shown.map { figure in
                    row.figures[figure].map { Report.cell($0, Comparison.bare(figure), seeds: row.seeds) } ?? "–"
                }
        }
        let titles = ["value", "trials"] + shown.map(Sweep.title)
        var content = [Report.table(titles.map { Markup($0) }, lines, textColumns: 1)]
        for figure in shown.prefix(4) { content.append(chart(name, figure, own)) }
        return Report.section(name, id: "setting-\(name)", content)
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
    private func series(besides name: String) -> [Series] {
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
        // Values of a grid stand side by side; those drawn from a range lie where they are.
        let isRange = numbers.count == values.count && values.count > 12
        func place(_ value: String) -> Double {
            isRange ? Double(value) ?? .nan : values.firstIndex(of: value).map(Double.init) ?? .nan
        }
        let series = series(besides: name)
        var markers: [MarkerChart.Marker] = []
        var lines: [(style: String, points: [(x: Double, y: Double)])] = []
        for part in series {
            let points = rows.map { row in
                part.results.filter { $0.has(name, row.value) }.flatMap(\.summary.seeds).compactMap { seed in
                    Sweep.figures(seed).first { $0.name == figure }?.value
                }
            }
            for (row, numbers) in zip(rows, points) {
                // Dots of equal height lie beside one another.
                let step = isRange ? 0 : 0.12 / Double(max(numbers.count, 4))
                markers += numbers.enumerated().map { index, number in
                    let beside = step * (Double(index) - Double(numbers.count - 1) / 2)
                    return .init(
                        name: nil, style: part.dots, x: place(row.value) + (isRange ? 0 : part.offset) + beside,
                        y: number, shape: part.shape)
                }
            }
            guard !isRange else { continue }
            let means = zip(rows, points).filter { !$1.isEmpty }.map {
                (place($0.value) + part.offset, Spread($1))
            }
            for (x, spread) in means {
                markers.append(
                    .init(
                        name: nil, style: part.rings, x: x, y: spread.mean,
                        spread: (spread.mean - spread.standardDeviation)...(spread.mean + spread.standardDeviation),
                        isRing: true, shape: part.shape))
            }
            lines.append((part.rings, means.map { ($0.0, $0.1.mean) }))
        }
        let all = markers.map(\.y) + markers.compactMap(\.spread).flatMap { [$0.lowerBound, $0.upperBound] }
        guard all.contains(where: \.isFinite) else { return .empty }
        let low = numbers.min() ?? 0
        let chart = MarkerChart(
            markers: markers.filter { $0.spread.map { $0.lowerBound.isFinite } ?? true },
            lines: lines,
            x: !isRange
                ? .names(values)
                : low > 0 && (numbers.max() ?? 0) / low >= 50
                    ? .logarithmic(numbers, floor: low) : ChartScale(numbers),
            y: ChartScale(all, isShare: MeasureText.isShare(Comparison.bare(figure))), xTitle: name,
            yTitle: Sweep.title(figure), description: "\(Sweep.title(figure)) by \(name)", height: 280,
            legend: series.compactMap { part in
                part.name.map { .init(name: $0, style: part.rings, mark: (part.shape, false)) }
            })
        let caption =
            isRange
            ? "A mark for each trial and seed."
            : "A small mark for each trial and seed; open ones are their means, with the standard deviation."
        return Report.figure(chart.markup(), caption: [Markup(caption)])
    }

    private var invalidRewards: Markup {
        let lines = sweep.invalidRewards.map { [Markup($0.trial), Markup($0.text)] }
        guard !lines.isEmpty else { return .empty }
        return Report.section(
            "Invalid rewards", id: "invalid",
            [Report.table(["trial", "without a valid reward"], lines, textColumns: 2)])
    }

    private var again: Markup {
        sweep.command.isEmpty
            ? .empty : Report.section("How to get it again", id: "provenance", [Report.command(sweep.command)])
    }

    private var failures: Markup {
        guard !sweep.failures.isEmpty else { return .empty }
        let lines = sweep.failures.map { [Markup($0.trial.title), Markup($0.reason)] }
        return Report.section("Failed trials", id: "failed", [Report.table(["trial", "why"], lines, textColumns: 2)])
    }
}

extension Sweep.Result {
    fileprivate func has(_ name: String, _ value: String) -> Bool {
        trial.settings.contains { $0.name == name && $0.value == value }
    }
}

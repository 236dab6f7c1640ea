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
            [header] + sweep.plan.names.map(section) + [failures, invalidRewards])
    }

    private var header: Markup {
        var facts: [Markup] = []
        func add(_ name: String, _ value: String) {
            facts.append(.element("span", children: [Markup("\(name) "), .element("b", Markup(value))]))
        }
        if let data = sweep.results.first?.summary.data { add("data", data.name) }
        add("trials", "\(sweep.results.count) of \(sweep.plan.trials.count)")
        add("seeds each", "\(sweep.results.map(\.summary.seeds.count).max() ?? 0)")
        return .element(
            "header",
            children: [
                .element("h1", Markup(sweep.task)),
                .element("p", ["class": "lead"], Markup("Sweep over \(sweep.plan.names.joined(separator: ", "))")),
                .element("div", ["class": "facts"], facts),
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
                name: "\(other) \(value)", dots: style, rings: style,
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
                markers += numbers.map { .init(name: nil, style: part.dots, x: place(row.value), y: $0) }
            }
            guard !isRange else { continue }
            let means = zip(rows, points).filter { !$1.isEmpty }.map { (place($0.value), Spread($1)) }
            for (x, spread) in means {
                markers.append(
                    .init(
                        name: nil, style: part.rings, x: x, y: spread.mean,
                        spread: (spread.mean - spread.standardDeviation)...(spread.mean + spread.standardDeviation),
                        isRing: true))
            }
            lines.append((part.rings, means.map { ($0.0, $0.1.mean) }))
        }
        let all = markers.map(\.y)
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
                part.name.map { .init(name: $0, style: part.rings, isFilled: true) }
            })
        let caption =
            isRange
            ? "A dot for each trial and seed."
            : "A dot for each trial and seed; rings are means, with the standard deviation."
        return Report.figure(chart.markup(), caption: [Markup(caption)])
    }

    private var invalidRewards: Markup {
        let lines = sweep.invalidRewards.map { [Markup($0.trial), Markup($0.text)] }
        guard !lines.isEmpty else { return .empty }
        return Report.section(
            "Invalid rewards", id: "invalid",
            [Report.table(["trial", "without a valid reward"], lines, textColumns: 2)])
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

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
            title: "\(sweep.task) – rledit sweep", [header] + sweep.plan.names.map(section) + [failures])
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

    private func chart(_ name: String, _ figure: String, _ rows: [Sweep.Row]) -> Markup {
        let values = rows.map(\.value)
        let numbers = values.compactMap(Double.init)
        // Values of a grid stand side by side; those drawn from a range lie where they are.
        let isRange = numbers.count == values.count && values.count > 12
        func place(_ value: String) -> Double {
            isRange ? Double(value) ?? .nan : values.firstIndex(of: value).map(Double.init) ?? .nan
        }
        var markers: [MarkerChart.Marker] = []
        for result in sweep.results {
            guard let value = result.trial.settings.first(where: { $0.name == name })?.value else { continue }
            for seed in result.summary.seeds {
                guard let number = Sweep.figures(seed).first(where: { $0.name == figure })?.value else { continue }
                markers.append(.init(name: nil, style: "s6", x: place(value), y: number))
            }
        }
        let means = rows.compactMap { row in row.figures[figure].map { (place(row.value), $0) } }
        for (x, spread) in means where !isRange {
            markers.append(
                .init(
                    name: nil, style: "s1", x: x, y: spread.mean,
                    spread: (spread.mean - spread.standardDeviation)...(spread.mean + spread.standardDeviation),
                    isRing: true))
        }
        let all = markers.map(\.y)
        guard all.contains(where: \.isFinite) else { return .empty }
        let low = numbers.min() ?? 0
        let chart = MarkerChart(
            markers: markers.filter { $0.spread.map { $0.lowerBound.isFinite } ?? true },
            lines: isRange ? [] : [("s1", means.map { ($0.0, $0.1.mean) })],
            x: !isRange
                ? .names(values)
                : low > 0 && (numbers.max() ?? 0) / low >= 50
                    ? .logarithmic(numbers, floor: low) : ChartScale(numbers),
            y: ChartScale(all, isShare: MeasureText.isShare(Comparison.bare(figure))), xTitle: name,
            yTitle: Sweep.title(figure), description: "\(Sweep.title(figure)) by \(name)", height: 280)
        let caption =
            isRange
            ? "A dot for each trial and seed."
            : "A dot for each trial and seed; rings are means, with the standard deviation."
        return Report.figure(chart.markup(), caption: [Markup(caption)])
    }

    private var failures: Markup {
        guard !sweep.failures.isEmpty else { return .empty }
        let lines = sweep.failures.map { [Markup($0.trial.title), Markup($0.reason)] }
        return Report.section("Failed trials", id: "failed", [Report.table(["trial", "why"], lines, textColumns: 2)])
    }
}

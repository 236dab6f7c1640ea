internal import RLEditCore

extension Report {
    /// Task, method, status, and the facts a reader asks for first.
    var header: Markup {
        let status = manifest.status.rawValue
        let evaluations = summary.seeds.map(\.evaluations).reduce(0, +)
        return .header(
            "\(summary.task)\(Markup.tag("span.status \(status)", Markup(status)))",
            lead: "\(summary.world), learned with \(summary.learner)",
            early: manifest.status == .finished ? nil : manifest.reason,
            facts: [
                "data": dataNames, "model": names(.model), "policy": names(.policy),
                isSpread ? "seeds" : "seed": summary.seeds.map { String($0.seed) }.joined(separator: ", "),
                isSpread ? "evaluations of all seeds" : "evaluations": NumberText.grouped(evaluations),
                "invalid rewards": InvalidRewards.text(summary.seeds) ?? "",
                "ended early": EarlyEnd.text(summary.seeds) ?? "",
                "time": NumberText.duration(summary.seconds),
                "started": String(manifest.started.iso.prefix(16)).replacing("T", with: " "),
            ], warnings: summary.warnings)
    }

    private func names(_ kind: Manifest.DataSource.Kind) -> String {
        Distinct(manifest.data.filter { $0.kind == kind }.map(\.title)).text
    }

    /// Where the examples come from: not the file of a model, which is listed beside it.
    private var dataNames: String {
        let isOwn = !manifest.sets.isEmpty && manifest.sets.allSatisfy { $0.source == "script" }
        let names = names(.data)
        return names.isEmpty && isOwn ? "made by the script" : names
    }

    /// Before and after on the held-out sets: what the whole run was for.
    var outcome: Markup {
        if summary.rows.isEmpty { return .empty }
        let spread: Markup =
            "\(term: "Mean ± standard deviation", .spread) over \(summary.seeds.count) "
            + "seeds\(Report.modelNote(summary.seeds.map(\.model)))."
        return .section(
            "Result on held-out sets", id: "result", tiles, resultTable, thresholdNote,
            isSpread ? .note(spread) + perSeed : .empty)
    }

    /// The first row of each set.
    private var firstRows: [RunSummary.Row] {
        let rows = summary.rows
        return rows.map(\.set).unique.compactMap { set in rows.first { $0.set == set } }
    }

    /// The first measure of each set, large.
    private var tiles: Markup {
        let tiles = firstRows.prefix(4).compactMap { row -> Markup? in
            guard let before = row.spreads[.before], let after = row.spreads[resultStage] else { return nil }
            let unbroken = MeasureText.of(before.mean, measure: row.measure).replacing(" ", with: "\u{A0}")
            return .tag(
                "div.tile", .tag("div.name", "\(row.set) \(MeasureText.title(row.measure))"),
                .tag("div.value", Markup(MeasureText.of(after.mean, measure: row.measure))),
                .tag("div.from", "\(resultStage.title), from\u{A0}\(unbroken)"))
        }
        return tiles.isEmpty ? .empty : .tag("div.tiles", tiles)
    }

    /// A row for each measure and cost with a column for each model or, when there are many, the other way round.
    private var resultTable: Markup {
        let stages = summary.stages
        let measures = summary.rows.map { row in
            (
                set: Markup.set(row.set), name: Markup.measure(row.measure),
                cells: stages.map { Markup.cell(row.spreads[$0], row.measure, seeds: summary.seeds.count) }
            )
        }
        let costs = summary.costRows.map { cost in
            (
                set: Markup("cost"), name: Markup.term(cost.title, cost.title == "kFE" ? .kfe : nil),
                cells: stages.map { Markup(cost.spreads[$0].map(RunSummary.costText) ?? "–") }
            )
        }
        if summary.comparedStages.count > RunSummary.comparedColumns {
            let lines = measures + costs
            return .table(
                ["model"] + measures.map { "\($0.set) \($0.name)" } + costs.map(\.name),
                stages.enumerated().map { index, stage in [.stage(stage)] + lines.map { $0.cells[index] } })
        }
        let rows = [measures, costs].flatMap { lines in
            lines.enumerated().map { index, line in
                let isFirst = index == 0 || lines[index - 1].set.source != line.set.source
                return [isFirst ? .tag("b", line.set) : .empty, line.name] + line.cells
            }
        }
        return .table(["\(term: "held-out set", .heldOut)", "measure"] + stages.map(Markup.stage), rows, text: 2)
    }

    /// One row per seed with the first measure of each set after the edit.
    private var perSeed: Markup {
        let columns = firstRows
        let rows = summary.seeds.map { seed in
            ["seed \(seed.seed)"]
                + columns.map { column -> Markup in
                    let result = seed.heldOut.first { $0.set == column.set }
                    let value = result?[resultStage]?.first { $0.name == column.measure }?.value
                    return Markup(value.map { MeasureText.of($0, measure: column.measure) } ?? "–")
                }
        }
        return .table(
            ["\(resultStage.title), by seed"] + columns.map { "\($0.set) \(MeasureText.title($0.measure))" }, rows)
    }

    /// Accuracy per class before and after, averaged over seeds.
    var classes: Markup {
        let results = summary.seeds.flatMap(\.classes)
        var labels = results.map(\.label).unique
        if labels.isEmpty { return .empty }
        let byLabel = Dictionary(grouping: results, by: \.label)
        func spread(_ label: String, _ stage: Stage) -> Spread? {
            let values = (byLabel[label] ?? []).compactMap { $0[stage] }
            return values.isEmpty ? nil : Spread(values)
        }
        var caption = "Share of the held-out examples of each class that each model classifies correctly. "
        let most = 30
        if labels.count > most {
            func change(_ label: String) -> Double {
                let before = spread(label, .before)?.mean ?? 0
                return abs(((spread(label, resultStage) ?? spread(label, .bestSeen))?.mean ?? before) - before)
            }
            // Those that changed most, then in their own order again.
            let chosen = labels.map { ($0, change($0)) }.sorted { $0.1 > $1.1 }.prefix(most).map(\.0)
            caption += "Shown are the \(most) of \(labels.count) classes that changed most. "
            labels = labels.filter(Set(chosen).contains)
        }
        let marked = Set(results.filter(\.isTarget).map(\.label)).intersection(labels)
        if !marked.isEmpty {
            caption += marked.count == 1 ? "The class in bold makes" : "Each class in bold makes"
            caption += " up a held-out set by itself. "
        }
        if isSpread { caption += "Bars are means over the seeds, lines standard deviations." }
        let compared = summary.comparedStages
        let stages = results.flatMap(\.stages.stages).unique.filter {
            compared.count <= RunSummary.comparedColumns || !compared.contains($0)
        }
        let chart = BarChart.markup(
            groups: labels.map { ($0, marked.contains($0)) },
            zip(stages, Report.styles(of: stages)).map { stage, style in
                .init(name: stage.title, style: style, values: labels.map { spread($0, stage) })
            }, titles: ("class", "accuracy"), about: "Accuracy per class before and after the edit")
        return .section("Accuracy per class", id: "classes", .figure(chart, Markup(caption)))
    }
}

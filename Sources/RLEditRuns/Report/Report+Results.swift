internal import RLEditCore

extension Report {
    var isSpread: Bool { summary.seeds.count > 1 }

    /// Task, method, status, and the facts a reader asks for first.
    var header: Markup {
        let title: [Markup] = [
            Markup(summary.task),
            .element("span", ["class": "status \(manifest.status.rawValue)"], Markup(manifest.status.rawValue)),
        ]
        let evaluations = summary.seeds.map(\.evaluations).reduce(0, +)
        let facts = [
            ("data", dataNames), ("model", names(.model)), ("policy", names(.policy)),
            (isSpread ? "seeds" : "seed", summary.seeds.map { String($0.seed) }.joined(separator: ", ")),
            (isSpread ? "evaluations of all seeds" : "evaluations", NumberText.grouped(evaluations)),
            ("invalid rewards", InvalidRewards.text(summary.seeds) ?? ""),
            ("time", NumberText.duration(summary.seconds)),
            ("started", String(manifest.started.iso.prefix(16)).replacing("T", with: " ")),
        ]
        var children: [Markup] = [
            .element("h1", children: title),
            .element("p", ["class": "lead"], Markup("\(summary.world), learned with \(summary.learner)")),
        ]
        if let reason = manifest.reason, manifest.status != .finished {
            children.append(.element("p", children: [.element("b", "The run ended early: "), Markup(reason)]))
        }
        children.append(Report.facts(facts))
        children.append(Report.warnings(summary.warnings))
        return .element("header", children: children)
    }

    /// What makes figures mean less than they seem to, a paragraph each.
    static func warnings(_ warnings: [String]) -> Markup {
        let paragraphs = warnings.map { Markup.element("p", children: [.element("b", "Warning: "), Markup($0 + ".")]) }
        return paragraphs.isEmpty ? .empty : .element("div", ["class": "warnings"], paragraphs)
    }

    private func names(_ kind: Manifest.DataSource.Kind) -> String {
        Distinct(manifest.data.filter { $0.kind == kind }.map(\.title)).text
    }

    /// Where the examples come from: not the file of a model, which is listed beside it.
    private var dataNames: String {
        let names = names(.data)
        if !names.isEmpty { return names }
        let isOwn = !manifest.sets.isEmpty && manifest.sets.allSatisfy { $0.source == "script" }
        return isOwn ? "made by the script" : ""
    }

    /// Before and after on the held-out sets: what the whole run was for.
    var outcome: Markup {
        let rows = summary.rows
        if rows.isEmpty { return .empty }
        let stages = summary.stages
        let isByModel = summary.comparedStages.count > RunSummary.comparedColumns
        var previous: String?
        let cells = rows.map { row -> [Markup] in
            defer { previous = row.set }
            let set = row.set == previous ? Markup.empty : .element("b", Report.setName(row.set))
            return [set, Report.measureName(row.measure)]
                + stages.map { stage in
                    row.spreads[stage].map { Report.cell($0, row.measure, seeds: summary.seeds.count) } ?? "–"
                }
        }
        let titles = [Report.term("held-out set", .heldOut), "measure"] + stages.map(Report.stageName)
        let table = isByModel ? resultsByModel : Report.table(titles, cells + costCells, textColumns: 2)
        var content = [tiles, table]
        content += thresholdNote
        if isSpread {
            content.append(
                .element(
                    "p", ["class": "aside"],
                    [
                        Report.term("Mean ± standard deviation", .spread),
                        Markup(" over \(summary.seeds.count) seeds\(Report.modelNote(summary.seeds.map(\.model)))."),
                    ]))
            content.append(perSeed(stages))
        }
        return Report.section("Result on held-out sets", id: "result", content)
    }

    /// The first measure of each set, large.
    private var tiles: Markup {
        var seen: [String] = []
        var tiles: [Markup] = []
        for row in summary.rows where !seen.contains(row.set) && tiles.count < 4 {
            seen.append(row.set)
            guard let before = row.spreads[.before], let after = row.spreads[resultStage] else { continue }
            let unbroken = MeasureText.of(before.mean, measure: row.measure).replacing(" ", with: "\u{A0}")
            tiles.append(
                .element(
                    "div", ["class": "tile"],
                    [
                        .element("div", ["class": "name"], Markup("\(row.set) \(MeasureText.title(row.measure))")),
                        .element("div", ["class": "value"], Markup(MeasureText.of(after.mean, measure: row.measure))),
                        .element(
                            "div", ["class": "from"],
                            Markup("\(resultStage.title), from\u{A0}\(unbroken)")),
                    ]))
        }
        return tiles.isEmpty ? .empty : .element("div", ["class": "tiles"], tiles)
    }

    /// One row per seed with the first measure of each set after the edit.
    private func perSeed(_ stages: [Stage]) -> Markup {
        let stage = resultStage
        var columns: [(set: String, measure: String)] = []
        for row in summary.rows where !columns.contains(where: { $0.set == row.set }) {
            columns.append((row.set, row.measure))
        }
        let rows = summary.seeds.map { seed -> [Markup] in
            [Markup("seed \(seed.seed)")]
                + columns.map { column in
                    let result = seed.heldOut.first { $0.set == column.set }
                    let value = result?[stage]?.first { $0.name == column.measure }?.value
                    return Markup(value.map { MeasureText.of($0, measure: column.measure) } ?? "–")
                }
        }
        let titles =
            [Markup("\(stage.title), by seed")] + columns.map { Markup("\($0.set) \(MeasureText.title($0.measure))") }
        return Report.table(titles, rows, textColumns: 1)
    }

    /// Accuracy per class before and after, averaged over seeds.
    var classes: Markup {
        let results = summary.seeds.flatMap(\.classes)
        var labels: [String] = []
        var known: Set<String> = []
        for result in results where known.insert(result.label).inserted { labels.append(result.label) }
        if labels.isEmpty { return .empty }
        let byLabel = Dictionary(grouping: results, by: \.label)
        func spread(_ label: String, _ stage: Stage) -> Spread? {
            let values = (byLabel[label] ?? []).compactMap { $0[stage] }
            return values.isEmpty ? nil : Spread(values)
        }
        var caption: [Markup] = ["Share of the held-out examples of each class that each model names rightly. "]
        let most = 30
        if labels.count > most {
            let changed = labels.map { label -> (String, Double) in
                let before = spread(label, .before)?.mean ?? 0
                let after = (spread(label, resultStage) ?? spread(label, .bestSeen))?.mean ?? before
                return (label, abs(after - before))
            }
            // Those that changed most, then in their own order again.
            let chosen = Set(changed.sorted { $0.1 > $1.1 }.prefix(most).map(\.0))
            caption.append(Markup("Shown are the \(most) of \(labels.count) classes that changed most. "))
            labels = labels.filter(chosen.contains)
        }
        let marked = Set(results.filter(\.isTarget).map(\.label)).intersection(labels)
        if !marked.isEmpty {
            caption.append(
                marked.count == 1
                    ? "The class in bold makes up a held-out set by itself. "
                    : "Each class in bold makes up a held-out set by itself. ")
        }
        if isSpread { caption.append("Bars are means over the seeds, lines standard deviations.") }
        var stages: [Stage] = []
        for stage in results.flatMap(\.stages.stages) where !stages.contains(stage) { stages.append(stage) }
        let compared = summary.comparedStages
        if compared.count > RunSummary.comparedColumns { stages.removeAll(where: compared.contains) }
        let series = zip(stages, Report.styles(of: stages)).map { stage, style in
            BarChart.Series(name: stage.title, style: style, values: labels.map { spread($0, stage) })
        }
        let chart = BarChart(
            groups: labels.map { ($0, marked.contains($0)) }, series: series, xTitle: "class", yTitle: "accuracy",
            description: "Accuracy per class before and after the edit")
        return Report.section("Accuracy per class", id: "classes", [Report.figure(chart.markup(), caption: caption)])
    }

    // MARK: Words and cells

    static func cell(_ spread: Spread, _ measure: String, seeds: Int) -> Markup {
        if seeds < 2 { return Markup(MeasureText.of(spread.mean, measure: measure)) }
        let text = MeasureText.of(spread, measure: measure, seeds: seeds)
        guard let sign = text.firstRange(of: " ±") else { return Markup(text) }
        return Markup(String(text[..<sign.lowerBound]))
            + .element("span", ["class": "sd"], Markup(String(text[sign.lowerBound...])))
    }

    static func stageName(_ stage: Stage) -> Markup {
        switch stage {
        case .before: term(stage.title, .before)
        case .meanPolicy: term(stage.title, .meanPolicy)
        case .bestSeen: term(stage.title, .bestSeen)
        default: Markup(stage.title)
        }
    }

    /// Classes of the style sheet for the stages: the same colours for the run's own in every chart.
    static func styles(of stages: [Stage]) -> [String] {
        var next = 3
        return stages.map { stage in
            switch stage {
            case .before: return "s0"
            case .meanPolicy: return "s1"
            case .bestSeen: return "s2"
            default:
                defer { next = next == 7 ? 3 : next + 1 }
                return "s\(next)"
            }
        }
    }

    static func setName(_ set: String) -> Markup {
        switch set {
        case "forget": term(set, .forget)
        case "retain": term(set, .retain)
        default: Markup(set)
        }
    }

    static func measureName(_ measure: String) -> Markup {
        switch measure {
        case "accuracy": term(measure, .accuracy)
        case "loss": term(measure, .loss)
        case "confidence": term(measure, .confidence)
        case "auc": term("AUC", .auc)
        case "fped": term("FPED", .fped)
        case "fned": term("FNED", .fned)
        case "error_difference_at_eer": term(MeasureText.title(measure), .errorDifference)
        case "final_auc": term(MeasureText.title(measure), .finalAUC)
        default: Markup(MeasureText.title(measure))
        }
    }
}

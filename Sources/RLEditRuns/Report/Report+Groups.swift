internal import RLEditCore
internal import RLEditWorlds

extension Report {
    /// Rates and areas of the groups of each held-out set, before and after.
    var groups: Markup {
        let results = summary.seeds.flatMap(\.groups)
        if results.isEmpty { return .empty }
        var sets: [String] = []
        for result in results where !sets.contains(result.set) { sets.append(result.set) }
        let content = sets.flatMap { set in groups(of: set, results.filter { $0.set == set }) }
        return Report.section("Groups of held-out sets", id: "groups", content)
    }

    /// What is said of `error_difference_at_eer` below the table of results.
    var thresholdNote: [Markup] {
        guard summary.rows.contains(where: { $0.measure == BinaryMetric.errorDifferenceAtEER.name }) else { return [] }
        var known: [String] = []
        var sources: [String] = []
        for result in summary.seeds.flatMap(\.heldOut) where !known.contains(result.set) {
            guard result.stages.entries.first?.value.contains(where: { $0.name == "error_difference_at_eer" }) == true
            else { continue }
            known.append(result.set)
            sources.append(
                result.thresholdSet.map { "for \(result.set) from the reward's set \($0)" }
                    ?? "for \(result.set) from the held-out set itself")
        }
        return [
            .element(
                "p", ["class": "aside"],
                [Markup("The threshold of equal error is taken \(sources.joined(separator: ", ")).")])
        ]
    }

    private func groups(of set: String, _ results: [GroupResult]) -> [Markup] {
        let after = resultStage
        let others = summary.stages.filter { $0 != .before && $0 != after }
        var rows = GroupRow.rows(results)
        let rate = "false_positive_rate"
        // The groups that were treated worst come first.
        rows.sort { ($0.mean(rate, .before) ?? -1, $1.name) > ($1.mean(rate, .before) ?? -1, $0.name) }
        let stages = [.before, after] + others
        let chart = GroupChart(
            groups: rows.map(\.name),
            series: zip(stages, Report.styles(of: stages)).map { stage, style in
                GroupChart.Series(name: stage.title, style: style, values: rows.map { $0.mean(rate, stage) })
            }, xTitle: "false positive rate",
            description: "False positive rate of each group of \(set) before and after the edit")
        let caption =
            "Share of the negative examples of each group of \(set) that are predicted positive. "
            + "Equal treatment puts all marks of a colour below one another."
        let titles: [Markup] =
            [Report.term(set, .group), "examples"]
            + GroupMetric.shown.map { metric in
                switch metric {
                case .falsePositiveRate: Report.term("FPR", .falsePositiveRate)
                case .falseNegativeRate: Report.term("FNR", .falseNegativeRate)
                case .bpsnAUC: Report.term("BPSN AUC", .bpsn)
                case .bnspAUC: Report.term("BNSP AUC", .bnsp)
                case .auc: Report.term("AUC", .auc)
                default: Markup(MeasureText.title(metric.name))
                }
            }
        let cells = rows.map { row -> [Markup] in
            [Markup(row.name), Markup(row.examples)]
                + GroupMetric.shown.map { metric in
                    Markup(
                        MeasureText.change(
                            from: row.mean(metric.name, .before), to: row.mean(metric.name, after),
                            measure: metric.name))
                }
        }
        let note = isSpread ? " Means over the seeds that have the group." : ""
        return [
            Report.figure(chart.markup(), caption: [Markup(caption)]), Report.table(titles, cells, textColumns: 1),
            .element(
                "p", ["class": "aside"],
                Markup(
                    "From \(Stage.before.title) to \(after.title); – where the group lacks the examples that a measure "
                        + "needs.\(note)")),
        ]
    }
}

extension GroupMetric {
    /// Measures of groups that runs keep and reports show.
    static let shown: [GroupMetric] = [.falsePositiveRate, .falseNegativeRate, .auc, .bpsnAUC, .bnspAUC]
}

/// One group over the seeds that have it.
private struct GroupRow {
    let name: String
    /// How many, or from how few to how many over the seeds.
    let examples: String
    private let results: [GroupResult]

    /// In the order in which the groups first appear.
    static func rows(_ results: [GroupResult]) -> [GroupRow] {
        var order: [String] = []
        var byName: [String: [GroupResult]] = [:]
        for result in results {
            if byName[result.group] == nil { order.append(result.group) }
            byName[result.group, default: []].append(result)
        }
        return order.map { name in
            let own = byName[name] ?? []
            let counts = own.map(\.examples)
            let ends = [counts.min() ?? 0, counts.max() ?? 0].map(NumberText.grouped)
            return GroupRow(name: name, examples: Distinct(ends).values.joined(separator: "–"), results: own)
        }
    }

    /// nil where no seed has the measure, or one finds it undefined.
    func mean(_ measure: String, _ stage: Stage) -> Double? {
        let values = results.compactMap { $0.value(measure, stage) }
        guard !values.isEmpty else { return nil }
        let mean = Spread(values).mean
        return mean.isFinite ? mean : nil
    }
}

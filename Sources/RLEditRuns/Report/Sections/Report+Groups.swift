internal import RLEditCore
internal import RLEditWorlds

extension Report {
    /// Rates and areas of the groups of each held-out set, before and after.
    var groups: Markup {
        let results = summary.seeds.flatMap(\.groups)
        let content = results.map(\.set).unique.map { set in groups(of: set, results.filter { $0.set == set }) }
        return .section("Groups of held-out sets", id: "groups", content)
    }

    /// The note about `error_difference_at_eer` below the table of results.
    var thresholdNote: Markup {
        let measure = BinaryMetric.errorDifferenceAtEER.name
        let results = summary.seeds.flatMap(\.heldOut).filter { result in
            result.stages.entries.first?.value.contains { $0.name == measure } == true
        }
        let sources = results.map(\.set).unique.map { set in
            let threshold = results.first { $0.set == set }?.thresholdSet
            return "for \(set) from \(threshold.map { "the reward's set \($0)" } ?? "the held-out set itself")"
        }
        return sources.isEmpty
            ? .empty : .note("The threshold of equal error is taken \(sources.joined(separator: ", ")).")
    }

    private func groups(of set: String, _ results: [GroupResult]) -> Markup {
        let after = resultStage
        let rate = GroupMetric.falsePositiveRate.name
        // The groups that were treated worst come first.
        let rows = results.map(\.group).unique.map { name in GroupRow(results.filter { $0.group == name }) }.sorted {
            ($0.mean(rate, .before) ?? -1, $1.name) > ($1.mean(rate, .before) ?? -1, $0.name)
        }
        let stages = [.before, after] + summary.stages.filter { $0 != .before && $0 != after }
        let chart = GroupChart.markup(
            groups: rows.map(\.name),
            zip(stages, Report.styles(of: stages)).map { stage, style in
                .init(name: stage.title, style: style, values: rows.map { $0.mean(rate, stage) })
            }, title: "false positive rate",
            about: "False positive rate of each group of \(set) before and after the edit")
        let titles = GroupMetric.shown.map { metric -> Markup in
            switch metric {
            case .falsePositiveRate: "\(term: "FPR", .falsePositiveRate)"
            case .falseNegativeRate: "\(term: "FNR", .falseNegativeRate)"
            case .bpsnAUC: "\(term: "BPSN AUC", .bpsn)"
            case .bnspAUC: "\(term: "BNSP AUC", .bnsp)"
            default: .measure(metric.name)
            }
        }
        let cells = rows.map { row -> [Markup] in
            [Markup(row.name), Markup(row.examples)]
                + GroupMetric.shown.map(\.name).map {
                    Markup(MeasureText.change(from: row.mean($0, .before), to: row.mean($0, after), measure: $0))
                }
        }
        return .figure(
            chart,
            """
            Share of the negative examples of each group of \(set) that are predicted positive. Equal treatment puts all \
            marks of a colour below one another.
            """)
            + .table(["\(term: set, .group)", "examples"] + titles, cells)
            + .note(
                """
                From \(Stage.before.title) to \(after.title); – where the group lacks the examples that a measure \
                needs.\(isSpread ? " Means over the seeds that have the group." : "")
                """)
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

    init(_ results: [GroupResult]) {
        self.results = results
        name = results.first?.group ?? ""
        let counts = results.map(\.examples)
        examples = [counts.min() ?? 0, counts.max() ?? 0].unique.map(NumberText.grouped).joined(separator: "–")
    }

    /// nil where no seed has the measure, or one finds it undefined.
    func mean(_ measure: String, _ stage: Stage) -> Double? {
        let mean = Spread(results.compactMap { $0.value(measure, stage) }).mean
        return mean.isFinite ? mean : nil
    }
}

internal import RLEditCore
internal import RLEditWorlds

extension Report {
    /// Rates and areas of the groups of each held-out set, before and after.
    var groups: Markup {
        let results = summary.seeds.flatMap(\.groups)
        let sets = results.map(\.set).unique
        return .section(
            "Groups of held-out sets", id: "groups",
            Markup(sets.map { set in groups(of: set, results.filter { $0.set == set }) }))
    }

    /// The note about `error_difference_at_eer` below the table of results.
    var thresholdNote: Markup {
        let measure = BinaryMetric.errorDifferenceAtEER.name
        let results = summary.seeds.flatMap(\.heldOut).filter { $0.stages.entries.first?.value[measure] != nil }
        let sources = results.map(\.set).unique.map { set in
            let threshold = results.first { $0.set == set }?.thresholdSet
            return "for \(set) from \(threshold.map { "the reward's set \($0)" } ?? "the held-out set itself")"
        }
        return sources.isEmpty
            ? .empty : .note("The threshold of equal error is taken \(sources.joined(separator: ", ")).")
    }

    private func groups(of set: String, _ results: [GroupResult]) -> Markup {
        let rate = GroupMetric.falsePositiveRate.name
        let byName = Dictionary(grouping: results, by: \.group)
        /// NaN where no seed has the measure, or one finds it undefined.
        func spread(_ name: String, _ measure: String, _ stage: Stage) -> Spread {
            Spread((byName[name] ?? []).compactMap { $0.value(measure, stage) })
        }
        // The groups that were treated worst come first.
        let names = byName.keys.map { ($0, spread($0, rate, .before).mean) }.map { ($0, $1.isFinite ? $1 : -1) }
            .sorted { ($0.1, $1.0) > ($1.1, $0.0) }.map(\.0)
        let rows = names.map { name in
            let counts = (byName[name] ?? []).map(\.examples)
            let ends = [counts.min() ?? 0, counts.max() ?? 0].unique.map(NumberText.grouped)
            let changes = GroupMetric.shown.map(\.name).map { measure in
                let (before, after) = (spread(name, measure, .before), spread(name, measure, resultStage))
                return MeasureText.change(from: before.mean, to: after.mean, measure: measure)
            }
            return [name, ends.joined(separator: "–")] + changes
        }
        let stages = [.before] + summary.stages.filter { $0 != .before && $0 != resultStage } + [resultStage]
        return [
            .figure(
                shares(of: "group", names, stages, measure: rate) { spread(names[$0], rate, $1) },
                """
                Share of the negative examples of each group of \(set) that are predicted positive. Equal treatment puts all \
                marks of a colour below one another.
                """),
            .table(TextTable(["group", "examples"] + GroupMetric.shown.map { MeasureText.title($0.name) }, rows)),
            .note(
                """
                From \(Stage.before.title) to \(resultStage.title); – where the group lacks the examples that a measure \
                needs.\(isSpread ? " Means over the seeds that have the group." : "")
                """),
        ]
    }
}

extension GroupMetric {
    /// Measures of groups that runs keep and reports show.
    static let shown: [GroupMetric] = [.falsePositiveRate, .falseNegativeRate, .auc, .bpsnAUC, .bnspAUC]
}

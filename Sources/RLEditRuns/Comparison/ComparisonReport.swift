/// The report of a comparison: tables, and pictures of what each method keeps, forgets, costs and leaves behind.
struct ComparisonReport {
    let comparison: Comparison
    let rows: [Comparison.Row]

    init(_ comparison: Comparison) {
        self.comparison = comparison
        rows = comparison.rows
    }

    var html: String {
        Markup.document(
            title: "\(comparison.task) – rledit comparison",
            [
                header, table, differences, tradeOff, answers, learning, quality, depth, gaps,
                .again(comparison.command),
            ])
    }

    private var header: Markup {
        let cells = comparison.methods.flatMap(\.cells)
        return .header(
            Markup(comparison.task), lead: "Comparison of methods, edits in \(comparison.world)",
            facts: [
                "data": Distinct(([comparison.data] + cells.map(\.data)).compactMap { $0?.title }).text,
                isSpread ? "seeds" : "seed": comparison.seeds.map(String.init).joined(separator: ", "),
                "methods": "\(comparison.methods.count)",
                "time of all methods": NumberText.duration(cells.reduce(0) { $0 + $1.cost.seconds }),
            ], warnings: comparison.warnings)
    }

    /// Whether figures are means over several seeds.
    var isSpread: Bool { comparison.seeds.count > 1 }
    var meansNote: String { isSpread ? "Means over seeds." : "" }

    // MARK: - Tables

    private var table: Markup {
        let shown = comparison.shownMeasures
        let hasTarget = rows.contains { $0.cost?.toTarget != nil }
        let hasPeak = rows.contains { $0.cost?.peak != nil }
        let costs =
            ["evaluations"] + (hasTarget ? ["to target"] : []) + ["kFE", "seconds"] + (hasPeak ? ["peak MB"] : [])
        let cells = rows.map { row -> [Markup] in
            let measures = shown.map {
                Markup.cell(row.measures[$0], $0, seeds: comparison.seeds.count)
            }
            let figures: [String] =
                row.cost.map { cost in
                    [row.method?.kind == .learner ? Comparison.whole(cost.evaluations.mean) : "–"]
                        + (hasTarget ? [Comparison.reached(row)] : [])
                        + [cost.kfe, cost.seconds].map { NumberText.fixed($0.mean, digits: 1) }
                        + (hasPeak ? [cost.peak.map { NumberText.fixed($0.mean, digits: 0) } ?? "–"] : [])
                } ?? costs.map { _ in "–" }
            return [Markup(row.title)] + measures + figures.map { Markup($0) }
        }
        let models = comparison.seeds.map { seed in
            comparison.methods.flatMap(\.cells).first { $0.seed == seed && $0.result.model != nil }?.result.model
        }
        let spread = "Mean ± standard deviation over \(models.count) seeds\(Report.modelNote(models)). "
        let target =
            " To target: evaluations until the reward first reached the task's target, over the seeds that did."
        return .section(
            "Results", id: "results",
            .table(["method"] + shown.map { Markup(MeasureText.columnTitle($0)) } + costs.map { Markup($0) }, cells),
            .note(
                """
                \(shown.isEmpty ? "" : "Measures of sets are those of the held-out sets. ")\(isSpread ? spread : "")\
                kFE: thousand full-forward equivalents.\(hasTarget ? target : "")\(controlNote)
                """))
    }

    private var controlNote: String {
        guard comparison.methods.contains(where: { $0.name == Comparison.control }) else { return "" }
        return " \(Comparison.control) is a control: the task's search over an offset of each score, and nothing else. "
            + "What it reaches needs no edit of weights."
    }

    private var differences: Markup {
        guard isSpread, comparison.methods.count > 1 else { return .empty }
        let shown = comparison.shownMeasures
        let lines = comparison.methods.filter { $0.name != comparison.reference }.map { method in
            ["\(method.name)"] + shown.map { Markup(Comparison.text(comparison.difference(method, $0), $0)) }
        }
        return .section(
            "Differences", id: "differences",
            .table(["method"] + shown.map { Markup(MeasureText.columnTitle($0)) }, lines),
            .note(
                """
                Difference to \(comparison.reference) on the same seed, mean over the seeds that both have, shares in \
                percentage points. In brackets the central 95 % of \(NumberText.grouped(PairedDifference.resamples)) \
                bootstrap resamples of the seeds; of few seeds these intervals are narrow rather than wide.
                """))
    }

    private var gaps: Markup {
        let lines: [[Markup]] =
            comparison.skipped.map { ["\($0.method)", "skipped", "\($0.reason)"] }
            + comparison.failed.map {
                ["\($0.method)\($0.seed.map { ", seed \($0)" } ?? "")", "failed", "\($0.reason)"]
            } + comparison.invalidRewards.map { ["\($0.method)", "invalid rewards", "\($0.text)"] }
        return .section("What is missing", id: "missing", .table(["method", "", "why"], lines, text: 3))
    }

    /// What the forgotten class is called after each method.
    private var answers: Markup {
        Report.answers(
            comparison.seeds.map { seed in
                let cells = comparison.methods.compactMap { method in
                    method.cells.first { $0.seed == seed }.map { (method, $0) }
                }
                return cells.enumerated().flatMap { index, entry in
                    entry.1.result.answers.map { answer in
                        var named = answer
                        // Every cell of a seed measured the same unedited network.
                        named.stages = StageValues(
                            answer.stages.entries.filter { index == 0 || $0.stage != .before }.map {
                                ($0.stage == .before ? .before : Stage(entry.0.title($0.stage)), $0.value)
                            })
                        return named
                    }
                }
            })
    }
}

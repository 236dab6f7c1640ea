/// The report of a comparison: tables, and pictures of what each method keeps, forgets, costs and leaves behind.
struct ComparisonReport {
    let comparison: Comparison
    let rows: [Comparison.Row]

    init(_ comparison: Comparison) {
        self.comparison = comparison
        rows = comparison.rows
    }

    var html: String {
        let gaps = comparison.gaps.map { gap in [gap.method, gap.kind, gap.reason].map { Markup($0) } }
        return Markup.document(
            title: "\(comparison.task) – rledit comparison",
            [
                header, results, differences, tradeOff, answers, learning, quality, depth,
                .section("What is missing", id: "missing", .table(["method", "", "why"], gaps, text: 3)),
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

    private var results: Markup {
        let models = comparison.seeds.map { seed in
            comparison.methods.flatMap(\.cells).first { $0.seed == seed && $0.result.model != nil }?.result.model
        }
        let costs = comparison.costColumns
        let notes = [
            (!comparison.shownMeasures.isEmpty, "Measures of sets are those of the held-out sets."),
            (isSpread, "Mean ± standard deviation over \(models.count) seeds\(Report.modelNote(models))."),
            (true, "kFE: thousand full-forward equivalents."),
            (
                costs.contains { $0.title == "to target" },
                "To target: evaluations until the reward first reached the task's target, over the seeds that did."
            ),
            (
                comparison.methods.contains { $0.name == Comparison.control },
                "\(Comparison.control) is a control: the task's search over an offset of each score, and nothing else. "
                    + "What it reaches needs no edit of weights."
            ),
        ]
        return .section(
            "Results", id: "results", .table(comparison.table(comparison.measureColumns + costs)),
            note: Markup(notes.filter(\.0).map(\.1).joined(separator: " ")))
    }

    private var differences: Markup {
        let table = comparison.differenceTable
        return .section(
            "Differences", id: "differences", table.map { .table($0) } ?? .empty,
            note: """
                Difference to \(comparison.reference) on the same seed, mean over the seeds that both have, shares in \
                percentage points. In brackets the central 95 % of \(NumberText.grouped(PairedDifference.resamples)) \
                bootstrap resamples of the seeds; of few seeds these intervals are narrow rather than wide.
                """)
    }

    /// What the forgotten class is called after each method.
    private var answers: Markup {
        Report.answers(
            comparison.seeds.map { seed in
                var named: [GroupResult] = []
                for method in comparison.methods {
                    guard let cell = method.cells.first(where: { $0.seed == seed }) else { continue }
                    // Every cell of a seed measured the same unedited network.
                    let isFirst = named.isEmpty
                    named += cell.result.answers.map { answer in
                        var answer = answer
                        let entries = answer.stages.entries.filter { isFirst || $0.stage != .before }
                        answer.stages = StageValues(
                            entries.map { ($0.stage == .before ? .before : Stage(method.title($0.stage)), $0.value) })
                        return answer
                    }
                }
                return named
            })
    }
}

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
        let spread: Markup = """
            \(term: "Mean ± standard deviation") over \(summary.seeds.count) \
            seeds\(Report.modelNote(summary.seeds.map(\.model))).
            """
        let table = Markup.table(summary.table(measure: MeasureText.title))
        return .section(
            "Result on held-out sets", id: "result", summary.rows.isEmpty ? .empty : [tiles, table, thresholdNote],
            note: isSpread ? spread : .empty)
    }

    /// What the reward reads, as the held-out sets measure it; of a set of which it reads nothing, or its loss alone, the
    /// first measure.
    var headlines: [RunSummary.Row] {
        let rows = summary.rows
        let read = Set(summary.seeds.flatMap(\.unedited).map(\.name))
        return rows.map(\.set).unique.flatMap { set -> [RunSummary.Row] in
            let own = rows.filter { $0.set == set }
            let known = own.filter { $0.measure != "loss" && read.contains("\(set).\($0.measure)") }
            return known.isEmpty ? Array(own.prefix(1)) : known
        }
    }

    /// The headlines, large.
    private var tiles: Markup {
        let tiles = headlines.prefix(4).compactMap { row -> Markup? in
            guard let before = row.spreads[.before], let after = row.spreads[resultStage] else { return nil }
            let unbroken = MeasureText.of(before.mean, measure: row.measure).replacing(" ", with: "\u{A0}")
            return .tag(
                "div.tile",
                [
                    .tag("div.name", "\(row.set) \(MeasureText.title(row.measure))"),
                    .tag("div.value", Markup(MeasureText.of(after.mean, measure: row.measure))),
                    .tag("div.from", "\(resultStage.title), from\u{A0}\(unbroken)"),
                ])
        }
        return .block("div.tiles", Markup(tiles))
    }

    /// Accuracy per class before and after, averaged over seeds.
    var classes: Markup {
        let results = summary.seeds.flatMap(\.classes)
        let all = results.map(\.label).unique
        let byLabel = Dictionary(grouping: results, by: \.label)
        func spread(_ label: String, _ stage: Stage) -> Spread {
            Spread((byLabel[label] ?? []).compactMap { $0[stage] })
        }
        func mean(_ label: String, _ stage: Stage) -> Double? {
            let mean = spread(label, stage).mean
            return mean.isFinite ? mean : nil
        }
        func change(_ label: String) -> Double {
            let before = mean(label, .before) ?? 0
            return abs((mean(label, resultStage) ?? mean(label, .bestSeen) ?? before) - before)
        }
        // Those that changed most, then in their own order again.
        let most = 30
        let chosen = Set(all.map { ($0, change($0)) }.sorted { $0.1 > $1.1 }.prefix(most).map(\.0))
        let labels = all.filter(chosen.contains)
        let marked = Set(results.filter(\.isTarget).map(\.label)).intersection(labels)
        let star = marked.count == 1 ? "The class with a star makes" : "Each class with a star makes"
        let caption: Markup = """
            Share of the examples of each class that each model classifies correctly, on the held-out set with the most \
            classes that has it. \
            \(all.count > most ? "Shown are the \(most) of \(all.count) classes that changed most. " : "")\
            \(marked.isEmpty ? "" : "\(star) up a held-out set by itself. ")\
            \(isSpread ? "Marks are means over the seeds." : "")
            """
        let compared = summary.comparedStages
        let stages = results.flatMap(\.stages.stages).unique.filter {
            compared.count <= RunSummary.comparedColumns || !compared.contains($0)
        }
        let names = labels.map { marked.contains($0) ? "\($0) *" : $0 }
        let chart = shares(of: "class", names, stages, measure: "accuracy") { spread(labels[$0], $1) }
        return .section("Accuracy per class", id: "classes", chart, caption)
    }
}

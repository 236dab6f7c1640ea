/// The before/after table on the held-out sets, for the terminal.
public enum ResultTable {
    /// Below the table, how many candidates had no valid reward, if any, and why a run ended early.
    /// - Returns: lines joined by newlines; empty when there is nothing to show.
    public static func text(_ summary: RunSummary) -> String {
        let ended = EarlyEnd.text(summary.seeds).map { "ended before the budget was spent: \($0)" }
        let table = summary.rows.isEmpty ? "" : summary.table().text
        return [table, InvalidRewards.line(summary.seeds) ?? "", ended ?? ""].filter { !$0.isEmpty }
            .joined(separator: "\n")
    }
}

extension RunSummary {
    /// One row per set and measure, or, when there are many models to compare with, one row per model; over several seeds
    /// the mean ± the population standard deviation.
    /// - Parameter title: how a measure is written.
    func table(measure title: (String) -> String = { $0 }) -> TextTable {
        let stages = stages
        let measures = rows.map { row in
            let cells = stages.map { stage in
                row.spreads[stage].map { MeasureText.of($0, measure: row.measure, seeds: seeds.count) } ?? "–"
            }
            return (set: row.set, name: title(row.measure), cells: cells)
        }
        let costs = costRows.map { cost in
            (set: "cost", name: cost.title, cells: stages.map { cost.spreads[$0].map(RunSummary.costText) ?? "–" })
        }
        if comparedStages.count > RunSummary.comparedColumns {
            var table = TextTable(["model"] + measures.map { "\($0.set) \($0.name)" } + costs.map(\.name))
            for (index, stage) in stages.enumerated() {
                table.append([stage.title] + (measures + costs).map { $0.cells[index] })
            }
            return table
        }
        var table = TextTable(["held-out set", "measure"] + stages.map(\.title), text: 2)
        for lines in [measures, costs] {
            for (index, line) in lines.enumerated() {
                let isFirst = index == 0 || lines[index - 1].set != line.set
                table.append([isFirst ? line.set : "", line.name] + line.cells)
            }
        }
        return table
    }
}

/// How measures are written for people.
enum MeasureText {
    /// Shares are shown in percent; of a measure or a column.
    static func isShare(_ measure: String) -> Bool {
        let measure = bare(measure)
        return measure == "accuracy" || measure == "confidence" || measure.hasSuffix("_accuracy")
            || measure.hasSuffix("_rate")
            || MeasureText.areas.contains(measure)
    }

    private static let areas = ["precision", "recall", "f1"]

    private static let abbreviations: Set<Substring> = ["auc", "bnsp", "bpsn", "eer", "f1", "fned", "fped"]

    /// A measure's name in words: `false_positive_rate` becomes `false positive rate`, `final_auc` `final AUC`.
    static func title(_ measure: String) -> String {
        measure.split(separator: "_").map { abbreviations.contains($0) ? $0.uppercased() : String($0) }
            .joined(separator: " ")
    }

    /// The measure of a column `<set>.<measure>`; another name is that of a measure.
    static func bare(_ column: String) -> String { column.split(separator: ".").last.map(String.init) ?? column }

    /// A column's title: `forget.final_auc` becomes `forget final AUC`.
    static func columnTitle(_ column: String) -> String {
        let measure = bare(column)
        return measure == column ? title(column) : "\(column.dropLast(measure.count + 1)) \(title(measure))"
    }

    /// Two values in little room: `35.3 → 6.5 %`.
    static func change(from before: Double?, to after: Double?, measure: String) -> String {
        let values = [before, after].map { $0.flatMap { $0.isFinite ? $0 : nil } }
        if values.allSatisfy({ $0 == nil }) { return "–" }
        let scale: Double = isShare(measure) ? 100 : 1
        let texts = values.map { $0.map { NumberText.fixed(scale * $0, digits: isShare(measure) ? 1 : 3) } ?? "–" }
        return texts.joined(separator: " → ") + (isShare(measure) ? " %" : "")
    }

    static func of(_ value: Double, measure: String) -> String {
        isShare(measure) && value.isFinite
            ? "\(NumberText.fixed(100 * value, digits: 2)) %" : NumberText.fixed(value, digits: digits(value))
    }

    /// The mean, followed over several seeds by the standard deviation with the same number of digits.
    static func of(_ spread: Spread, measure: String, seeds: Int) -> String {
        if seeds < 2 { return of(spread.mean, measure: measure) }
        let scale: Double = isShare(measure) ? 100 : 1
        let digits = isShare(measure) ? 2 : digits(spread.mean)
        let mean = NumberText.fixed(scale * spread.mean, digits: digits)
        let deviation = NumberText.fixed(scale * spread.standardDeviation, digits: digits)
        return "\(mean) ± \(deviation)\(isShare(measure) ? " %" : "")"
    }

    private static func digits(_ value: Double) -> Int { abs(value) >= 100 ? 1 : abs(value) >= 10 ? 2 : 3 }
}

extension Comparison {
    /// The tables for the terminal: results and cost, then the differences to the reference.
    public var text: String {
        // A terminal has no room for all columns. Files and report have the others.
        let left = ["agreement", "prediction_entropy", "weight_distance", "relearn_steps_best_rate"]
        let columns = measureColumns + depthColumns(except: left) + costColumns.filter { $0.title != "peak MB" }
        var parts = [table(columns).text]
        if let table = differenceTable { parts.append(table.text) }
        let lines = gaps.map { "\($0.kind): \($0.method): \($0.reason)" }
        if !lines.isEmpty { parts.append(lines.joined(separator: "\n")) }
        return parts.joined(separator: "\n\n")
    }

    /// What methods could not do.
    var gaps: [(method: String, kind: String, reason: String)] {
        skipped.map { ($0.method, "skipped", $0.reason) }
            + failed.map { ("\($0.method)\($0.seed.map { ", seed \($0)" } ?? "")", "failed", $0.reason) }
            + invalidRewards.map { ($0.method, "invalid rewards", $0.text) }
    }

    /// Methods some of whose candidates had no valid reward.
    var invalidRewards: [(method: String, text: String)] {
        methods.compactMap { method in
            InvalidRewards.text(method.cells.map(\.result)).map { (method.name, $0) }
        }
    }

    /// A loss tells little beside the accuracy, and takes a column.
    var shownMeasures: [String] {
        measures.filter { name in
            guard name.hasSuffix(".loss") else { return true }
            return !measures.contains("\(name.dropLast(5)).accuracy")
        }
    }

    // MARK: - Tables

    /// A column of figures: its title, and its cell in a row.
    typealias Column = (title: String, cell: (Row) -> String)

    /// A row for each method's result.
    func table(_ columns: [Column], of rows: [Row]? = nil) -> TextTable {
        var table = TextTable(["method"] + columns.map(\.title))
        for row in rows ?? self.rows { table.append([row.title] + columns.map { $0.cell(row) }) }
        return table
    }

    var measureColumns: [Column] {
        let count = seeds.count
        return shownMeasures.map { name in
            (MeasureText.columnTitle(name), { Comparison.cell($0.measures[name], name, seeds: count) })
        }
    }

    func depthColumns(except left: [String] = []) -> [Column] {
        depthMeasures.filter { !left.contains($0) }.map { name in
            (Comparison.depthTitle(name), { Comparison.depthCell($0.depth[name], name) })
        }
    }

    /// What no row has takes no column.
    var costColumns: [Column] {
        func column(_ title: String, digits: Int, _ value: @escaping (Row) -> Double?) -> Column {
            (title, { value($0).map { NumberText.fixed($0, digits: digits) } ?? "–" })
        }
        let rows = rows
        let isSearch: (Row) -> Bool = { $0.method?.kind == .learner }
        let columns: [Column] = [
            ("evaluations", { isSearch($0) ? Comparison.whole($0.cost?.evaluations.mean ?? .nan) : "–" }),
            ("to target", Comparison.reached), column("kFE", digits: 1) { $0.cost?.kfe.mean },
            column("seconds", digits: 1) { $0.cost?.seconds.mean },
            column("peak MB", digits: 0) { $0.cost?.peak?.mean },
        ]
        return columns.filter { column in
            !["to target", "peak MB"].contains(column.title) || rows.contains { column.cell($0) != "–" }
        }
    }

    /// Differences to the reference; nil where there is nothing to compare.
    var differenceTable: TextTable? {
        guard seeds.count > 1, methods.count > 1 else { return nil }
        let shown = shownMeasures
        var table = TextTable(["difference to \(reference)"] + shown.map(MeasureText.columnTitle))
        for method in methods where method.name != reference {
            table.append([method.name] + shown.map { Comparison.text(difference(method, $0), $0) })
        }
        return table
    }

    // MARK: - Words

    static func depthTitle(_ measure: String) -> String {
        switch measure {
        case "membership_auc": "MIA AUC"
        case "membership_rate": "membership"
        case "relearn_steps": "relearn"
        case "probe_recall": "probe"
        case "total_variation": "TV"
        case "lowest_class": "lowest class"
        case "relearn_steps_best_rate": "relearn, best rate"
        default: MeasureText.title(measure)
        }
    }

    static func cell(_ spread: Spread?, _ measure: String, seeds: Int) -> String {
        guard let spread else { return "–" }
        return MeasureText.of(spread, measure: measure, seeds: seeds)
    }

    static func depthCell(_ spread: Spread?, _ measure: String) -> String {
        guard let spread, spread.mean.isFinite else { return "–" }
        switch measure {
        case "relearn_steps", "relearn_steps_best_rate": return NumberText.fixed(spread.mean, digits: 1)
        case "membership_rate", "probe_recall", "lowest_class":
            return "\(NumberText.fixed(100 * spread.mean, digits: 1)) %"
        default: return NumberText.fixed(spread.mean, digits: 3)
        }
    }

    /// Mean evaluations until the target, with the share of seeds when not all reached it.
    static func reached(_ row: Row) -> String {
        guard let spread = row.cost?.toTarget, let cells = row.method?.cells else { return "–" }
        let count = cells.count { $0.result.evaluationsToTarget != nil }
        return whole(spread.mean) + (count < cells.count ? " (\(count)/\(cells.count))" : "")
    }

    static func whole(_ value: Double) -> String {
        value.isFinite && abs(value) < 1e15 ? NumberText.grouped(Int(value.rounded())) : "–"
    }

    /// `-0.12 [-0.30, 0.05]`, shares in percentage points.
    static func text(_ difference: PairedDifference?, _ measure: String) -> String {
        guard let difference else { return "–" }
        let isShare = MeasureText.isShare(measure)
        let scale: Double = isShare ? 100 : 1
        func number(_ value: Double) -> String { NumberText.fixed(scale * value, digits: isShare ? 2 : 3) }
        let interval = difference.interval.map { " [\(number($0.lowerBound)), \(number($0.upperBound))]" } ?? ""
        return number(difference.mean) + interval
    }
}

extension Comparison {
    /// The tables for the terminal: results and cost, then the differences to the reference.
    public var text: String {
        var parts = [resultTable]
        if let table = differenceTable { parts.append(table) }
        let gaps =
            skipped.map { "skipped: \($0.method): \($0.reason)" }
            + failed.map { "failed: \($0.method)\($0.seed.map { ", seed \($0)" } ?? ""): \($0.reason)" }
            + invalidRewards.map { "invalid rewards: \($0.method): \($0.text)" }
        if !gaps.isEmpty { parts.append(gaps.joined(separator: "\n")) }
        return parts.joined(separator: "\n\n")
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

    private var resultTable: String {
        let (shown, rows) = (shownMeasures, rows)
        // A terminal is only so wide: files and report have the others.
        let depths = depthMeasures.filter {
            !["agreement", "prediction_entropy", "weight_distance", "relearn_steps_best_rate"].contains($0)
        }
        let hasTarget = rows.contains { $0.cost?.toTarget != nil }
        var table = TextTable(
            [.init("method", .left)] + shown.map { .init(MeasureText.columnTitle($0), .right) }
                + depths.map { .init(Comparison.depthTitle($0), .right) } + [.init("evaluations", .right)]
                + (hasTarget ? [.init("to target", .right)] : []) + [.init("kFE", .right), .init("seconds", .right)])
        for row in rows {
            var cells = [row.title]
            cells += shown.map { Comparison.cell(row.measures[$0], $0, seeds: seeds.count) }
            cells += depths.map { Comparison.depthCell(row.depth[$0], $0) }
            if let cost = row.cost {
                let isSearch = row.method?.kind == .learner
                cells.append(isSearch ? Comparison.whole(cost.evaluations.mean) : "–")
                if hasTarget { cells.append(Comparison.reached(row)) }
                cells += [
                    NumberText.fixed(cost.kfe.mean, digits: 1), NumberText.fixed(cost.seconds.mean, digits: 1),
                ]
            }
            table.append(cells)
        }
        return table.text
    }

    private var differenceTable: String? {
        guard seeds.count > 1, methods.count > 1 else { return nil }
        let shown = shownMeasures
        var table = TextTable(
            [.init("difference to \(reference)", .left)] + shown.map { .init(MeasureText.columnTitle($0), .right) })
        for method in methods where method.name != reference {
            table.append([method.name] + shown.map { Comparison.text(difference(method, $0), $0) })
        }
        return table.text
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

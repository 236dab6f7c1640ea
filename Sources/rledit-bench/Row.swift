internal import Foundation
internal import RLEditCore
internal import RLEditRuns

/// One line of the table.
struct Row {
    /// What must be reached.
    enum Target {
        /// Share of the ceiling, at least.
        case reached(Double)
        /// The figure itself, at most.
        case atMost(Double)
        /// The figure itself, at least.
        case atLeast(Double)
    }

    /// Section of the table.
    let group: String
    let what: String
    let figure: Double
    let unit: String
    /// The best the figure could be, measured in the same run, and what it is the rate of.
    var ceiling: Double?
    var ceilingName = ""
    var target: Target?

    /// Share of the ceiling.
    var reached: Double? { ceiling.map { $0 == 0 ? 0 : figure / $0 } }

    /// nil without a target.
    var isMet: Bool? {
        switch target {
        case nil: nil
        case .reached(let share): reached.map { $0 >= share }
        case .atMost(let limit): figure <= limit
        case .atLeast(let limit): figure >= limit
        }
    }

    var targetText: String {
        switch target {
        case nil: ""
        case .reached(let share): "≥ \(number(share * 100)) % reached"
        case .atMost(let limit): "≤ \(number(limit)) \(unit)"
        case .atLeast(let limit): "≥ \(number(limit)) \(unit)"
        }
    }

    var json: JSONValue {
        var object: JSONObject = [
            "group": .string(group), "what": .string(what), "figure": .number(figure), "unit": .string(unit),
        ]
        if let ceiling {
            object["ceiling"] = .number(ceiling)
            object["ceiling_name"] = .string(ceilingName)
            object["reached"] = .number(reached ?? 0)
        }
        if let isMet {
            object["target"] = .string(targetText)
            object["met"] = .bool(isMet)
        }
        return .object(object)
    }
}

/// Three significant digits, whole from 100 on.
func number(_ value: Double) -> String {
    let magnitude = abs(value)
    let digits = magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : magnitude >= 1 ? 2 : 3
    let text = String(format: "%.\(digits)f", value)
    guard text.contains(".") else { return text }
    var trimmed = text[...]
    while trimmed.hasSuffix("0") { trimmed.removeLast() }
    return String(trimmed.hasSuffix(".") ? trimmed.dropLast() : trimmed)
}

/// The rows as a Markdown table: readable on a terminal, and ready for `docs/performance.md`.
func markdown(_ rows: [Row]) -> String {
    let titles = ["what", "figure", "ceiling", "reached", "target", ""]
    var lines: [[String]] = [titles]
    for row in rows {
        lines.append([
            "\(row.group): \(row.what)", "\(number(row.figure)) \(row.unit)",
            row.ceiling.map { "\(number($0)) \(row.unit) (\(row.ceilingName))" } ?? "",
            row.reached.map { "\(number($0 * 100)) %" } ?? "", row.targetText,
            row.isMet.map { $0 ? "ok" : "missed" } ?? "",
        ])
    }
    let widths = titles.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    func line(_ cells: [String]) -> String {
        let padded = cells.indices.map { cells[$0].padding(toLength: widths[$0], withPad: " ", startingAt: 0) }
        return "| " + padded.joined(separator: " | ") + " |"
    }
    let rule = "|" + widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "|") + "|"
    return ([line(titles), rule] + lines.dropFirst().map(line)).joined(separator: "\n")
}

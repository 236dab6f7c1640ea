public import RLEditCore

extension Comparison {
    /// The object that ends standard output with `--json`, of the shape documented in `docs/comparing.md`.
    public var json: JSONValue { json(detailed: false) }

    /// As ``json``, with settings, accuracy per class and the curves: what `comparison.json` holds.
    public var detailedJSON: JSONValue { json(detailed: true) }

    private func json(detailed: Bool) -> JSONValue {
        var object: JSONObject = [
            "task": .string(task), "run": .string(run), "command": .string(command), "world": .string(world),
            "seconds": .number(seconds),
        ]
        if let data { object["data"] = ["name": .string(data.name), "hash": .string(data.hash)] }
        object["reference"] = .string(reference)
        object["methods"] = .array(methods.map { json($0, detailed: detailed) })
        object["skipped"] = .array(skipped.map(Comparison.json))
        object["failed"] = .array(failed.map(Comparison.json))
        if !warnings.isEmpty { object["warnings"] = .array(warnings.map(JSONValue.string)) }
        object["walls"] = .array(walls.map(JSONValue.string))
        return .object(object)
    }

    private static func json(_ gap: Gap) -> JSONValue {
        [
            "method": .string(gap.method), "seed": gap.seed.map(JSONValue.integer) ?? .null,
            "reason": .string(gap.reason),
        ]
    }

    /// A run's summary, with what the comparison adds to it.
    private func json(_ method: Method, detailed: Bool) -> JSONValue {
        let summary = RunSummary(
            task: task, run: run, world: world, learner: method.kind == .learner ? method.name : "",
            seconds: method.cells.reduce(0) { $0 + $1.cost.seconds }, data: nil, seeds: method.cells.map(\.result))
        var object: JSONObject = ["method": .string(method.name), "kind": .string(method.kind.rawValue)]
        for member in (detailed ? summary.detailedJSON : summary.json).object?.members ?? []
        where !["task", "run"].contains(member.key) {
            object[member.key] = member.value
        }
        object["costs"] = .array(
            method.cells.map { cell in
                [
                    "seed": .integer(cell.seed), "kfe": .number(cell.cost.kfe), "seconds": .number(cell.cost.seconds),
                    "peak_megabytes": cell.cost.peakMegabytes.map(JSONValue.number) ?? .null,
                ]
            })
        if method.cells.contains(where: { $0.depth != nil }) {
            object["depth"] = .array(
                method.cells.map { cell in
                    var entry: JSONObject = ["seed": .integer(cell.seed)]
                    for number in cell.depth ?? [] { entry[number.name] = .number(number.value) }
                    return .object(entry)
                })
        }
        var differences = JSONObject()
        for measure in measures { differences[measure] = difference(method, measure)?.json }
        object["differences"] = .object(differences)
        if detailed {
            object["settings"] = .object(method.cells.first?.settings ?? [:])
            object["best_rewards"] = .array(
                method.cells.map { cell in
                    [
                        "seed": .integer(cell.seed),
                        "staircase": .array(cell.improvements.map { [.integer($0.evaluation), .number($0.reward)] }),
                    ]
                })
        }
        return .object(object)
    }

    /// `comparison.csv`: a row for each method, result and seed; what is not measured stays empty.
    public var csv: String {
        let (measures, depths) = (measures, depthMeasures)
        var lines = [
            [
                "method", "kind", "result", "seed", "evaluations", "evaluations_to_target", "best_reward", "kfe",
                "seconds",
            ]
                + ["peak_megabytes"] + measures + depths
        ]
        func number(_ value: Double?) -> String { value.map { $0.isFinite ? "\($0)" : "" } ?? "" }
        for method in methods {
            for cell in method.cells {
                let stages: [Stage?] = cell.stages.isEmpty ? [nil] : cell.stages
                for stage in stages {
                    let values = stage.map(cell.measures) ?? []
                    let isResult = stage == cell.stages.first
                    // A baseline's own stage is called as the method is: it needs no second name.
                    let result = method.kind == .baseline ? "result" : stage?.name ?? "best_seen"
                    var line = [
                        cell.method, cell.kind.rawValue, result, "\(cell.seed)", "\(cell.result.evaluations)",
                        cell.result.evaluationsToTarget.map(String.init) ?? "", number(cell.result.bestReward),
                        number(cell.cost.kfe), number(cell.cost.seconds), number(cell.cost.peakMegabytes),
                    ]
                    line += measures.map { name in number(values[name]) }
                    line += depths.map { name in isResult ? number(cell.depth?[name]) : "" }
                    lines.append(line)
                }
            }
        }
        return lines.map { CSVLine.text($0) + "\n" }.joined()
    }
}

/// A line of CSV (RFC 4180) without its end.
enum CSVLine {
    static func text(_ fields: [String]) -> String {
        fields.map { field in
            guard field.utf8.contains(where: { [0x2C, 0x22, 0x0A, 0x0D].contains($0) }) else { return field }
            return "\"\(field.replacing("\"", with: "\"\""))\""
        }.joined(separator: ",")
    }
}

public import RLEditCore

/// A task over values of its settings: the result of `rledit-lua sweep`.
public struct Sweep: Sendable, Equatable {
    /// A trial that is done.
    public struct Result: Sendable, Equatable {
        public let trial: SweepTrial
        public let folder: String
        public let summary: RunSummary

        public init(trial: SweepTrial, folder: String, summary: RunSummary) {
            self.trial = trial
            self.folder = folder
            self.summary = summary
        }
    }

    public struct Failure: Sendable, Equatable {
        public let trial: SweepTrial
        public let reason: String

        public init(trial: SweepTrial, reason: String) {
            self.trial = trial
            self.reason = reason
        }
    }

    public var folder: String
    public var plan: SweepPlan
    public var results: [Result]
    public var failures: [Failure]
    /// Wall-clock seconds of this call.
    public var seconds: Double
    /// Walls of the sandbox that were active in this call, as in ``Manifest/walls``.
    public var walls: [String] = []
    /// Name of the script: what names the sweep when its trials are of different tasks.
    public var script = ""
    /// The shell command that makes the sweep again.
    public var command = ""

    public init(folder: String, plan: SweepPlan, results: [Result], failures: [Failure], seconds: Double) {
        self.folder = folder
        self.plan = plan
        self.results = results.sorted { $0.trial.number < $1.trial.number }
        self.failures = failures.sorted { $0.trial.number < $1.trial.number }
        self.seconds = seconds
    }

    var task: String { Distinct(results.map(\.summary.task)).only ?? script }

    /// How to read the figures; nil without any.
    var note: String? {
        let reached = "Evaluations to target are means over the seeds that reached it."
        let notes = [stageNote, figureNames.contains("evaluations_to_target") ? reached : nil].compactMap { $0 }
        return notes.isEmpty ? nil : notes.joined(separator: " ")
    }

    /// Of whose edit the held-out figures are.
    private var stageNote: String? {
        let stages = Distinct(results.flatMap(\.summary.seeds).compactMap { Sweep.resultStage($0.heldOut)?.title })
        switch stages.values.count {
        case 0: return nil
        case 1: return "Held-out figures are those of the \(stages.text)."
        default:
            return "Held-out figures are those of the \(Stage.meanPolicy.title), or of the "
                + "\(Stage.bestSeen.title) where the learner has no policy."
        }
    }

    private static func resultStage(_ heldOut: [HeldOutResult]) -> Stage? {
        heldOut.first.map { $0[.meanPolicy] == nil ? .bestSeen : .meanPolicy }
    }

    /// Figures of a seed's run: held-out measures of its result, the best reward, evaluations to the target.
    static func figures(_ seed: SeedResult) -> [NamedNumber] {
        var figures: [NamedNumber] = []
        for held in seed.heldOut {
            figures += (resultStage([held]).flatMap { held[$0] } ?? []).map {
                NamedNumber("\(held.set).\($0.name)", $0.value)
            }
        }
        if let reward = seed.bestReward { figures.append(NamedNumber("best_reward", reward)) }
        if let target = seed.evaluationsToTarget {
            figures.append(NamedNumber("evaluations_to_target", Double(target)))
        }
        return figures
    }

    /// Names of all figures, in the order in which they first appear.
    var figureNames: [String] {
        results.flatMap(\.summary.seeds).flatMap { Sweep.figures($0).map(\.name) }.unique
    }

    /// Figures for tables: a loss tells little beside the accuracy.
    var shownFigures: [String] {
        let names = figureNames
        return names.filter { !$0.hasSuffix(".loss") || !names.contains("\($0.dropLast(5)).accuracy") }
    }

    /// Figures over the trials that share a value of a setting, and over their seeds.
    struct Row {
        let setting: String
        let value: String
        let trials: Int
        let seeds: Int
        let figures: [String: Spread]
    }

    /// For each swept setting, its values with their results.
    var rows: [Row] {
        plan.names.flatMap { name -> [Row] in
            values(of: name).map { value in
                let own = results.filter { $0.trial.settings.contains { $0.name == name && $0.value == value } }
                let seeds = own.flatMap(\.summary.seeds)
                return Row(
                    setting: name, value: value, trials: own.count, seeds: seeds.count,
                    figures: Dictionary(grouping: seeds.flatMap(Sweep.figures), by: \.name)
                        .mapValues { Spread($0.map(\.value)) })
            }
        }
    }

    /// Values that were tried, ascending where they are numbers.
    func values(of name: String) -> [String] {
        let values = results.flatMap(\.trial.settings).filter { $0.name == name }.map(\.value).unique
        let numbers = values.compactMap(Double.init)
        guard numbers.count == values.count else { return values }
        return zip(numbers, values).sorted { $0.0 < $1.0 }.map(\.1)
    }

    // MARK: - Tables

    private var titles: [String] { shownFigures.map(MeasureText.columnTitle) }

    private func line(_ row: Row) -> [String] {
        [row.value, "\(row.trials)"] + shownFigures.map { Comparison.cell(row.figures[$0], $0, seeds: row.seeds) }
    }

    /// A row for each value of a setting; averages run over the values of all others.
    func table(of setting: String) -> TextTable {
        var table = TextTable(["value", "trials"] + titles)
        for row in rows where row.setting == setting { table.append(line(row)) }
        return table
    }

    /// A row for each value of each setting; then what failed.
    public var text: String {
        var parts: [String] = []
        if !results.isEmpty {
            var table = TextTable(
                [.init("setting", .left)] + (["value", "trials"] + titles).map { .init($0, .right) })
            var previous: String?
            for row in rows {
                table.append([row.setting == previous ? "" : row.setting] + line(row))
                previous = row.setting
            }
            parts.append(table.text)
            if let note { parts.append(note) }
        }
        if !failures.isEmpty {
            parts.append(failures.map { "failed: \($0.trial.title): \($0.reason)" }.joined(separator: "\n"))
        }
        let invalid = invalidRewards.map { "invalid rewards: \($0.trial): \($0.text)" }
        if !invalid.isEmpty { parts.append(invalid.joined(separator: "\n")) }
        let open = plan.trials.count - results.count - failures.count
        parts.append(
            "\(results.count) of \(plan.trials.count) trials finished"
                + (failures.isEmpty ? "" : ", \(failures.count) failed (--retry tries them again)")
                + (open > 0 ? ", \(open) to do" : ""))
        return parts.joined(separator: "\n\n")
    }

    /// Trials some of whose candidates had no valid reward.
    var invalidRewards: [(trial: String, text: String)] {
        results.compactMap { result in
            InvalidRewards.text(result.summary.seeds).map { (result.trial.title, $0) }
        }
    }

    // MARK: - Files

    /// The object that ends standard output with `--json`, and that `sweep.json` holds: a run's summary for each trial.
    public var json: JSONValue {
        [
            "task": .string(task), "run": .string(folder), "command": .string(command), "seconds": .number(seconds),
            "settings": .array(plan.names.map(JSONValue.string)), "trials_planned": .integer(plan.trials.count),
            "trials": .array(
                results.map { result in
                    var object: JSONObject = [
                        "trial": .integer(result.trial.number), "settings": Sweep.json(result.trial.settings),
                    ]
                    for member in result.summary.json.object?.members ?? [] { object[member.key] = member.value }
                    return .object(object)
                }),
            "failed": .array(
                failures.map {
                    [
                        "trial": .integer($0.trial.number), "settings": Sweep.json($0.trial.settings),
                        "reason": .string($0.reason),
                    ]
                }),
            "summary": .array(
                rows.map { row in
                    var figures = JSONObject()
                    for name in figureNames {
                        guard let spread = row.figures[name] else { continue }
                        figures[name] = ["mean": .number(spread.mean), "sd": .number(spread.standardDeviation)]
                    }
                    return [
                        "setting": .string(row.setting), "value": .string(row.value), "trials": .integer(row.trials),
                        "figures": .object(figures),
                    ]
                }), "walls": .array(walls.map(JSONValue.string)),
        ]
    }

    private static func json(_ settings: [SweepTrial.Setting]) -> JSONValue {
        var object = JSONObject()
        for setting in settings { object[setting.name] = .string(setting.value) }
        return .object(object)
    }

    /// `sweep.csv`: a row for each trial and seed.
    public var csv: String {
        let names = figureNames
        var lines = [["trial"] + plan.names + ["seed", "evaluations", "seconds"] + names]
        func number(_ value: Double?) -> String { value.map { $0.isFinite ? "\($0)" : "" } ?? "" }
        for result in results {
            for seed in result.summary.seeds {
                let figures = Sweep.figures(seed)
                var line = ["\(result.trial.number)"]
                line += plan.names.map { name in result.trial.settings.first { $0.name == name }?.value ?? "" }
                line += ["\(seed.seed)", "\(seed.evaluations)", number(seed.seconds)]
                line += names.map { name in number(figures[name]) }
                lines.append(line)
            }
        }
        return lines.map { CSVLine.text($0) + "\n" }.joined()
    }

    public static let jsonName = "sweep.json"
    public static let csvName = "sweep.csv"

    /// Writes table and report into the sweep's folder.
    public func write() throws {
        try AtomicFile.write(json.prettyText() + "\n", to: "\(folder)/\(Sweep.jsonName)")
        try AtomicFile.write(csv, to: "\(folder)/\(Sweep.csvName)")
        try AtomicFile.write(SweepReport(self).html, to: "\(folder)/\(RunFolder.reportName)")
    }
}

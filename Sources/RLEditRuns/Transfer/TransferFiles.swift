public import RLEditCore
internal import RLEditLearners
internal import RLEditWorlds

/// What a transfer run leaves in addition to the files of every run: `policy.safetensors`, `pairs.csv`, `units.csv`.
public struct TransferFiles {
    public static let policyName = "policy.safetensors"
    public static let pairsName = "pairs.csv"
    public static let unitsName = "units.csv"

    private let folder: RunFolder

    public init(_ folder: RunFolder) { self.folder = folder }

    /// - Parameter origin: learner, seed, versions and data, for the policy file.
    public func write(_ outcome: TransferOutcome, of task: TransferTask, origin: JSONObject) throws {
        var training = origin
        training["distribution"] = .object(task.distribution)
        var heldOut = JSONObject()
        for result in outcome.heldOutResults {
            var set = JSONObject()
            for entry in result.stages.entries { set[entry.stage.name] = .object(JSONObject(entry.value)) }
            heldOut[result.set] = .object(set)
        }
        try PolicyFile(network: outcome.policy, rules: task.rules, training: training, heldOut: heldOut)
            .write(to: folder.file(TransferFiles.policyName))
        try folder.write(PairTable.text(of: outcome.pairs), to: TransferFiles.pairsName)
        try folder.write(UnitTable.text(of: outcome.units), to: TransferFiles.unitsName)
    }
}

/// `pairs.csv`: a row for each pair, set and stage.
enum PairTable {
    private static let header = "purpose,network,class,unseen_class,set,stage,accuracy"

    static func text(of pairs: [PairResult]) -> String {
        var lines = [header]
        for pair in pairs {
            for set in pair.sets {
                for entry in set.accuracy.entries {
                    lines.append(
                        [
                            pair.purpose.rawValue, CSVText.field(pair.network), CSVText.field(pair.label),
                            pair.isUnseenClass ? "1" : "0", set.set, entry.stage.name, "\(entry.value)",
                        ].joined(separator: ","))
                }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What `text` wrote; rows of another form are left out.
    static func read(_ path: String) throws -> [PairResult] {
        var pairs: [PairResult] = []
        for row in try CSVText.rows(path).dropFirst() {
            guard row.count == 7, let purpose = PairResult.Purpose(rawValue: row[0]), let value = Double(row[6]),
                value.isFinite
            else { continue }
            let isNew = pairs.last.map { $0.purpose != purpose || $0.network != row[1] || $0.label != row[2] } ?? true
            if isNew {
                pairs.append(
                    PairResult(
                        purpose: purpose, network: row[1], label: row[2], isUnseenClass: row[3] == "1", sets: []))
            }
            let last = pairs.count - 1
            if pairs[last].sets.last?.set != row[4] { pairs[last].sets.append(.init(set: row[4])) }
            pairs[last].sets[pairs[last].sets.count - 1].accuracy[Stage(row[5])] = value
        }
        return pairs
    }
}

/// `units.csv`: what the policy saw of the units of some held-out pairs, and its factors.
enum UnitTable {
    static func text(of units: [UnitRecord]) -> String {
        guard let first = units.first else { return "network,class,layer,side,unit\n" }
        var lines = [
            (["network", "class", "layer", "side", "unit"] + first.factors.indices.map { "factor_\($0 + 1)" }
                + first.features.map(\.name)).joined(separator: ",")
        ]
        for unit in units {
            lines.append(
                ([
                    CSVText.field(unit.network), CSVText.field(unit.label), CSVText.field(unit.layer), unit.side,
                    "\(unit.unit)",
                ] + unit.factors.map { "\($0)" } + unit.features.map { "\($0.value)" })
                .joined(separator: ","))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    static func read(_ path: String) throws -> [UnitRecord] {
        let rows = try CSVText.rows(path)
        guard let header = rows.first, header.count > 5 else { return [] }
        let factors = header.filter { $0.hasPrefix("factor_") }.count
        let names = header.dropFirst(5 + factors)
        return rows.dropFirst().compactMap { row in
            guard row.count == header.count, let unit = Int(row[4]) else { return nil }
            let numbers = row.dropFirst(5).compactMap(Double.init)
            guard numbers.count == row.count - 5, numbers.allSatisfy(\.isFinite) else { return nil }
            return UnitRecord(
                network: row[0], label: row[1], layer: row[2], side: row[3], unit: unit,
                factors: Array(numbers.prefix(factors)),
                features: zip(names, numbers.dropFirst(factors)).map { NamedNumber($0, $1) })
        }
    }
}

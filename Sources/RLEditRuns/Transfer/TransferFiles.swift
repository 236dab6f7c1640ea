internal import Foundation
public import RLEditCore
internal import RLEditLearners
internal import RLEditNN
internal import RLEditTensor
internal import RLEditWorlds

/// What a transfer run leaves in addition to the files of every run: `policy.safetensors`, `pairs.csv`, `units.csv`.
public struct TransferFiles {
    public static let policyName = "policy.safetensors"
    public static let pairsName = "pairs.csv"
    public static let unitsName = "units.csv"

    private let folder: RunFolder

    public init(_ folder: RunFolder) { self.folder = folder }

    /// - Parameter origin: learner, seed, versions and data, for the policy file.
    public func write(_ outcome: TransferOutcome, of loop: TransferLoop, origin: JSONObject) throws {
        var heldOut = JSONObject()
        for result in outcome.heldOutResults {
            var set = JSONObject()
            for entry in result.stages.entries { set[entry.stage.name] = .object(JSONObject(entry.value)) }
            heldOut[result.set] = .object(set)
        }
        var policy = try TransferFiles.policy(loop, origin: origin)
        policy.heldOut = heldOut
        try policy.write(to: folder.file(TransferFiles.policyName))
        try folder.write(PairTable.text(of: outcome.pairs), to: TransferFiles.pairsName)
        try folder.write(UnitTable.text(of: outcome.units), to: TransferFiles.unitsName)
    }

    /// What a loop has found, with the ranges of what it was trained on.
    public static func policy(_ loop: TransferLoop, origin: JSONObject) throws -> PolicyFile {
        let task = loop.task
        var training = origin
        training["distribution"] = .object(task.distribution)
        if let reward = loop.validationReward { training["validation_reward"] = .number(reward) }
        return PolicyFile(
            network: try loop.finalPolicy(), rules: task.rules,
            ranges: try FeatureRanges.training(task.problem.pairs, task.rules.features), training: training,
            heldOut: JSONObject())
    }

    /// Writes the one policy whose edits are the mean of those of all seeds of a run.
    /// - Returns: what the seeds reached and where the file is, for a person; nil for a run that trains no policy.
    public static func average(seeds: [Int], in top: RunFolder) throws -> String? {
        let paths = seeds.map { top.file("seed-\($0)/\(policyName)") }
        guard paths.count > 1, paths.allSatisfy({ FileManager.default.fileExists(atPath: $0) }) else { return nil }
        let files = try paths.map { try PolicyFile(SafetensorsFile(path: $0)) }
        let target = top.file(policyName)
        try PolicyFile.average(files).write(to: target)
        let rewards = files.compactMap { $0.training["validation_reward"]?.double }
        let spread = SeedSpread(rewards).map { $0.sentence + "; " } ?? ""
        return spread + "the mean of the edits of all \(files.count) policies: \(target)"
    }
}

/// What the policies of several seeds reached on the validation pairs.
public struct SeedSpread {
    public let sentence: String

    /// - Parameters:
    ///   - rewards: of each seed.
    ///   - together: of the mean of their edits, where it is known.
    /// - Returns: nil without rewards.
    public init?(_ rewards: [Double], together: Double? = nil) {
        guard let least = rewards.min(), let most = rewards.max() else { return nil }
        func text(_ value: Double) -> String { NumberText.fixed(value, digits: 4) }
        let mean = rewards.reduce(0, +) / Double(rewards.count)
        sentence =
            "validation reward by seed: \(rewards.map(text).joined(separator: ", ")); mean \(text(mean)), spread "
            + text(most - least) + (together.map { "; of the mean of their edits \(text($0))" } ?? "")
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

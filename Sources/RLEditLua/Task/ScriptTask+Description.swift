internal import RLEditBaselines
internal import RLEditData
internal import RLEditRuns
internal import RLEditWorlds

extension ScriptTask {
    /// What is odd about sets, a sentence each.
    static func oddities(of sets: [NamedSet], heldOut: [NamedSet]) -> [String] {
        func set(_ role: SetRole) -> NamedSet? { sets.first { $0.name == role.rawValue } }
        var warnings: [String] = []
        if let forget = set(.forget), let retain = set(.retain) {
            warnings += [SetOverlap.conflict(forget, retain)].compactMap { $0 }
        }
        return warnings + SetOverlap.leaks(from: sets, into: heldOut)
    }

    /// All sets of the task, for the manifest.
    var setDescriptions: [Manifest.SetDescription] {
        parts.sets.map {
            Manifest.SetDescription(
                name: $0.name, heldOut: false, examples: $0.examples.count, hash: $0.examples.contentHash)
        }
            + heldOut.map {
                Manifest.SetDescription(
                    name: $0.name, heldOut: true, examples: $0.examples.count, hash: $0.examples.contentHash)
            }
    }
}

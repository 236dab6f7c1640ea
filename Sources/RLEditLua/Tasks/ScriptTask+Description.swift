internal import RLEditBaselines
internal import RLEditData
package import RLEditRuns
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
    package var setDescriptions: [Manifest.SetDescription] {
        (parts.sets.map { ($0, false) } + heldOut.map { ($0, true) }).map { set, isHeldOut in
            Manifest.SetDescription(
                name: set.name, heldOut: isHeldOut, examples: set.examples.count, hash: set.examples.contentHash,
                source: set.examples.source)
        }
    }
}

internal import RLEditBaselines
internal import RLEditData
internal import RLEditRuns
internal import RLEditWorlds

extension ScriptTask {
    /// What is odd about sets named `forget` and `retain`: an example that is to go and to stay. nil when all is well.
    var overlapWarning: String? {
        guard let forget = sets.first(where: { $0.name == SetRole.forget.rawValue })?.examples,
            let retain = sets.first(where: { $0.name == SetRole.retain.rawValue })?.examples
        else { return nil }
        let shared = forget.overlap(with: retain)
        return shared == 0 ? nil : "the sets 'forget' and 'retain' share \(shared) of \(forget.count) examples"
    }

    /// All sets of the task, for the manifest.
    var setDescriptions: [Manifest.SetDescription] {
        (parts.sets.map { ($0, false) } + heldOut.map { ($0, true) }).map { set, isHeldOut in
            Manifest.SetDescription(
                name: set.name, heldOut: isHeldOut, examples: set.examples.count, hash: set.examples.contentHash,
                source: set.examples.source)
        }
    }
}

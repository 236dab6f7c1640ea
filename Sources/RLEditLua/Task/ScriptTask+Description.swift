internal import RLEditData
internal import RLEditRuns
internal import RLEditWorlds

extension ScriptTask {
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

internal import RLEditData
internal import RLEditNN
internal import RLEditRuns
internal import RLEditWorlds

extension ScriptTask {
    /// The file that the model came from, whose names, element types and metadata the result keeps.
    var modelSource: SafetensorsFile? { nil }

    /// All sets of the task, for the manifest.
    var setDescriptions: [Manifest.SetDescription] {
        sets.map {
            Manifest.SetDescription(
                name: $0.name, heldOut: false, examples: $0.examples.count, hash: $0.examples.contentHash)
        }
            + heldOut.map {
                Manifest.SetDescription(
                    name: $0.name, heldOut: true, examples: $0.examples.count, hash: $0.examples.contentHash)
            }
    }
}

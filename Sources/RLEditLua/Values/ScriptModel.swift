package import LuaBridge
internal import RLEditData
package import RLEditNN
internal import RLEditRuns
internal import RLEditTensor

/// A network as scripts hold it: `rledit.Model`, an object with identity. Swift functions read and return plain
/// `Network`s, which are snapshots.
package final class ScriptModel: LuaBound {
    package static var luaName: String { "rledit.Model" }
    package var network: Network
    /// What messages and progress lines call it.
    package let name: String
    /// The file that the parameters were loaded from: what is saved keeps its names, dtypes and metadata.
    package var source: ParameterSource?
    /// Set while `fit` runs: a callback may look at the model but not change it.
    var isTraining = false

    package init(_ network: Network, name: String = "model", source: ParameterSource? = nil) {
        self.network = network
        self.name = name
        self.source = source
    }

    /// The vocabulary of a text classifier, read from the network's metadata once.
    func vocabulary() throws -> Vocabulary? {
        guard let text = network.metadata[Vocabulary.key] else { return nil }
        if let known, known.text == text { return known.vocabulary }
        let vocabulary = try Vocabulary(parsing: text, path: name)
        known = (text, vocabulary)
        return vocabulary
    }

    private var known: (text: String, vocabulary: Vocabulary)?

    func checkWritable() throws {
        guard !isTraining else { throw LuaUsageError("\(ScriptModel.luaName) is in use by its method 'fit'") }
    }
}

extension Network: LuaReadable, LuaPushable {
    package static var luaExpected: String { ScriptModel.luaName }
    package static func luaRead(_ slot: LuaSlot) throws -> Network? { try ScriptModel.luaRead(slot)?.network }
    package func luaPush(_ context: LuaPushContext) throws { try ScriptModel(self).luaPush(context) }
}

/// A layer that is not part of a model yet: `rledit.Layer`.
struct ScriptLayer: LuaBound {
    static var luaName: String { "rledit.Layer" }
    let layer: any Layer
    /// Begins the name of a layer that was given none: `conv` for `conv1`, `conv2`, …
    let baseName: String
}

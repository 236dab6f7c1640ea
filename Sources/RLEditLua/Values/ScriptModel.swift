package import LuaBridge
package import RLEditNN
internal import RLEditTensor

/// A network as scripts hold it: `rledit.Model`, an object with identity. Swift functions read and return plain
/// `Network`s, which are snapshots.
package final class ScriptModel: LuaBound {
    package static var luaName: String { "rledit.Model" }
    package var network: Network
    /// What messages and progress lines call it.
    package let name: String
    /// Set while `fit` runs: a callback may look at the model but not change it.
    var isTraining = false

    package init(_ network: Network, name: String = "model") {
        self.network = network
        self.name = name
    }

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

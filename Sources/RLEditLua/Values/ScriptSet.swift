package import LuaBridge
package import RLEditData
internal import RLEditNN
internal import RLEditTensor

/// A set of examples as scripts hold it: `rledit.Set`. Swift functions read and return plain `ExampleSet`s.
package struct ScriptSet: LuaBound {
    package static var luaName: String { "rledit.Set" }
    package let examples: ExampleSet
    /// Bytes of inputs that came into being with this set; sets derived from it share them.
    package var inputBytes = 0
}

extension ExampleSet: LuaReadable, LuaPushable {
    package static var luaExpected: String { ScriptSet.luaName }
    package static func luaRead(_ slot: LuaSlot) throws -> ExampleSet? { try ScriptSet.luaRead(slot)?.examples }
    package func luaPush(_ context: LuaPushContext) throws { try ScriptSet(examples: self).luaPush(context) }
}

/// Examples of a set in the form that training takes.
struct ExampleSetSource: BatchSource {
    let examples: ExampleSet
    var count: Int { examples.count }

    func batch(_ indices: ArraySlice<Int>) throws -> (inputs: Tensor, targets: Targets) {
        (try examples.inputs(at: indices), .classes(try examples.labels(at: indices)))
    }

    func examples(_ indices: ArraySlice<Int>) throws -> (inputs: ExampleInputs, targets: Targets) {
        (try examples.batchInputs(at: indices), .classes(try examples.labels(at: indices)))
    }
}

internal import LuaBridge
internal import RLEditNN
internal import RLEditRuns

extension HostModules {
    /// `model:apply_delta` and `model:revert_delta`: an edit by itself, put on its base model and taken off again.
    static func addDeltas(to type: LuaType<ScriptModel>, context: ScriptContext) {
        type.method(
            "apply_delta",
            """
            Applies an edit from its own file, a run's `delta.safetensors`, to this model, which must be the one that the
            edit was made for. The path is looked up under the data roots.
            @param path string
            @return rledit.Model self
            """
        ) { model, call in
            try change(model, call, context) { delta, network in try delta.applied(to: network) }
        }
        type.method(
            "revert_delta",
            """
            Takes an edit off again: the parameters are those from before the edit, to the bit. The model must carry the
            edit.
            @param path string
            @return rledit.Model self
            """
        ) { model, call in
            try change(model, call, context) { delta, network in try delta.reverted(from: network) }
        }
    }

    /// Replaces the model's network by what a delta file makes of it; on an error the model stays as it was.
    private static func change(
        _ model: ScriptModel, _ call: LuaCall, _ context: ScriptContext,
        _ make: (Delta, Network) throws -> Network
    ) throws -> LuaResults {
        try call.atMost(1)
        try model.checkWritable()
        let path = try call.string(1)
        do {
            model.network = try make(try Delta(try context.open(path, .model)), model.network)
        } catch let error as DeltaError {
            throw LuaUsageError("'\(path)': \(error.description)")
        }
        return call.returnsSelf()
    }
}

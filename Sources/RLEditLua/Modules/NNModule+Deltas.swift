internal import LuaBridge
internal import RLEditNN
internal import RLEditRuns

extension HostModules {
    /// `model:apply_delta` and `model:revert_delta`: an edit by itself, put on its base model and taken off again.
    static func addDeltas(to type: LuaType<ScriptModel>, context: ScriptContext) {
        type.method("apply_delta") { model, call in
            try change(model, call, context) { delta, network in try delta.applied(to: network) }
        }
        type.method("revert_delta") { model, call in
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
            model.network = try make(try Delta(try open(path, .model, context)), model.network)
        } catch let error as DeltaError {
            throw LuaUsageError("'\(path)': \(error.description)")
        }
        return call.returnsSelf()
    }
}

internal import LuaBridge
internal import RLEditData
internal import RLEditNN
internal import RLEditTensor

extension HostModules {
    /// Examples that are run through a network at a time: enough to keep the workers busy, few enough to keep memory low.
    private static let chunk = 1000

    /// Methods of a model that run it.
    static func addInference(to type: LuaType<ScriptModel>, context: ScriptContext) {
        type.method(
            "forward",
            """
            The output for a batch `[examples, …]`, or for all examples of a set: the network's, or that of one of its
            layers, such as the features before the last one: `m.edit.model:forward(set, "pool1")`.
            @param inputs rledit.Numbers|rledit.Set
            @param layer string? its name
            @return rledit.Tensor
            """
        ) { model, call in
            try call.atMost(2)
            let layer = try call.optional(2, as: String.self)
            let network = try call.blaming(2) {
                try layer.map { try model.network.part(endingAt: $0) } ?? model.network
            }
            let scores: Tensor
            if let set = try ExampleSet.luaRead(call.slot(1)) {
                scores = try collect(network, set, call, context)
            } else {
                scores = try forward(network, call, context)
            }
            return try call.returns(scores)
        }
        type.method(
            "predict",
            """
            The label with the largest score for each example of a batch or a set. The lowest wins a tie; it is -1 where
            a score is NaN.
            @param inputs rledit.Numbers|rledit.Set
            @return integer[]
            """
        ) { model, call in
            try call.atMost(1)
            let network = model.network
            guard network.outputShape.count == 1 else {
                throw LuaUsageError("'predict' needs one score per class, this model gives \(network.outputShape)")
            }
            if let set = try ExampleSet.luaRead(call.slot(1)) {
                var labels: [Int] = []
                try forEachChunk(of: set, network, call, context) { scores, _ in
                    labels += PredictedClass.ofRows(scores)
                }
                return try call.returns(labels)
            }
            let scores = try forward(network, call, context)
            return try call.returns(PredictedClass.ofRows(scores))
        }
        type.method(
            "evaluate",
            """
            Accuracy (0 … 1) and mean cross entropy over a set.
            @param set rledit.Set
            @return { accuracy: number, loss: number }
            """
        ) { model, call in
            try call.atMost(1)
            let set = try call.argument(1, as: ExampleSet.self)
            guard !set.isEmpty else { throw call.argumentError(1, "a set with examples expected, got an empty one") }
            var (loss, right) = (0.0, 0)
            try forEachChunk(of: set, model.network, call, context) { scores, labels in
                loss += Double(try Loss.crossEntropy.value(scores, .classes(labels))) * Double(labels.count)
                right += zip(PredictedClass.ofRows(scores), labels).count { $0 == $1 }
            }
            let table = try call.host.makeTable()
            try table.set("accuracy", Double(right) / Double(set.count))
            try table.set("loss", loss / Double(set.count))
            return try call.returns(table)
        }
    }

    /// The outputs for a script's own numbers: argument 1, a tensor or a table.
    private static func forward(_ network: Network, _ call: LuaCall, _ context: ScriptContext) throws -> Tensor {
        let input = try call.tensor(1)
        try call.host.checkRoom(forShape: [input.shape.first ?? 1] + network.outputShape)
        return try call.blaming(1) {
            try input.requireFinite("inputs")
            return try network.forward(input, pool: context.pool)
        }
    }

    /// The outputs for a whole set.
    static func collect(
        _ network: Network, _ set: ExampleSet, _ call: LuaCall, _ context: ScriptContext
    ) throws -> Tensor {
        try call.host.checkRoom(forShape: [set.count] + network.outputShape)
        var parts: [Tensor] = []
        try forEachChunk(of: set, network, call, context) { scores, _ in parts.append(scores) }
        return parts.isEmpty ? try Tensor.zeros([0] + network.outputShape) : try Tensor.concat(parts)
    }

    /// Runs a set through a network, some examples at a time; stops when the user wants to.
    private static func forEachChunk(
        of set: ExampleSet, _ network: Network, _ call: LuaCall, _ context: ScriptContext,
        _ body: (_ scores: Tensor, _ labels: [Int]) throws -> Void
    ) throws {
        for first in stride(from: 0, to: set.count, by: chunk) {
            guard !context.isInterrupted() else { throw LuaUsageError("interrupted") }
            let rows = first..<min(first + chunk, set.count)
            try call.blaming(1) {
                let scores = try network.forward(try set.batchInputs(rows), pool: context.pool)
                try namingExamples({ first + $0 }) { try body(scores, try set.labels(at: rows)) }
            }
        }
    }
}

package import LuaBridge
internal import RLEditData
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor

extension HostModules {
    /// `rledit.nn`: layers and networks.
    package static func addNN(to host: LuaHost, context: ScriptContext) throws {
        try host.register(ScriptLayer.self) { type in
            type.documentation(in: "rledit.nn", "A layer that is not part of a network yet.")
            type.property("kind", "string for example `Linear`") { value, call in try call.returns(value.layer.kind) }
            type.description { value in
                value.layer.summary.isEmpty ? value.layer.kind : "\(value.layer.kind) (\(value.layer.summary))"
            }
        }
        try addGraphs(to: host)
        try host.register(ScriptModel.self) { type in
            type.documentation(
                in: "rledit.nn",
                """
                A network. Printing it shows the table of its layers. A task works on a snapshot of it: later changes do
                not reach the run.
                """
            )
            addInference(to: type, context: context)
            addParameters(to: type)
            addTraining(to: type, context: context)
            addFiles(to: type, context: context)
            addDeltas(to: type, context: context)
            type.property("name", "string") { model, call in try call.returns(model.name) }
            type.property("parameter_count", "integer number of trainable values") { model, call in
                try call.returns(model.network.parameterCount)
            }
            type.property("vocabulary", "rledit.Vocabulary? the words that a classifier of texts knows") {
                model, call in
                try call.returns(try model.vocabulary())
            }
            type.property("input_shape", "integer[] shape of one example") { model, call in
                try call.returns(model.network.inputShape)
            }
            type.property("output_shape", "integer[] shape of the output for one example") { model, call in
                try call.returns(model.network.outputShape)
            }
            type.method(
                "layers",
                """
                Names of the layers, in order.
                @return string[]
                """
            ) { model, call in
                try call.atMost(0)
                return try call.returns(model.network.nodes.map(\.name))
            }
            type.method(
                "clone",
                """
                A model of its own with the same layers and parameters.
                @return rledit.Model
                """
            ) { model, call in
                try call.atMost(0)
                return try call.returns(ScriptModel(model.network, name: model.name, source: model.source))
            }
            type.description { $0.network.description }
            type.nativeBytes { $0.network.parameterCount * MemoryLayout<Float>.stride }
        }
        host.addModule("rledit.nn") { module in
            module.documentation(
                """
                Networks of named layers: building, training, running, saving.

                Shapes are PyTorch's: `{ features }` or `{ channels, height, width }` for an example, weights `[out,
                in]`, so that parameters exchange with PyTorch unchanged.

                ```lua
                local nn, data = require "rledit.nn", require "rledit.data"
                local model = nn.sequential {
                  input = { 1, 28, 28 },
                  { "conv1", nn.conv2d { inputs = 1, outputs = 8, kernel = 3, padding = 1 } },
                  nn.relu(),
                  nn.max_pool2d(2),
                  nn.flatten(),
                  { "out", nn.linear(1568, 10) },
                }
                local digits = data.digits()
                model:fit(digits.train, { epochs = 2, batch_size = 64 })
                print(model, model:evaluate(digits.test).accuracy)
                ```
                """
            )
            module.types(FitRequest.annotation)
            module.types(loadOptionsAnnotation)
            module.types(storedAnnotation)
            addLayers(to: module)
            addFileFunctions(to: module, context: context)
            module.function(
                "fit_all",
                """
                Trains many models on the same set side by side, one on each core: the same as `model:fit` of each, with
                the seed of the first and one more for each further model. Remembered like those.
                @param options rledit.FitAllOptions
                @return rledit.Model[] models the list given
                """
            ) { call in try fitAll(call, context) }
            module.function(
                "graph",
                """
                An empty graph, for networks that are no chain: residual blocks, branches, gates. The seed of the initial
                parameters is the run's by default.

                ```lua
                local g = nn.graph { name = "small_resnet" }
                local x = g:input("image", { 3, 32, 32 })
                x = g:relu(g:batch_norm(g:conv2d(x, { name = "conv1", outputs = 16, kernel = 3, padding = 1 })))
                local y = g:relu(g:conv2d(x, { name = "block.conv", outputs = 16, kernel = 3, padding = 1 }))
                x = g:add(x, y)
                local scores = g:linear(g:global_average_pool2d(x), { name = "fc", outputs = 10 })
                local model = g:network { scores = scores }
                ```
                @param options? { name: string?, seed: integer? }
                @return rledit.Graph
                """
            ) { call in try graph(call, context) }
            module.function(
                "sequential",
                """
                A network whose layers follow each other: `{ input = shape, layer, {"name", layer}, … }`. Layers without
                a name get one, such as `relu1`. Names may have dots, as PyTorch's have (`features.0`). The seed of the
                initial parameters is the run's by default. A `vocabulary` of as many words as the input has numbers goes with the model into every file.
                @param description { input: integer[], seed: integer?, name: string?, vocabulary: rledit.Vocabulary?, \
                [integer]: rledit.Layer|{ [1]: string, [2]: rledit.Layer } }
                @return rledit.Model
                """
            ) { call in try sequential(call, context) }
        }
    }

    /// `sequential { input = {…}, {"name", layer}, layer, …, seed = … }`.
    private static func sequential(_ call: LuaCall, _ context: ScriptContext) throws -> LuaResults {
        try call.atMost(1)
        let owner = "rledit.nn.sequential"
        let table = try call.table(1)
        var names = LayerNames()
        var layers: [(name: String, layer: any Layer)] = []
        for (index, entry) in try table.array(of: LuaValue.self, limit: 10_000).enumerated() {
            layers.append(try names.layer(entry, number: index + 1, owner: owner))
        }
        guard !layers.isEmpty else { throw LuaUsageError("no layer in \(owner)") }
        let options = try namedFields(of: table, after: layers.count, owner: owner)
        let input = try options.required("input", as: LuaTable.self).array(of: Int.self, limit: 16)
        let seed = try options.optional("seed", as: Int.self) ?? context.seed
        let name = try options.optional("name", as: String.self) ?? "model"
        let vocabulary = try options.optional("vocabulary", as: Vocabulary.self)
        try options.finish()
        do {
            try checkRoom(for: layers.map(\.layer), input: input, call.host)
            let network = try Network(inputShape: input, layers: layers, random: initialization(seed: seed))
            return try call.returns(ScriptModel(try vocabulary.map { try network.with($0) } ?? network, name: name))
        } catch let error as NetworkError {
            throw LuaUsageError("\(owner): \(error.description)")
        } catch let error as TensorError {
            throw LuaUsageError("\(owner): \(error.description)")
        }
    }

    /// The stream that the initial parameters of every network come from.
    static func initialization(seed: Int) -> RandomStream {
        RandomStream(seed: UInt64(bitPattern: Int64(seed)), name: "init")
    }

    /// The fields of a table that have names, when its array part has been read.
    private static func namedFields(of table: LuaTable, after count: Int, owner: String) throws -> LuaOptions {
        let named = try table.host.makeTable()
        for key in try table.sortedKeys() {
            if case .integer(let index) = key, (1...count).contains(index) { continue }
            try named.set(key, try table.get(key))
        }
        return LuaOptions(owner: owner, table: named)
    }

    /// Refuses networks whose parameters would pass the memory limit. Layers that do not fit are left to `Network`.
    private static func checkRoom(for layers: [any Layer], input: [Int], _ host: LuaHost) throws {
        // Layers multiply the sizes of shapes without checks: each shape is checked before a layer sees it.
        guard try Tensor.elementCount(of: input) > 0 else {
            throw LuaUsageError("rledit.nn.sequential: input \(input) holds no value")
        }
        var (shape, total) = (input, 0)
        for layer in layers {
            guard let output = try? layer.outputShape(for: shape) else { return }
            var counts = [output]
            counts += layer.parameterShapes.map(\.shape)
            for shape in counts {
                total = total.addingReportingOverflow(try Tensor.elementCount(of: shape)).partialValue
            }
            shape = output
            try host.checkRoom(forElements: total)
        }
    }
}

/// Names for layers, given or made up.
private struct LayerNames {
    private var counts: [String: Int] = [:]

    /// From `layer` or `{"name", layer}`.
    mutating func layer(_ entry: LuaValue, number: Int, owner: String) throws -> (name: String, layer: any Layer) {
        switch entry {
        case .object(let object):
            guard let layer = try object.value(as: ScriptLayer.self) else { break }
            let count = counts[layer.baseName, default: 0] + 1
            counts[layer.baseName] = count
            return ("\(layer.baseName)\(count)", layer.layer)
        case .table(let pair):
            guard let name = try pair.get(1, as: String.self), let layer = try pair.get(2, as: ScriptLayer.self) else {
                throw LuaUsageError("bad layer #\(number) in \(owner) ({name, layer} expected)")
            }
            return (name, layer.layer)
        case .function:
            throw LuaUsageError(
                "bad layer #\(number) in \(owner) (\(ScriptLayer.luaName) expected, got function; call it, as in "
                    + "rledit.nn.relu())")
        default: break
        }
        throw LuaUsageError(
            "bad layer #\(number) in \(owner) (\(ScriptLayer.luaName) or {name, layer} expected, got \(entry.typeName))"
        )
    }
}

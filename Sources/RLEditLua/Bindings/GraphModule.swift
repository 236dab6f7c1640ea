internal import LuaBridge
internal import RLEditCore
internal import RLEditData
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor

extension HostModules {
    /// `rledit.nn.graph` and the objects that it gives.
    static func addGraphs(to host: LuaHost) throws {
        try host.register(ScriptPort.self) { type in
            type.documentation(in: "rledit.nn", "What a layer of a graph gives, for other layers to read.")
            type.property("shape", "integer[] shape of one example") { port, call in try call.returns(port.shape) }
            type.description { "port of shape \($0.shape)" }
        }
        try host.register(ScriptGraph.self) { type in
            type.documentation(
                in: "rledit.nn",
                """
                A network under construction whose layers may read any earlier one. Each method but `input` and `network`
                adds a layer: it takes what the layer reads, and a table with the layer's settings and its `name`. Sizes
                that the layer before tells (`inputs` of a convolution, `channels` of a batch norm) need not be given.
                Files have a parameter under the layer's name and its own, `conv1.weight`, unless `stored` says otherwise.
                """
            )
            type.method(
                "input",
                """
                The network's input, `{ features }` or `{ channels, height, width }`.
                @param name string
                @param shape integer[]
                @return rledit.Port
                """
            ) { graph, call in
                try call.atMost(2)
                _ = try call.string(1)
                return try call.returns(try graph.addInput(try call.table(2).array(of: Int.self, limit: 16)))
            }
            for constructor in Layers.all {
                type.method(constructor.name, constructor.graphAnnotation) { graph, call in
                    try call.returns(try add(constructor, to: graph, call))
                }
            }
            type.method(
                "network",
                """
                The finished network. Every layer has to lead to its scores. A `vocabulary` of as many words as the input
                has numbers goes with the model into every file.
                @param outputs { scores: rledit.Port, vocabulary: rledit.Vocabulary? }
                @return rledit.Model
                """
            ) { graph, call in
                try call.atMost(1)
                let options = try call.options(1, of: "rledit.Graph:network")
                let scores = try options.required("scores", as: ScriptPort.self)
                let vocabulary = try options.optional("vocabulary", as: Vocabulary.self)
                try options.finish()
                guard scores.graph === graph else { throw LuaUsageError("the scores are of another graph") }
                do {
                    let network = try graph.network(scores: scores, random: initialization(seed: graph.seed))
                    return try call.returns(
                        ScriptModel(try vocabulary.map { try network.with($0) } ?? network, name: graph.name))
                } catch let error as NetworkError {
                    throw LuaUsageError(error.description)
                }
            }
            type.description { "graph of \($0.nodes.count) layers" }
        }
    }

    /// `nn.graph { name = …, seed = … }`.
    static func graph(_ call: LuaCall, _ context: ScriptContext) throws -> LuaResults {
        try call.atMost(1)
        let options = try call.options(1, of: "rledit.nn.graph")
        let name = try options.optional("name", as: String.self) ?? "model"
        let seed = try options.optional("seed", as: Int.self) ?? context.seed
        try options.finish()
        return try call.returns(ScriptGraph(name: name, seed: seed))
    }

    /// A layer that reads the ports among the arguments; the last argument may be its settings.
    private static func add(
        _ constructor: LayerConstructor, to graph: ScriptGraph, _ call: LuaCall
    ) throws -> ScriptPort {
        var ports: [ScriptPort] = []
        while ports.count < call.count, case .object(let object) = call.value(ports.count + 1),
            let port = try object.value(as: ScriptPort.self)
        {
            guard port.graph === graph else {
                throw LuaUsageError("argument #\(ports.count + 1) of '\(constructor.name)' is of another graph")
            }
            ports.append(port)
        }
        let expected = constructor.inputs.count
        guard expected.contains(ports.count) else {
            if ports.count < expected.lowerBound { _ = try call.argument(ports.count + 1, as: ScriptPort.self) }
            throw LuaUsageError(
                "'\(constructor.name)' reads \(expected.upperBound) layer\(expected.upperBound == 1 ? "" : "s"), "
                    + "got \(ports.count)")
        }
        try call.atMost(ports.count + 1)
        let options = try call.options(ports.count + 1, of: "rledit.Graph:\(constructor.name)")
        let name = try options.optional("name", as: String.self)
        let size = ports[0].shape.count == 3 ? ports[0].shape[0] : ports[0].shape.last
        let given = constructor.sizeSetting.flatMap { setting in size.map { (setting, $0) } }
        let stored = constructor.prototype.parameters.isEmpty ? [:] : try storedTensors(options)
        let layer = try constructor.layer(options, inferring: given)
        return try graph.add(
            layer, name: name, baseName: constructor.baseName, reading: ports, stored: stored, call.host)
    }

    static let storedAnnotation =
        """
        @class rledit.StoredTensor where files keep a parameter that is not the tensor of its own name there
        @field name string the tensor's name in files
        @field part integer? which part of the tensor's rows the parameter is, from 1; 1 by default
        @field parts integer? of how many equal parts; 1 by default
        @field rank integer? dimensions of the tensor where it has more than the parameter; the first ones are 1
        """

    /// `stored = { weight = { name = "in_proj_weight", part = 1, parts = 3 } }`.
    private static func storedTensors(_ options: LuaOptions) throws -> [String: StoredTensor] {
        var places: [String: StoredTensor] = [:]
        guard let table = try options.optional("stored", as: LuaTable.self) else { return places }
        for key in try table.sortedKeys() {
            guard case .string(let parameter) = key, case .table(let place) = try table.get(key) else {
                throw options.fieldError(
                    "stored", "tensors by parameters expected, as in { weight = { name = \"in_proj_weight\" } }")
            }
            let fields = LuaOptions(owner: "\(options.owner).stored.\(parameter.text)", table: place)
            let name = try fields.required("name", as: String.self)
            let part = try fields.optional("part", as: Int.self) ?? 1
            let parts = try fields.optional("parts", as: Int.self) ?? 1
            let rank = try fields.optional("rank", as: Int.self)
            try fields.finish()
            do throws(NetworkError) {
                places[parameter.text] = try StoredTensor(name: name, part: part, parts: parts, rank: rank)
            } catch { throw LuaUsageError(error.description) }
        }
        return places
    }
}

extension LayerInputs {
    /// Numbers of nodes that such layers read.
    fileprivate var count: ClosedRange<Int> {
        switch self {
        case .one: 1...1
        case .several: 2...64
        case .named(let names, let optional): names.count...(names.count + (optional == nil ? 0 : 1))
        }
    }
}

extension LayerConstructor {
    /// The documentation of the method of a graph.
    fileprivate var graphAnnotation: String {
        func fields<L: DescribedLayer>(of layer: L) -> [String] {
            layer.settings.map {
                "\($0.luaName): \($0.luaType)\($0.isRequired && $0.name != sizeSetting ? "" : "?")"
            }
        }
        let ports: [String] =
            switch inputs {
            case .one: ["@param port rledit.Port"]
            case .several: ["@param port rledit.Port", "@param ... rledit.Port more of them, then the settings"]
            case .named(let names, let optional):
                names.map { "@param \($0) rledit.Port" } + (optional.map { ["@param \($0)? rledit.Port"] } ?? [])
            }
        let settings =
            fields(of: prototype) + ["name: string?"]
            + (prototype.parameters.isEmpty ? [] : ["stored: table<string, rledit.StoredTensor>?"])
        let isOptional = settings.allSatisfy { $0.contains("?") }
        return
            ([documentation] + ports
            + (inputs == .several
                ? [] : ["@param options\(isOptional ? "?" : "") { \(settings.joined(separator: ", ")) }"])
            + ["@return rledit.Port"])
            .joined(separator: "\n")
    }
}

internal import RLEditCore
public import RLEditNN
internal import RLEditTensor

/// The layers of a network as JSON, so that a file with its parameters can be made a network again.
///
///     {"format": 1, "input": [5000], "prefix": "",
///      "layers": [{"name": "embedding", "kind": "EmbeddingBag", "inputs": 5000, "outputs": 64, "bias": true}, …]}
///
/// Sizes with two directions are lists of height and width. `reads` lists the layers (by place, from 0; -1 is the input)
/// that a layer reads, where that is not the one before it. `stored` says how files keep a parameter that they keep in
/// another form (`StoredTensor`). Format 2 knows more layers and settings, and is written only where they are used.
///
/// A network whose file is from elsewhere has two more members where they are needed. `tensors` gives the file's names of
/// parameters that have other names there. `ignore` lists the tensors, as names or patterns, that no layer takes: with it,
/// any further tensor that no layer takes is an error.
public enum NetworkDescription {
    /// Where files keep it.
    public static let key = "rledit.network"
    private static let formats = 1...2
    private static let mostLayers = 10_000

    /// - Parameter source: where the file has the parameters.
    /// - Returns: nil for a network with a layer that is not ours: then nobody could read the description.
    public static func text(of network: Network, source: ParameterSource = ParameterSource()) -> String? {
        var layers: [JSONValue] = []
        for (index, node) in network.nodes.enumerated() {
            guard var layer = settings(of: node.layer) else { return nil }
            layer["name"] = .string(node.name)
            if node.inputs != [index - 1] { layer["reads"] = .array(node.inputs.map(JSONValue.integer)) }
            if !node.stored.isEmpty { layer["stored"] = .object(stored(node)) }
            layers.append(.object(layer))
        }
        var description: JSONObject = [
            "format": .integer(format(of: layers)), "input": .array(network.inputShape.map(JSONValue.integer)),
            "prefix": .string(source.prefix), "layers": .array(layers),
        ]
        let renamed = network.tensorNames.filter { source.name(of: $0) != source.prefix + $0 }
        if !renamed.isEmpty {
            let names = JSONObject(uniqueMembers: renamed.map { .init(key: $0, value: .string(source.name(of: $0))) })
            description["tensors"] = .object(names)
        }
        if let ignore = source.ignore, !ignore.isEmpty {
            description["ignore"] = .array(ignore.map { .string($0.text) })
        }
        return JSONValue.object(description).text
    }

    /// - Returns: nil for a layer that is not ours.
    private static func settings(of layer: any Layer) -> JSONObject? {
        guard let layer = layer as? any DescribedLayer, let constructor = Layers.constructor(ofKind: layer.kind) else {
            return nil
        }
        func members<L: DescribedLayer>(of layer: L) -> JSONObject {
            var object: JSONObject = ["kind": .string(layer.kind)]
            for setting in layer.settings {
                let value = setting.json(of: layer)
                if isLater(setting.name, in: layer.kind), let standard = constructor.prototype as? L,
                    setting.json(of: standard) == value
                {
                    continue
                }
                object[setting.name.snakeCased] = value
            }
            return object
        }
        return members(of: layer)
    }

    /// What format 1 does not know. A description that uses none of it is written as format 1, for programs that know no
    /// other.
    private static let firstKinds: Set<String> = [
        "Linear", "EmbeddingBag", "Conv2D", "MaxPool2D", "AveragePool2D", "Dropout", "GlobalAveragePool2D", "Flatten",
        "ReLU", "GELU", "Tanh", "Sigmoid",
    ]
    private static let laterSettings = ["Conv2D": ["groups"]]
    private static func isLater(_ setting: String, in kind: String) -> Bool {
        laterSettings[kind]?.contains(setting) ?? false
    }
    private static func format(of layers: [JSONValue]) -> Int {
        let isFirst = layers.allSatisfy { layer in
            let kind = layer["kind"]?.string ?? ""
            return firstKinds.contains(kind) && layer["stored"] == nil
                && !(laterSettings[kind] ?? []).contains { layer[$0] != nil }
        }
        return isFirst ? 1 : 2
    }

    // MARK: Reading

    /// The network that a file describes, with the parameters in it.
    ///
    /// Nothing is taken on trust: no parameter gets memory before the file has shown a tensor of its shape.
    /// - Throws: ``ModelFileError`` or `SafetensorsError` saying what does not fit.
    static func network(in file: SafetensorsFile) throws -> (network: Network, source: ParameterSource) {
        guard let text = file.metadata.first(where: { $0.key == key })?.value else {
            throw ModelFileError.noNetwork(path: file.path)
        }
        func refuse(_ reason: String) -> ModelFileError { .malformed(path: file.path, key: key, reason: reason) }
        let json: JSONValue
        do { json = try JSONValue(parsing: text) } catch { throw refuse(error.description) }
        guard let format = json["format"]?.integer, formats.contains(format) else {
            throw refuse("its format is not \(formats.lowerBound) or \(formats.upperBound)")
        }
        guard let input = json["input"]?.array?.map({ $0.integer ?? 0 }), !input.isEmpty, input.count <= 16,
            input.allSatisfy({ $0 >= 1 && $0 <= 1 << 24 })
        else { throw refuse("'input' is not a shape") }
        guard let layers = json["layers"]?.array, !layers.isEmpty, layers.count <= mostLayers,
            let prefix = json["prefix"]?.string
        else { throw refuse("'layers' or 'prefix' is missing") }
        let names = try json["tensors"].map { try tensorNames($0, refuse) } ?? [:]
        let ignore = try json["ignore"].map { list in
            guard let texts = list.array?.map(\.string), !texts.contains(nil) else {
                throw refuse("'ignore' is not a list of names")
            }
            return texts.compactMap { $0 }.map { NamePattern($0) }
        }
        let source = ParameterSource(file: file, prefix: prefix, names: names, ignore: ignore)
        do {
            return (try network(layers, input: input, source, refuse: refuse), source)
        } catch let error as NetworkError {
            throw refuse(error.description)
        } catch let error as TensorError {
            throw refuse(error.description)
        }
    }

    /// Names in the file by parameter.
    private static func tensorNames(
        _ json: JSONValue, _ refuse: (String) -> ModelFileError
    ) throws(ModelFileError) -> [String: String] {
        guard let members = json.object?.members else { throw refuse("'tensors' is not an object of names") }
        var names: [String: String] = [:]
        var taken: Set<String> = []
        for member in members {
            guard let name = member.value.string else { throw refuse("'tensors' is not an object of names") }
            guard taken.insert(name).inserted else { throw refuse("'tensors' names '\(name)' twice") }
            names[member.key] = name
        }
        return names
    }

    /// How many times the bytes of the file the parameters may take, since layers may share weights. Networks that share
    /// all layers do so a dozen times. The limit keeps a stranger's file from filling the memory.
    private static let mostSharing = 16

    /// - Throws: what ``network(in:)`` throws, and what layers throw for inputs that do not fit them.
    private static func network(
        _ layers: [JSONValue], input: [Int], _ source: ParameterSource, refuse: (String) -> ModelFileError
    ) throws -> Network {
        let stored = source.file.entries.reduce(0) { $0 + $1.byteCount }
        var total = 0
        var nodes: [Network.Node] = []
        var shapes: [[Int]] = []
        _ = try Tensor.elementCount(of: input)
        for (index, entry) in layers.enumerated() {
            guard let name = entry["name"]?.string, let layer = layer(entry) else {
                throw refuse("layer \(index + 1) is not one that this version knows")
            }
            let reads = entry["reads"]?.array?.map { $0.integer ?? Int.max } ?? [index - 1]
            guard reads.allSatisfy({ $0 >= -1 && $0 < index }) else {
                throw refuse("layer '\(name)' reads none before it")
            }
            // In this order: a layer checks its settings against its inputs before it says what its parameters are.
            let shape = try layer.outputShape(for: reads.map { $0 < 0 ? input : shapes[$0] })
            _ = try Tensor.elementCount(of: shape)
            let places = try storedTensors(entry["stored"], layer: name, refuse)
            for parameter in layer.parameterShapes {
                let place = places[parameter.name]
                guard let shape = place.map({ $0.shape(forParameter: parameter.shape) }) ?? parameter.shape else {
                    throw refuse("layer '\(name)' stores what no tensor can hold")
                }
                let entry = try source.entry(of: place?.name ?? "\(name).\(parameter.name)", shape: shape)
                total += entry.byteCount / (place?.parts ?? 1)
                guard total / mostSharing <= stored else { throw refuse("its layers share one tensor too often") }
            }
            shapes.append(shape)
            nodes.append(Network.Node(name: name, layer: layer, inputs: reads, stored: places))
        }
        var network = try Network(inputShape: input, nodes: nodes, random: RandomStream(seed: 0, name: "init"))
        try network.loadParameters(from: source)
        return network
    }

    private static func stored(_ node: Network.Node) -> JSONObject {
        JSONObject(
            uniqueMembers: node.stored.sorted { $0.key < $1.key }.map { parameter, place in
                var object: JSONObject = ["name": .string(place.name)]
                if place.parts > 1 {
                    object["part"] = .integer(place.part)
                    object["parts"] = .integer(place.parts)
                }
                if let rank = place.rank { object["rank"] = .integer(rank) }
                return .init(key: parameter, value: .object(object))
            })
    }

    private static func storedTensors(
        _ json: JSONValue?, layer: String, _ refuse: (String) -> ModelFileError
    ) throws -> [String: StoredTensor] {
        guard let json else { return [:] }
        var places: [String: StoredTensor] = [:]
        for member in json.object?.members ?? [] {
            guard let name = member.value["name"]?.string else {
                throw refuse("'stored' of layer '\(layer)' names no tensor")
            }
            places[member.key] = try StoredTensor(
                name: name, part: member.value["part"]?.integer ?? 1, parts: member.value["parts"]?.integer ?? 1,
                rank: member.value["rank"]?.integer)
        }
        return places
    }

    /// - Returns: nil for a kind or a value that this version does not know.
    private static func layer(_ entry: JSONValue) -> (any Layer)? {
        guard let kind = entry["kind"]?.string, let constructor = Layers.constructor(ofKind: kind) else { return nil }
        func read<L: DescribedLayer>(_ prototype: L) -> (any Layer)? {
            var layer = prototype
            for setting in layer.settings {
                guard let value = entry[setting.name.snakeCased] else {
                    guard isLater(setting.name, in: kind) else { return nil }
                    continue
                }
                guard setting.take(value, into: &layer) else { return nil }
            }
            return layer
        }
        return read(constructor.prototype)
    }
}

internal import RLEditCore
public import RLEditNN
internal import RLEditTensor

/// A network that an ONNX file holds, made of our layers.
///
/// Nodes are read in order. What does not depend on the input is computed; the rest becomes layers, some of them from several
/// nodes. Parameters are named after the file's tensors where these have PyTorch's names.
public struct ONNXModel: Sendable {
    public let network: Network
    /// What writes the file again with other parameters.
    public let original: ONNXOriginal

    /// - Parameters:
    ///   - dimensions: sizes of the input that the file does not fix, by the names that it gives them. The first size, the
    ///     batch, needs none.
    ///   - output: the output that becomes the network's; nil for the first.
    /// - Throws: ``ONNXError`` naming what is wrong, or all nodes that are not supported.
    public init(path: String, dimensions: [String: Int] = [:], output: String? = nil) throws {
        let opened = try ONNXFile(path: path)
        let message = try ModelMessage(WireFile(opened.file))
        let graph = message.graph
        func fault(_ reason: String) -> ONNXError { ONNXError(file: path, fault: .graph(reason: reason)) }
        guard let target = output ?? graph.outputs.first else { throw fault("the graph has no output") }
        guard graph.outputs.contains(target) else {
            throw fault("no output is named '\(target)'; the outputs are \(ONNXModel.list(graph.outputs))")
        }
        var importer = Importer(file: opened, opset: message.opset)
        let nodes = try ONNXModel.needed(graph, for: target, fault)
        let read = Set(nodes.flatMap(\.inputs)).union([target])
        for tensor in graph.initializers where read.contains(tensor.name) {
            try importer.file.openExternal(of: tensor)
            guard importer.values[tensor.name] == nil else {
                throw fault("two initializers are named '\(ONNXError.printable(tensor.name))'")
            }
            importer.values[tensor.name] = .constant(try Constant(tensor, in: importer.file))
        }
        let inputs = graph.inputs.filter { read.contains($0.name) && importer.values[$0.name] == nil }
        let open = Set(inputs.flatMap { $0.openSizes })
        if let unknown = dimensions.keys.sorted().first(where: { !open.contains($0) }) {
            throw fault(
                "no input has a size named '\(ONNXError.printable(unknown))'; "
                    + (open.isEmpty ? "all sizes are fixed" : "the open sizes are \(ONNXModel.list(open.sorted()))"))
        }
        try importer.setInputs(inputs, dimensions: dimensions, fault)
        for node in nodes { try importer.add(node) }
        guard importer.unsupported.isEmpty else {
            throw ONNXError(file: path, fault: .unsupported(importer.unsupported))
        }
        (network, original) = try importer.finish(output: target)
    }

    static func list(_ names: [String]) -> String {
        names.prefix(20).map { "'\(ONNXError.printable($0))'" }.joined(separator: ", ")
            + (names.count > 20 ? ", … and \(names.count - 20) more" : "")
    }

    /// The nodes that an output depends on, in their order.
    private static func needed(
        _ graph: GraphMessage, for output: String, _ fault: (String) -> ONNXError
    ) throws -> [NodeMessage] {
        var makers: [String: Int] = [:]
        for (index, node) in graph.nodes.enumerated() {
            for name in node.outputs where !name.isEmpty {
                guard makers.updateValue(index, forKey: name) == nil else {
                    throw fault("two nodes give '\(ONNXError.printable(name))'")
                }
            }
        }
        guard makers[output] != nil || graph.initializers.contains(where: { $0.name == output }) else {
            throw fault(
                graph.inputs.contains { $0.name == output }
                    ? "the output is the input itself" : "nothing gives the output '\(ONNXError.printable(output))'")
        }
        var isNeeded = [Bool](repeating: false, count: graph.nodes.count)
        var open = [output]
        while let name = open.popLast() {
            guard let index = makers[name], !isNeeded[index] else { continue }
            isNeeded[index] = true
            open += graph.nodes[index].inputs
        }
        return graph.nodes.indices.filter { isNeeded[$0] }.map { graph.nodes[$0] }
    }
}

extension Importer {
    /// Inputs with a meaning of their own beside the one that is the network's: BERT's mask, segments and positions.
    private static let maskName = "attention_mask"
    private static let segmentName = "token_type_ids"
    private static let positionName = "position_ids"
    /// As many as a model file describes.
    private static let mostLayers = 10_000

    fileprivate mutating func setInputs(
        _ inputs: [InputMessage], dimensions: [String: Int], _ fault: (String) -> ONNXError
    ) throws {
        let own =
            inputs.count == 1
            ? inputs
            : inputs.filter {
                ![Importer.maskName, Importer.segmentName, Importer.positionName].contains($0.name)
            }
        guard own.count == 1, let main = own.first else {
            throw fault(
                inputs.isEmpty
                    ? "the output does not depend on an input"
                    : "the network has \(inputs.count) inputs: \(ONNXModel.list(inputs.map(\.name))); one is expected, "
                        + "beside attention_mask, token_type_ids and position_ids: export the model with these names of "
                        + "inputs, and with constants in place of all other inputs but one")
        }
        for input in inputs {
            let shape = try Importer.shape(of: input, dimensions, fault)
            switch input.name {
            case main.name: setInput(main.name, shape: shape)
            case Importer.maskName:
                let length = shape[shape.count - 1]
                guard shape.count == 2, shape[0] * length <= Constant.mostValues else {
                    throw fault("the input '\(input.name)' has the shape \(shape), expected [batch, length]")
                }
                let places = (0..<(shape[0] * length)).map { Double($0 % length) }
                values[input.name] = .mask(
                    Mask(places: Constant(places, shape: shape, kind: .int), token: 1, padding: 0))
            // Texts have one segment, number 0, and tokens are numbered from 0 on.
            default:
                let (count, length) = (shape.reduce(1, *), shape[shape.count - 1])
                guard count <= Constant.mostValues else { throw fault("the input '\(input.name)' is too large") }
                let isPosition = input.name == Importer.positionName
                values[input.name] = .constant(
                    Constant((0..<count).map { isPosition ? Double($0 % length) : 0 }, shape: shape, kind: .int))
            }
        }
    }

    private static func shape(
        of input: InputMessage, _ dimensions: [String: Int], _ fault: (String) -> ONNXError
    ) throws -> [Int] {
        let name = ONNXError.printable(input.name)
        guard [1, 6, 7, 10, 11, 16].contains(input.elementType), let sizes = input.shape, sizes.count >= 2 else {
            throw fault("the input '\(name)' is no tensor of numbers with a shape of two dimensions or more")
        }
        var shape: [Int] = []
        for (index, size) in sizes.enumerated() {
            let found: Int
            switch size {
            case .fixed(let fixed): found = fixed
            case .named(let size):
                guard let given = dimensions[size] ?? (index == 0 ? 1 : nil) else {
                    throw fault(
                        "size \(index + 1) of the input '\(name)' is not fixed: load the model by rledit.nn.load(path, "
                            + "{ dimensions = { [\"\(ONNXError.printable(size))\"] = … } })")
                }
                found = given
            }
            guard (1...(1 << 24)).contains(found) else {
                throw fault("size \(index + 1) of the input '\(name)' is \(found), expected between 1 and 2^24")
            }
            shape.append(found)
        }
        guard shape.reduce(1.0, { $0 * Double($1) }) <= 0x1p32 else { throw fault("the input '\(name)' is too large") }
        return shape
    }

    /// The network of the layers that lead to an output, with its parameters.
    fileprivate mutating func finish(output: String) throws -> (Network, ONNXOriginal) {
        func fault(_ reason: String) -> ONNXError { ONNXError(file: file.path, fault: .graph(reason: reason)) }
        guard let value = values[output] else {
            throw fault("nothing gives the output '\(ONNXError.printable(output))'")
        }
        let last = try told("the output '\(ONNXError.printable(output))' is no layer's", { try activation(value) })
        guard last.port >= 0 else { throw fault("the output is the input itself") }
        var isRead = [Bool](repeating: false, count: nodes.count)
        isRead[last.port] = true
        for index in nodes.indices.reversed() where isRead[index] {
            for input in nodes[index].inputs where input >= 0 { isRead[input] = true }
        }
        var places = [Int](repeating: -1, count: nodes.count)
        var kept: [Network.Node] = []
        for (index, node) in nodes.enumerated() where isRead[index] {
            places[index] = kept.count
            kept.append(
                Network.Node(name: node.name, layer: node.layer, inputs: node.inputs.map { $0 < 0 ? -1 : places[$0] }))
        }
        guard kept.count <= Importer.mostLayers else {
            throw fault("\(kept.count) layers, more than \(Importer.mostLayers)")
        }
        var network = try told("the layers do not fit") {
            try Network(inputShape: input, nodes: kept, random: RandomStream(seed: 0, name: "init"))
        }
        let known = Set(network.parameterNames)
        var origins: [ONNXOriginal.Origin] = []
        for (name, constant, shape) in parameters where known.contains(name) {
            let tensor = try told("parameter '\(name)'") { try constant.tensor(file, shape: shape) }
            if let element = tensor.firstNonFinite { throw fault("parameter '\(name)': \(element.description)") }
            try network.setParameter(name, tensor)
            origins.append(.init(parameter: name, stored: constant.stored))
        }
        return (network, ONNXOriginal(file: file, origins: origins, network: network))
    }

    /// What a body gives; what it refuses becomes an error of the file.
    private func told<Result>(_ what: String, _ body: () throws -> Result) throws -> Result {
        let reason: String
        do { return try body() } catch let refusal as Refusal {
            reason = refusal.reason
        } catch let error as NetworkError {
            reason = error.description
        } catch let error as TensorError { reason = error.description }
        throw ONNXError(file: file.path, fault: .graph(reason: "\(what): \(reason)"))
    }
}

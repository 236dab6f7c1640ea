internal import RLEditCore
internal import RLEditNN
internal import RLEditTensor

/// Makes layers of a graph's nodes, one after the other.
struct Importer {
    var file: ONNXFile
    let opset: Int
    var values: [String: Value] = [:]
    var nodes: [Network.Node] = []
    /// Values of the parameters.
    var parameters: [(name: String, constant: Constant, shape: [Int])] = []
    var unsupported: [ONNXError.Unsupported] = []
    /// The network's input, per example.
    private(set) var input: [Int] = []
    var names = ImportedNames()
    /// Values that constants have taken so far, and floats of the parameters.
    private var computed = 0
    private var parameterCount = 0

    private static let mostComputed = 1 << 24

    init(file: ONNXFile, opset: Int) {
        self.file = file
        self.opset = opset
    }

    mutating func setInput(_ name: String, shape: [Int]) {
        input = Array(shape.dropFirst())
        values[name] = .activation(Port(port: -1, shape: shape))
    }

    /// Reads one node.
    mutating func add(_ node: NodeMessage) throws {
        let isKnown = node.domain.isEmpty || node.domain == "ai.onnx"
        guard isKnown, Importer.operations.contains(node.operation) else {
            return refuse(node, "no layer computes this operator")
        }
        do {
            let inputs = try node.inputs.map { name throws -> Value? in
                guard !name.isEmpty else { return nil }
                guard let value = values[name] else {
                    throw ONNXError(
                        file: file.path,
                        fault: .graph(
                            reason: "node '\(ONNXError.printable(node.shownName))' reads "
                                + "'\(ONNXError.printable(name))', which nothing before it gives: the graph has a cycle, "
                                + "or its nodes are out of order"))
                }
                return value
            }
            if let rows = try rows(node, inputs) {
                values[node.outputs.first ?? ""] = rows
                return
            }
            let isReadable = inputs.allSatisfy { if case .unknown? = $0 { false } else { true } }
            let results = isReadable ? try evaluate(node, NodeInputs(inputs)) : []
            for (index, output) in node.outputs.enumerated() {
                values[output] = index < results.count ? results[index] : .unknown
            }
        } catch let refusal as Refusal {
            refuse(node, refusal.reason)
        } catch let error as NetworkError {
            refuse(node, error.description)
        } catch let error as TensorError {
            refuse(node, error.description)
        }
    }

    private mutating func refuse(_ node: NodeMessage, _ reason: String) {
        unsupported.append(
            .init(operation: node.shownOperation, node: node.shownName, reason: reason))
        for output in node.outputs { values[output] = .unknown }
    }

    private mutating func evaluate(_ node: NodeMessage, _ inputs: NodeInputs) throws -> [Value] {
        let constants = inputs.all.map { value -> Constant?? in
            guard let value else { return .some(nil) }
            if case .constant(let constant) = value { return constant }
            return nil
        }
        if !constants.contains(where: { $0 == nil }), Importer.constantOperations.contains(node.operation) {
            let result = try constant(node, constants.map { $0 ?? nil })
            computed += result.reduce(0) { $0 + ($1.stored == nil ? $1.count : 0) }
            guard computed <= Importer.mostComputed else {
                throw Refusal("the constants of the graph are larger than \(Importer.mostComputed) values")
            }
            return result.map { .constant($0) }
        }
        return try layerValue(node, inputs)
    }

    // MARK: Layers

    /// Adds a layer.
    /// - Parameters:
    ///   - name: nil for a layer without parameters, which is named after its kind.
    ///   - parameters: values by the layer's name of each.
    mutating func emit(
        _ layer: any Layer, _ name: String? = nil, reading inputs: [Port],
        _ parameters: [(name: String, constant: Constant)] = []
    ) throws -> Port {
        let own = try layer.outputShape(for: inputs.map(\.own))
        _ = try Tensor.elementCount(of: own)
        let name = names.unique(name ?? names.counted(layer.kind))
        for specification in layer.parameters {
            guard let given = parameters.first(where: { $0.name == specification.name }) else { continue }
            guard given.constant.count == specification.shape.reduce(1, *) else {
                throw Refusal(
                    "\(specification.name) has the shape \(given.constant.shape), expected \(specification.shape)")
            }
            parameterCount += given.constant.count
            guard parameterCount <= Importer.mostParameters(file) else {
                throw Refusal("its layers share one tensor too often")
            }
            self.parameters.append(
                (name: "\(name).\(specification.name)", constant: given.constant, shape: specification.shape))
        }
        nodes.append(Network.Node(name: name, layer: layer, inputs: inputs.map(\.port)))
        return Port(port: nodes.count - 1, shape: [inputs[0].batch] + own)
    }

    /// Tensors may be shared, but a small file must not fill the memory.
    private static func mostParameters(_ file: ONNXFile) -> Int {
        (1 << 20) + 16 * (file.file.size + file.external.values.reduce(0) { $0 + $1.size })
    }

    /// What a layer can read, whatever pattern the value was part of.
    mutating func activation(_ value: Value) throws -> Port {
        switch value {
        case .activation(let activation): return activation
        case .expression(let expression): return try activation(expression)
        case .padded: throw Refusal("zeros are added to a picture that no convolution reads")
        case .pooled(let base):
            let size = (height: base.shape[2], width: base.shape[3])
            return try emit(AveragePool2D(kernel: size), reading: [base])
        case .product(let x, let weight): return try activation(try linear(x, weight, bias: nil, node: nil))
        case .view(let view):
            if view.isPixelTokens { return try emit(PixelTokens(), reading: [view.base]) }
            if view.isFirstToken { return try emit(TokenPooling(.first), reading: [view.base]) }
            if let part = try slices(view) { return part }
            throw Refusal("elements of shape \(view.base.shape) in the shape \(view.shape), and no layer does that")
        case .grouped(let norm): return try groupNorm(norm, weight: norm.weight, bias: nil, node: nil)
        case .constant(let constant):
            throw Refusal("a constant of shape \(constant.shape) takes the place of an activation")
        case .statistic, .scores, .mask, .positions, .rows, .unknown: break
        }
        throw Refusal("the nodes before it form no layer that is known")
    }

    private mutating func activation(_ expression: Expression) throws -> Port {
        if let function = expression.activation {
            guard let function else { return expression.base }
            return try emit(Activation(function), reading: [expression.base])
        }
        switch expression.parts {
        case .sum(let a, let b):
            let (a, b) = (try activation(a), try activation(b))
            return try emit(Add(), reading: [a, b])
        case .product(let a, let b):
            let (a, b) = (try activation(a), try activation(b))
            return try emit(Multiply(), reading: [a, b])
        case .chain(let inner, let outer) where inner.cost > 0:
            return try activation(try Expression(try activation(inner), cost: 1, outer))
        case .chain, nil: throw Refusal("no activation of ours computes the function of single elements that it reads")
        }
    }

    /// An input of a node as an activation, kept for further readers.
    mutating func activation(_ inputs: NodeInputs, _ index: Int, _ node: NodeMessage) throws -> Port {
        let result = try activation(try inputs.value(index))
        values[node.inputs[index]] = .activation(result)
        return result
    }
}

/// The inputs of a node: nil for one that is left out.
struct NodeInputs {
    let all: [Value?]

    init(_ all: [Value?]) { self.all = all }

    subscript(index: Int) -> Value? { index < all.count ? all[index] : nil }

    func value(_ index: Int) throws -> Value {
        guard let value = self[index] else { throw Refusal("input \(index + 1) is missing") }
        return value
    }

    /// An input that has to be known before the network runs.
    func constant(_ index: Int) throws -> Constant? {
        guard let value = self[index] else { return nil }
        guard case .constant(let constant) = value else {
            throw Refusal("input \(index + 1) depends on the network's input, and a constant is expected")
        }
        return constant
    }
}

/// Names of layers: those of the file where it has some.
struct ImportedNames {
    private var taken: Set<String> = []
    private var counts: [String: Int] = [:]
    /// How often a name was asked for again.
    private var again: [String: Int] = [:]

    /// `relu3` for the third of its kind.
    mutating func counted(_ kind: String) -> String {
        let base = Layers.constructor(ofKind: kind)?.baseName ?? kind.lowercased()
        counts[base, default: 0] += 1
        return "\(base)\(counts[base] ?? 1)"
    }

    mutating func unique(_ name: String) -> String {
        var candidate = name
        while !taken.insert(candidate).inserted {
            again[name, default: 1] += 1
            candidate = "\(name)_\(again[name] ?? 2)"
        }
        return candidate
    }

    /// A layer's name: that of its weight without the ending; else the node's place among PyTorch's modules, which exporters
    /// keep; else that of its bias, which may be shared; else the whole name of the weight.
    static func layer(weight: Constant?, bias: Constant?, node: NodeMessage?) -> String? {
        if let name = owner(of: weight, "weight") { return name }
        if let path = node.flatMap({ $0.scope ?? modulePath($0.name) }), isSound(path) { return path }
        if let name = owner(of: bias, "bias") { return name }
        guard let name = weight?.stored?.tensor.name, !name.isEmpty else { return nil }
        let plain = name.split(separator: ".").joined(separator: ".")
        return isSound(plain) ? plain : nil
    }

    private static func owner(of constant: Constant?, _ ending: String) -> String? {
        guard let name = constant?.stored?.tensor.name, name.hasSuffix(".\(ending)"), isSound(name) else { return nil }
        return String(name.dropLast(ending.count + 1))
    }

    /// From `/layer1/layer1.0/conv1/Conv`, as older exporters name nodes.
    private static func modulePath(_ name: String) -> String? {
        guard name.hasPrefix("/") else { return nil }
        var path: [Substring] = []
        for part in name.split(separator: "/").dropLast() {
            if let last = path.last, part.hasPrefix("\(last).") { path.removeLast() }
            path.append(part)
        }
        let joined = path.joined(separator: ".").split(separator: ".").joined(separator: ".")
        return joined.isEmpty || !isSound(joined) ? nil : joined
    }

    private static func isSound(_ name: String) -> Bool {
        !name.split(separator: ".", omittingEmptySubsequences: false).contains("")
            && !name.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
}

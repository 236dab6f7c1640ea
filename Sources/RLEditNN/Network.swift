public import RLEditTensor

/// A network: an ordered graph of named layers, and the values of its parameters.
///
/// A value: copies share parameter memory until one of them changes, so an edited copy costs what the edit costs and
/// never changes the original. Parameters are named `node.parameter` (`fc2.weight`), as PyTorch names them.
public struct Network: Sendable {
    /// A layer in its place.
    public struct Node: Sendable {
        public let name: String
        public let layer: any Layer
        /// Indices of the nodes it reads, all before its own; -1 is the network's input.
        public let inputs: [Int]
        /// Where files keep those of its parameters that are not tensors `node.parameter` there, by the parameter's name
        /// in the layer.
        public let stored: [String: StoredTensor]

        public init(name: String, layer: any Layer, inputs: [Int], stored: [String: StoredTensor] = [:]) {
            self.name = name
            self.layer = layer
            self.inputs = inputs
            self.stored = stored
        }
    }

    package let graph: NetworkGraph
    /// Values in the order of `graph.parameters`.
    package private(set) var parameterValues: [Tensor]

    /// What has to go with the network wherever it goes, as text under keys that begin with `rledit.`: the vocabulary of a
    /// text classifier. Copies and edited networks keep it, and files get it (``safetensors(basedOn:prefix:metadata:)``).
    public var metadata: [String: String] = [:]

    public var nodes: [Node] { graph.nodes }
    /// Shape of one example, in PyTorch's order.
    public var inputShape: [Int] { graph.inputShape }
    /// Shape of the output for one example.
    public var outputShape: [Int] { graph.shape(of: nodes.count - 1) }

    /// A network whose layers follow each other.
    /// - Parameters:
    ///   - inputShape: one example's, `[features]` or `[channels, height, width]`.
    ///   - random: each parameter draws its initial values from this stream split by the parameter's name, so that
    ///     they do not depend on the other layers.
    /// - Throws: ``NetworkError`` naming the layer that does not fit, or `TensorError` for an impossible shape.
    public init(inputShape: [Int], layers: [(name: String, layer: any Layer)], random: RandomStream) throws {
        let nodes = layers.enumerated().map {
            Node(name: $0.element.name, layer: $0.element.layer, inputs: [$0.offset - 1])
        }
        try self.init(inputShape: inputShape, nodes: nodes, random: random)
    }

    /// A network whose nodes say what they read. The last node is the output.
    public init(inputShape: [Int], nodes: [Node], random: RandomStream) throws {
        let graph = try NetworkGraph(nodes: nodes, inputShape: inputShape)
        self.graph = graph
        parameterValues = try graph.parameters.map { parameter in
            switch parameter.specification.initialization {
            case .constant(let value): return try Tensor(repeating: value, shape: parameter.specification.shape)
            case .uniform(let bound):
                var stream = random.split(parameter.name)
                return try Tensor(shape: parameter.specification.shape) { buffer in
                    for index in buffer.indices { buffer[index] = stream.uniform(-bound, bound) }
                }
            }
        }
    }

    /// The index of the node with this name.
    public func nodeIndex(named name: String) -> Int? { nodes.firstIndex { $0.name == name } }

    /// Shape per example of what a node gives; -1 is the network's input.
    /// - Precondition: `-1 ..< nodes.count`.
    public func outputShape(ofNode index: Int) -> [Int] { graph.shape(of: index) }

    // MARK: Parameters

    /// Names in the order of the nodes: `conv1.weight`, `conv1.bias`, …
    public var parameterNames: [String] { graph.parameters.map(\.name) }

    /// Number of trainable values.
    public var parameterCount: Int { graph.trainedCount(graph.parameters[...]) }

    /// The value of a parameter; nil when there is none of this name.
    public func parameter(_ name: String) -> Tensor? { graph.parameterIndices[name].map { parameterValues[$0] } }

    /// Replaces a parameter in this value; copies of the network keep theirs.
    /// - Throws: ``NetworkError/unknownParameter(name:known:)``, ``NetworkError/parameterShape(name:expected:actual:)``.
    public mutating func setParameter(_ name: String, _ value: Tensor) throws(NetworkError) {
        parameterValues[try parameterIndex(name, accepting: value)] = value
    }

    /// The place of a parameter, when `value` has its shape.
    func parameterIndex(_ name: String, accepting value: Tensor) throws(NetworkError) -> Int {
        guard let index = graph.parameterIndices[name] else {
            throw .unknownParameter(name: name, known: parameterNames)
        }
        let expected = graph.parameters[index].specification.shape
        guard value.shape == expected else {
            throw .parameterShape(name: name, expected: expected, actual: value.shape)
        }
        return index
    }

    /// The same parameters in another graph that has some of the same nodes.
    init(graph: NetworkGraph, valuesOf whole: Network) throws(NetworkError) {
        self.graph = graph
        parameterValues = []
        for place in graph.parameters {
            guard let value = whole.parameter(place.name) else {
                throw .unknownParameter(name: place.name, known: whole.parameterNames)
            }
            parameterValues.append(value)
        }
    }

    /// All parameters from one buffer of `graph.flatCount` floats.
    mutating func setParameters(fromFlat flat: UnsafePointer<Float>) {
        for (index, parameter) in graph.parameters.enumerated() {
            let tensor = Tensor(uninitialized: parameter.specification.shape, count: parameter.count)
            tensor.storage.pointer.initialize(from: flat + parameter.flatOffset, count: parameter.count)
            parameterValues[index] = tensor
        }
    }
}

extension Network: CustomStringConvertible {
    /// The layer table: name, type and settings, output shape, number of parameters; one line each.
    public var description: String {
        var rows = [["layer", "type", "output", "parameters"], ["input", "", "\(inputShape)", ""]]
        for (index, node) in nodes.enumerated() {
            let summary = node.layer.summary
            let count = graph.trainedCount(graph.parameters[graph.nodeParameters[index]])
            rows.append([
                node.name, summary.isEmpty ? node.layer.kind : "\(node.layer.kind) (\(summary))",
                "\(graph.shapes[index])", count == 0 ? "" : "\(count)",
            ])
        }
        rows.append(["total", "", "", "\(parameterCount)"])
        let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            let cells = zip(row, widths).enumerated().map { column, cell in
                let space = String(repeating: " ", count: cell.1 - cell.0.count)
                return column == 3 ? space + cell.0 : cell.0 + space
            }
            return cells.joined(separator: "  ")
        }
        return lines.joined(separator: "\n")
    }
}

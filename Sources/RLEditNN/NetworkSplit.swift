public import RLEditTensor

/// A network cut in two: what some nodes and all that follows from them compute, and what enters those.
///
/// An edit of the nodes can change nothing but the *suffix*: the nodes themselves and everything downstream. What the suffix
/// reads from outside of it is the *frontier*. Its values are computed once, by the *prefix*, and then enter the suffix as
/// its input as often as the suffix runs. In a chain the frontier is what enters the first of the nodes; a shortcut or an
/// attention mask that goes past them adds to it.
public struct NetworkSplit: Sendable {
    /// Computes the frontier; a network without layers where the suffix reads nothing but the network's own input.
    public let prefix: Network
    /// A network of its own, with the parameters' names and values. Its input is the frontier: the one activation that it
    /// holds in its own shape, or all of several side by side as one vector, in the order of the network's memory.
    public let suffix: Network
    /// Where each activation of the frontier lies in the suffix's input; -1 is the network's input.
    package let parts: [(node: Int, range: Range<Int>)]

    /// - Parameter nodes: indices of the nodes that the suffix begins with; at least one.
    /// - Throws: ``NetworkError/nodeIndex(operation:index:count:)``.
    public init(_ network: Network, at nodes: [Int]) throws {
        let graph = network.graph
        for node in nodes where !graph.nodes.indices.contains(node) {
            throw NetworkError.nodeIndex(operation: "split", index: node, count: graph.nodes.count)
        }
        var isSuffix = [Bool](repeating: false, count: graph.nodes.count)
        for node in nodes { isSuffix[node] = true }
        // The suffix ends in the network's output, also where no node leads there.
        if let last = isSuffix.indices.last { isSuffix[last] = true }
        for (index, node) in graph.nodes.enumerated() where node.inputs.contains(where: { $0 >= 0 && isSuffix[$0] }) {
            isSuffix[index] = true
        }
        let members = graph.nodes.indices.filter { isSuffix[$0] }
        var frontier: [Int] = []
        for input in members.flatMap({ graph.nodes[$0].inputs }) where input < 0 || !isSuffix[input] {
            if !frontier.contains(input) { frontier.append(input) }
        }
        frontier.sort()

        var parts: [(node: Int, range: Range<Int>)] = []
        var total = 0
        for node in frontier {
            let count = graph.shape(of: node).reduce(1, *)
            parts.append((node, total..<(total + count)))
            total += count
        }
        self.parts = parts
        prefix = try network.computing(frontier)

        var places: [Int: Int] = [:]
        var suffixNodes: [Network.Node] = []
        if frontier.count == 1 {
            places[frontier[0]] = -1
        } else {
            for part in parts {
                places[part.node] = suffixNodes.count
                let layer = FrontierPart(offset: part.range.lowerBound, shape: graph.shape(of: part.node))
                suffixNodes.append(
                    Network.Node(name: graph.freeName("frontier \(suffixNodes.count + 1)"), layer: layer, inputs: [-1]))
            }
        }
        for member in members {
            let node = graph.nodes[member]
            places[member] = suffixNodes.count
            suffixNodes.append(
                Network.Node(name: node.name, layer: node.layer, inputs: node.inputs.map { places[$0] ?? -1 }))
        }
        let shape = frontier.count == 1 ? graph.shape(of: frontier[0]) : [total]
        suffix = try Network(graph: NetworkGraph(nodes: suffixNodes, inputShape: shape), valuesOf: network)
    }

    /// The frontier of a batch: what enters the suffix, `[N] + suffix.inputShape`.
    /// - Parameter layout: of a single picture; a frontier of several activations has one layout only.
    public func entering(
        _ input: ExampleInputs, layout: ActivationLayout = .channelsFirst, pool: WorkerPool? = nil
    ) throws -> Tensor {
        try prefix.forward(input, to: layout, pool: pool)
    }
}

extension Network {
    /// The part of the network that computes some of its activations, as one vector where they are several.
    /// - Parameter nodes: indices; -1 is the network's input.
    package func computing(_ nodes: [Int]) throws -> Network {
        var isNeeded = [Bool](repeating: false, count: graph.nodes.count)
        for node in nodes where node >= 0 { isNeeded[node] = true }
        for index in graph.nodes.indices.reversed() where isNeeded[index] {
            for input in graph.nodes[index].inputs where input >= 0 { isNeeded[input] = true }
        }
        var places = [-1: -1]
        var needed: [Node] = []
        for index in graph.nodes.indices where isNeeded[index] {
            let node = graph.nodes[index]
            places[index] = needed.count
            needed.append(Node(name: node.name, layer: node.layer, inputs: node.inputs.map { places[$0] ?? -1 }))
        }
        if nodes.count > 1 {
            needed.append(
                Node(name: graph.freeName("frontier"), layer: Frontier(), inputs: nodes.map { places[$0] ?? -1 }))
        }
        return try Network(graph: NetworkGraph(nodes: needed, inputShape: inputShape), valuesOf: self)
    }

    /// The network up to a layer, whose output it then is.
    /// - Throws: ``NetworkError/unknownLayer(name:known:)``.
    package func part(endingAt name: String) throws -> Network {
        guard let node = nodeIndex(named: name) else {
            throw NetworkError.unknownLayer(name: name, known: nodes.map(\.name))
        }
        return try computing([node])
    }

    /// Multiply-adds of one example's forward pass: those of products and convolutions, next to which everything else is
    /// small.
    package var multiplyAdds: Double {
        nodes.indices.reduce(0.0) { sum, index in
            // A convolution meets each of its weights once at every place of its output, a linear layer at every token.
            let places = Double(ActivationShape(outputShape(ofNode: index)).positions)
            let weights = nodes[index].layer.parameters.filter { $0.shape.count >= 2 }
            return sum + places * weights.reduce(0.0) { $0 + $1.shape.reduce(1.0) { $0 * Double($1) } }
        }
    }
}

extension NetworkGraph {
    /// A name that no node has.
    fileprivate func freeName(_ wish: String) -> String {
        var name = wish
        while nodes.contains(where: { $0.name == name }) { name += "'" }
        return name
    }
}

/// Activations of any shapes side by side as one vector, each in the memory order of the network.
private struct Frontier: Layer {
    var kind: String { "Frontier" }

    func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        [inputs.reduce(0) { $0 + $1.reduce(1, *) }]
    }

    func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        SideBySideKernel(rows: request.rows, widths: request.inputShapes.map { $0.reduce(1, *) })
    }
}

/// One of the activations of a ``Frontier``, in its own shape.
private struct FrontierPart: Layer {
    let offset: Int
    let shape: [Int]

    var kind: String { "FrontierPart" }

    func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] { shape }

    func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        Kernel(
            rows: request.rows, offset: offset, width: shape.reduce(1, *), total: request.inputShape.reduce(1, *))
    }

    private final class Kernel: LayerKernel {
        let rows: Int
        let offset: Int
        let width: Int
        let total: Int

        init(rows: Int, offset: Int, width: Int, total: Int) {
            self.rows = rows
            self.offset = offset
            self.width = width
            self.total = total
        }

        func forward(_ pass: ForwardPass) {
            for row in 0..<rows {
                (pass.output + row * width).update(from: pass.inputs[0] + row * total + offset, count: width)
            }
        }

        func backward(_ pass: BackwardPass) {
            guard let gradient = pass.inputGradients[0] else { return }
            // Each part overwrites the whole gradient with its share of it; the shares are added.
            gradient.update(repeating: 0, count: rows * total)
            for row in 0..<rows {
                (gradient + row * total + offset).update(from: pass.outputGradient + row * width, count: width)
            }
        }
    }
}

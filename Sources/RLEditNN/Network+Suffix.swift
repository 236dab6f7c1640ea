internal import RLEditTensor

extension Network {
    /// The nodes from `start` on as a network of their own, with these parameters: what an edit of node `start` or a
    /// later one can change. Its input is what ``activations(_:before:layout:pool:)`` gives.
    /// - Throws: ``NetworkError/cut(before:reads:)`` where later nodes also read something from before `start`.
    package func suffix(from start: Int) throws -> Network {
        let source = try graph.source(ofSuffixFrom: start, operation: "suffix")
        let nodes = nodes[start...].map { node in
            Node(name: node.name, layer: node.layer, inputs: node.inputs.map { $0 == source ? -1 : $0 - start })
        }
        // The initial values that the new network draws are all replaced.
        var result = try Network(inputShape: graph.shape(of: source), nodes: nodes, random: RandomStream(seed: 0))
        for name in result.parameterNames {
            if let value = parameter(name) { try result.setParameter(name, value) }
        }
        return result
    }

    /// The last place at or before a node where the network can be cut in two.
    package func lastCut(before node: Int) -> Int {
        var start = node
        while start > 0, (try? graph.source(ofSuffixFrom: start, operation: "suffix")) == nil { start -= 1 }
        return start
    }

    /// Multiply-adds of one example's forward pass through the nodes from `start` on: those of products and
    /// convolutions, next to which everything else is small.
    package func multiplyAdds(from start: Int = 0) -> Double {
        nodes.indices.dropFirst(start).reduce(0.0) { sum, index in
            let shape = outputShape(ofNode: index)
            // A convolution meets each of its weights once at every place of its output.
            let places = shape.count == 3 ? Double(shape[1]) * Double(shape[2]) : 1
            let weights = nodes[index].layer.parameters.filter { $0.shape.count >= 2 }
            return sum + places * weights.reduce(0.0) { $0 + $1.shape.reduce(1.0) { $0 * Double($1) } }
        }
    }
}

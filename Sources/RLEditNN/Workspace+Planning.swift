/// Decides which activations may share memory.
struct BufferPlan {
    /// Floats of each buffer.
    private(set) var counts: [Int] = []
    private var free: [Int] = []

    /// A buffer of at least this many floats: a free one, grown when needed, or a new one.
    mutating func take(_ count: Int) -> Int {
        guard let position = free.indices.min(by: { abs(counts[free[$0]] - count) < abs(counts[free[$1]] - count) })
        else {
            counts.append(count)
            return counts.count - 1
        }
        let buffer = free.remove(at: position)
        counts[buffer] = max(counts[buffer], count)
        return buffer
    }

    mutating func giveBack(_ buffer: Int) { free.append(buffer) }
}

/// Which nodes are computed by the node before them: a ReLU, or a batch norm at inference, that alone reads a node which can
/// do its work on the way.
struct Fusions {
    /// For each node the ReLU that it ends in, and the batch norm folded into its weights; -1 for none.
    private(set) var reLU: [Int]
    private(set) var batchNorm: [Int]
    /// For each node that is fused, the node that computes it; -1 elsewhere.
    private(set) var producer: [Int]

    init(_ graph: NetworkGraph, foldsBatchNorms: Bool) {
        let none = [Int](repeating: -1, count: graph.nodes.count)
        (reLU, batchNorm, producer) = (none, none, none)
        var readers = none.map { _ in 0 }
        for node in graph.nodes { for input in Set(node.inputs) where input >= 0 { readers[input] += 1 } }
        for (index, node) in graph.nodes.enumerated() {
            guard let input = node.inputs.first, node.inputs.count == 1, input >= 0, readers[input] == 1 else {
                continue
            }
            if foldsBatchNorms, node.layer is BatchNorm, graph.nodes[input].layer is any FoldsBatchNorm {
                batchNorm[input] = index
                producer[index] = input
            } else if let activation = node.layer as? Activation, activation.function == .relu {
                // What a batch norm gives is given by the layer that it is folded into.
                let source = producer[input] >= 0 ? producer[input] : input
                guard reLU[source] < 0, graph.nodes[source].layer is any FusesReLU else { continue }
                reLU[source] = index
                producer[index] = source
            }
        }
    }

    /// All nodes that `node` computes on the way, itself included.
    func group(of node: Int) -> [Int] { [node, batchNorm[node], reLU[node]].filter { $0 >= 0 } }
}

extension Workspace {
    /// The last node that reads each node (itself when none does), and whether any output has two readers.
    static func lastConsumers(_ graph: NetworkGraph) -> (last: [Int], hasSharedOutput: Bool) {
        var last = Array(graph.nodes.indices)
        var readers = [Int](repeating: 0, count: graph.nodes.count + 1)
        for (index, node) in graph.nodes.enumerated() {
            for input in node.inputs {
                if input >= 0 { last[input] = index }
                readers[input + 1] += 1
            }
        }
        return (last, readers.contains { $0 > 1 })
    }

    /// The buffer of each node's output. At inference a buffer is free again after its last reader; otherwise all outputs
    /// stay for the backward pass. What is fused shares one.
    static func planOutputs(
        _ graph: NetworkGraph, _ key: Key, _ fusions: Fusions, _ plan: inout BufferPlan
    ) -> [Int] {
        let count = graph.nodes.count
        var last = lastConsumers(graph).last
        if count > 0 { last[count - 1] = count }
        var buffers = [Int](repeating: -1, count: count)
        for index in 0..<count where fusions.producer[index] < 0 {
            let buffer = plan.take(graph.shapes[index].reduce(key.rows, *))
            let group = fusions.group(of: index)
            for member in group { buffers[member] = buffer }
            // The last reader of what the group gives is the last reader of its buffer.
            let end = group.last ?? index
            for member in group { last[member] = last[end] }
            guard key.mode == .inference else { continue }
            for earlier in 0...index where last[earlier] == index && fusions.producer[earlier] < 0 {
                plan.giveBack(buffers[earlier])
            }
        }
        return buffers
    }

    /// The buffer of the gradient of each node's output, which lives from its last reader's backward pass to its own. What is
    /// fused shares one; so do a sum and one of its inputs that nothing else reads, since their gradients are equal.
    static func planGradients(
        _ graph: NetworkGraph, _ key: Key, _ fusions: Fusions, _ plan: inout BufferPlan
    ) -> [Int] {
        var buffers = [Int](repeating: -1, count: graph.nodes.count)
        for (index, node) in graph.nodes.enumerated().reversed() {
            if buffers[index] < 0 { buffers[index] = plan.take(graph.shapes[index].reduce(key.rows, *)) }
            let heir = fusions.producer[index] >= 0 ? fusions.producer[index] : sharer(of: index, graph)
            for input in node.inputs where input >= 0 && buffers[input] < 0 {
                buffers[input] = input == heir ? buffers[index] : plan.take(graph.shapes[input].reduce(key.rows, *))
            }
            if heir == nil { plan.giveBack(buffers[index]) }
        }
        return buffers
    }

    /// The input of a sum that may have its gradient.
    private static func sharer(of index: Int, _ graph: NetworkGraph) -> Int? {
        guard graph.nodes[index].layer is Add else { return nil }
        return graph.nodes[index].inputs.first { input in
            input >= 0 && graph.nodes.reduce(0) { $0 + $1.inputs.count { $0 == input } } == 1
        }
    }
}

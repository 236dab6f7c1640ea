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

extension Workspace {
    /// Pairs of a node that can end in max(0, x) and the ReLU that alone reads it: for each node its ReLU, and for each
    /// ReLU its node; -1 elsewhere.
    static func fusions(_ graph: NetworkGraph, _ range: Range<Int>) -> (reLU: [Int], producer: [Int]) {
        var reLU = [Int](repeating: -1, count: graph.nodes.count)
        var producer = reLU
        for index in range {
            let node = graph.nodes[index]
            guard let activation = node.layer as? Activation, activation.function == .relu,
                let input = node.inputs.first,
                range.contains(input), graph.nodes[input].layer is any FusesReLU,
                graph.nodes.allSatisfy({ $0.name == node.name || !$0.inputs.contains(input) })
            else { continue }
            reLU[input] = index
            producer[index] = input
        }
        return (reLU, producer)
    }

    /// The last node that reads each node of `range` (itself when none does), and whether any output has two readers.
    static func lastConsumers(_ graph: NetworkGraph, _ range: Range<Int>) -> (last: [Int], hasSharedOutput: Bool) {
        var last = Array(0..<graph.nodes.count)
        var readers = [Int](repeating: 0, count: graph.nodes.count + 1)
        for index in range {
            for input in graph.nodes[index].inputs {
                if input >= 0 { last[input] = index }
                readers[input + 1] += 1
            }
        }
        return (last, readers.contains { $0 > 1 })
    }

    /// The buffer of each node's output. At inference a buffer is free again after its last reader; while training all
    /// outputs stay for the backward pass. A fused pair shares one.
    static func planOutputs(
        _ graph: NetworkGraph, _ key: Key, _ fusedReLU: [Int], _ plan: inout BufferPlan
    ) -> [Int] {
        let range = key.start..<key.end
        var last = lastConsumers(graph, range).last
        if let final = range.last { last[final] = range.upperBound }
        var buffers = [Int](repeating: -1, count: range.count)
        for index in range {
            let place = index - key.start
            if buffers[place] < 0 { buffers[place] = plan.take(graph.shapes[index].reduce(key.rows, *)) }
            if fusedReLU[index] >= 0 { buffers[fusedReLU[index] - key.start] = buffers[place] }
            guard !key.isTraining else { continue }
            for earlier in range.lowerBound..<(index + 1) where last[earlier] == index && fusedReLU[earlier] < 0 {
                plan.giveBack(buffers[earlier - key.start])
            }
        }
        return buffers
    }

    /// The buffer of the gradient of each node's output, which lives from its last reader's backward pass to its own.
    static func planGradients(
        _ graph: NetworkGraph, _ key: Key, _ fusedProducer: [Int], _ plan: inout BufferPlan
    ) -> [Int] {
        let range = key.start..<key.end
        var buffers = [Int](repeating: -1, count: range.count)
        for index in range.reversed() {
            let place = index - key.start
            if buffers[place] < 0 { buffers[place] = plan.take(graph.shapes[index].reduce(key.rows, *)) }
            for input in graph.nodes[index].inputs where range.contains(input) && buffers[input - key.start] < 0 {
                buffers[input - key.start] =
                    fusedProducer[index] == input ? buffers[place] : plan.take(graph.shapes[input].reduce(key.rows, *))
            }
            if fusedProducer[index] < 0 { plan.giveBack(buffers[place]) }
        }
        return buffers
    }
}

internal import CKernels
internal import RLEditTensor

/// Memory and kernels to run nodes `start...` of a network on blocks of a fixed number of rows.
///
/// Invariant that makes it sendable: one thread at a time uses it (``WorkspaceCache`` hands each out once).
final class Workspace: @unchecked Sendable {
    struct Key: Hashable, Sendable {
        let rows: Int
        /// First node that runs.
        let start: Int
        /// One past the last node that runs.
        let end: Int
        let isTraining: Bool
    }

    let key: Key
    /// Keeps this workspace while it is idle, so must not be kept by it; whoever runs the workspace holds the graph.
    private unowned let graph: NetworkGraph
    /// The node whose output the first node reads; -1 for the network's input.
    private let source: Int
    /// Kernel of each node from `start`; nil for a ReLU that the node before it computes on the way.
    private var kernels: [(any LayerKernel)?] = []
    /// A ReLU and the node that computes it, both ways; -1 elsewhere.
    private var fusedReLU: [Int]
    private var fusedProducer: [Int]
    private let memory: [TensorStorage]
    private let outputs: [UnsafeMutablePointer<Float>]
    private let gradients: [UnsafeMutablePointer<Float>]
    /// For the second and later contributions to one gradient.
    private let addend: UnsafeMutablePointer<Float>?

    init(graph: NetworkGraph, key: Key) throws(NetworkError) {
        self.key = key
        self.graph = graph
        source = try graph.source(ofSuffixFrom: key.start, operation: "workspace")
        let range = key.start..<key.end
        (fusedReLU, fusedProducer) = Workspace.fusions(graph, range)
        for index in range {
            let node = graph.nodes[index]
            guard fusedProducer[index] < 0 else {
                kernels.append(nil)
                continue
            }
            let request = KernelRequest(
                rows: key.rows, inputShapes: node.inputs.map(graph.shape(of:)), outputShape: graph.shapes[index],
                isTraining: key.isTraining, fusesReLU: fusedReLU[index] >= 0)
            do {
                kernels.append(try node.layer.makeKernel(request))
            } catch {
                throw .node(name: node.name, cause: error)
            }
        }
        var plan = BufferPlan()
        let outputBuffers = Workspace.planOutputs(graph, key, fusedReLU, &plan)
        let gradientBuffers = key.isTraining ? Workspace.planGradients(graph, key, fusedProducer, &plan) : []
        let consumers = Workspace.lastConsumers(graph, range)
        let shared = key.isTraining && consumers.hasSharedOutput
        let widest = range.reduce(0) { max($0, graph.shapes[$1].reduce(key.rows, *)) }
        let addendBuffer = shared ? plan.take(widest) : nil
        let memory = plan.counts.map { TensorStorage(uninitializedCount: $0) }
        self.memory = memory
        outputs = outputBuffers.map { memory[$0].pointer }
        gradients = gradientBuffers.map { memory[$0].pointer }
        addend = addendBuffer.map { memory[$0].pointer }
    }

    /// What the last node gave.
    var output: UnsafeMutablePointer<Float> { outputs[outputs.count - 1] }
    /// Where the caller writes the gradient of the loss with respect to `output` before calling `backward`.
    var outputGradient: UnsafeMutablePointer<Float> { gradients[gradients.count - 1] }

    /// Runs the nodes in order.
    /// - Parameters:
    ///   - input: `rows` examples in the memory order of `Layer`, channels last; or sparse ones, when the source is the
    ///     network's input and the graph takes them (``NetworkGraph/takesSparseInput``).
    ///   - parameters: one pointer per parameter of the whole graph.
    ///   - random: while training, the block's stream; each node gets its own split.
    func forward(
        input: BlockInput, parameters: [UnsafePointer<Float>], random: RandomStream? = nil
    ) throws(NetworkError) {
        rl_use_one_library_thread()
        for index in key.start..<key.end {
            guard let kernel = kernels[index - key.start] else { continue }
            let node = graph.nodes[index]
            try kernel.forward(
                ForwardPass(
                    inputs: node.inputs.map { pointer(to: $0, input: input.dense) },
                    sparseInput: node.inputs.first == source ? input.sparse : nil,
                    parameters: Array(parameters[graph.nodeParameters[index]]), output: outputs[index - key.start],
                    random: random?.split(node.name)))
        }
    }

    /// Runs the nodes backwards from `outputGradient`, after `forward` on the same input.
    /// - Parameters:
    ///   - parameterGradients: one pointer per parameter of the whole graph; those of the nodes run are overwritten.
    ///   - inputGradient: receives the gradient with respect to `input` when not nil.
    func backward(
        input: BlockInput, parameters: [UnsafePointer<Float>],
        parameterGradients: [UnsafeMutablePointer<Float>], inputGradient: UnsafeMutablePointer<Float>? = nil
    ) throws(NetworkError) {
        // Whether a gradient has received its first contribution; the last place is the source.
        var isWritten = [Bool](repeating: false, count: key.end - key.start + 1)
        isWritten[key.end - key.start - 1] = true
        for index in (key.start..<key.end).reversed() {
            let place = index - key.start
            guard isWritten[place] else {
                // Nothing that reaches the output reads this node.
                zeroGradients(of: index, parameterGradients)
                continue
            }
            let gradient = gradients[place]
            if fusedProducer[index] >= 0 {
                let count = Int64(graph.shapes[index].reduce(key.rows, *))
                rl_activation_backward(Int32(RL_RELU), nil, outputs[place], gradient, gradient, count)
                isWritten[fusedProducer[index] - key.start] = true
                continue
            }
            guard let kernel = kernels[place] else { continue }
            let node = graph.nodes[index]
            var targets: [UnsafeMutablePointer<Float>?] = []
            var additions: [(from: UnsafeMutablePointer<Float>, to: UnsafeMutablePointer<Float>, count: Int)] = []
            for producer in node.inputs {
                let producerPlace = producer == source ? key.end - key.start : producer - key.start
                let target = producer == source ? inputGradient : gradients[producerPlace]
                guard let target, isWritten[producerPlace] else {
                    targets.append(target)
                    isWritten[producerPlace] = true
                    continue
                }
                let count = graph.shape(of: producer).reduce(key.rows, *)
                // Each input of one node needs memory of its own until it has been added.
                let extra = additions.isEmpty ? addend : nil
                let from = extra ?? .allocate(capacity: max(count, 1))
                targets.append(from)
                additions.append((from, target, count))
            }
            defer { for addition in additions where addition.from != addend { addition.from.deallocate() } }
            try kernel.backward(
                BackwardPass(
                    inputs: node.inputs.map { pointer(to: $0, input: input.dense) },
                    sparseInput: node.inputs.first == source ? input.sparse : nil,
                    parameters: Array(parameters[graph.nodeParameters[index]]), output: UnsafePointer(outputs[place]),
                    outputGradient: UnsafePointer(gradient), inputGradients: targets,
                    parameterGradients: Array(parameterGradients[graph.nodeParameters[index]])))
            for addition in additions { rl_accumulate(addition.to, addition.from, Int64(addition.count)) }
        }
    }

    private func pointer(to node: Int, input: UnsafePointer<Float>) -> UnsafePointer<Float> {
        node == source ? input : UnsafePointer(outputs[node - key.start])
    }

    private func zeroGradients(of node: Int, _ parameterGradients: [UnsafeMutablePointer<Float>]) {
        for index in graph.nodeParameters[node] {
            parameterGradients[index].update(repeating: 0, count: graph.parameters[index].count)
        }
    }
}

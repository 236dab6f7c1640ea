internal import CKernels
internal import RLEditTensor

/// Memory and kernels to run a network on blocks of a fixed number of rows.
///
/// Invariant that makes it sendable: one thread at a time uses it (``WorkspaceCache`` hands each out once).
final class Workspace: @unchecked Sendable {
    struct Key: Hashable, Sendable {
        let rows: Int
        let mode: PassMode
    }

    let key: Key
    /// Keeps this workspace while it is idle, so must not be kept by it; whoever runs the workspace holds the graph.
    private unowned let graph: NetworkGraph
    /// Kernel of each node; nil for one that the node before it computes on the way.
    private var kernels: [(any LayerKernel)?] = []
    private let fusions: Fusions
    /// Weights with a batch norm folded in, by node.
    private var folds: [Int: FoldedWeights] = [:]
    private let memory: [TensorStorage]
    private let outputs: [UnsafeMutablePointer<Float>]
    private let gradients: [UnsafeMutablePointer<Float>]
    /// For the second and later contributions to one gradient.
    private let addend: UnsafeMutablePointer<Float>?
    /// Whether a gradient has received its first contribution; the last place is the network's input's.
    private var isWritten: [Bool] = []

    init(graph: NetworkGraph, key: Key) throws(NetworkError) {
        self.key = key
        self.graph = graph
        let fusions = Fusions(graph, foldsBatchNorms: key.mode == .inference)
        self.fusions = fusions
        for (index, node) in graph.nodes.enumerated() {
            guard fusions.producer[index] < 0 else {
                kernels.append(nil)
                continue
            }
            var layer = node.layer
            if fusions.batchNorm[index] >= 0, let folding = layer as? any FoldsBatchNorm {
                layer = folding.withBias
                folds[index] = FoldedWeights(of: folding)
            }
            let request = KernelRequest(
                rows: key.rows, inputShapes: node.inputs.map(graph.shape(of:)), outputShape: graph.shapes[index],
                mode: key.mode, fusesReLU: fusions.reLU[index] >= 0, foldsBatchNorm: folds[index] != nil)
            do {
                kernels.append(try layer.makeKernel(request))
            } catch {
                throw .node(name: node.name, cause: error)
            }
        }
        var plan = BufferPlan()
        let outputBuffers = Workspace.planOutputs(graph, key, fusions, &plan)
        let shared = key.mode != .inference && Workspace.lastConsumers(graph).hasSharedOutput
        let widest = graph.shapes.reduce(graph.inputShape.reduce(key.rows, *)) { max($0, $1.reduce(key.rows, *)) }
        // Before the gradients, whose buffers are free at some times only.
        let addendBuffer = shared ? plan.take(widest) : nil
        let gradientBuffers = key.mode == .inference ? [] : Workspace.planGradients(graph, key, fusions, &plan)
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
    /// The kernel of a batch norm that runs by itself.
    func batchNorm(_ node: Int) -> BatchNormKernel? { kernels[node] as? BatchNormKernel }
    /// What a node reads first, and the gradient of what it gives; valid while the passes have come that far.
    func input(of node: Int, from input: BlockInput) -> UnsafePointer<Float> {
        pointer(to: graph.nodes[node].inputs[0], input: input.dense)
    }
    func gradient(of node: Int) -> UnsafePointer<Float> { UnsafePointer(gradients[node]) }

    /// Runs the nodes in order.
    /// - Parameters:
    ///   - nodes: those to run, all before them having run on the same input; nil for all.
    ///   - input: `rows` examples in the memory order of `Layer`, channels last; or sparse ones, when the graph takes them
    ///     (``NetworkGraph/takesSparseInput``).
    ///   - parameters: one pointer per parameter of the graph.
    ///   - random: while training, the block's stream; each node gets its own split.
    func forward(
        _ nodes: Range<Int>? = nil, input: BlockInput, parameters: [UnsafePointer<Float>], random: RandomStream? = nil
    ) throws(NetworkError) {
        rl_use_one_library_thread()
        for index in nodes ?? 0..<graph.nodes.count {
            guard let kernel = kernels[index] else { continue }
            let node = graph.nodes[index]
            var own = Array(parameters[graph.nodeParameters[index]])
            if let fold = folds[index] {
                let batchNorm = fusions.batchNorm[index]
                own = fold.fold(own, graph.nodes[batchNorm].layer, Array(parameters[graph.nodeParameters[batchNorm]]))
            }
            try kernel.forward(
                ForwardPass(
                    inputs: node.inputs.map { pointer(to: $0, input: input.dense) },
                    sparseInput: node.inputs.first == -1 ? input.sparse : nil, parameters: own,
                    output: outputs[index], random: random?.split(node.name)))
        }
    }

    /// Runs the nodes backwards from `outputGradient`, after `forward` on the same input.
    /// - Parameters:
    ///   - nodes: those to run, all after them having run; nil for all.
    ///   - parameterGradients: one pointer per parameter of the graph; those of the nodes run are overwritten.
    ///   - inputGradient: receives the gradient with respect to `input` when not nil.
    func backward(
        _ nodes: Range<Int>? = nil, input: BlockInput, parameters: [UnsafePointer<Float>],
        parameterGradients: [UnsafeMutablePointer<Float>], inputGradient: UnsafeMutablePointer<Float>? = nil
    ) throws(NetworkError) {
        let nodes = nodes ?? 0..<graph.nodes.count
        if nodes.upperBound == graph.nodes.count {
            isWritten = [Bool](repeating: false, count: graph.nodes.count + 1)
            isWritten[graph.nodes.count - 1] = true
        }
        for index in nodes.reversed() {
            guard isWritten[index] else {
                // Nothing that reaches the output reads this node.
                zeroGradients(of: index, parameterGradients)
                continue
            }
            let gradient = gradients[index]
            if fusions.producer[index] >= 0 {
                let count = Int64(graph.shapes[index].reduce(key.rows, *))
                rl_activation_backward(Int32(RL_RELU), nil, outputs[index], gradient, gradient, count)
                isWritten[fusions.producer[index]] = true
                continue
            }
            guard let kernel = kernels[index] else { continue }
            let node = graph.nodes[index]
            var targets: [UnsafeMutablePointer<Float>?] = []
            var additions: [(from: UnsafeMutablePointer<Float>, to: UnsafeMutablePointer<Float>, count: Int)] = []
            for producer in node.inputs {
                let place = producer < 0 ? graph.nodes.count : producer
                let target = producer < 0 ? inputGradient : gradients[place]
                guard let target, isWritten[place] else {
                    targets.append(target)
                    isWritten[place] = true
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
                    sparseInput: node.inputs.first == -1 ? input.sparse : nil,
                    parameters: Array(parameters[graph.nodeParameters[index]]), output: UnsafePointer(outputs[index]),
                    outputGradient: UnsafePointer(gradient), inputGradients: targets,
                    parameterGradients: Array(parameterGradients[graph.nodeParameters[index]])))
            for addition in additions { rl_accumulate(addition.to, addition.from, Int64(addition.count)) }
        }
    }

    private func pointer(to node: Int, input: UnsafePointer<Float>) -> UnsafePointer<Float> {
        node < 0 ? input : UnsafePointer(outputs[node])
    }

    private func zeroGradients(of node: Int, _ parameterGradients: [UnsafeMutablePointer<Float>]) {
        for index in graph.nodeParameters[node] {
            parameterGradients[index].update(repeating: 0, count: graph.parameters[index].count)
        }
    }
}

/// Memory for the weight and bias of one layer after a batch norm has been folded into them.
///
/// Folding is done for every block that runs: next to the block itself it costs nothing, and parameters may differ from
/// call to call, as those of candidates do.
private final class FoldedWeights {
    private let hasBias: Bool
    private let shape: [Int]
    private let weight: TensorStorage
    private let bias: TensorStorage

    init(of layer: any FoldsBatchNorm) {
        hasBias = layer.hasBias
        shape = layer.parameters.first?.shape ?? [0]
        weight = TensorStorage(uninitializedCount: shape.reduce(1, *))
        bias = TensorStorage(uninitializedCount: shape[0])
    }

    /// - Returns: weight and bias, valid until the next call.
    func fold(
        _ own: [UnsafePointer<Float>], _ batchNorm: any Layer, _ parameters: [UnsafePointer<Float>]
    ) -> [UnsafePointer<Float>] {
        guard let batchNorm = batchNorm as? BatchNorm else { return own }
        let (scale, shift) = batchNorm.affine(parameters)
        rl_fold_affine(
            own[0], hasBias ? own[1] : nil, Int64(shape[0]), Int64(shape.dropFirst().reduce(1, *)), scale, shift,
            weight.pointer, bias.pointer)
        return [UnsafePointer(weight.pointer), UnsafePointer(bias.pointer)]
    }
}

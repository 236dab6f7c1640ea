internal import CKernels
internal import RLEditTensor

/// Computes an objective of a batch and its gradient with respect to all parameters, spread over a pool.
///
/// The batch is cut in chunks of `chunkRows` rows. Chunks are dealt to at most `laneLimit` lanes, in order and evenly;
/// a lane runs its chunks one after the other and adds their gradients up in one buffer; lanes are added in order. All
/// of that depends on the number of rows only, so the result has the same bytes for any number of workers. Networks with
/// batch norms go another way, see `GradientEngine+BatchNorm.swift`.
final class GradientEngine {
    /// Rows of a chunk: enough for products to run at full rate, few enough that activations stay in the cache.
    static let chunkRows = 32
    /// The same with batch norms, where lanes take turns: what a convolution gives is still in the cache for the sums over it.
    static let batchNormRows = 16
    /// Bounds the memory of lane buffers, each as large as all parameters together.
    static let laneLimit = 8
    /// Floats of one block when parameters are spread over the pool.
    static let parameterBlock = 8192

    let graph: NetworkGraph
    private let pool: WorkerPool?
    /// One buffer of `graph.flatCount` per lane, grown as needed; gaps between parameters stay zero.
    private(set) var lanes: [TensorStorage] = []
    /// What the last run made of the running statistics, by batch norm.
    var runningStatistics: [Int: RunningStatistics] = [:]

    init(graph: NetworkGraph, pool: WorkerPool?) throws(NetworkError) {
        guard !graph.nodes.isEmpty else {
            throw .layerSetting(layer: "network", field: "layers", expected: "at least one", actual: "0")
        }
        self.graph = graph
        self.pool = pool
    }

    /// Work on `count` pieces, spread over the pool when there is one.
    func forEach(_ count: Int, _ body: @Sendable (Int) throws -> Void) throws {
        if let pool {
            try pool.forEach(count) { piece, _ in try body(piece) }
        } else {
            for piece in 0..<count { try body(piece) }
        }
    }

    /// Leaves each lane's part of the gradient in the lane buffers, to be summed by `sumLanes`.
    /// - Parameters:
    ///   - parameters: one pointer per parameter, valid during the call.
    ///   - rows: rows of the batch, above 0.
    ///   - examples: the rows of a range of the batch; called from the workers.
    ///   - objective: what is differentiated: `weight` times its mean over the batch.
    ///   - random: the batch's stream; each chunk gets its own split.
    /// - Returns: the terms of the batch, without the weight.
    func run(
        parameters: ParameterPointers, rows: Int, objective: any BatchObjective, weight: Float = 1,
        random: RandomStream,
        examples: @Sendable (Range<Int>) throws -> (inputs: ExampleInputs, targets: Targets)
    ) throws -> ObjectiveTerms {
        let chunkRows = graph.batchNorms.isEmpty ? GradientEngine.chunkRows : GradientEngine.batchNormRows
        let chunks = (rows + chunkRows - 1) / chunkRows
        let laneCount = min(chunks, GradientEngine.laneLimit)
        while lanes.count < laneCount {
            lanes.append(TensorStorage(zeros: graph.flatCount))
        }
        activeLanes = laneCount
        guard graph.batchNorms.isEmpty else {
            return try runTogether(
                parameters: parameters, rows: rows, laneCount: laneCount, objective: objective, weight: weight,
                random: random, examples: examples)
        }
        let results = Slots<ObjectiveTerms>(count: laneCount)
        let (graph, lanes) = (graph, lanes)
        let scale = weight / Float(rows * objective.termsPerRow(graph.shape(of: graph.nodes.count - 1)))
        try forEach(laneCount) { lane in
            var terms = ObjectiveTerms()
            var addend: TensorStorage?
            let first = lane * chunks / laneCount
            for chunk in first..<((lane + 1) * chunks / laneCount) {
                let start = chunk * GradientEngine.chunkRows
                let range = start..<min(start + GradientEngine.chunkRows, rows)
                let (inputs, targets) = try examples(range)
                // Later chunks of a lane go to memory of their own first.
                if chunk > first, addend == nil { addend = TensorStorage(zeros: graph.flatCount) }
                let target = (addend ?? lanes[lane]).pointer
                terms.add(
                    try namingExamples({ start + $0 }) {
                        try GradientEngine.runChunk(
                            graph, objective, inputs, targets, rows: range.count, parameters: parameters.pointers,
                            gradient: target, scale: scale, random: random.split("chunk", chunk))
                    })
                if let addend { rl_accumulate(lanes[lane].pointer, addend.pointer, Int64(graph.flatCount)) }
            }
            results[lane] = terms
        }
        var total = ObjectiveTerms()
        for terms in try results.values() { total.add(terms) }
        return total
    }

    private var activeLanes = 0

    /// Sums the lanes over `range` of the flat parameters into `target[range]`, in the order of the lanes.
    func laneSummer() -> LaneSummer { LaneSummer(lanes: Array(lanes.prefix(activeLanes))) }

    private static func runChunk(
        _ graph: NetworkGraph, _ objective: any BatchObjective, _ inputs: ExampleInputs, _ targets: Targets, rows: Int,
        parameters: [UnsafePointer<Float>], gradient: UnsafeMutablePointer<Float>, scale: Float, random: RandomStream
    ) throws -> ObjectiveTerms {
        let (outputShape, targets) = try checked(graph, inputs, targets, rows: rows)
        let key = Workspace.Key(rows: rows, mode: .training)
        return try graph.withBlock(inputs, rows: 0..<rows) { entry throws(NetworkError) in
            try graph.workspaces.withWorkspace(key, of: graph) { workspace throws(NetworkError) in
                let gradients = graph.parameters.map { gradient + $0.flatOffset }
                try workspace.forward(input: entry, parameters: parameters, random: random)
                let terms = try objective.evaluateRows(
                    UnsafePointer(workspace.output), rows: rows, shape: outputShape, targets, scale: scale,
                    gradient: workspace.outputGradient)
                try workspace.backward(input: entry, parameters: parameters, parameterGradients: gradients)
                return terms
            }
        }
    }
}

extension GradientEngine {
    /// The output shape, and the targets in the memory order of the outputs.
    static func checked(
        _ graph: NetworkGraph, _ inputs: ExampleInputs, _ targets: Targets, rows: Int
    ) throws -> (outputShape: [Int], targets: Targets) {
        guard inputs.shape == [rows] + graph.inputShape else {
            throw NetworkError.exampleShape(expected: graph.inputShape, actual: inputs.shape)
        }
        let outputShape = graph.shape(of: graph.nodes.count - 1)
        if outputShape.count == 3, case .values(let values) = targets, values.shape == [rows] + outputShape {
            // Compared element by element, so in the same order as the outputs.
            return (outputShape, .values(try values.channelsLast(example: outputShape).reshaped(values.shape)))
        }
        return (outputShape, targets)
    }
}

/// Where each parameter of a network is; sendable since workers only read through it while the owner waits.
struct ParameterPointers: @unchecked Sendable {
    let pointers: [UnsafePointer<Float>]
}

/// Sums lane buffers, block by block; reads them only.
struct LaneSummer: Sendable {
    let lanes: [TensorStorage]

    /// `target[0 ..< range.count]` = Σ lanes over `range`, in the order of the lanes.
    func sum(_ range: Range<Int>, into target: UnsafeMutablePointer<Float>) {
        let pointers: [UnsafePointer<Float>?] = lanes.map { UnsafePointer($0.pointer) }
        pointers.withUnsafeBufferPointer { parts in
            guard let parts = parts.baseAddress else { return }
            rl_sum_parts(parts, Int64(lanes.count), Int64(range.lowerBound), target, Int64(range.count))
        }
        withExtendedLifetime(lanes) {}
    }
}

extension TensorStorage {
    convenience init(zeros count: Int) {
        self.init(uninitializedCount: count)
        pointer.initialize(repeating: 0, count: count)
    }
}

extension Tensor {
    /// A batch in the network's memory order; shares memory where both orders are the same.
    func channelsLast(example shape: [Int]) -> Tensor {
        let order = ChannelOrder(shape: shape)
        guard !order.isTrivial, let rows = self.shape.first else { return self }
        let result = Tensor(uninitialized: [rows, shape[1], shape[2], shape[0]], count: count)
        order.channelsLast(storage.pointer, to: result.storage.pointer, rows: rows)
        return result
    }

    /// A batch that lies channels last, in PyTorch's order.
    func channelsFirst(example shape: [Int]) -> Tensor {
        let rows = self.shape.first ?? 0
        let result = Tensor(uninitialized: [rows] + shape, count: count)
        ChannelOrder(shape: shape).channelsFirst(storage.pointer, to: result.storage.pointer, rows: rows)
        return result
    }
}

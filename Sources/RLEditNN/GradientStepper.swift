internal import CKernels
package import RLEditTensor

/// A network in training, a step at a time: its parameters in one buffer, with the gradient engine and the optimizer
/// that move them.
///
/// `Network.fit` is a loop over this; so is every method that trains on more than one set or with an objective of its
/// own. Steps give the same bytes for any pool.
package final class GradientStepper {
    /// One part of what a step minimizes: `weight` × the mean of `objective` over some rows of a source.
    package struct Term {
        package let source: any BatchSource
        package let rows: ArraySlice<Int>
        package let objective: any BatchObjective
        /// Negative to ascend.
        package let weight: Float

        package init(
            _ source: any BatchSource, _ rows: ArraySlice<Int>, _ objective: any BatchObjective, weight: Float = 1
        ) {
            self.source = source
            self.rows = rows
            self.objective = objective
            self.weight = weight
        }
    }

    /// Gradients of a greater Euclidean norm, over all parameters together, are scaled down to this one.
    package var gradientClipping: Float?
    /// λ in ½ λ ‖p‖² (in AdamW applied to p directly).
    package var weightDecay: Float = 0
    /// λ in λ Σ |p|, whose derivative joins the gradient.
    package var absolutePenalty: Float = 0

    private let initial: Network
    private let graph: NetworkGraph
    private let engine: GradientEngine
    private let parameters: TensorStorage
    private let gradient: TensorStorage
    /// Multiplied into the gradient, all parameters in one buffer; nil for all ones.
    private var mask: TensorStorage?
    private let pointers: ParameterPointers
    private var optimizer: Optimizer

    package init(_ network: Network, optimizer: OptimizerConfiguration, pool: WorkerPool?) throws {
        initial = network
        graph = network.graph
        engine = try GradientEngine(graph: graph, pool: pool)
        self.optimizer = try Optimizer(optimizer, parameterCount: graph.trainableCount)
        let parameters = TensorStorage(zeros: graph.flatCount)
        for (place, value) in zip(graph.parameters, network.parameterValues) {
            (parameters.pointer + place.flatOffset).update(from: value.storage.pointer, count: place.count)
        }
        self.parameters = parameters
        gradient = TensorStorage(zeros: graph.flatCount)
        pointers = ParameterPointers(
            pointers: graph.parameters.map { UnsafePointer(parameters.pointer + $0.flatOffset) })
    }

    /// The network as it is now.
    /// - Throws: ``NetworkError/divergedParameter(name:)``.
    package func network() throws(NetworkError) -> Network {
        for parameter in graph.parameters {
            let values = UnsafeBufferPointer(start: parameters.pointer + parameter.flatOffset, count: parameter.count)
            guard values.allSatisfy(\.isFinite) else { throw .divergedParameter(name: parameter.name) }
        }
        var result = initial
        result.setParameters(fromFlat: parameters.pointer)
        return result
    }

    /// Factors that gradients are multiplied by before they are clipped: 0 holds a parameter still.
    /// - Parameter factors: one tensor per parameter, in the order of ``Network/parameterNames``.
    package func setMask(_ factors: [Tensor]) throws(NetworkError) {
        guard factors.count == graph.parameters.count else {
            throw .option(
                field: "mask", expected: "\(graph.parameters.count) tensors", actual: "\(factors.count)")
        }
        let mask = TensorStorage(zeros: graph.flatCount)
        for (place, value) in zip(graph.parameters, factors) {
            guard value.shape == place.specification.shape else {
                throw .parameterShape(name: place.name, expected: place.specification.shape, actual: value.shape)
            }
            (mask.pointer + place.flatOffset).update(from: value.storage.pointer, count: place.count)
        }
        self.mask = mask
    }

    /// Replaces a parameter; the optimizer keeps what it remembers.
    package func setParameter(_ name: String, _ value: Tensor) throws(NetworkError) {
        let place = graph.parameters[try initial.parameterIndex(name, accepting: value)]
        (parameters.pointer + place.flatOffset).update(from: value.storage.pointer, count: place.count)
        withExtendedLifetime(value) {}
    }

    /// Forward, backward, and one step of the optimizer on a single term.
    /// - Parameter random: what layers such as `Dropout` draw from.
    @discardableResult
    package func step(_ term: Term, learningRate: Float, random: RandomStream) throws -> ObjectiveTerms {
        try step([term], learningRate: learningRate, random: random).first ?? ObjectiveTerms()
    }

    /// Forward and backward for each term, and one step of the optimizer along the sum of their gradients.
    /// - Returns: the terms as they were before the step, without their weights.
    @discardableResult
    package func step(_ terms: [Term], learningRate: Float, random: RandomStream) throws -> [ObjectiveTerms] {
        let (results, last) = try run(terms, random: random, updatesStatistics: true)
        var scale: Float = 1
        if let limit = gradientClipping {
            let squares = Slots<Double>(count: blockCount)
            let finish = finisher(last)
            let gradient = gradient
            try engine.forEach(blockCount) { block in
                let range = finish.finish(block)
                squares[block] = rl_sum_of_squares(Int64(range.count), gradient.pointer + range.lowerBound)
            }
            let norm = try squares.values().reduce(0, +).squareRoot()
            // As PyTorch's clip_grad_norm_, whose 1e-6 avoids a division by zero.
            scale = min(1, Float(Double(limit) / (norm + 1e-6)))
        }
        let step = optimizer.beginStep(learningRate: learningRate, weightDecay: weightDecay, gradientScale: scale)
        let finish = gradientClipping == nil ? finisher(last) : nil
        let (parameters, gradient, total) = (parameters, gradient, graph.trainableCount)
        try engine.forEach(blockCount) { block in
            let range = finish?.finish(block) ?? GradientStepper.range(ofBlock: block, total: total)
            step.apply(
                parameters.pointer + range.lowerBound, gradient: gradient.pointer + range.lowerBound,
                stateOffset: range.lowerBound, count: range.count)
        }
        return results
    }

    /// The gradient of the weighted sum of the terms, penalty and mask included, one tensor per parameter; no step.
    package func gradient(
        of terms: [Term], random: RandomStream
    ) throws -> (terms: [ObjectiveTerms], gradients: [Tensor]) {
        let (results, last) = try run(terms, random: random, updatesStatistics: false)
        let finish = finisher(last)
        try engine.forEach(blockCount) { block in _ = finish.finish(block) }
        let gradients = graph.parameters.map { place in
            let tensor = Tensor(uninitialized: place.specification.shape, count: place.count)
            tensor.storage.pointer.initialize(from: gradient.pointer + place.flatOffset, count: place.count)
            return tensor
        }
        return (results, gradients)
    }

    // MARK: The gradient, block by block

    /// Runs the terms in order. The gradients of all but the last are summed in `gradient`; the last one's stay in the
    /// lanes, to be added when its blocks are finished.
    private func run(
        _ terms: [Term], random: RandomStream, updatesStatistics: Bool
    ) throws -> (results: [ObjectiveTerms], last: LaneSum) {
        guard !terms.isEmpty else {
            throw NetworkError.option(field: "terms", expected: "at least one", actual: "none")
        }
        var results: [ObjectiveTerms] = []
        var lanes = LaneSum(summer: LaneSummer(lanes: []), joins: false)
        for (index, term) in terms.enumerated() {
            if index > 0 {
                let (sum, gradient, total) = (lanes, gradient, graph.trainableCount)
                try engine.forEach(blockCount) { block in
                    sum.add(GradientStepper.range(ofBlock: block, total: total), to: gradient.pointer)
                }
            }
            let (source, rows) = (term.source, term.rows)
            results.append(
                try namingExamples({ rows[rows.startIndex + $0] }) {
                    try engine.run(
                        parameters: pointers, rows: rows.count, objective: term.objective, weight: term.weight,
                        random: terms.count > 1 ? random.split("term", index) : random
                    ) { range in
                        try source.examples(
                            rows[(rows.startIndex + range.lowerBound)..<(rows.startIndex + range.upperBound)])
                    }
                })
            lanes = LaneSum(summer: engine.laneSummer(), joins: index > 0)
            // As in PyTorch, where each pass moves them.
            if updatesStatistics { followRunningStatistics() }
        }
        return (results, lanes)
    }

    /// Takes what the passes of a step made of the batch norms' running statistics.
    private func followRunningStatistics() {
        for (node, statistics) in engine.runningStatistics {
            let places = graph.parameters[graph.nodeParameters[node]].filter { !$0.specification.isTrainable }
            for (place, values) in zip(places, [statistics.mean, statistics.variance]) {
                (parameters.pointer + place.flatOffset).update(from: values, count: place.count)
            }
        }
        engine.runningStatistics = [:]
    }

    private func finisher(_ last: LaneSum) -> BlockFinisher {
        BlockFinisher(
            last: last, gradient: gradient, parameters: parameters, mask: mask, absolutePenalty: absolutePenalty,
            total: graph.trainableCount)
    }

    private var blockCount: Int {
        (graph.trainableCount + GradientEngine.parameterBlock - 1) / GradientEngine.parameterBlock
    }

    fileprivate static func range(ofBlock block: Int, total: Int) -> Range<Int> {
        let floats = GradientEngine.parameterBlock
        return (block * floats)..<min((block + 1) * floats, total)
    }
}

/// The lanes of one term on their way into the gradient: its first term fills it, later ones join.
private struct LaneSum: Sendable {
    let summer: LaneSummer
    let joins: Bool

    func add(_ range: Range<Int>, to gradient: UnsafeMutablePointer<Float>) {
        let target = gradient + range.lowerBound
        guard joins else { return summer.sum(range, into: target) }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count) { buffer in
            guard let sum = buffer.baseAddress else { return }
            summer.sum(range, into: sum)
            rl_accumulate(target, sum, Int64(range.count))
        }
    }
}

/// Completes blocks of the gradient on any thread: adds the last term and the penalty, applies the mask.
///
/// Sendable though it holds memory: each block is written by one thread, and the owner waits.
private struct BlockFinisher: @unchecked Sendable {
    let last: LaneSum
    let gradient: TensorStorage
    let parameters: TensorStorage
    let mask: TensorStorage?
    let absolutePenalty: Float
    let total: Int

    /// - Returns: the block's floats.
    func finish(_ block: Int) -> Range<Int> {
        let range = GradientStepper.range(ofBlock: block, total: total)
        last.add(range, to: gradient.pointer)
        let place = gradient.pointer + range.lowerBound
        if absolutePenalty != 0 {
            rl_add_absolute_penalty(
                place, parameters.pointer + range.lowerBound, absolutePenalty, Int64(range.count))
        }
        if let mask { rl_multiply(place, mask.pointer + range.lowerBound, place, Int64(range.count)) }
        return range
    }
}

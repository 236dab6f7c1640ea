internal import CKernels
public import RLEditTensor

extension Network {
    /// Trains the parameters by minibatch gradient descent.
    ///
    /// The same source, options and initial parameters give the same bytes for any pool. Copies of the network made
    /// before keep their parameters. When an error is thrown the network is left as it was.
    /// - Parameter onProgress: called after every batch on the calling thread.
    /// - Throws: ``NetworkError``, or what the source or the callback throws.
    @discardableResult
    public mutating func fit(
        _ source: any BatchSource, options: TrainingOptions = TrainingOptions(), pool: WorkerPool? = nil,
        onProgress: ((TrainingProgress) throws -> TrainingDirective)? = nil
    ) throws -> TrainingResult {
        try options.validate()
        let count = source.count
        guard count > 0 else {
            throw NetworkError.noExamples(operation: "fit")
        }
        let stepper = try TrainingStepper(network: self, options: options, pool: pool)
        let random = RandomStream(seed: options.seed, name: "fit")
        let batches = (count + options.batchSize - 1) / options.batchSize
        let clock = ContinuousClock()
        let began = clock.now
        var (epochs, steps, seen) = ([TrainingResult.Epoch](), 0, 0)
        var directive = TrainingDirective.proceed
        for epoch in 0..<options.epochs where directive == .proceed {
            var shuffler = random.split("shuffle", epoch)
            let order = options.shuffle ? shuffler.permutation(count) : Array(0..<count)
            var total = Loss.Terms()
            for batch in 0..<batches where directive == .proceed {
                let progress = Double(epoch * batches + batch) / Double(options.epochs * batches)
                let rate = try options.learningRate(at: progress)
                let rows = order[(batch * options.batchSize)..<min((batch + 1) * options.batchSize, count)]
                let terms = try stepper.step(
                    source, rows, learningRate: rate, random: random.split("epoch", epoch).split("batch", batch))
                let loss = Float(terms.sum / Double(terms.count))
                guard loss.isFinite else {
                    throw NetworkError.divergedLoss(epoch: epoch + 1, batch: batch + 1, loss: loss)
                }
                total.add(terms)
                steps += 1
                seen += rows.count
                if let onProgress {
                    let seconds = (clock.now - began) / .seconds(1)
                    directive = try onProgress(
                        TrainingProgress(
                            epoch: epoch + 1, epochs: options.epochs, batch: batch + 1, batches: batches,
                            batchLoss: loss, loss: total.meanLoss, accuracy: total.accuracy, learningRate: rate,
                            examplesPerSecond: seconds > 0 ? Double(seen) / seconds : 0))
                }
            }
            epochs.append(TrainingResult.Epoch(loss: total.meanLoss, accuracy: total.accuracy))
        }
        for parameter in graph.parameters {
            let values = UnsafeBufferPointer(
                start: stepper.parameters.pointer + parameter.flatOffset, count: parameter.count)
            guard values.allSatisfy(\.isFinite) else { throw NetworkError.divergedParameter(name: parameter.name) }
        }
        setParameters(fromFlat: stepper.parameters.pointer)
        withExtendedLifetime(stepper) {}
        return TrainingResult(epochs: epochs, steps: steps, wasStopped: directive == .stop)
    }
}

extension Loss.Terms {
    fileprivate var meanLoss: Float { Float(sum / Double(count)) }
    fileprivate var accuracy: Double? { correct.map { Double($0) / Double(count) } }
}

/// Parameters in training, all in one buffer, with the gradient engine and the optimizer that move them.
private final class TrainingStepper {
    let parameters: TensorStorage
    private let graph: NetworkGraph
    private let engine: GradientEngine
    private let gradient: TensorStorage
    private let pointers: ParameterPointers
    private let options: TrainingOptions
    private var optimizer: Optimizer

    init(network: Network, options: TrainingOptions, pool: WorkerPool?) throws {
        self.options = options
        graph = network.graph
        engine = try GradientEngine(graph: graph, loss: options.loss, pool: pool)
        optimizer = try Optimizer(options.optimizer, parameterCount: graph.flatCount)
        let parameters = TensorStorage(zeros: graph.flatCount)
        for (place, value) in zip(graph.parameters, network.parameterValues) {
            (parameters.pointer + place.flatOffset).update(from: value.storage.pointer, count: place.count)
        }
        self.parameters = parameters
        gradient = TensorStorage(uninitializedCount: graph.flatCount)
        pointers = ParameterPointers(
            pointers: graph.parameters.map { UnsafePointer(parameters.pointer + $0.flatOffset) })
    }

    /// Forward, backward, and one step of the optimizer.
    func step(
        _ source: any BatchSource, _ rows: ArraySlice<Int>, learningRate: Float, random: RandomStream
    ) throws -> Loss.Terms {
        let terms = try engine.run(parameters: pointers, rows: rows.count, random: random) { range in
            try source.examples(rows[(rows.startIndex + range.lowerBound)..<(rows.startIndex + range.upperBound)])
        }
        let blockFloats = GradientEngine.parameterBlock
        let total = graph.flatCount
        let blocks = (total + blockFloats - 1) / blockFloats
        let (summer, gradient, parameters) = (engine.laneSummer(), gradient, parameters)

        var scale: Float = 1
        if let limit = options.gradientClipping {
            let squares = PieceResults(count: blocks, 0.0)
            try engine.forEach(blocks) { block in
                let range = (block * blockFloats)..<min((block + 1) * blockFloats, total)
                summer.sum(range, into: gradient.pointer + range.lowerBound)
                squares.values[block] = rl_sum_of_squares(
                    Int64(range.count), gradient.pointer + range.lowerBound)
            }
            let norm = squares.values.reduce(0, +).squareRoot()
            // As PyTorch's clip_grad_norm_, whose 1e-6 avoids a division by zero.
            scale = min(1, Float(Double(limit) / (norm + 1e-6)))
        }
        let step = optimizer.beginStep(
            learningRate: learningRate, weightDecay: options.weightDecay, gradientScale: scale)
        let isSummed = options.gradientClipping != nil
        try engine.forEach(blocks) { block in
            let range = (block * blockFloats)..<min((block + 1) * blockFloats, total)
            if !isSummed { summer.sum(range, into: gradient.pointer + range.lowerBound) }
            step.apply(
                parameters.pointer + range.lowerBound, gradient: gradient.pointer + range.lowerBound,
                stateOffset: range.lowerBound, count: range.count)
        }
        return terms
    }
}

internal import RLEditCore
public import RLEditTensor

extension Network {
    /// Trains the parameters by minibatch gradient descent.
    ///
    /// The same source, options and initial parameters give the same bytes for any pool. Copies of the network made
    /// before keep their parameters. When an error is thrown the network is left as it was.
    /// - Parameter onProgress: called after every batch on the calling thread.
    /// - Throws: `ConfigurationError`, ``NetworkError``, or what the source or the callback throws.
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
        let stepper = try GradientStepper(self, optimizer: options.optimizer, pool: pool)
        stepper.gradientClipping = options.gradientClipping.map { Float($0) }
        stepper.weightDecay = Float(options.weightDecay)
        let random = RandomStream(seed: options.seed, name: "fit")
        let batches = (count + options.batchSize - 1) / options.batchSize
        let clock = ContinuousClock()
        let began = clock.now
        var (epochs, steps, seen) = ([TrainingResult.Epoch](), 0, 0)
        var directive = TrainingDirective.proceed
        for epoch in 0..<options.epochs where directive == .proceed {
            var shuffler = random.split("shuffle", epoch)
            let order = options.shuffle ? shuffler.permutation(count) : Array(0..<count)
            var total = ObjectiveTerms()
            for batch in 0..<batches where directive == .proceed {
                let progress = Double(epoch * batches + batch) / Double(options.epochs * batches)
                let rate = Float(try options.value(of: \.learningRate, at: progress))
                let rows = order[(batch * options.batchSize)..<min((batch + 1) * options.batchSize, count)]
                let terms = try stepper.step(
                    GradientStepper.Term(source, rows, options.loss), learningRate: rate,
                    random: random.split("epoch", epoch).split("batch", batch))
                let loss = terms.mean
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
                            batchLoss: loss, loss: total.mean, accuracy: total.accuracy, learningRate: rate,
                            examplesPerSecond: seconds > 0 ? Double(seen) / seconds : 0))
                }
            }
            epochs.append(TrainingResult.Epoch(loss: total.mean, accuracy: total.accuracy))
        }
        self = try stepper.network()
        return TrainingResult(epochs: epochs, steps: steps, wasStopped: directive == .stop)
    }
}

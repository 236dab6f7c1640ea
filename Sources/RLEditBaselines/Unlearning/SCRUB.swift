internal import RLEditData
public import RLEditNN
public import RLEditTensor

/// SCRUB (Kurmanji et al., *Towards unbounded machine unlearning*, NeurIPS 2023): a student that stays near its teacher,
/// the original network, on the retain set and leaves it on the forget set. Epochs alternate between
///
///     maximise  KL(teacher ‖ student) on the forget set          (only in the first few epochs)
///     minimise  γ CE + α KL(teacher ‖ student) on the retain set
///
/// with answers softened by a temperature T. The divergence goes without the factor T² of distillation: with it, and one
/// Adam for both kinds of step, the second moment of the ascents holds the descents back (retain accuracy 2 points lower,
/// measured on seeds 100 to 104).
public struct SCRUB: UnlearningMethod {
    /// Passes over the retain set.
    public var epochs = 3
    /// How many of them begin with a pass over the forget set.
    public var maximisingEpochs = 2
    public var batchSize = 64
    /// Adam's step size.
    public var learningRate = 1e-3
    /// T.
    public var temperature = 4.0
    /// γ.
    public var crossEntropyWeight = 0.99
    /// α.
    public var divergenceWeight = 0.001

    public init() {}
    public var name: String { "scrub" }

    public func validate() throws(ConfigurationError) {
        try requirePositive("epochs", epochs)
        guard (0...epochs).contains(maximisingEpochs) else {
            throw ConfigurationError(
                name, "maximisingEpochs", "must be between 0 and epochs (\(epochs)), got \(maximisingEpochs)")
        }
        try requirePositive("batchSize", batchSize)
        try requirePositive("learningRate", learningRate)
        try requirePositive("temperature", temperature)
        for (field, value) in [
            ("crossEntropyWeight", crossEntropyWeight), ("divergenceWeight", divergenceWeight),
        ] where !(value >= 0 && value.isFinite) {
            throw ConfigurationError(name, field, "must be at least 0, got \(value)")
        }
    }

    public func unlearn(_ problem: UnlearningProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        // The teacher answers once for all epochs.
        func source(_ examples: ExampleSet) throws -> DistillationSource {
            DistillationSource(
                examples: examples,
                teacher: try problem.network.scores(of: examples, pool: problem.pool, passes: passes))
        }
        let (retain, forget) = (try source(problem.retain), try source(problem.forget))
        let leave = Distillation(temperature: temperature, crossEntropyWeight: 0, divergenceWeight: 1)
        let stay = Distillation(
            temperature: temperature, crossEntropyWeight: crossEntropyWeight, divergenceWeight: divergenceWeight)
        let descent = try Descent(
            problem.network, .adam(Adam()), random: random, passes: passes, pool: problem.pool)
        for epoch in 0..<epochs {
            try passes.report(epoch, of: epochs)
            if epoch < maximisingEpochs {
                for rows in descent.minibatches(forget.count, size: batchSize, epoch: epoch, of: "forget") {
                    try descent.step([.init(forget, rows, leave, weight: -1)], learningRate: learningRate)
                }
            }
            for rows in descent.minibatches(retain.count, size: batchSize, epoch: epoch, of: "retain") {
                try descent.step([.init(retain, rows, stay)], learningRate: learningRate)
            }
        }
        return try descent.network()
    }
}

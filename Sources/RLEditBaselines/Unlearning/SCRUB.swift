public import RLEditCore
internal import RLEditData
public import RLEditNN
public import RLEditTensor

/// SCRUB (Kurmanji et al., *Towards unbounded machine unlearning*, NeurIPS 2023): a student that stays near its teacher,
/// the original network, on the retain set and leaves it on the forget set. Epochs alternate between
///
///     maximize  KL(teacher ‖ student) on the forget set          (only in the first few epochs)
///     minimize  γ CE + α KL(teacher ‖ student) on the retain set
///
/// with answers softened by a temperature T. The divergence goes without the factor T² of distillation: with it, and one
/// Adam for both kinds of step, the second moment of the ascents holds the descents back (retain accuracy 2 points lower,
/// measured on seeds 100 to 104).
public struct SCRUB: UnlearningMethod {
    public var epochs = 3
    public var maximisingEpochs = 2
    public var batchSize = 64
    public var learningRate = 1e-3
    public var temperature = 4.0
    public var crossEntropyWeight = 0.99
    public var divergenceWeight = 0.001

    public init() {}
    public var name: String { "scrub" }

    public var documentation: String {
        "SCRUB (Kurmanji et al. 2023): leaves the original network's answers on `forget`, and stays with them "
            + "on `retain`."
    }

    public var settings: [Setting<Self>] {
        [
            .integer("epochs", \.epochs, .count(upTo: mostCounted), "passes over the retain set"),
            .integer(
                "maximisingEpochs", \.maximisingEpochs, .any,
                "how many of them begin with a pass over the forget set"),
            .integer("batchSize", \.batchSize, .count(upTo: mostCounted), "examples of a step"),
            .number("learningRate", \.learningRate, .positive, "Adam's step size"),
            .number("temperature", \.temperature, .positive, "T, softens the answers compared"),
            .number("crossEntropyWeight", \.crossEntropyWeight, .notNegative, "γ"),
            .number("divergenceWeight", \.divergenceWeight, .notNegative, "α"),
        ]
    }

    public func validateTogether(owner: String) throws {
        guard (0...epochs).contains(maximisingEpochs) else {
            throw ConfigurationError(
                owner, "maximisingEpochs", "must be from 0 to epochs (\(epochs)), got \(maximisingEpochs)")
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

public import RLEditCore
public import RLEditNN
public import RLEditTensor

/// Fine-tuning on the retain set with a penalty on the absolute weights, so that what only the forget set used withers
/// (Jia et al., *Model sparsity can simplify machine unlearning*, NeurIPS 2023):
///
///     minimize  CE(retain) + γ_t ‖w‖₁,   γ_t falling linearly from γ to 0 over the epochs.
public struct L1Sparse: UnlearningMethod {
    public var epochs = 10
    public var batchSize = 64
    public var learningRate = 0.01
    public var penalty = 5e-4

    public init() {}
    public var name: String { "l1_sparse" }
    public var needs: Set<SetRole> { [.retain] }

    public var documentation: String {
        "Fine-tuning on `retain` with a penalty on absolute weights (Jia et al. 2023)."
    }

    public var settings: [Setting<Self>] {
        [
            .integer("epochs", \.epochs, .count(upTo: mostCounted), "passes over the retain set"),
            .integer("batchSize", \.batchSize, .count(upTo: mostCounted), "examples of a step"),
            .number("learningRate", \.learningRate, .positive, "of gradient descent with momentum 0.9"),
            .number("penalty", \.penalty, .positive, "weight of Σ |w| in the first epoch; falls linearly"),
        ]
    }

    public func unlearn(_ problem: UnlearningProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        let descent = try Descent(
            problem.network, .momentum, random: random, passes: passes, pool: problem.pool)
        let retain = ExampleSetSource(problem.retain)
        for epoch in 0..<epochs {
            try passes.report(epoch, of: epochs)
            descent.absolutePenalty = penalty * (1 - Double(epoch) / Double(epochs))
            for rows in descent.minibatches(retain.count, size: batchSize, epoch: epoch, of: "retain") {
                try descent.step([.init(retain, rows, Loss.crossEntropy)], learningRate: learningRate)
            }
        }
        return try descent.network()
    }
}

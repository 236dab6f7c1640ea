public import RLEditCore
public import RLEditNN
public import RLEditTensor

/// Training on with the retain set alone, at a learning rate high enough that what it does not show is overwritten
/// (*catastrophic forgetting* put to use; Golatkar et al. 2020 and most papers since compare with it).
public struct FineTune: UnlearningMethod {
    public var epochs = 10
    public var batchSize = 64
    public var learningRate = 0.05

    public init() {}
    public var name: String { "fine_tune" }
    public var needs: Set<SetRole> { [.retain] }

    public var documentation: String {
        "Training on with `retain` alone, at a learning rate high enough to overwrite what it does not show "
            + "(Golatkar et al. 2020). `forget` is not used."
    }

    public var settings: [Setting<Self>] {
        [
            .integer("epochs", \.epochs, .count(upTo: mostCounted), "passes over the retain set"),
            .integer("batchSize", \.batchSize, .count(upTo: mostCounted), "examples of a step"),
            .number("learningRate", \.learningRate, .positive, "of gradient descent with momentum 0.9"),
        ]
    }

    public func unlearn(_ problem: UnlearningProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        let descent = try Descent(
            problem.network, .momentum, random: random, passes: passes, pool: problem.pool)
        let retain = ExampleSetSource(problem.retain)
        for epoch in 0..<epochs {
            try passes.report(epoch, of: epochs)
            for rows in descent.minibatches(retain.count, size: batchSize, epoch: epoch, of: "retain") {
                try descent.step([.init(retain, rows, Loss.crossEntropy)], learningRate: learningRate)
            }
        }
        return try descent.network()
    }
}

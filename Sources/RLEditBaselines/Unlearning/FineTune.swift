public import RLEditNN
public import RLEditTensor

/// Training on with the retain set alone, at a learning rate high enough that what it does not show is overwritten
/// (*catastrophic forgetting* put to use; Golatkar et al. 2020 and most papers since compare with it).
public struct FineTune: UnlearningMethod {
    /// Passes over the retain set.
    public var epochs = 10
    public var batchSize = 64
    /// Of gradient descent with momentum 0.9.
    public var learningRate = 0.05

    public init() {}
    public var name: String { "fine_tune" }
    public var needs: Set<SetRole> { [.retain] }

    public func validate() throws(ConfigurationError) {
        try requirePositive("epochs", epochs)
        try requirePositive("batchSize", batchSize)
        try requirePositive("learningRate", learningRate)
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

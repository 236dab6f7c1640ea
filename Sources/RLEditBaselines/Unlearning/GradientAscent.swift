public import RLEditNN
public import RLEditTensor

/// Steps *up* the loss of the forget set (Thudi et al., *Unrolling SGD*, 2022; Graves et al. 2021):
///
///     w ← w + η ∇ CE(forget).
///
/// Nothing holds the rest of the network, so how much of it survives is luck; stopping as soon as the forget set is
/// no longer recognised helps.
public struct GradientAscent: UnlearningMethod {
    /// Passes over the forget set; with a stop, the most there may be.
    public var epochs = 1
    public var batchSize = 64
    /// Of gradient descent with momentum 0.9.
    public var learningRate = 0.003
    /// Largest norm of a gradient; nil for no limit.
    public var gradientClipping: Double?
    /// Accuracy on the forget set, 0 … 1, at which to stop; looked at after each step. nil runs all epochs.
    public var stopAccuracy: Double?

    public init() {}

    /// The variant that stops once no more than one example in a hundred is recognised.
    public static var stopped: GradientAscent {
        var method = GradientAscent()
        method.epochs = 20
        method.learningRate = 0.01
        method.gradientClipping = 1
        method.stopAccuracy = 0.01
        return method
    }

    public var name: String { stopAccuracy == nil ? "gradient_ascent" : "gradient_ascent_stopped" }
    public var needs: Set<SetRole> { [.forget] }

    public func validate() throws(ConfigurationError) {
        try requirePositive("epochs", epochs)
        try requirePositive("batchSize", batchSize)
        try requirePositive("learningRate", learningRate)
        if let gradientClipping { try requirePositive("gradientClipping", gradientClipping) }
        if let stopAccuracy { try requireShare("stopAccuracy", stopAccuracy) }
    }

    public func unlearn(_ problem: UnlearningProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        let descent = try Descent(
            problem.network, .momentum, random: random, passes: passes, pool: problem.pool,
            clipping: gradientClipping)
        let forget = ExampleSetSource(problem.forget)
        for epoch in 0..<epochs {
            try passes.report(epoch, of: epochs)
            for rows in descent.minibatches(forget.count, size: batchSize, epoch: epoch, of: "forget") {
                try descent.step([.init(forget, rows, Loss.crossEntropy, weight: -1)], learningRate: learningRate)
                guard let stopAccuracy else { continue }
                let network = try descent.network()
                let accuracy = try network.accuracy(on: problem.forget, pool: problem.pool, passes: passes)
                if accuracy <= stopAccuracy { return network }
            }
        }
        return try descent.network()
    }
}

public import RLEditCore
public import RLEditNN
public import RLEditTensor

/// Steps *up* the loss of the forget set (Thudi et al., *Unrolling SGD*, 2022; Graves et al. 2021):
///
///     w ← w + η ∇ CE(forget).
///
/// Nothing holds the rest of the network, so how much of it survives is luck; stopping as soon as the forget set is
/// no longer recognized helps.
public struct GradientAscent: UnlearningMethod {
    public var epochs = 1
    public var batchSize = 64
    public var learningRate = 0.003
    public var gradientClipping: Double?
    public var stopAccuracy: Double?

    public init() {}

    /// The variant that stops once no more than one example in a hundred is recognized.
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

    public var documentation: String {
        stopAccuracy == nil
            ? "Steps up the loss of `forget` (Thudi et al. 2022). Nothing holds the rest of the network. `retain` is not used."
            : "Gradient ascent until the forget set is no longer recognized."
    }

    /// The variant that never stops has no accuracy to stop at.
    public var settings: [Setting<Self>] {
        [
            .integer("epochs", \.epochs, .count(upTo: mostCounted), "passes over the forget set, at most"),
            .integer("batchSize", \.batchSize, .count(upTo: mostCounted), "examples of a step"),
            .number("learningRate", \.learningRate, .positive, "of gradient descent with momentum 0.9"),
            .number(
                "gradientClipping", \.gradientClipping, .positive, "largest norm of a gradient; false: no limit"),
        ]
            + (stopAccuracy == nil
                ? []
                : [
                    .number(
                        "stopAccuracy", \.stopAccuracy, .unit,
                        "accuracy on the forget set at which to stop, looked at after each step; false: never")
                ])
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

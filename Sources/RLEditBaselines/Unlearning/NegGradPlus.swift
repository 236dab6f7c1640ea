public import RLEditCore
public import RLEditNN
public import RLEditTensor

/// NegGrad+ (Kurmanji et al., *Towards unbounded machine unlearning*, NeurIPS 2023): down the loss of the retain set and
/// up that of the forget set at the same time,
///
///     minimize  β CE(retain) − (1 − β) CE(forget).
///
/// β is fragile: a little less than the default and the second term, which has no bound, takes the network with it.
public struct NegGradPlus: UnlearningMethod {
    public var epochs = 3
    public var batchSize = 64
    public var learningRate = 0.003
    public var retainWeight = 0.995
    public var gradientClipping = 5.0

    public init() {}
    public var name: String { "neg_grad_plus" }

    public var documentation: String {
        "NegGrad+ (Kurmanji et al. 2023): minimizes β CE(retain) − (1 − β) CE(forget)."
    }

    public var settings: [Setting<Self>] {
        [
            .integer(
                "epochs", \.epochs, .count(upTo: mostCounted),
                "passes over the retain set; the forget set starts over whenever it is used up"),
            .integer("batchSize", \.batchSize, .count(upTo: mostCounted), "examples of a step"),
            .number("learningRate", \.learningRate, .positive, "of gradient descent with momentum 0.9"),
            .number("retainWeight", \.retainWeight, .unit, "β; a little less takes the network with it"),
            .number("gradientClipping", \.gradientClipping, .positive, "largest norm of a gradient"),
        ]
    }

    public func unlearn(_ problem: UnlearningProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        let descent = try Descent(
            problem.network, .momentum, random: random, passes: passes, pool: problem.pool,
            clipping: gradientClipping)
        let (retain, forget) = (ExampleSetSource(problem.retain), ExampleSetSource(problem.forget))
        var forgetBatches: [ArraySlice<Int>] = []
        var forgetEpoch = 0
        for epoch in 0..<epochs {
            try passes.report(epoch, of: epochs)
            for rows in descent.minibatches(retain.count, size: batchSize, epoch: epoch, of: "retain") {
                if forgetBatches.isEmpty {
                    forgetBatches = descent.minibatches(
                        forget.count, size: batchSize, epoch: forgetEpoch, of: "forget")
                    forgetEpoch += 1
                }
                let forgetRows = forgetBatches.removeFirst()
                try descent.step(
                    [
                        .init(retain, rows, Loss.crossEntropy, weight: Float(retainWeight)),
                        .init(forget, forgetRows, Loss.crossEntropy, weight: -Float(1 - retainWeight)),
                    ], learningRate: learningRate)
            }
        }
        return try descent.network()
    }
}

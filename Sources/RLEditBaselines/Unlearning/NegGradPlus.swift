public import RLEditNN
public import RLEditTensor

/// NegGrad+ (Kurmanji et al., *Towards unbounded machine unlearning*, NeurIPS 2023): down the loss of the retain set and
/// up that of the forget set at the same time,
///
///     minimise  β CE(retain) − (1 − β) CE(forget).
///
/// β is fragile: a little less than the default and the second term, which has no bound, takes the network with it.
public struct NegGradPlus: UnlearningMethod {
    /// Passes over the retain set. A step joins a batch of it with a batch of the forget set, which begins anew
    /// whenever it is used up.
    public var epochs = 3
    public var batchSize = 64
    /// Of gradient descent with momentum 0.9.
    public var learningRate = 0.003
    /// β, 0 … 1.
    public var retainWeight = 0.995
    /// Largest norm of a gradient.
    public var gradientClipping = 5.0

    public init() {}
    public var name: String { "neg_grad_plus" }

    public func validate() throws(ConfigurationError) {
        try requirePositive("epochs", epochs)
        try requirePositive("batchSize", batchSize)
        try requirePositive("learningRate", learningRate)
        try requireShare("retainWeight", retainWeight)
        try requirePositive("gradientClipping", gradientClipping)
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

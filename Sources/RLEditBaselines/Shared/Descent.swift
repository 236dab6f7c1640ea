internal import RLEditNN
internal import RLEditTensor

/// Gradient steps on a copy of a network, counted: what the methods that train have in common.
///
/// The same network, steps and stream give the same bytes for any pool.
final class Descent {
    private let stepper: GradientStepper
    private let passes: PassCounter
    private let share: Double
    private let random: RandomStream
    private var steps = 0

    /// - Parameters:
    ///   - random: the method's stream: orders of examples and dropout come from its splits.
    ///   - clipping: largest norm of a gradient.
    ///   - share: what a pass of `network` costs, of a full pass.
    init(
        _ network: Network, _ optimizer: OptimizerConfiguration, random: RandomStream, passes: PassCounter,
        pool: WorkerPool?, clipping: Double? = nil, share: Double = 1
    ) throws {
        stepper = try GradientStepper(network, optimizer: optimizer, pool: pool)
        stepper.gradientClipping = clipping.map { Float($0) }
        self.passes = passes
        self.share = share
        self.random = random
    }

    /// λ in λ Σ |p|, which joins what is minimized.
    var absolutePenalty: Double {
        get { Double(stepper.absolutePenalty) }
        set { stepper.absolutePenalty = Float(newValue) }
    }

    /// Factors that gradients are multiplied by; 0 holds a parameter still.
    func setMask(_ factors: [Tensor]) throws { try stepper.setMask(factors) }

    /// The examples `0 ..< count` in the random order of this epoch, cut in batches; the last may be smaller.
    /// - Parameter name: keeps the orders of several sets apart.
    func minibatches(_ count: Int, size: Int, epoch: Int, of name: String) -> [ArraySlice<Int>] {
        var stream = random.split("shuffle").split(name, epoch)
        let order = stream.permutation(count)
        return stride(from: 0, to: count, by: size).map { order[$0..<min($0 + size, count)] }
    }

    /// One step along the weighted sum of the terms.
    /// - Throws: ``NetworkError/divergedLoss(epoch:batch:loss:)`` when a term is no longer finite.
    @discardableResult
    func step(_ terms: [GradientStepper.Term], learningRate: Double) throws -> [ObjectiveTerms] {
        let results = try stepper.step(
            terms, learningRate: Float(learningRate), random: random.split("step", steps))
        steps += 1
        for (term, result) in zip(terms, results) {
            passes.forward(term.rows.count, share: share)
            passes.backward(term.rows.count, share: share)
            guard result.sum.isFinite else {
                throw NetworkError.divergedLoss(epoch: 1, batch: steps, loss: result.mean)
            }
        }
        return results
    }

    /// The network as it is now.
    func network() throws -> Network { try stepper.network() }
}

extension OptimizerConfiguration {
    /// Stochastic gradient descent with momentum 0.9: what the methods here were published with.
    static var momentum: OptimizerConfiguration { .sgd(SGD(momentum: 0.9)) }
}

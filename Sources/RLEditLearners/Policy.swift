package import RLEditTensor

/// What a policy says of a batch of observations.
package struct PolicyOutput: Sendable {
    /// Mean action of each row, `[rows, actionSize]`.
    package let means: Tensor
    /// Estimated return of each row, `[rows]`.
    package let values: Tensor

    package init(means: Tensor, values: Tensor) {
        self.means = means
        self.values = values
    }
}

/// The derivative of a loss by what a policy said.
package struct PolicyGradient: Sendable {
    /// By each mean, `[rows, actionSize]`.
    package var means: Tensor
    /// By each value, `[rows]`.
    package var values: Tensor
    /// By each log standard deviation, `[actionSize]`.
    package var logStandardDeviation: Tensor

    package init(means: Tensor, values: Tensor, logStandardDeviation: Tensor) {
        self.means = means
        self.values = values
        self.logStandardDeviation = logStandardDeviation
    }
}

/// A distribution over actions, and a value estimate, that a gradient can move: the seam between PPO and the shape of
/// its networks. The distribution is a diagonal Gaussian whose standard deviation does not depend on the observation.
///
/// The calls of one minibatch are `forward` → `backward` → `update`. Results must not depend on the number of workers.
package protocol Policy: AnyObject {
    /// Features of one observation.
    var observationSize: Int { get }
    /// Numbers in one action.
    var actionSize: Int { get }

    /// log σ of each number of an action, `[actionSize]`.
    func logStandardDeviation() throws -> Tensor

    /// - Parameter observations: `[rows, observationSize]`. Equal observations are passed once, as one row.
    func forward(_ observations: Tensor) throws -> PolicyOutput

    /// Gradients of every parameter for the last `forward`, kept until `update`.
    /// - Returns: the sum of their squares.
    func backward(_ gradient: PolicyGradient) throws -> Double

    /// One step of the optimizer along the gradients of the last `backward`.
    func update(_ step: AdamStep)

    /// Adds parameters and optimizer moments to a snapshot, under names that begin with `policy.`.
    func save(in snapshot: inout LearnerSnapshot) throws
    func load(from snapshot: LearnerSnapshot) throws
}

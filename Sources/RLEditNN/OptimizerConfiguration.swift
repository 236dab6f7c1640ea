/// Which optimizer trains, with its settings. Learning rate and weight decay are given at each step instead, since both
/// may follow a schedule.
public enum OptimizerConfiguration: Sendable, Equatable, Codable {
    case sgd(SGD)
    case adam(Adam)
    /// Adam with decoupled weight decay.
    case adamW(Adam)

    /// - Throws: ``NetworkError/option(field:expected:actual:)`` naming the field.
    public func validate() throws(NetworkError) {
        switch self {
        case .sgd(let settings): try settings.validate()
        case .adam(let settings), .adamW(let settings): try settings.validate()
        }
    }
}

/// Stochastic gradient descent: v ← μ v + (1 − τ)(g + λ p), p ← p − η v, with v = g + λ p on the first step.
public struct SGD: Sendable, Equatable, Codable {
    /// μ, in [0, 1). Default 0: no velocity is kept.
    public var momentum: Float
    /// τ, in [0, 1]. Default 0.
    public var dampening: Float
    /// Look ahead: p ← p − η (g + μ v). Needs momentum above 0 and no dampening. Default false.
    public var nesterov: Bool

    public init(momentum: Float = 0, dampening: Float = 0, nesterov: Bool = false) {
        self.momentum = momentum
        self.dampening = dampening
        self.nesterov = nesterov
    }

    func validate() throws(NetworkError) {
        guard momentum >= 0, momentum < 1 else {
            throw .option(field: "momentum", expected: "at least 0 and below 1", actual: "\(momentum)")
        }
        guard dampening >= 0, dampening <= 1 else {
            throw .option(field: "dampening", expected: "between 0 and 1", actual: "\(dampening)")
        }
        guard !nesterov || (momentum > 0 && dampening == 0) else {
            throw .option(
                field: "nesterov", expected: "used with momentum above 0 and no dampening",
                actual: "momentum \(momentum), dampening \(dampening)")
        }
    }
}

/// Adam (Kingma and Ba 2015, algorithm 1); with decoupled weight decay, Loshchilov and Hutter 2019, algorithm 2.
public struct Adam: Sendable, Equatable, Codable {
    /// Decay of the mean of gradients, in [0, 1). Default 0.9.
    public var beta1: Float
    /// Decay of the mean of squared gradients, in [0, 1). Default 0.999.
    public var beta2: Float
    /// Added to the root, above 0. Default 1e-8.
    public var epsilon: Float

    public init(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
    }

    func validate() throws(NetworkError) {
        for (field, value) in [("beta1", beta1), ("beta2", beta2)] where !(value >= 0 && value < 1) {
            throw .option(field: field, expected: "at least 0 and below 1", actual: "\(value)")
        }
        guard epsilon > 0, epsilon.isFinite else {
            throw .option(field: "epsilon", expected: "above 0", actual: "\(epsilon)")
        }
    }
}

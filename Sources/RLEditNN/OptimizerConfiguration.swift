public import RLEditCore

/// Which optimizer trains, with its settings. Learning rate and weight decay are given at each step instead, since both
/// may follow a schedule.
public enum OptimizerConfiguration: Sendable, Equatable, Codable {
    case sgd(SGD)
    case adam(Adam)
    /// Adam with decoupled weight decay.
    case adamW(Adam)

    /// - Throws: ``ConfigurationError`` naming the field.
    public func validate() throws {
        switch self {
        case .sgd(let settings): try settings.validate()
        case .adam(let settings), .adamW(let settings): try settings.validate()
        }
    }
}

/// Stochastic gradient descent: v ← μ v + (1 − τ)(g + λ p), p ← p − η v, with v = g + λ p on the first step.
public struct SGD: Configurable, Sendable, Equatable, Codable {
    public var momentum: Double
    public var dampening: Double
    public var nesterov: Bool

    public init(momentum: Double = 0, dampening: Double = 0, nesterov: Bool = false) {
        self.momentum = momentum
        self.dampening = dampening
        self.nesterov = nesterov
    }

    public var owner: String { "sgd" }

    public var settings: [Setting<Self>] {
        [
            .number("momentum", \.momentum, .decay, "of sgd: μ, the decay of the velocity"),
            .number("dampening", \.dampening, .unit, "of sgd: τ, the share of a gradient that the velocity leaves out"),
            .boolean(
                "nesterov", \.nesterov,
                "of sgd: looks ahead, p ← p − η (g + μ v); needs momentum above 0 and no dampening"),
        ]
    }

    public func validateTogether(owner: String) throws {
        guard nesterov, momentum == 0 || dampening > 0 else { return }
        throw ConfigurationError(
            owner, "nesterov",
            "needs momentum above 0 and no dampening, got momentum \(momentum) and dampening \(dampening)")
    }
}

/// Adam (Kingma and Ba 2015, algorithm 1); with decoupled weight decay, Loshchilov and Hutter 2019, algorithm 2.
public struct Adam: Configurable, Sendable, Equatable, Codable {
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Double

    public init(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
    }

    public var owner: String { "adam" }

    public var settings: [Setting<Self>] {
        [
            .number("beta1", \.beta1, .decay, "of adam and adamw: decay of the mean of gradients"),
            .number("beta2", \.beta2, .decay, "of adam and adamw: decay of the mean of squared gradients"),
            .number("epsilon", \.epsilon, .positive, "of adam and adamw: added to the root of that mean"),
        ]
    }
}

public import RLEditCore
public import RLEditNN
public import RLEditTensor

/// Task arithmetic by negation (Ilharco et al., *Editing models with task arithmetic*, ICLR 2023): what fine-tuning on the
/// forget set adds to the weights is taken away from them,
///
///     τ = w_forget − w,   w ← w − λ τ.
///
/// Running statistics of batch norms stay as they are: they are no weights.
public struct TaskArithmetic: UnlearningMethod {
    public var epochs = 2
    public var batchSize = 64
    public var learningRate = 0.01
    public var scale = 1.0

    public init() {}
    public var name: String { "task_arithmetic" }
    public var needs: Set<SetRole> { [.forget] }

    public var documentation: String {
        "Task arithmetic (Ilharco et al. 2023): fine-tunes on `forget`, and subtracts from the weights what that "
            + "adds to them. `retain` is not used."
    }

    public var settings: [Setting<Self>] {
        [
            .integer("epochs", \.epochs, .count(upTo: mostCounted), "passes over the forget set"),
            .integer("batchSize", \.batchSize, .count(upTo: mostCounted), "examples of a step"),
            .number("learningRate", \.learningRate, .positive, "of gradient descent with momentum 0.9"),
            .number("scale", \.scale, .positive, "λ: how often the difference is taken away"),
        ]
    }

    public func unlearn(_ problem: UnlearningProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        var tuning = FineTune()
        (tuning.epochs, tuning.batchSize, tuning.learningRate) = (epochs, batchSize, learningRate)
        let onForget = UnlearningProblem(
            network: problem.network, forget: problem.forget, retain: problem.forget, seed: problem.seed,
            pool: problem.pool)
        let tuned = try tuning.unlearn(onForget, random: random, passes: passes)
        var network = problem.network
        for node in network.nodes {
            for parameter in node.layer.parameters where parameter.isTrainable {
                let name = "\(node.name).\(parameter.name)"
                guard let old = network.parameter(name), let new = tuned.parameter(name) else { continue }
                let values = zip(old.scalars, new.scalars).map { $0 - Float(scale) * ($1 - $0) }
                guard values.allSatisfy(\.isFinite) else { throw NetworkError.divergedParameter(name: name) }
                try network.setParameter(name, try Tensor(values, shape: old.shape))
            }
        }
        return network
    }
}

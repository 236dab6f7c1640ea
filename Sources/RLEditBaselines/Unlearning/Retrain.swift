public import RLEditCore
internal import RLEditData
public import RLEditNN
public import RLEditTensor

/// Training from scratch without the examples to forget. Every other method tries to come close to it at less cost.
///
/// The architecture is the model's; the initial parameters are drawn from the seed as those of a new model are.
public struct Retrain: UnlearningMethod {
    public var epochs = 2
    public var batchSize = 128
    public var learningRate = 1e-3

    public init() {}
    public var name: String { "retrain" }
    public var needs: Set<SetRole> { [.retain] }

    public var documentation: String {
        "Training from scratch on `retain`, from the initial parameters that a new model of this seed has: what the "
            + "other methods try to match. Give it everything to keep. `forget` is not used."
    }

    public var settings: [Setting<Self>] {
        [
            .integer("epochs", \.epochs, .count(upTo: mostCounted), "passes over the retain set"),
            .integer("batchSize", \.batchSize, .count(upTo: mostCounted), "examples of a step"),
            .number("learningRate", \.learningRate, .positive, "Adam's step size"),
        ]
    }

    public func unlearn(_ problem: UnlearningProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        var network = try Network(
            inputShape: problem.network.inputShape, nodes: problem.network.nodes,
            random: RandomStream(seed: problem.seed, name: "init"))
        network.metadata = problem.network.metadata
        var options = TrainingOptions()
        options.epochs = epochs
        options.batchSize = batchSize
        options.learningRate = .constant(learningRate)
        options.seed = problem.seed
        try network.fit(ExampleSetSource(problem.retain), options: options, pool: problem.pool) { progress in
            let done = (progress.epoch - 1) * progress.batches + progress.batch
            try passes.report(done, of: progress.epochs * progress.batches)
            return .proceed
        }
        passes.forward(epochs * problem.retain.count)
        passes.backward(epochs * problem.retain.count)
        return network
    }
}

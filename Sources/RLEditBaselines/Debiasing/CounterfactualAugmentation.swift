public import RLEditCore
internal import RLEditData
public import RLEditNN
public import RLEditTensor

/// Counterfactual augmentation (Garg et al., *Counterfactual fairness in text classification through robustness*, AIES 2019,
/// section 4.2; Lu et al. 2018 for gender): trains on a set together with the same examples about somebody else, under the
/// labels of the originals.
public struct CounterfactualAugmentation: DebiasingMethod {
    public var layer: String?
    public var epochs = 5
    public var batchSize = 128
    public var learningRate = 1e-3

    public init(layer: String? = nil) { self.layer = layer }
    public var name: String { "counterfactual_augmentation" }

    public var documentation: String {
        "Counterfactual augmentation (Garg et al. 2019): trains on a set together with the same examples about somebody "
            + "else."
    }

    public var sets: [DebiasingSet] {
        [
            DebiasingSet(.set, "what is trained on, with its labels"),
            DebiasingSet(.swapped, "examples of it with another term, labelled as those"),
        ]
    }

    public var settings: [Setting<Self>] {
        [
            .integer("epochs", \.epochs, .count(upTo: mostCounted), "passes over both sets"),
            .integer("batchSize", \.batchSize, .count(upTo: mostCounted), "examples of a step"),
            .number("learningRate", \.learningRate, .positive, "Adam's step size"),
        ]
    }

    public func debias(_ problem: DebiasingProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        let all = try problem.set(.set).concat(try problem.set(.swapped))
        let training = try SuffixTraining(problem, from: layer, random: random, passes: passes)
        let source = try training.suffix.source(all, pool: problem.pool, passes: passes)
        for epoch in 0..<epochs {
            try passes.report(epoch, of: epochs)
            for rows in training.descent.minibatches(source.count, size: batchSize, epoch: epoch, of: "set") {
                try training.descent.step([.init(source, rows, Loss.crossEntropy)], learningRate: learningRate)
            }
        }
        return try training.network()
    }
}

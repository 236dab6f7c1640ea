public import RLEditCore
internal import RLEditData
public import RLEditNN
public import RLEditTensor

/// Fine-tuning on both sets, the forget set under labels drawn at random among the other classes (Golatkar et al. 2020;
/// Graves et al., *Amnesiac machine learning*, 2021).
public struct RandomLabel: UnlearningMethod {
    public var epochs = 5
    public var batchSize = 64
    public var learningRate = 0.003

    public init() {}
    public var name: String { "random_label" }

    public var documentation: String {
        "Training on with both sets, `forget` under random labels of other classes (Graves et al. 2021)."
    }

    public var settings: [Setting<Self>] {
        [
            .integer("epochs", \.epochs, .count(upTo: mostCounted), "passes over both sets"),
            .integer("batchSize", \.batchSize, .count(upTo: mostCounted), "examples of a step"),
            .number("learningRate", \.learningRate, .positive, "of gradient descent with momentum 0.9"),
        ]
    }

    public func unlearn(_ problem: UnlearningProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        let descent = try Descent(problem.network, .momentum, random: random, passes: passes, pool: problem.pool)
        try fineTune(descent, problem, random: random, passes: passes)
        return try descent.network()
    }

    /// The epochs on both sets; SalUn runs them under a mask.
    func fineTune(
        _ descent: Descent, _ problem: UnlearningProblem, random: RandomStream, passes: PassCounter
    ) throws {
        let both = RelabelledSource(
            base: ExampleSetSource(try problem.forget.concat(problem.retain)),
            labels: try Self.labels(of: problem, random: random) + problem.retain.labels)
        for epoch in 0..<epochs {
            try passes.report(epoch, of: epochs)
            for rows in descent.minibatches(both.count, size: batchSize, epoch: epoch, of: "both") {
                try descent.step([.init(both, rows, Loss.crossEntropy)], learningRate: learningRate)
            }
        }
    }

    /// One label per example of the forget set, drawn once among the classes that the set does not hold; where it holds all,
    /// as one of random examples does, among all but the example's own.
    static func labels(of problem: UnlearningProblem, random: RandomStream) throws -> [Int] {
        let forgotten = Set(problem.forgetLabels)
        let others = (0..<problem.classes).filter { !forgotten.contains($0) }
        guard problem.classes > 1 else { throw BaselineError.noOtherClass(classes: problem.classes) }
        var stream = random.split("labels")
        return problem.forget.labels.map { label in
            guard others.isEmpty else { return others[stream.index(below: others.count)] }
            let drawn = stream.index(below: problem.classes - 1)
            return drawn < label ? drawn : drawn + 1
        }
    }
}

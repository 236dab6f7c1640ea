public import RLEditCore
public import RLEditNN
public import RLEditTensor

/// SalUn (Fan et al., *SalUn: empowering machine unlearning via gradient-based weight saliency*, ICLR 2024): random
/// labels, learned only by the weights that matter most to the forget set.
///
///     m = 1(|∇ CE(forget)| ≥ γ),   γ such that a given share of the weights passes            (eq. 3)
///     w ← w − η m ⊙ ∇ CE(retain ∪ relabelled forget)                                          (eq. 4)
public struct SalUn: UnlearningMethod {
    public var epochs = 5
    public var batchSize = 64
    public var learningRate = 0.01
    public var saliency = 0.5

    public init() {}
    public var name: String { "salun" }

    public var documentation: String {
        "SalUn (Fan et al. 2024): random labels, learned only by the weights with the largest gradient of the "
            + "loss of `forget`."
    }

    public var settings: [Setting<Self>] {
        [
            .integer("epochs", \.epochs, .count(upTo: mostCounted), "passes over both sets"),
            .integer("batchSize", \.batchSize, .count(upTo: mostCounted), "examples of a step"),
            .number("learningRate", \.learningRate, .positive, "of gradient descent with momentum 0.9"),
            .number("saliency", \.saliency, .unit, "share of all weights that may change"),
        ]
    }

    public func unlearn(_ problem: UnlearningProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        let descent = try Descent(problem.network, .momentum, random: random, passes: passes, pool: problem.pool)
        try descent.setMask(try Self.mask(problem, share: saliency, passes: passes))
        var relabelling = RandomLabel()
        relabelling.epochs = epochs
        relabelling.batchSize = batchSize
        relabelling.learningRate = learningRate
        try relabelling.fineTune(descent, problem, random: random, passes: passes)
        return try descent.network()
    }

    /// 1 for the given share of all weights, those of the largest |∇ CE(forget)|, and 0 for the others.
    static func mask(_ problem: UnlearningProblem, share: Double, passes: PassCounter) throws -> [Tensor] {
        let stepper = try GradientStepper(problem.network, optimizer: .momentum, pool: problem.pool)
        let forget = ExampleSetSource(problem.forget)
        let all = Array(0..<forget.count)
        let gradients = try stepper.gradient(
            of: [.init(forget, all[...], Loss.crossEntropy)], random: RandomStream(seed: 0)
        ).gradients
        passes.forward(forget.count)
        passes.backward(forget.count)
        let magnitudes = gradients.flatMap { $0.scalars.map(abs) }.sorted(by: >)
        let kept = Int((share * Double(magnitudes.count)).rounded())
        guard kept > 0 else { return try gradients.map { try Tensor.zeros($0.shape) } }
        let threshold = magnitudes[kept - 1]
        return try gradients.map { gradient in
            try Tensor(gradient.scalars.map { abs($0) >= threshold ? 1 : 0 }, shape: gradient.shape)
        }
    }
}

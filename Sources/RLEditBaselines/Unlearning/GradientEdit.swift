public import RLEditCore
internal import RLEditData
public import RLEditNN
public import RLEditTensor
package import RLEditWorlds

/// The edit of the same layers by gradient, for those who can see inside the network: what the search of a world has to
/// be measured against. Full batches, with Adam on
///
///     minimize  CE(retain) − mean log(1 − p(label)) over the forget set
///
/// with respect to the weights themselves, or to the factors `B` and `A` of the edit that a world makes of an action:
///
///     MaskWorld   W′ = W ⊙ (1 + s (B + b₀) A)      ∂/∂B = s (G ⊙ W) Aᵀ,   ∂/∂A = s (B + b₀)ᵀ (G ⊙ W)
///     ShiftWorld  W′ = W + s u (B + b₀) A          ∂/∂B = s u G Aᵀ,       ∂/∂A = s u (B + b₀)ᵀ G
///
/// where G is the gradient with respect to W′. Factors are kept in −1 … 1 as actions are.
public struct GradientEdit: LayerUnlearningMethod {
    /// What is moved.
    public enum Form: String, Sendable, CaseIterable {
        /// Every weight of the layers.
        case weights
        /// The factors of a mask.
        case mask
        /// The factors of a shift.
        case shift
    }

    public var form: Form
    /// Names of the edited layers.
    public var layers: [String]
    public var steps: Int
    public var learningRate: Double
    public var rank = 1

    public init(_ form: Form, layers: [String]) {
        self.form = form
        self.layers = layers
        (steps, learningRate) = form == .weights ? (200, 2e-3) : (300, 2e-2)
    }

    public var name: String {
        switch form {
        case .weights: "gradient_edit"
        case .mask: "gradient_mask"
        case .shift: "gradient_shift"
        }
    }

    public var documentation: String {
        switch form {
        case .weights: "The edit of the same layers by gradient: all of their weights."
        case .mask: "The edit by gradient through the factors of a mask, as MaskWorld makes it of an action."
        case .shift: "The edit by gradient through the factors of a shift, as ShiftWorld makes it of an action."
        }
    }

    /// Whole weights have no rank.
    public var settings: [Setting<Self>] {
        [
            .integer("steps", \.steps, .count(upTo: mostCounted), "steps of Adam, each on all examples"),
            .number("learningRate", \.learningRate, .positive, "Adam's step size"),
        ] + (form == .weights ? [] : [.integer("rank", \.rank, .count(upTo: mostCounted), "rank of the factors")])
    }

    public func unlearn(_ problem: UnlearningProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        let edited = try problem.network.baselineLayers(layers)
        let suffix = try EditedSuffix(of: problem.network, layers: layers)
        func source(_ examples: ExampleSet) throws -> any BatchSource {
            try suffix.source(examples, pool: problem.pool, passes: passes)
        }
        let (retain, forget) = (try source(problem.retain), try source(problem.forget))
        let terms: [GradientStepper.Term] = [
            .init(retain, Array(0..<retain.count)[...], Loss.crossEntropy),
            .init(forget, Array(0..<forget.count)[...], Unlikelihood()),
        ]
        func count() {
            passes.forward(retain.count + forget.count, share: suffix.share)
            passes.backward(retain.count + forget.count, share: suffix.share)
        }
        let stepper = try GradientStepper(suffix.network, optimizer: .adam(Adam()), pool: problem.pool)
        let moved = edited.map(\.parameterName)
        switch form {
        case .weights:
            try stepper.setMask(
                try suffix.network.parameterNames.map { name in
                    let shape = suffix.network.parameter(name)?.shape ?? []
                    return moved.contains(name) ? try Tensor.ones(shape) : try Tensor.zeros(shape)
                })
            for step in 0..<steps {
                try passes.report(step, of: steps)
                try stepper.step(terms, learningRate: Float(learningRate), random: random.split("step", step))
                count()
            }
        case .mask, .shift:
            var factors = try FactorDescent(form, edited, rank: rank, seed: problem.seed)
            let places = try moved.map { name in
                guard let place = suffix.network.parameterNames.firstIndex(of: name) else {
                    throw NetworkError.unknownParameter(name: name, known: suffix.network.parameterNames)
                }
                return place
            }
            for step in 0..<steps {
                try passes.report(step, of: steps)
                let edits = try factors.edits()
                for (layer, edit) in zip(edited, edits) {
                    try stepper.setParameter(
                        layer.parameterName, try edit.weights(of: layer).reshaped(layer.shape))
                }
                let gradients = try stepper.gradient(of: terms, random: random.split("step", step)).gradients
                try factors.step(edits, gradients: places.map { gradients[$0] }, learningRate: learningRate)
                count()
            }
            for (layer, edit) in zip(edited, try factors.edits()) {
                try stepper.setParameter(layer.parameterName, try edit.weights(of: layer).reshaped(layer.shape))
            }
        }
        let result = try stepper.network()
        var network = problem.network
        for name in moved {
            if let value = result.parameter(name) { try network.setParameter(name, value) }
        }
        return network
    }
}

/// An action of a world that descends a gradient.
package struct FactorDescent {
    private let layers: [EditedLayer]
    private let rank: Int
    private let world: any BoundWorld
    /// s, or s·u, by layer: the derivative of the left factor by `B`.
    private let strengths: [Double]
    private let isMask: Bool
    /// s, as the worlds have it unless told otherwise.
    private static let scale = 2.0
    /// Every `B` and `A`, in the order of the world's actions.
    package var action: Tensor
    private var optimizer: Optimizer

    /// Begins with the edit that changes nothing, A = B = 0: the fixed signs b₀ make it no saddle.
    package init(_ form: GradientEdit.Form, _ layers: [EditedLayer], rank: Int, seed: UInt64) throws {
        self.layers = layers
        self.rank = rank
        isMask = form == .mask
        // The root stream of a run with this seed, so that b₀ is the one that the run's own world has.
        let random = RandomStream(seed: seed)
        let scale = Self.scale / Double(rank).squareRoot()
        if form == .mask {
            var configuration = MaskWorld.Configuration()
            configuration.form = .lowRank(rank: rank)
            configuration.scale = .constant(Self.scale)
            world = try MaskWorld(configuration).bind(to: layers, random: random)
            strengths = layers.map { _ in scale }
        } else {
            var configuration = ShiftWorld.Configuration()
            configuration.form = .lowRank(rank: rank)
            configuration.scale = .constant(Self.scale)
            world = try ShiftWorld(configuration).bind(to: layers, random: random)
            strengths = layers.map { scale * $0.rootMeanSquare }
        }
        action = try Tensor.zeros([world.actionSize])
        optimizer = try Optimizer(.adam(Adam()), parameterCount: world.actionSize)
    }

    /// The edits that the world makes of the action.
    package func edits() throws -> [LayerEdit] {
        try action.withUnsafeBufferPointer {
            try world.apply($0, to: layers.map { _ in .unchanged }, progress: 0)
        }
    }

    /// The gradient with respect to the action, when `gradients` are those with respect to the edited weights.
    package func actionGradient(_ edits: [LayerEdit], gradients: [Tensor]) throws -> Tensor {
        var parts: [Tensor] = []
        for (index, layer) in layers.enumerated() {
            guard let factors = edits[index].lowRankFactors else { continue }
            var slope = try gradients[index].reshaped([layer.rows, layer.columns])
            if isMask { slope = try slope.mul(layer.base) }
            let ofLeft = try slope.matmul(factors.right, transposeOther: true)
            parts.append(try ofLeft.mul(Float(strengths[index])).flattened())
            parts.append(try factors.left.matmul(slope, transposeSelf: true).flattened())
        }
        return try Tensor.concat(parts)
    }

    mutating func step(_ edits: [LayerEdit], gradients: [Tensor], learningRate: Double) throws {
        var parameters = [action]
        try optimizer.step(
            &parameters, gradients: [try actionGradient(edits, gradients: gradients)],
            learningRate: Float(learningRate))
        action = try parameters[0].clamp(-1, 1)
    }
}

extension LayerEdit {
    /// The factors of an edit that is a single low-rank step.
    fileprivate var lowRankFactors: LowRankFactors? {
        switch self {
        case .mask(_, let factors): factors
        case .shift(let factors): factors
        case .unchanged, .weights: nil
        }
    }
}

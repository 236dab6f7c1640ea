public import RLEditTensor

/// One kind of node of a network: its shapes, its parameters, and kernels that compute it.
///
/// A layer is a plain description (a value without memory). What it needs to run, from scratch memory to what the
/// backward pass has to remember, belongs to the ``LayerKernel`` that it makes for blocks of a fixed number of rows.
///
/// # Shapes and memory order
/// Shapes exclude the batch dimension and are in PyTorch's order: `[features]` or `[channels, height, width]`.
/// In memory, activations with three dimensions are *channels last* (`[rows, height, width, channels]`) everywhere
/// inside a network, which is what the fastest convolutions want. There is one rule: the conversion happens where
/// tensors enter or leave the network (``Network/forward(_:pool:)`` and its relatives) and in ``Flatten``, which
/// writes PyTorch's channel-first order, so that weights exchange with PyTorch unchanged.
public protocol Layer: Sendable {
    /// The layer's type as users know it: `Linear`, `Conv2D`, …
    var kind: String { get }
    /// The settings worth showing in a layer table, for example `16 → 32, kernel 3×3, padding 1`; may be empty.
    var summary: String { get }
    /// Names, shapes and initial values of the parameters, in the order in which kernels receive them.
    var parameters: [ParameterSpecification] { get }
    /// Shape of the output for inputs of these shapes (one for most layers), per example.
    /// - Throws: ``NetworkError/layerInput(layer:expected:actual:)`` or
    ///   ``NetworkError/layerSetting(layer:field:expected:actual:)``.
    func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int]
    /// Makes the layer ready for blocks of a fixed size. The shapes have passed `outputShape(for:)`.
    func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel
}

extension Layer {
    /// Shape of the output for one input, per example.
    public func outputShape(for input: [Int]) throws(NetworkError) -> [Int] { try outputShape(for: [input]) }
    /// Names and shapes of the parameters: `weight [out, in]`, `bias [out]`; convolutions `[out, in, height, width]`.
    public var parameterShapes: [(name: String, shape: [Int])] { parameters.map { ($0.name, $0.shape) } }
    public var parameters: [ParameterSpecification] { [] }
    public var summary: String { "" }

    /// The shape of the only input.
    package func onlyInput(_ inputs: [[Int]]) throws(NetworkError) -> [Int] {
        guard inputs.count == 1, let input = inputs.first else {
            throw .layerSetting(layer: kind, field: "inputs", expected: "one node", actual: "\(inputs.count)")
        }
        return input
    }
}

/// A layer whose kernel can end in max(0, x) at no cost, which saves the ReLU that follows a pass over memory.
package protocol FusesReLU: Layer {}

/// A layer that can take over a batch norm that alone reads it, at inference: its weight's rows are scaled, and its bias
/// shifted. Parameters `weight [out, …]` and, unless it has none, `bias [out]`.
package protocol FoldsBatchNorm: FusesReLU {
    var hasBias: Bool { get }
    /// The same layer with a bias.
    var withBias: Self { get }
}

/// A layer that can read the sparse inputs of a network itself (``ForwardPass/sparseInput``); it takes dense ones as well.
/// Before any other layer, sparse inputs are made dense, a block at a time.
package protocol TakesSparseInput: Layer {}

/// A parameter of a layer before it has values.
public struct ParameterSpecification: Sendable, Equatable {
    /// How a new network fills it.
    public enum Initialization: Sendable, Equatable {
        /// Uniform in ±bound.
        case uniform(bound: Float)
        case constant(Float)
    }

    /// Name within its layer: `weight`, `bias`.
    public let name: String
    public let shape: [Int]
    public let initialization: Initialization
    /// Whether gradients reach it; false for buffers, such as running statistics.
    public let isTrainable: Bool

    public init(name: String, shape: [Int], initialization: Initialization, isTrainable: Bool = true) {
        self.name = name
        self.shape = shape
        self.initialization = initialization
        self.isTrainable = isTrainable
    }

    /// Weight and bias as PyTorch's `Linear` and `Conv2d` start by default: both uniform in ±1/√fanIn (its
    /// `kaiming_uniform_` with a = √5 comes to that bound).
    static func weightAndBias(weight shape: [Int], fanIn: Int, bias: Bool) -> [ParameterSpecification] {
        let bound = Float(1 / Double(max(fanIn, 1)).squareRoot())
        let weight = ParameterSpecification(name: "weight", shape: shape, initialization: .uniform(bound: bound))
        guard bias else { return [weight] }
        return [
            weight, ParameterSpecification(name: "bias", shape: [shape[0]], initialization: .uniform(bound: bound)),
        ]
    }

    /// What norms scale and shift each channel by: 1 and 0 at first.
    static func scaleAndShift(_ channels: Int) -> [ParameterSpecification] {
        [("weight", 1), ("bias", 0)].map {
            ParameterSpecification(name: $0, shape: [channels], initialization: .constant($1))
        }
    }
}

/// What passes through a network are for.
public enum PassMode: Sendable {
    /// Outputs only.
    case inference
    /// Outputs and gradients of the network as it is at inference: batch norms use their running statistics.
    case differentiation
    /// Outputs and gradients of a training step: batch norms use the minibatch's statistics.
    case training
}

/// What a kernel is to be made for.
public struct KernelRequest: Sendable {
    /// Examples in every block.
    public let rows: Int
    /// Input shapes and output shape per example, in PyTorch's order.
    public let inputShapes: [[Int]]
    public let outputShape: [Int]
    public let mode: PassMode
    /// Only for layers that offer it: the forward pass ends in max(0, x). The backward pass then receives gradients
    /// with respect to the sum before it.
    package let fusesReLU: Bool
    /// Whether the layer's bias is that of a batch norm, which is folded into its weights.
    package let foldsBatchNorm: Bool

    package init(
        rows: Int, inputShapes: [[Int]], outputShape: [Int], mode: PassMode, fusesReLU: Bool, foldsBatchNorm: Bool
    ) {
        self.rows = rows
        self.inputShapes = inputShapes
        self.outputShape = outputShape
        self.mode = mode
        self.fusesReLU = fusesReLU
        self.foldsBatchNorm = foldsBatchNorm
    }

    /// Whether `backward` will be called: then `forward` must remember what it needs.
    public var isTraining: Bool { mode != .inference }

    var inputShape: [Int] { inputShapes.first ?? [] }
    var inputCount: Int { rows * inputShape.reduce(1, *) }
    var outputCount: Int { rows * outputShape.reduce(1, *) }
}

/// A layer at work on blocks of a fixed number of rows; used by one thread at a time.
///
/// Pointers address whole blocks (`rows ×` the shape's element count) and are valid during the call only.
public protocol LayerKernel: AnyObject {
    /// Fills `pass.output`.
    func forward(_ pass: ForwardPass) throws(NetworkError)
    /// Overwrites every gradient that is asked for. Called after `forward` on the same block.
    func backward(_ pass: BackwardPass) throws(NetworkError)
}

public struct ForwardPass {
    /// Nothing may be read here where `sparseInput` is not nil.
    public let inputs: [UnsafePointer<Float>]
    /// For layers that take it, the input of the network when that is sparse; nil for a dense one.
    package let sparseInput: SparseBlock?
    /// In the order of ``Layer/parameters``.
    public let parameters: [UnsafePointer<Float>]
    public let output: UnsafeMutablePointer<Float>
    /// The random numbers of this node in this block while training; nil at inference, where layers are deterministic.
    public let random: RandomStream?
}

public struct BackwardPass {
    public let inputs: [UnsafePointer<Float>]
    /// As in the forward pass; then nobody wants the input's gradient.
    package let sparseInput: SparseBlock?
    public let parameters: [UnsafePointer<Float>]
    /// What `forward` wrote.
    public let output: UnsafePointer<Float>
    public let outputGradient: UnsafePointer<Float>
    /// One per input; nil where nobody wants it.
    public let inputGradients: [UnsafeMutablePointer<Float>?]
    /// In the order of ``Layer/parameters``.
    public let parameterGradients: [UnsafeMutablePointer<Float>]
}

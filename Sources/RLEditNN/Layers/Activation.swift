internal import CKernels
public import RLEditCore

/// A function applied to every element; keeps the shape.
public struct Activation: DescribedLayer {
    public enum Function: String, Sendable, CaseIterable {
        /// max(0, x)
        case relu = "ReLU"
        /// x · Φ(x) with Φ the standard normal distribution function, in its exact form (Hendrycks and Gimpel 2016).
        case gelu = "GELU"
        case tanh = "Tanh"
        /// 1 / (1 + e⁻ˣ)
        case sigmoid = "Sigmoid"
        /// GELU with tanh(√(2/π)(x + 0.044715 x³)) in place of 2Φ(x) − 1.
        case geluTanh = "GELUTanh"
        /// x · sigmoid(x), also called Swish.
        case silu = "SiLU"
        /// x · min(max(x + 3, 0), 6) / 6 (Howard et al. 2019).
        case hardSwish = "HardSwish"
        /// min(max(x + 3, 0), 6) / 6
        case hardSigmoid = "HardSigmoid"
        /// min(max(x, 0), 6)
        case relu6 = "ReLU6"
    }

    public let function: Function

    public init(_ function: Function) { self.function = function }

    public static let relu = Activation(.relu)
    public static let gelu = Activation(.gelu)
    public static let tanh = Activation(.tanh)
    public static let sigmoid = Activation(.sigmoid)

    public var kind: String { function.rawValue }
    public var settings: [Setting<Activation>] { [] }

    static let constructors: [LayerConstructor] = [
        constructor("relu", .relu, "max(0, x)."),
        constructor("gelu", .gelu, "x Φ(x), with the normal distribution's Φ."),
        constructor("tanh", .tanh, "Hyperbolic tangent."),
        constructor("sigmoid", .sigmoid, "1 / (1 + exp(-x))."),
        constructor(
            "gelu_tanh", .geluTanh, "GELU by a hyperbolic tangent, PyTorch's `GELU(approximate=\"tanh\")`."),
        constructor("silu", .silu, "x sigmoid(x), also called Swish."),
        constructor("hard_swish", .hardSwish, "x clip(x + 3, 0, 6) / 6."),
        constructor("hard_sigmoid", .hardSigmoid, "clip(x + 3, 0, 6) / 6."),
        constructor("relu6", .relu6, "clip(x, 0, 6)."),
    ]

    private static func constructor(_ name: String, _ function: Function, _ documentation: String) -> LayerConstructor {
        LayerConstructor(name, baseName: name, Activation(function), documentation)
    }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] { try onlyInput(inputs) }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        Kernel(function: function, count: Int64(request.outputCount))
    }

    private final class Kernel: LayerKernel {
        let function: Int32
        let count: Int64

        init(function: Function, count: Int64) {
            self.function = function.code
            self.count = count
        }

        func forward(_ pass: ForwardPass) { rl_activation(function, pass.inputs[0], pass.output, count) }

        func backward(_ pass: BackwardPass) {
            guard let gradient = pass.inputGradients[0] else { return }
            rl_activation_backward(function, pass.inputs[0], pass.output, pass.outputGradient, gradient, count)
        }
    }
}

extension Activation.Function {
    /// As the kernels know it.
    package var code: Int32 {
        switch self {
        case .relu: Int32(RL_RELU)
        case .gelu: Int32(RL_GELU)
        case .tanh: Int32(RL_TANH)
        case .sigmoid: Int32(RL_SIGMOID)
        case .geluTanh: Int32(RL_GELU_TANH)
        case .silu: Int32(RL_SILU)
        case .hardSwish: Int32(RL_HARD_SWISH)
        case .hardSigmoid: Int32(RL_HARD_SIGMOID)
        case .relu6: Int32(RL_RELU6)
        }
    }
}

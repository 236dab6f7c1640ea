internal import CKernels

/// A function applied to every element; keeps the shape.
public struct Activation: Layer {
    public enum Function: String, Sendable, CaseIterable {
        /// max(0, x)
        case relu = "ReLU"
        /// x · Φ(x) with Φ the standard normal distribution function, in its exact form (Hendrycks and Gimpel 2016).
        case gelu = "GELU"
        case tanh = "Tanh"
        /// 1 / (1 + e⁻ˣ)
        case sigmoid = "Sigmoid"
    }

    public let function: Function

    public init(_ function: Function) { self.function = function }

    public static let relu = Activation(.relu)
    public static let gelu = Activation(.gelu)
    public static let tanh = Activation(.tanh)
    public static let sigmoid = Activation(.sigmoid)

    public var kind: String { function.rawValue }

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
    fileprivate var code: Int32 {
        switch self {
        case .relu: Int32(RL_RELU)
        case .gelu: Int32(RL_GELU)
        case .tanh: Int32(RL_TANH)
        case .sigmoid: Int32(RL_SIGMOID)
        }
    }
}

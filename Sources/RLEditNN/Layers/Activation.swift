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
        let function: Function
        let count: Int64

        init(function: Function, count: Int64) {
            self.function = function
            self.count = count
        }

        func forward(_ pass: ForwardPass) {
            let input = pass.inputs[0]
            switch function {
            case .relu: rl_relu(input, pass.output, count)
            case .gelu: rl_gelu(input, pass.output, count)
            case .tanh: rl_tanh(input, pass.output, count)
            case .sigmoid: rl_sigmoid(input, pass.output, count)
            }
        }

        func backward(_ pass: BackwardPass) {
            guard let gradient = pass.inputGradients[0] else { return }
            switch function {
            case .relu: rl_relu_backward(pass.output, pass.outputGradient, gradient, count)
            case .gelu: rl_gelu_backward(pass.inputs[0], pass.outputGradient, gradient, count)
            case .tanh: rl_tanh_backward(pass.output, pass.outputGradient, gradient, count)
            case .sigmoid: rl_sigmoid_backward(pass.output, pass.outputGradient, gradient, count)
            }
        }
    }
}

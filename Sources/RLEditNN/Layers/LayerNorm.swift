internal import CKernels
public import RLEditCore

/// Normalizes the features of each vector or token to mean 0 and variance 1, then scales and shifts them:
/// `y = (x − E[x]) / √(Var[x] + ε) · weight + bias` over the last dimension (Ba et al. 2016). Parameters `weight [features]`,
/// `bias [features]`.
public struct LayerNorm: DescribedLayer {
    public private(set) var features: Int
    /// Added to the variance.
    public private(set) var epsilon: Double

    public init(_ features: Int, epsilon: Double = 1e-5) {
        self.features = features
        self.epsilon = epsilon
    }

    static let constructor = LayerConstructor(
        "layer_norm", baseName: "norm", positional: 1, size: "features", LayerNorm(1),
        """
        Normalizes the features of each vector or token, then scales and shifts them, as PyTorch's `LayerNorm` over the
        last dimension. BERT's `epsilon` is 1e-12.
        """)

    public var kind: String { "LayerNorm" }
    public var summary: String { "\(features)" }
    public var settings: [Setting<LayerNorm>] {
        [
            .integer("features", \.features, .count(upTo: 1 << 24), "features of each vector or token").required,
            .number("epsilon", \.epsilon, .within(0, 1), "added to the variance"),
        ]
    }
    public var parameters: [ParameterSpecification] { ParameterSpecification.scaleAndShift(features) }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        try requirePositive(features, "features")
        let input = try onlyInput(inputs)
        guard (1...2).contains(input.count), input.last == features else {
            throw .layerInput(layer: kind, expected: "\(features) features", actual: input)
        }
        return input
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        Kernel(
            rows: request.outputCount / features, features: features, epsilon: Float(epsilon),
            isTraining: request.isTraining)
    }

    private final class Kernel: LayerKernel {
        let rows: Int
        let features: Int
        let epsilon: Float
        /// Mean and 1 / √(variance + ε) of each row, for the backward pass.
        let statistics: UnsafeMutablePointer<Float>?

        init(rows: Int, features: Int, epsilon: Float, isTraining: Bool) {
            self.rows = rows
            self.features = features
            self.epsilon = epsilon
            statistics = isTraining ? .allocate(capacity: max(2 * rows, 1)) : nil
        }

        deinit { statistics?.deallocate() }

        func forward(_ pass: ForwardPass) {
            rl_layer_norm(
                pass.inputs[0], Int64(rows), Int64(features), epsilon, pass.parameters[0], pass.parameters[1],
                pass.output, statistics)
        }

        func backward(_ pass: BackwardPass) {
            rl_layer_norm_backward(
                pass.inputs[0], pass.outputGradient, Int64(rows), Int64(features), pass.parameters[0], statistics,
                pass.inputGradients[0], pass.parameterGradients[0], pass.parameterGradients[1])
        }
    }
}

internal import CKernels
public import RLEditCore

/// Shares that sum to 1: `exp(x) / Σ exp(x)` over the features of vectors and tokens, or over the channels of pictures. Keeps
/// the shape.
public struct Softmax: DescribedLayer {
    public init() {}

    static let constructor = LayerConstructor(
        "softmax", baseName: "softmax", Softmax(),
        """
        exp(x) / sum(exp(x)) over the features of vectors and tokens, or over the channels of pictures. A network's scores are
        best given without it: losses and metrics apply it themselves.
        """)

    public var kind: String { "Softmax" }
    public var settings: [Setting<Softmax>] { [] }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        let input = try onlyInput(inputs)
        guard (1...3).contains(input.count) else {
            throw .layerInput(layer: kind, expected: "vectors, tokens or pictures", actual: input)
        }
        return input
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        let width = ActivationShape(request.inputShape).features
        return Kernel(rows: request.inputCount / max(width, 1), width: width)
    }

    private final class Kernel: LayerKernel {
        let rows: Int
        let width: Int

        init(rows: Int, width: Int) {
            self.rows = rows
            self.width = width
        }

        func forward(_ pass: ForwardPass) {
            rl_softmax_rows(0, pass.inputs[0], Int64(rows), Int64(width), pass.output)
        }

        func backward(_ pass: BackwardPass) {
            guard let gradient = pass.inputGradients[0] else { return }
            for row in 0..<rows {
                let place = row * width
                var mean: Float = 0
                for index in place..<(place + width) { mean += pass.output[index] * pass.outputGradient[index] }
                for index in place..<(place + width) {
                    gradient[index] = pass.output[index] * (pass.outputGradient[index] - mean)
                }
            }
        }
    }
}

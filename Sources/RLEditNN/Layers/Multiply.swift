internal import CKernels
public import RLEditCore

/// The product of two nodes, element by element; the second may also be a vector `[channels]`, one factor for all
/// positions of a channel (squeeze and excitation).
public struct Multiply: DescribedLayer {
    public init() {}

    static let constructor = LayerConstructor(
        "multiply", baseName: "multiply", inputs: .named(["x", "factor"]), Multiply(),
        "The product of two activations of one shape; the second may also hold one number for each channel of the first."
    )

    public var kind: String { "Multiply" }
    public var settings: [Setting<Multiply>] { [] }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        guard inputs.count == 2 else {
            throw .layerSetting(layer: kind, field: "inputs", expected: "two nodes", actual: "\(inputs.count)")
        }
        let (first, second) = (inputs[0], inputs[1])
        guard second == first || (first.count == 3 && second == [first[0]]) else {
            throw .layerInput(
                layer: kind, expected: "a factor of shape \(first)" + (first.count == 3 ? " or [\(first[0])]" : ""),
                actual: second)
        }
        return first
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        let factors = request.inputShapes[1].reduce(1, *)
        let size = request.outputShape.reduce(1, *)
        // The factors of one example meet each of its positions in turn.
        return Kernel(examples: request.rows, positions: factors == size ? 1 : size / max(factors, 1), width: factors)
    }

    private final class Kernel: LayerKernel {
        let examples: Int
        let positions: Int
        let width: Int

        init(examples: Int, positions: Int, width: Int) {
            self.examples = examples
            self.positions = positions
            self.width = width
        }

        func forward(_ pass: ForwardPass) {
            eachPosition { place, example in
                rl_multiply(pass.inputs[0] + place, pass.inputs[1] + example, pass.output + place, Int64(width))
            }
        }

        func backward(_ pass: BackwardPass) {
            if let gradient = pass.inputGradients[0] {
                eachPosition { place, example in
                    rl_multiply(
                        pass.outputGradient + place, pass.inputs[1] + example, gradient + place, Int64(width))
                }
            }
            if let gradient = pass.inputGradients[1] {
                gradient.update(repeating: 0, count: examples * width)
                eachPosition { place, example in
                    for index in 0..<width {
                        gradient[example + index] +=
                            pass.outputGradient[place + index] * pass.inputs[0][place + index]
                    }
                }
            }
        }

        /// Offsets of each position in the first input and of its factors in the second.
        private func eachPosition(_ body: (_ place: Int, _ example: Int) -> Void) {
            for example in 0..<examples {
                for position in 0..<positions {
                    body((example * positions + position) * width, example * width)
                }
            }
        }
    }
}

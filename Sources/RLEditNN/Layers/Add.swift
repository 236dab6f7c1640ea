internal import CKernels
public import RLEditCore

/// The sum of two or more nodes of one shape: the end of a residual block.
public struct Add: FusesReLU, DescribedLayer {
    public init() {}

    static let constructor = LayerConstructor(
        "add", baseName: "add", inputs: .several, Add(), "The sum of two or more activations of one shape.")

    public var kind: String { "Add" }
    public var settings: [Setting<Add>] { [] }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        let first = try severalInputs(inputs)
        for other in inputs where other != first {
            throw .layerInput(layer: kind, expected: "another input of shape \(first)", actual: other)
        }
        return first
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        Kernel(count: request.outputCount, fusesReLU: request.fusesReLU)
    }

    private final class Kernel: LayerKernel {
        let count: Int
        let fusesReLU: Bool

        init(count: Int, fusesReLU: Bool) {
            self.count = count
            self.fusesReLU = fusesReLU
        }

        /// Floats that stay in the first-level cache until their sum is complete.
        private static let run = 2048

        func forward(_ pass: ForwardPass) {
            for start in stride(from: 0, to: count, by: Kernel.run) {
                let (sum, size) = (pass.output + start, Int64(min(Kernel.run, count - start)))
                rl_binary(RL_BINARY_ADD, pass.inputs[0] + start, 1, pass.inputs[1] + start, 1, sum, size)
                for input in pass.inputs.dropFirst(2) { rl_accumulate(sum, input + start, size) }
                if fusesReLU { rl_activation(Int32(RL_RELU), sum, sum, size) }
            }
        }

        /// An input whose gradient lies where that of the sum does has it already (`Workspace.planGradients`).
        func backward(_ pass: BackwardPass) {
            for case let gradient? in pass.inputGradients where UnsafePointer(gradient) != pass.outputGradient {
                gradient.update(from: pass.outputGradient, count: count)
            }
        }
    }
}

extension Layer {
    /// The shape of the first of two or more inputs.
    func severalInputs(_ inputs: [[Int]]) throws(NetworkError) -> [Int] {
        guard inputs.count >= 2, let first = inputs.first else {
            throw .layerSetting(layer: kind, field: "inputs", expected: "two nodes or more", actual: "\(inputs.count)")
        }
        guard !first.isEmpty else {
            throw .layerInput(layer: kind, expected: "at least one dimension", actual: first)
        }
        return first
    }
}

internal import CKernels
public import RLEditCore

/// `[channels, height, width]` → `[channels · height · width]` in PyTorch's order: the place where channels that lie last
/// in memory come first again, so that the weights that follow are PyTorch's own.
public struct Flatten: DescribedLayer {
    public init() {}

    static let constructor = LayerConstructor(
        "flatten", baseName: "flatten", Flatten(), "All values of an example in one dimension.")

    public var settings: [Setting<Flatten>] { [] }

    public var kind: String { "Flatten" }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        let input = try onlyInput(inputs)
        guard !input.isEmpty else { throw .layerInput(layer: kind, expected: "at least one dimension", actual: input) }
        return [input.reduce(1, *)]
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        Kernel(rows: request.rows, order: ChannelOrder(shape: request.inputShape))
    }

    private final class Kernel: LayerKernel {
        let rows: Int
        let order: ChannelOrder

        init(rows: Int, order: ChannelOrder) {
            self.rows = rows
            self.order = order
        }

        func forward(_ pass: ForwardPass) { order.channelsFirst(pass.inputs[0], to: pass.output, rows: rows) }

        func backward(_ pass: BackwardPass) {
            guard let gradient = pass.inputGradients[0] else { return }
            order.channelsLast(pass.outputGradient, to: gradient, rows: rows)
        }
    }
}

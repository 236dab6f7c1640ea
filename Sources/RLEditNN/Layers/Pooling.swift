internal import CKernels
public import RLEditCore

/// Maximum over windows, per channel: `[channels, height, width]` → `[channels, height′, width′]`.
public struct MaxPool2D: DescribedLayer {
    /// Pairs are (height, width).
    public private(set) var kernel: (height: Int, width: Int)
    public private(set) var stride: (height: Int, width: Int) {
        get { explicitStride ?? kernel }
        set { explicitStride = newValue }
    }
    private var explicitStride: (height: Int, width: Int)?
    /// Positions added on each side that never win; at most half of the kernel.
    public private(set) var padding: (height: Int, width: Int)

    static let constructor = LayerConstructor(
        "max_pool2d", baseName: "pool", positional: 1, MaxPool2D(1),
        "Maximum over windows. The stride is the kernel's size by default.")

    public var settings: [Setting<MaxPool2D>] {
        [
            .pair("kernel", \.kernel, .count(upTo: 1 << 15), "size of the window").required,
            .pair("stride", \.stride, .count(upTo: 1 << 15), "distance between windows"),
            .pair("padding", \.padding, .count(from: 0, upTo: 1 << 15), "positions added on each side that never win"),
        ]
    }

    /// - Parameter stride: the kernel's size when nil, so that windows do not overlap.
    public init(
        kernel: (height: Int, width: Int), stride: (height: Int, width: Int)? = nil,
        padding: (height: Int, width: Int) = (0, 0)
    ) {
        self.kernel = kernel
        explicitStride = stride
        self.padding = padding
    }

    public init(_ kernel: Int, stride: Int? = nil, padding: Int = 0) {
        self.init(
            kernel: (kernel, kernel), stride: stride.map { ($0, $0) }, padding: (padding, padding))
    }

    private var window: Window { Window(kernel: kernel, stride: stride, padding: padding) }

    public var kind: String { "MaxPool2D" }
    public var summary: String { window.summary(usualStride: kernel) }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        try poolingOutputShape(try onlyInput(inputs), window: window)
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        Kernel(shape: rl_pooling_shape(request, window, countPadding: false), request: request)
    }

    private final class Kernel: LayerKernel {
        private var shape: rl_pooling_shape
        /// Position of each maximum within its window, kept for the backward pass.
        private let winners: UnsafeMutablePointer<UInt16>?

        init(shape: rl_pooling_shape, request: KernelRequest) {
            self.shape = shape
            winners = request.isTraining ? .allocate(capacity: max(request.outputCount, 1)) : nil
        }

        deinit { winners?.deallocate() }

        func forward(_ pass: ForwardPass) { rl_max_pool(&shape, pass.inputs[0], pass.output, winners) }

        func backward(_ pass: BackwardPass) {
            guard let gradient = pass.inputGradients[0], let winners else { return }
            rl_max_pool_backward(&shape, winners, pass.outputGradient, gradient)
        }
    }
}

/// Mean over windows, per channel: `[channels, height, width]` → `[channels, height′, width′]`.
public struct AveragePool2D: DescribedLayer {
    /// Pairs are (height, width).
    public private(set) var kernel: (height: Int, width: Int)
    public private(set) var stride: (height: Int, width: Int) {
        get { explicitStride ?? kernel }
        set { explicitStride = newValue }
    }
    private var explicitStride: (height: Int, width: Int)?
    /// Zeros added on each side; at most half of the kernel.
    public private(set) var padding: (height: Int, width: Int)
    /// Whether the added zeros count in the mean, as PyTorch does by default.
    public private(set) var countsPadding: Bool

    static let constructor = LayerConstructor(
        "average_pool2d", baseName: "pool", positional: 1, AveragePool2D(1),
        "Mean over windows. The stride is the kernel's size by default.")

    public var settings: [Setting<AveragePool2D>] {
        [
            .pair("kernel", \.kernel, .count(upTo: 1 << 15), "size of the window").required,
            .pair("stride", \.stride, .count(upTo: 1 << 15), "distance between windows"),
            .pair("padding", \.padding, .count(from: 0, upTo: 1 << 15), "zeros added on each side"),
            .boolean("countsPadding", \.countsPadding, "whether those zeros count in the mean"),
        ]
    }

    /// - Parameter stride: the kernel's size when nil, so that windows do not overlap.
    public init(
        kernel: (height: Int, width: Int), stride: (height: Int, width: Int)? = nil,
        padding: (height: Int, width: Int) = (0, 0), countsPadding: Bool = true
    ) {
        self.kernel = kernel
        explicitStride = stride
        self.padding = padding
        self.countsPadding = countsPadding
    }

    public init(_ kernel: Int, stride: Int? = nil, padding: Int = 0, countsPadding: Bool = true) {
        self.init(
            kernel: (kernel, kernel), stride: stride.map { ($0, $0) }, padding: (padding, padding),
            countsPadding: countsPadding)
    }

    private var window: Window { Window(kernel: kernel, stride: stride, padding: padding) }

    public var kind: String { "AveragePool2D" }
    public var summary: String { window.summary(usualStride: kernel) }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        try poolingOutputShape(try onlyInput(inputs), window: window)
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        AveragePoolKernel(shape: rl_pooling_shape(request, window, countPadding: countsPadding))
    }
}

/// Mean over all positions, per channel: `[channels, height, width]` → `[channels]`.
public struct GlobalAveragePool2D: DescribedLayer {
    public init() {}

    static let constructor = LayerConstructor(
        "global_average_pool2d", baseName: "pool", GlobalAveragePool2D(), "Mean over all positions of each channel.")

    public var settings: [Setting<GlobalAveragePool2D>] { [] }

    public var kind: String { "GlobalAveragePool2D" }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        let input = try onlyInput(inputs)
        guard input.count == 3, input.allSatisfy({ $0 >= 1 }) else {
            throw .layerInput(layer: kind, expected: "[channels, height, width]", actual: input)
        }
        return [input[0]]
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        // One window as large as the input.
        let size = (height: request.inputShape[1], width: request.inputShape[2])
        var shape = rl_pooling_shape(
            request, Window(kernel: size, stride: size, padding: (0, 0)), countPadding: false)
        (shape.outHeight, shape.outWidth) = (1, 1)
        return AveragePoolKernel(shape: shape)
    }
}

private final class AveragePoolKernel: LayerKernel {
    private var shape: rl_pooling_shape

    init(shape: rl_pooling_shape) { self.shape = shape }

    func forward(_ pass: ForwardPass) { rl_average_pool(&shape, pass.inputs[0], pass.output) }

    func backward(_ pass: BackwardPass) {
        guard let gradient = pass.inputGradients[0] else { return }
        rl_average_pool_backward(&shape, pass.outputGradient, gradient)
    }
}

extension Layer {
    fileprivate func poolingOutputShape(_ input: [Int], window: Window) throws(NetworkError) -> [Int] {
        let size = try window.outputSize(of: input, for: self)
        // More padding would let a window lie outside of the input, where it has no value.
        guard 2 * window.padding.height <= window.kernel.height, 2 * window.padding.width <= window.kernel.width else {
            throw .layerSetting(
                layer: kind, field: "padding", expected: "at most half of the kernel",
                actual: "\(max(window.padding.height, window.padding.width))")
        }
        guard window.kernel.height * window.kernel.width <= 1 << 16 else {
            throw .layerSetting(
                layer: kind, field: "kernel", expected: "at most 65536 positions",
                actual: "\(window.kernel.height * window.kernel.width)")
        }
        return [input[0], size.height, size.width]
    }
}

extension rl_pooling_shape {
    fileprivate init(_ request: KernelRequest, _ window: Window, countPadding: Bool) {
        let (input, output) = (request.inputShape, request.outputShape)
        self.init(
            rows: Int64(request.rows), channels: Int64(input[0]), inHeight: Int64(input[1]), inWidth: Int64(input[2]),
            outHeight: output.count == 3 ? Int64(output[1]) : 1, outWidth: output.count == 3 ? Int64(output[2]) : 1,
            kernelHeight: Int64(window.kernel.height), kernelWidth: Int64(window.kernel.width),
            strideHeight: Int64(window.stride.height), strideWidth: Int64(window.stride.width),
            paddingHeight: Int64(window.padding.height), paddingWidth: Int64(window.padding.width),
            countPadding: countPadding ? 1 : 0)
    }
}

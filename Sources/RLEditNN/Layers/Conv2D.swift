internal import CKernels
public import RLEditCore

/// Two-dimensional convolution (cross-correlation, as PyTorch's `Conv2d`): `[inChannels, height, width]` →
/// `[outChannels, height′, width′]`. Parameters `weight [out, in, kernelHeight, kernelWidth]`, `bias [out]`.
public struct Conv2D: FoldsBatchNorm, DescribedLayer {
    public private(set) var inChannels: Int
    public private(set) var outChannels: Int
    /// Pairs are (height, width).
    public private(set) var kernel: (height: Int, width: Int)
    public private(set) var stride: (height: Int, width: Int)
    /// Zeros added on each side.
    public private(set) var padding: (height: Int, width: Int)
    /// Distance between the kernel's points; 1 is dense.
    public private(set) var dilation: (height: Int, width: Int)
    /// Parts that input and output channels are cut into; each part of the outputs sees its part of the inputs only.
    /// As many groups as channels make a depthwise convolution.
    public private(set) var groups: Int
    public private(set) var hasBias: Bool

    static let constructor = LayerConstructor(
        "conv2d", baseName: "conv", size: "inputs", Conv2D(1, 1, kernel: 1),
        """
        A convolution over `{ channels, height, width }`, as PyTorch's `Conv2d`.
        """)

    public var settings: [Setting<Conv2D>] {
        let size = Bounds.count(upTo: 1 << 15)
        return [
            .integer("inputs", \.inChannels, .count(upTo: 1 << 24), "channels that enter").required,
            .integer("outputs", \.outChannels, .count(upTo: 1 << 24), "channels that leave").required,
            .pair("kernel", \.kernel, size, "size of the window").required,
            .pair("stride", \.stride, size, "distance between windows"),
            .pair("padding", \.padding, .count(from: 0, upTo: 1 << 15), "zeros added on each side"),
            .pair("dilation", \.dilation, size, "distance between the points of a window"),
            .integer("groups", \.groups, .count(upTo: 1 << 24), "parts that the channels are cut into"),
            .boolean("bias", \.hasBias, "whether a bias is added"),
        ]
    }

    public init(
        _ inChannels: Int, _ outChannels: Int, kernel: (height: Int, width: Int),
        stride: (height: Int, width: Int) = (1, 1), padding: (height: Int, width: Int) = (0, 0),
        dilation: (height: Int, width: Int) = (1, 1), groups: Int = 1, bias: Bool = true
    ) {
        self.inChannels = inChannels
        self.outChannels = outChannels
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.groups = groups
        hasBias = bias
    }

    /// A square kernel with the same stride and padding both ways.
    public init(
        _ inChannels: Int, _ outChannels: Int, kernel: Int, stride: Int = 1, padding: Int = 0, groups: Int = 1,
        bias: Bool = true
    ) {
        self.init(
            inChannels, outChannels, kernel: (kernel, kernel), stride: (stride, stride), padding: (padding, padding),
            groups: groups, bias: bias)
    }

    /// A convolution over the same windows with another number of outputs and no bias.
    package func filters(_ outputs: Int) -> Conv2D {
        var result = self
        result.outChannels = outputs
        result.hasBias = false
        return result
    }

    package var withBias: Conv2D {
        var result = self
        result.hasBias = true
        return result
    }

    private var window: Window { Window(kernel: kernel, stride: stride, padding: padding, dilation: dilation) }

    public var kind: String { "Conv2D" }
    public var summary: String {
        "\(inChannels) → \(outChannels), \(window.summary(usualStride: (1, 1)))"
            + "\(groups == 1 ? "" : ", groups \(groups)")\(hasBias ? "" : ", no bias")"
    }
    public var parameters: [ParameterSpecification] {
        ParameterSpecification.weightAndBias(
            weight: [outChannels, inChannels / max(groups, 1), kernel.height, kernel.width],
            fanIn: inChannels / max(groups, 1) * kernel.height * kernel.width, bias: hasBias)
    }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        try requirePositive(inChannels, "in_channels")
        try requirePositive(outChannels, "out_channels")
        guard groups >= 1, inChannels % groups == 0, outChannels % groups == 0 else {
            throw .layerSetting(
                layer: kind, field: "groups", expected: "a divisor of \(inChannels) and \(outChannels) channels",
                actual: "\(groups)")
        }
        let input = try onlyInput(inputs)
        guard input.count == 3, input[0] == inChannels else {
            throw .layerInput(layer: kind, expected: "[\(inChannels), height, width]", actual: input)
        }
        let size = try window.outputSize(of: input, for: self)
        return [outChannels, size.height, size.width]
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        if let kernel = WinogradKernel(layer: self, request: request) { return kernel }
        return try Kernel(layer: self, request: request)
    }

    /// Owns a plan of the numeric library.
    private final class Kernel: LayerKernel {
        private let plan: OpaquePointer
        private let hasBias: Bool

        init(layer: Conv2D, request: KernelRequest) throws(NetworkError) {
            var shape = rl_convolution_shape()
            shape.rows = Int64(request.rows)
            shape.inChannels = Int64(layer.inChannels)
            shape.inHeight = Int64(request.inputShape[1])
            shape.inWidth = Int64(request.inputShape[2])
            shape.outChannels = Int64(layer.outChannels)
            shape.outHeight = Int64(request.outputShape[1])
            shape.outWidth = Int64(request.outputShape[2])
            shape.kernelHeight = Int64(layer.kernel.height)
            shape.kernelWidth = Int64(layer.kernel.width)
            shape.strideHeight = Int64(layer.stride.height)
            shape.strideWidth = Int64(layer.stride.width)
            shape.paddingHeight = Int64(layer.padding.height)
            shape.paddingWidth = Int64(layer.padding.width)
            shape.dilationHeight = Int64(layer.dilation.height)
            shape.dilationWidth = Int64(layer.dilation.width)
            shape.groups = Int64(layer.groups)
            shape.hasBias = layer.hasBias ? 1 : 0
            shape.fusedReLU = request.fusesReLU ? 1 : 0
            shape.training = request.isTraining ? 1 : 0
            var created: OpaquePointer?
            let status = rl_convolution_create(&shape, &created)
            guard let created else { throw .kernel(operation: "Conv2D", status: Int(status)) }
            plan = created
            hasBias = layer.hasBias
        }

        deinit { rl_convolution_destroy(plan) }

        func forward(_ pass: ForwardPass) throws(NetworkError) {
            try check(
                rl_convolution_forward(
                    plan, pass.inputs[0], pass.parameters[0], hasBias ? pass.parameters[1] : nil, pass.output))
        }

        func backward(_ pass: BackwardPass) throws(NetworkError) {
            try check(
                rl_convolution_backward_weight(
                    plan, pass.inputs[0], pass.outputGradient, pass.parameterGradients[0],
                    hasBias ? pass.parameterGradients[1] : nil))
            if let inputGradient = pass.inputGradients[0] {
                try check(
                    rl_convolution_backward_input(plan, pass.outputGradient, pass.parameters[0], inputGradient))
            }
        }

        private func check(_ status: Int32) throws(NetworkError) {
            guard status == 0 else { throw .kernel(operation: "Conv2D", status: Int(status)) }
        }
    }
}

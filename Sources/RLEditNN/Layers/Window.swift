/// How a window slides over height and width: shared by convolutions and pooling. Pairs are (height, width).
package struct Window: Sendable, Equatable {
    let kernel: (height: Int, width: Int)
    let stride: (height: Int, width: Int)
    let padding: (height: Int, width: Int)
    let dilation: (height: Int, width: Int)

    init(
        kernel: (height: Int, width: Int), stride: (height: Int, width: Int), padding: (height: Int, width: Int),
        dilation: (height: Int, width: Int) = (1, 1)
    ) {
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
    }

    package static func == (left: Window, right: Window) -> Bool {
        left.kernel == right.kernel && left.stride == right.stride && left.padding == right.padding
            && left.dilation == right.dilation
    }

    /// Number of window positions over `[channels, height, width]`, as PyTorch counts them (rounded down).
    ///
    /// Every size is checked first, so that the sums below cannot overflow.
    func outputSize(of input: [Int], for layer: some Layer) throws(NetworkError) -> (height: Int, width: Int) {
        let settings = [
            ("kernel", kernel.height, 1), ("kernel", kernel.width, 1), ("stride", stride.height, 1),
            ("stride", stride.width, 1), ("padding", padding.height, 0), ("padding", padding.width, 0),
            ("dilation", dilation.height, 1), ("dilation", dilation.width, 1),
        ]
        for (field, value, least) in settings where value < least || value > 1 << 15 {
            throw .layerSetting(
                layer: layer.kind, field: field, expected: "between \(least) and 32768", actual: "\(value)")
        }
        guard input.count == 3, input.allSatisfy({ $0 >= 1 && $0 <= 1 << 24 }) else {
            throw .layerInput(layer: layer.kind, expected: "[channels, height, width]", actual: input)
        }
        let reach = (
            height: (kernel.height - 1) * dilation.height + 1, width: (kernel.width - 1) * dilation.width + 1
        )
        let padded = (height: input[1] + 2 * padding.height, width: input[2] + 2 * padding.width)
        guard padded.height >= reach.height, padded.width >= reach.width else {
            throw .layerInput(
                layer: layer.kind,
                expected: "at least \(reach.height)×\(reach.width) with padding to fit one window", actual: input)
        }
        return (
            (padded.height - reach.height) / stride.height + 1, (padded.width - reach.width) / stride.width + 1
        )
    }

    /// `kernel 3×3, stride 2, padding 1`, leaving out what has its usual value.
    func summary(usualStride: (height: Int, width: Int)) -> String {
        var parts = ["kernel \(kernel.height)×\(kernel.width)"]
        if stride != usualStride { parts.append("stride \(Window.pair(stride))") }
        if padding != (0, 0) { parts.append("padding \(Window.pair(padding))") }
        if dilation != (1, 1) { parts.append("dilation \(Window.pair(dilation))") }
        return parts.joined(separator: ", ")
    }

    private static func pair(_ value: (height: Int, width: Int)) -> String {
        value.height == value.width ? "\(value.height)" : "\(value.height)×\(value.width)"
    }
}

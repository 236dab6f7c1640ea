public import RLEditCore

/// Zero channels added to pictures: with a pooling of kernel 1 and stride 2 before it, the shortcut without parameters of
/// the first residual networks (He et al. 2016, option A).
public struct PadChannels: DescribedLayer {
    public private(set) var before: Int
    public private(set) var after: Int

    public init(before: Int, after: Int) {
        self.before = before
        self.after = after
    }

    static let constructor = LayerConstructor(
        "pad_channels", baseName: "pad", PadChannels(before: 0, after: 0),
        """
        Adds channels of zeros to pictures. `pad_channels { before = 8, after = 8 }` after `average_pool2d { kernel = 1,
        stride = 2 }` is the shortcut without parameters of the first residual networks.
        """)

    public var kind: String { "PadChannels" }
    public var summary: String { "\(before) before, \(after) after" }
    public var settings: [Setting<PadChannels>] {
        let size = Bounds.count(from: 0, upTo: 1 << 24)
        return [
            .integer("before", \.before, size, "channels before the first"),
            .integer("after", \.after, size, "channels after the last"),
        ]
    }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        for (field, value) in [("before", before), ("after", after)] where !(0...(1 << 24)).contains(value) {
            throw .layerSetting(layer: kind, field: field, expected: "between 0 and 2^24", actual: "\(value)")
        }
        let input = try onlyInput(inputs)
        guard input.count == 3, input[0] <= 1 << 24 else {
            throw .layerInput(layer: kind, expected: "[channels, height, width]", actual: input)
        }
        return [before + input[0] + after, input[1], input[2]]
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        let channels = request.inputShape[0]
        return Kernel(rows: request.inputCount / max(channels, 1), before: before, channels: channels, after: after)
    }

    private final class Kernel: LayerKernel {
        let rows: Int
        let before: Int
        let channels: Int
        let after: Int

        init(rows: Int, before: Int, channels: Int, after: Int) {
            self.rows = rows
            self.before = before
            self.channels = channels
            self.after = after
        }

        func forward(_ pass: ForwardPass) {
            let width = before + channels + after
            for row in 0..<rows {
                let to = pass.output + row * width
                to.update(repeating: 0, count: before)
                (to + before).update(from: pass.inputs[0] + row * channels, count: channels)
                (to + before + channels).update(repeating: 0, count: after)
            }
        }

        func backward(_ pass: BackwardPass) {
            guard let gradient = pass.inputGradients[0] else { return }
            let width = before + channels + after
            for row in 0..<rows {
                (gradient + row * channels).update(
                    from: pass.outputGradient + row * width + before, count: channels)
            }
        }
    }
}

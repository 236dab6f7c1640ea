internal import CKernels
public import RLEditCore

/// Normalizes the channels of each example in groups: `y = (x − E[x]) / √(Var[x] + ε) · weight + bias`, with mean and
/// variance over the positions and channels of a group (Wu and He 2018). Takes `[channels, height, width]` or `[channels]`.
/// Parameters `weight [channels]`, `bias [channels]`.
public struct GroupNorm: DescribedLayer {
    public private(set) var groups: Int
    public private(set) var channels: Int
    /// Added to the variance.
    public private(set) var epsilon: Double

    public init(_ groups: Int, _ channels: Int, epsilon: Double = 1e-5) {
        self.groups = groups
        self.channels = channels
        self.epsilon = epsilon
    }

    static let constructor = LayerConstructor(
        "group_norm", baseName: "norm", positional: 2, size: "channels", GroupNorm(1, 1),
        """
        Normalizes the channels of each picture in groups, then scales and shifts them, as PyTorch's `GroupNorm`. It does not
        depend on other examples. With as many groups as channels it is an instance norm.
        """)

    public var kind: String { "GroupNorm" }
    public var summary: String { "\(groups) groups, \(channels)" }
    public var settings: [Setting<GroupNorm>] {
        [
            .integer("groups", \.groups, .count(upTo: 1 << 24), "parts that the channels are cut into").required,
            .integer("channels", \.channels, .count(upTo: 1 << 24), "channels that enter").required,
            .number("epsilon", \.epsilon, .within(0, 1), "added to the variance"),
        ]
    }
    public var parameters: [ParameterSpecification] { ParameterSpecification.scaleAndShift(channels) }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        try requirePositive(channels, "channels")
        guard groups >= 1, channels % groups == 0 else {
            throw .layerSetting(
                layer: kind, field: "groups", expected: "a divisor of \(channels) channels", actual: "\(groups)")
        }
        let input = try onlyInput(inputs)
        guard input.count == 1 || input.count == 3, input[0] == channels else {
            throw .layerInput(
                layer: kind, expected: "[\(channels), height, width] or [\(channels)]", actual: input)
        }
        return input
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        Kernel(
            layer: self, rows: request.rows,
            positions: request.inputCount / max(request.rows * channels, 1))
    }

    private final class Kernel: LayerKernel {
        let layer: GroupNorm
        let rows: Int
        /// Pixels of an example; 1 for a vector.
        let positions: Int
        /// Mean and 1 / √(variance + ε) of each example, repeated for each channel of a group: for the backward pass.
        var means: [[Float]]
        var inverses: [[Float]]

        init(layer: GroupNorm, rows: Int, positions: Int) {
            self.layer = layer
            self.rows = rows
            self.positions = positions
            means = Array(repeating: [], count: rows)
            inverses = means
        }

        private var channels: Int { layer.channels }
        private var width: Int { positions * channels }

        /// The mean over each group, given sums by channel; repeated for each channel.
        private func groupMeans(_ sums: [Double]) -> [Double] {
            let size = channels / layer.groups
            return (0..<layer.groups).flatMap { group in
                let sum = sums[(group * size)..<((group + 1) * size)].reduce(0, +)
                return Array(repeating: sum / Double(size * positions), count: size)
            }
        }

        func forward(_ pass: ForwardPass) {
            var (sums, squares) = ([Double](repeating: 0, count: channels), [Double](repeating: 0, count: channels))
            let zeros = sums
            for row in 0..<rows {
                let x = pass.inputs[0] + row * width
                rl_channel_sums(x, Int64(positions), Int64(channels), zeros, &sums, &squares)
                let mean = groupMeans(sums)
                rl_channel_sums(x, Int64(positions), Int64(channels), mean, &sums, &squares)
                let inverse = groupMeans(squares).map { Float(1 / ($0 + layer.epsilon).squareRoot()) }
                let centre = mean.map { Float($0) }
                let scale = inverse.indices.map { pass.parameters[0][$0] * inverse[$0] }
                let shift = inverse.indices.map { pass.parameters[1][$0] - centre[$0] * scale[$0] }
                rl_channel_affine(x, Int64(positions), Int64(channels), scale, shift, 0, pass.output + row * width)
                (means[row], inverses[row]) = (centre, inverse)
            }
        }

        func backward(_ pass: BackwardPass) {
            let zeros = [Double](repeating: 0, count: channels)
            var (byWeight, byBias) = (zeros, zeros)
            var (sums, products) = (zeros, zeros)
            for row in 0..<rows {
                let (x, gradient) = (pass.inputs[0] + row * width, pass.outputGradient + row * width)
                rl_normalized_gradient_sums(
                    x, gradient, Int64(positions), Int64(channels), means[row], inverses[row], &sums, &products)
                for channel in 0..<channels {
                    byWeight[channel] += products[channel]
                    byBias[channel] += sums[channel]
                    // From here on with respect to the normalized input.
                    sums[channel] *= Double(pass.parameters[0][channel])
                    products[channel] *= Double(pass.parameters[0][channel])
                }
                guard let target = pass.inputGradients[0] else { continue }
                rl_group_norm_backward(
                    x, gradient, Int64(positions), Int64(channels), means[row], inverses[row], pass.parameters[0],
                    groupMeans(sums).map { Float($0) }, groupMeans(products).map { Float($0) }, target + row * width)
            }
            for channel in 0..<channels {
                pass.parameterGradients[0][channel] = Float(byWeight[channel])
                pass.parameterGradients[1][channel] = Float(byBias[channel])
            }
        }
    }
}

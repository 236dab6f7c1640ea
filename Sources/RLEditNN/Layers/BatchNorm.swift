internal import CKernels
public import RLEditCore
internal import RLEditTensor

/// Normalizes each channel over a batch, then scales and shifts it (Ioffe and Szegedy 2015), as PyTorch's `BatchNorm1d` and
/// `BatchNorm2d`: `[channels]` or `[channels, height, width]`.
///
/// At inference it is `y = (x − running_mean) / √(running_var + ε) · weight + bias`. While training, mean and variance are
/// those of the whole minibatch, however it is spread over the workers, and the running values move towards them. Parameters
/// `weight [channels]`, `bias [channels]`; buffers `running_mean [channels]`, `running_var [channels]`.
public struct BatchNorm: FusesReLU, DescribedLayer {
    public private(set) var channels: Int
    /// Added to the variance.
    public private(set) var epsilon: Double
    /// Share of the minibatch's statistics in the running ones after each training step.
    public private(set) var momentum: Double

    public init(_ channels: Int, epsilon: Double = 1e-5, momentum: Double = 0.1) {
        self.channels = channels
        self.epsilon = epsilon
        self.momentum = momentum
    }

    static let constructor = LayerConstructor(
        "batch_norm", baseName: "norm", positional: 1, size: "channels", BatchNorm(1),
        """
        Normalizes each channel over a minibatch while training, and by running statistics otherwise, as PyTorch's
        `BatchNorm1d` and `BatchNorm2d`. The running statistics `running_mean` and `running_var` go with the model; no
        gradient reaches them.
        """)

    public var kind: String { "BatchNorm" }
    public var summary: String { "\(channels)" }
    public var settings: [Setting<BatchNorm>] {
        [
            .integer("channels", \.channels, .count(upTo: 1 << 24), "channels of a picture, or features of a vector")
                .required,
            .number("epsilon", \.epsilon, .within(0, 1), "added to the variance"),
            .number("momentum", \.momentum, .unit, "share of the minibatch in the running statistics after each step"),
        ]
    }
    public var parameters: [ParameterSpecification] {
        ParameterSpecification.scaleAndShift(channels) + [
            ParameterSpecification(
                name: "running_mean", shape: [channels], initialization: .constant(0), isTrainable: false),
            ParameterSpecification(
                name: "running_var", shape: [channels], initialization: .constant(1), isTrainable: false),
        ]
    }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        try requirePositive(channels, "channels")
        let input = try onlyInput(inputs)
        guard input.count == 1 || input.count == 3, input[0] == channels else {
            throw .layerInput(
                layer: kind, expected: "[\(channels)] or [\(channels), height, width]", actual: input)
        }
        return input
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        BatchNormKernel(
            layer: self, count: request.inputCount / channels, usesBatch: request.mode == .training,
            fusesReLU: request.fusesReLU)
    }

    /// The factor of each channel at inference, `[channels]`, of a node that is this layer.
    package func scale(of network: Network, node: Int) -> [Float] {
        let values = Array(network.parameterValues[network.graph.nodeParameters[node]])
        return withExtendedLifetime(values) { affine(values.map { UnsafePointer($0.storage.pointer) }).scale }
    }

    /// y = scale · x + shift by channel at inference; both `[channels]`.
    /// - Parameter parameters: in the order of ``parameters``.
    func affine(_ parameters: [UnsafePointer<Float>]) -> (scale: [Float], shift: [Float]) {
        let inverse = (0..<channels).map { Float(1 / (Double(parameters[3][$0]) + epsilon).squareRoot()) }
        let scale = (0..<channels).map { parameters[0][$0] * inverse[$0] }
        return (scale, (0..<channels).map { parameters[1][$0] - parameters[2][$0] * scale[$0] })
    }
}

/// Sums over the examples of one part of a minibatch, by channel, in Double.
struct ChannelSums: Sendable {
    var first: [Double]
    var second: [Double]

    init(channels: Int) {
        first = Array(repeating: 0, count: channels)
        second = first
    }

    mutating func add(_ other: ChannelSums) {
        for channel in first.indices {
            first[channel] += other.first[channel]
            second[channel] += other.second[channel]
        }
    }
}

/// What a minibatch's statistics make of the running ones.
struct RunningStatistics {
    let mean: [Float]
    let variance: [Float]
}

/// Runs alone, or as one of several that share the statistics of a minibatch: then the sums of all parts are added, and
/// given back to each (``useForward(_:count:)``, ``useBackward(_:count:)``) before it runs.
final class BatchNormKernel: LayerKernel {
    private let layer: BatchNorm
    /// Examples times positions.
    let count: Int
    /// False for gradients at the running statistics, which are then constants.
    let usesBatch: Bool
    /// 1 where the forward pass ends in max(0, x).
    private let relu: Int32
    private var mean: [Float]
    private var inverse: [Float]
    private var variance: [Double]
    /// Values in the batch that the statistics are of; nil before they are known.
    private var sharedCount: Int?
    private var backwardMeans: (gradient: [Float], product: [Float])?
    /// This part's own sums of the backward pass, where they have been taken already.
    private var ownSums: ChannelSums?

    init(layer: BatchNorm, count: Int, usesBatch: Bool, fusesReLU: Bool) {
        self.layer = layer
        self.count = count
        self.usesBatch = usesBatch
        relu = fusesReLU ? 1 : 0
        mean = Array(repeating: 0, count: layer.channels)
        inverse = mean
        variance = Array(repeating: 0, count: layer.channels)
    }

    // MARK: Statistics of the minibatch

    /// Sums of x, and of (x − centre)², where the centre is the running mean: near enough for the squares not to cancel.
    func forwardSums(_ input: UnsafePointer<Float>, parameters: [UnsafePointer<Float>]) -> ChannelSums {
        var sums = ChannelSums(channels: layer.channels)
        let centre = (0..<layer.channels).map { Double(parameters[2][$0]) }
        rl_channel_sums(input, Int64(count), Int64(layer.channels), centre, &sums.first, &sums.second)
        return sums
    }

    func useForward(_ sums: ChannelSums, count: Int, parameters: [UnsafePointer<Float>]) {
        sharedCount = count
        for channel in mean.indices {
            let exact = sums.first[channel] / Double(count)
            let shift = exact - Double(parameters[2][channel])
            mean[channel] = Float(exact)
            variance[channel] = max(sums.second[channel] / Double(count) - shift * shift, 0)
            inverse[channel] = Float(1 / (variance[channel] + layer.epsilon).squareRoot())
        }
    }

    /// Sums of dy and of dy times the normalized input.
    func backwardSums(_ input: UnsafePointer<Float>, _ outputGradient: UnsafePointer<Float>) -> ChannelSums {
        var sums = ChannelSums(channels: layer.channels)
        rl_normalized_gradient_sums(
            input, outputGradient, Int64(count), Int64(layer.channels), mean, inverse, &sums.first, &sums.second)
        ownSums = sums
        return sums
    }

    func useBackward(_ sums: ChannelSums, count: Int) {
        backwardMeans = (
            sums.first.map { Float($0 / Double(count)) }, sums.second.map { Float($0 / Double(count)) }
        )
    }

    /// The running statistics after a step; PyTorch's variance there is the unbiased one.
    func running(_ parameters: [UnsafePointer<Float>]) -> RunningStatistics {
        let values = Double(sharedCount ?? count)
        let share = layer.momentum
        return RunningStatistics(
            mean: mean.indices.map { Float((1 - share) * Double(parameters[2][$0]) + share * Double(mean[$0])) },
            variance: mean.indices.map {
                Float((1 - share) * Double(parameters[3][$0]) + share * variance[$0] * values / max(values - 1, 1))
            })
    }

    // MARK: Passes

    func forward(_ pass: ForwardPass) {
        if usesBatch {
            if sharedCount == nil {
                useForward(
                    forwardSums(pass.inputs[0], parameters: pass.parameters), count: count,
                    parameters: pass.parameters)
                sharedCount = nil
            }
            let scale = mean.indices.map { pass.parameters[0][$0] * inverse[$0] }
            let shift = mean.indices.map { pass.parameters[1][$0] - mean[$0] * scale[$0] }
            rl_channel_affine(
                pass.inputs[0], Int64(count), Int64(layer.channels), scale, shift, relu, pass.output)
        } else {
            for channel in mean.indices {
                mean[channel] = pass.parameters[2][channel]
                inverse[channel] = Float(1 / (Double(pass.parameters[3][channel]) + layer.epsilon).squareRoot())
            }
            let (scale, shift) = layer.affine(pass.parameters)
            rl_channel_affine(pass.inputs[0], Int64(count), Int64(layer.channels), scale, shift, relu, pass.output)
        }
    }

    func backward(_ pass: BackwardPass) {
        let own = ownSums ?? backwardSums(pass.inputs[0], pass.outputGradient)
        for channel in mean.indices {
            pass.parameterGradients[0][channel] = Float(own.second[channel])
            pass.parameterGradients[1][channel] = Float(own.first[channel])
            pass.parameterGradients[2][channel] = 0
            pass.parameterGradients[3][channel] = 0
        }
        defer {
            backwardMeans = nil
            ownSums = nil
            sharedCount = nil
        }
        guard let gradient = pass.inputGradients[0] else { return }
        if usesBatch {
            if backwardMeans == nil { useBackward(own, count: count) }
            let zeros = Array(repeating: Float(0), count: layer.channels)
            rl_batch_norm_backward(
                pass.inputs[0], pass.outputGradient, Int64(count), Int64(layer.channels), mean, inverse,
                pass.parameters[0], backwardMeans?.gradient ?? zeros, backwardMeans?.product ?? zeros, gradient)
        } else {
            let scale = mean.indices.map { pass.parameters[0][$0] * inverse[$0] }
            let zeros = Array(repeating: Float(0), count: layer.channels)
            rl_channel_affine(
                pass.outputGradient, Int64(count), Int64(layer.channels), scale, zeros, 0, gradient)
        }
    }
}

internal import CKernels
package import RLEditTensor

/// Two separate perceptrons with tanh, one for the mean action and one for the value, and a free log standard
/// deviation for each number of an action: the `MlpPolicy` of Stable-Baselines3.
package final class PerceptronPolicy: Policy {
    package let observationSize: Int
    package let actionSize: Int
    private let pool: WorkerPool
    /// The mean's network, then the value's.
    private let networks: [MultilayerPerceptron]
    private let logDeviation: Parameter
    private var logDeviationGradient: Tensor
    /// How parameters are split over the workers: fixed by the sizes alone.
    private let blocks: [Block]
    private let isSmall: Bool

    /// Some units of one layer of one network.
    private struct Block: Sendable {
        let network: Int
        let layer: Int
        let units: Range<Int>
    }

    /// Parameters in one block: half a megabyte with the moments, so that a block's three passes stay in a core's cache.
    private static let parametersPerBlock = 1 << 15
    /// Rows of a batch that one piece takes through a network: products of fewer rows run far below the library's rate.
    private static let rowsPerPiece = 64

    /// - Parameters:
    ///   - orthogonal: orthogonal weights with gain √2 in hidden layers, 0.01 in the mean's output, 1 in the value's
    ///     ("37 implementation details of PPO", detail 2), biases 0; otherwise PyTorch's default.
    ///   - random: its splits `mean` and `value` draw the weights.
    package init(
        observationSize: Int, actionSize: Int, hiddenSizes: [Int], valueHiddenSizes: [Int],
        initialLogStandardDeviation: Float, orthogonal: Bool, random: RandomStream, pool: WorkerPool
    ) throws {
        self.observationSize = observationSize
        self.actionSize = actionSize
        self.pool = pool
        let root = Float(2).squareRoot()
        networks = [
            try MultilayerPerceptron(
                sizes: [observationSize] + hiddenSizes + [actionSize],
                gains: orthogonal ? hiddenSizes.map { _ in root } + [0.01] : nil, random: random.split("mean")),
            try MultilayerPerceptron(
                sizes: [observationSize] + valueHiddenSizes + [1],
                gains: orthogonal ? valueHiddenSizes.map { _ in root } + [1] : nil, random: random.split("value")),
        ]
        logDeviation = Parameter(shape: [actionSize])
        try logDeviation.assign(Tensor(repeating: initialLogStandardDeviation, shape: [actionSize]))
        logDeviationGradient = try Tensor.zeros([actionSize])
        var blocks: [Block] = []
        var parameters = 0
        for (network, perceptron) in networks.enumerated() {
            for (index, layer) in perceptron.layers.enumerated() {
                parameters += layer.inputs * layer.outputs
                let units = max(1, PerceptronPolicy.parametersPerBlock / max(layer.inputs, 1))
                for first in stride(from: 0, to: layer.outputs, by: units) {
                    blocks.append(
                        Block(network: network, layer: index, units: first..<min(first + units, layer.outputs)))
                }
            }
        }
        self.blocks = blocks
        isSmall = parameters <= PerceptronPolicy.parametersPerBlock
    }

    package func logStandardDeviation() throws -> Tensor { try logDeviation.tensor() }

    package func forward(_ observations: Tensor) throws -> PolicyOutput {
        guard observations.rank == 2, observations.shape[1] == observationSize else {
            throw TensorError.shapeMismatch(
                operation: "policy", expected: [observations.shape.first ?? 0, observationSize],
                actual: observations.shape)
        }
        let rows = observations.shape[0]
        for network in networks { network.prepare(observations) }
        forEachRowPiece(rows) { network, rows in network.forward(rows: rows) }
        return PolicyOutput(
            means: try networks[0].outputTensor(shape: [rows, actionSize]),
            values: try networks[1].outputTensor(shape: [rows]))
    }

    package func backward(_ gradient: PolicyGradient) throws -> Double {
        let rows = networks[0].batch
        guard gradient.means.shape == [rows, actionSize], gradient.values.shape == [rows],
            gradient.logStandardDeviation.shape == [actionSize]
        else {
            throw TensorError.shapeMismatch(
                operation: "policy gradient", expected: [rows, actionSize], actual: gradient.means.shape)
        }
        logDeviationGradient = gradient.logStandardDeviation
        forEachRowPiece(rows) { [networks] network, rows in
            let source = network === networks[0] ? gradient.means : gradient.values
            source.withUnsafeBufferPointer { buffer in
                if let base = buffer.baseAddress { network.backward(rows: rows, gradient: base) }
            }
        }
        // One partial sum a block, added in the order of the blocks, whoever computed them.
        let partialSums = Slots<Double>(count: blocks.count)
        forEachBlock(spread: rows > 1) { [networks] index, block in
            partialSums[index] = networks[block.network].gradients(layer: block.layer, units: block.units)
        }
        let total = try partialSums.values().reduce(0, +)
        return logDeviationGradient.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return total }
            return total + rl_sum_of_squares(Int64(buffer.count), base)
        }
    }

    package func update(_ step: AdamStep) {
        forEachBlock(spread: true) { [networks] _, block in
            networks[block.network].update(layer: block.layer, units: block.units, step: step)
        }
        for network in networks { network.finishUpdate() }
        var arguments = step.kernelArguments
        logDeviationGradient.withUnsafeBufferPointer { gradient in
            guard let gradient = gradient.baseAddress else { return }
            rl_adam(
                Int64(actionSize), logDeviation.value.pointer, logDeviation.firstMoment.pointer,
                logDeviation.secondMoment.pointer, gradient, &arguments)
        }
    }

    /// Every parameter by name, the order of Stable-Baselines3's `parameters()` aside.
    package var parameters: [(name: String, parameter: Parameter)] {
        var result: [(name: String, parameter: Parameter)] = [("policy.logStandardDeviation", logDeviation)]
        for (network, name) in zip(networks, ["mean", "value"]) {
            for (index, layer) in network.layers.enumerated() {
                result.append(("policy.\(name).\(index).weight", layer.weight))
                result.append(("policy.\(name).\(index).bias", layer.bias))
            }
        }
        return result
    }

    /// Gradients of the last `backward`, in the order of `parameters`: for the gradient check.
    package func gradientTensors() throws -> [Tensor] {
        var result = [logDeviationGradient]
        for network in networks {
            for index in network.layers.indices {
                let (weight, bias) = try network.gradientTensors(layer: index)
                result += [weight, bias]
            }
        }
        return result
    }

    /// The weights were replaced through `parameters`.
    package func parametersChanged() {
        for network in networks { network.invalidate() }
    }

    package func save(in snapshot: inout LearnerSnapshot) throws {
        for (name, parameter) in parameters { try parameter.save(as: name, in: &snapshot) }
    }

    package func load(from snapshot: LearnerSnapshot) throws {
        for (name, parameter) in parameters { try parameter.load(name, from: snapshot) }
        parametersChanged()
    }

    /// Each network over each piece of rows; on this thread when there is too little to share.
    private func forEachRowPiece(_ rows: Int, _ body: @Sendable (MultilayerPerceptron, Range<Int>) -> Void) {
        let perPiece = PerceptronPolicy.rowsPerPiece
        let pieces = (rows + perPiece - 1) / perPiece
        let networks = networks
        @Sendable func run(_ piece: Int) {
            let first = (piece / 2) * perPiece
            body(networks[piece % 2], first..<min(first + perPiece, rows))
        }
        if isSmall || rows == 1 {
            for piece in 0..<(2 * pieces) { run(piece) }
        } else {
            pool.forEach(2 * pieces) { piece, _ in run(piece) }
        }
    }

    private func forEachBlock(spread: Bool, _ body: @Sendable (Int, Block) -> Void) {
        if isSmall || !spread {
            for (index, block) in blocks.enumerated() { body(index, block) }
        } else {
            pool.forEach(blocks.count) { [blocks] index, _ in body(index, blocks[index]) }
        }
    }
}

extension MultilayerPerceptron {
    /// A copy of the last forward pass's outputs.
    fileprivate func outputTensor(shape: [Int]) throws -> Tensor {
        let source = layers[layers.count - 1].output
        return try Tensor(shape: shape) { buffer in
            buffer.baseAddress?.update(from: source.pointer, count: buffer.count)
        }
    }
}

internal import RLEditData
internal import RLEditNN
internal import RLEditTensor

/// What the units of a layer are, and where the network shows them.
///
/// - **Linear, on vectors.** Units are the entries of what enters and leaves; an example is one row.
/// - **Linear, on tokens.** The same with a row for each token of each example. Padding has no row.
/// - **Convolution.** An output unit is a channel, with a row for each position. An input unit is a channel too: the mean of
///   what the window shows of it. So a convolution whose kernel is the same at all of its points is a linear layer of its
///   units, and that is how it is edited. A batch norm that alone reads the convolution counts with it.
struct UnitLayer {
    let layer: EditedLayer
    /// The layer's own node, and the one whose values are the output units.
    let node: Int
    let exit: Int
    /// The parameter that takes what is added to all outputs alike; nil where there is none.
    let constantName: String?
    /// Factor of each output unit between weights and values, a batch norm's; empty for 1 throughout.
    let outputScale: [Float]
    /// Weights of one input unit and one output unit: points of the kernel.
    let taps: Int
    /// Rows of one example, and whether it is a single one, without positions.
    let positions: Int
    let isVector: Bool
    /// Averages what enters over the window; nil where the window is one point.
    private let window: Network?
    /// Whether a row is a token of the network's own input, where a negative number is padding.
    private let hasPadding: Bool

    /// Most rows of a set that are looked at; beyond, every second, third, … position, in turn over the examples.
    private static let mostRows = 1 << 16
    /// Numbers in a run of examples that pass the network at once; vectors come in runs of 2,048 examples.
    private static let runNumbers = 1 << 25
    private static let vectorRun = 2048

    /// - Throws: ``WorldError/layerNotEditable(layer:reason:)`` for a layer whose units have no features.
    init(_ name: String, of network: Network) throws {
        layer = try EditedLayer(named: name, of: network)
        guard let node = network.nodeIndex(named: name) else {
            throw WorldError.layerNotEditable(layer: name, reason: "it is not there")
        }
        self.node = node
        func own(_ parameter: String) -> String? { network.parameter(parameter) == nil ? nil : parameter }
        switch network.nodes[node].layer {
        case is Linear:
            exit = node
            constantName = own("\(name).bias")
            outputScale = []
            taps = 1
            window = nil
            let shape = network.outputShape(ofNode: node)
            isVector = shape.count == 1
            positions = isVector ? 1 : shape[0]
            hasPadding =
                shape.count == 2 && network.inputShape == [positions]
                && network.nodes.contains { $0.layer is TokenEmbedding && $0.inputs == [-1] }
        case let convolution as Conv2D:
            guard convolution.groups == 1 else {
                throw WorldError.layerNotEditable(
                    layer: name,
                    reason: "it is a convolution in \(convolution.groups) groups: features of units need one whose "
                        + "outputs see all inputs")
            }
            let readers = network.nodes.indices.filter { network.nodes[$0].inputs.contains(node) }
            if readers.count == 1, let norm = network.nodes[readers[0]].layer as? BatchNorm {
                exit = readers[0]
                constantName = "\(network.nodes[exit].name).bias"
                outputScale = norm.scale(of: network, node: exit)
            } else {
                exit = node
                constantName = own("\(name).bias")
                outputScale = []
            }
            taps = convolution.kernel.height * convolution.kernel.width
            let shape = network.outputShape(ofNode: node)
            isVector = false
            positions = shape[1] * shape[2]
            hasPadding = false
            window = try UnitLayer.window(
                of: convolution, entering: UnitLayer.shape(ofNode: network.nodes[node].inputs[0], network))
        default:
            throw WorldError.layerNotEditable(
                layer: name,
                reason: "features of units need a linear layer or a convolution, and this is a "
                    + network.nodes[node].layer.kind)
        }
    }

    var inputs: Int { layer.columns / taps }

    private static func shape(ofNode node: Int, _ network: Network) -> [Int] {
        node < 0 ? network.inputShape : network.outputShape(ofNode: node)
    }

    /// The mean over a convolution's window, channel by channel: zeros around the picture count as they do for it.
    private static func window(of convolution: Conv2D, entering shape: [Int]) throws -> Network? {
        let points = convolution.kernel.height * convolution.kernel.width
        if points == 1, convolution.stride == (1, 1), convolution.padding == (0, 0) { return nil }
        let channels = convolution.inChannels
        let mean = Conv2D(
            channels, channels, kernel: convolution.kernel, stride: convolution.stride, padding: convolution.padding,
            dilation: convolution.dilation, groups: channels, bias: false)
        var network = try Network(
            inputShape: shape, layers: [("window", mean)], random: RandomStream(seed: 0))
        try network.setParameter(
            "window.weight",
            Tensor(
                repeating: 1 / Float(points),
                shape: [channels, 1, convolution.kernel.height, convolution.kernel.width]))
        return network
    }

    // MARK: - Rows

    /// What enters the layer on a set.
    func inputRows(of set: NamedSet, _ network: Network, pool: WorkerPool) throws -> UnitRows {
        let prefix = try network.computing([network.nodes[node].inputs[0]])
        return try rows(of: set, network) { examples in
            guard !isVector else { return try prefix.forward(examples, pool: pool) }
            let entering = try prefix.forward(examples, to: .channelsLast, pool: pool)
            guard let window else { return entering }
            return try window.forward(.dense(entering), from: .channelsLast, to: .channelsLast, pool: pool)
        }
    }

    /// What leaves it.
    /// - Parameter inputs: its ``inputRows(of:_:pool:)``, of which a linear layer's outputs are made.
    func outputRows(of set: NamedSet, inputs: UnitRows, _ network: Network, pool: WorkerPool) throws -> UnitRows {
        if exit == node, taps == 1, network.nodes[node].layer is Linear {
            var values = try inputs.values.matmul(layer.base, transposeOther: true)
            if let bias = constantName.flatMap(network.parameter) { values = try values.add(bias) }
            return UnitRows(values: values, starts: inputs.starts)
        }
        let prefix = try network.computing([exit])
        return try rows(of: set, network) { try prefix.forward($0, to: .channelsLast, pool: pool) }
    }

    /// Rows of all examples, in runs that fit the memory.
    /// - Parameter values: of a batch, `[examples, …, units]`.
    private func rows(
        of set: NamedSet, _ network: Network, values: (ExampleInputs) throws -> Tensor
    ) throws -> UnitRows {
        let examples = set.examples
        let largest = network.nodes.indices.reduce(1) { max($0, network.outputShape(ofNode: $1).reduce(1, *)) }
        let run = isVector ? UnitLayer.vectorRun : min(max(UnitLayer.runNumbers / largest, 1), UnitLayer.vectorRun)
        var starts = [0]
        let blocks = try stride(from: 0, to: examples.count, by: run).map { first in
            let inputs = try examples.batchInputs(first..<min(first + run, examples.count))
            let batch = try values(inputs)
            guard isVector else { return try chosen(batch, first: first, of: examples.count, inputs, &starts) }
            for _ in 0..<batch.shape[0] { starts.append(starts.count) }
            return batch
        }
        return UnitRows(values: blocks.count == 1 ? blocks[0] : try Tensor.concat(blocks), starts: starts)
    }

    /// The rows of a batch that count: without padding, and no more than all sets together may have.
    private func chosen(
        _ batch: Tensor, first: Int, of count: Int, _ inputs: ExampleInputs, _ starts: inout [Int]
    ) throws -> Tensor {
        let examples = batch.shape[0]
        let units = batch.count / max(examples * positions, 1)
        let step = max((count * positions + UnitLayer.mostRows - 1) / UnitLayer.mostRows, 1)
        let tokens = tokens(inputs)
        var rows: [Int] = []
        let known = starts[starts.count - 1]
        for example in 0..<examples {
            for position in 0..<positions {
                if let tokens, tokens[example * positions + position] < 0 { continue }
                if (position + first + example) % step == 0 { rows.append(example * positions + position) }
            }
            starts.append(known + rows.count)
        }
        return try batch.reshaped([examples * positions, units]).rows(rows)
    }

    /// The numbers of the tokens, where some may be padding.
    func tokens(_ inputs: ExampleInputs) -> [Float]? {
        guard hasPadding, case .dense(let tokens) = inputs else { return nil }
        return tokens.scalars
    }

    /// The weights as units see them: `[out, in]`, a kernel's points added up, with the batch norm's factors.
    func unitWeights() throws -> Tensor {
        guard taps > 1 || !outputScale.isEmpty else { return layer.base }
        let (rows, inputs) = (layer.rows, inputs)
        return try Tensor(shape: [rows, inputs]) { buffer in
            layer.base.withUnsafeBufferPointer { weights in
                for place in 0..<(rows * inputs) {
                    let sum = weights[place * taps..<(place + 1) * taps].reduce(0, +)
                    buffer[place] = outputScale.isEmpty ? sum : sum * outputScale[place / inputs]
                }
            }
        }
    }
}

/// Rows of examples, and where those of each begin.
struct UnitRows: Sendable {
    /// `[rows, units]`.
    let values: Tensor
    /// One more than examples.
    let starts: [Int]

    /// The rows of these examples, in this order.
    func taking(_ examples: [Int]) throws -> UnitRows {
        var rows: [Int] = []
        var starts = [0]
        for example in examples {
            rows += self.starts[example]..<self.starts[example + 1]
            starts.append(rows.count)
        }
        return UnitRows(values: try values.rows(rows), starts: starts)
    }
}

extension Tensor {
    /// These rows of a matrix.
    func rows(_ places: [Int]) throws -> Tensor {
        let columns = shape[1]
        return try Tensor(shape: [places.count, columns]) { buffer in
            withUnsafeBufferPointer { values in
                for (row, place) in places.enumerated() {
                    for column in 0..<columns { buffer[row * columns + column] = values[place * columns + column] }
                }
            }
        }
    }
}

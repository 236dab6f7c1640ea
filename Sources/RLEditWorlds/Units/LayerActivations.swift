internal import RLEditData
public import RLEditNN
public import RLEditTensor

/// What enters and leaves one linear layer on two sets: what the network is to forget, and what it is to keep.
///
/// It is all that unit features and the size of an edit are made of. It is computed once for a network and a pair of
/// sets, from the unedited network: a pass through the layers before it and, for the two numbers that look at labels, one
/// backward pass through the layers after it.
public struct LayerActivations: Sendable {
    /// The layer without its bias, `W [out, in]`.
    public let layer: EditedLayer
    /// Name of the layer's bias; nil for a layer without one.
    public let biasName: String?
    /// What enters, h: `[examples, in]` of each set.
    public let forgetInputs: Tensor
    public let retainInputs: Tensor
    /// What leaves, z = W h + w₀: `[examples, out]` of each set.
    public let forgetOutputs: Tensor
    public let retainOutputs: Tensor
    /// Mean over the forget set of ∂(z_y − mean_k z_k)/∂h and of the same by the layer's outputs, where z_y is the score
    /// of the example's own label: `[in]` and `[out]`.
    public let inputGradient: Tensor
    public let outputGradient: Tensor
    /// Mean over the forget set of the label's score less the highest other score.
    public let forgetMargin: Double

    /// Input units.
    public var inputs: Int { layer.columns }
    /// Output units.
    public var outputs: Int { layer.rows }

    /// - Parameters:
    ///   - name: of the layer.
    ///   - forget, retain: sets whose examples the network takes; names appear in messages.
    ///   - readsLabels: whether gradients and margin are computed; they are 0 otherwise.
    /// - Throws: ``WorldError`` for a layer that is not there or is not a linear one, and for a set that is empty, does not
    ///   fit the network or has labels that it does not score.
    public init(
        network: Network, layer name: String, forget: NamedSet, retain: NamedSet, readsLabels: Bool = true,
        pool: WorkerPool
    ) throws {
        layer = try EditedLayer(named: name, of: network)
        guard let node = network.nodeIndex(named: name), network.nodes[node].layer is Linear,
            network.outputShape(ofNode: node).count == 1
        else {
            throw WorldError.layerNotEditable(
                layer: name, reason: "features of units need a linear layer, and this is not one")
        }
        biasName = network.parameter("\(name).bias") == nil ? nil : "\(name).bias"
        let classes = network.outputShape
        guard classes.count == 1, let scores = classes.first, scores > 0 else {
            throw WorldError.outputNotClasses(shape: classes)
        }
        forgetInputs = try LayerActivations.inputs(of: forget, network: network, node: node, pool: pool)
        retainInputs = try LayerActivations.inputs(of: retain, network: network, node: node, pool: pool)
        forgetOutputs = try LayerActivations.outputs(of: forgetInputs, layer: layer, bias: biasName, network)
        retainOutputs = try LayerActivations.outputs(of: retainInputs, layer: layer, bias: biasName, network)
        for (set, activations) in [
            (forget, forgetInputs), (forget, forgetOutputs), (retain, retainInputs), (retain, retainOutputs),
        ] where !activations.isModerate {
            throw WorldError.invalidSet(
                name: set.name,
                message: "makes activations of layer '\(name)' that are not finite, or too large for their squares")
        }

        guard readsLabels else {
            inputGradient = try Tensor.zeros([layer.columns])
            outputGradient = try Tensor.zeros([layer.rows])
            forgetMargin = 0
            return
        }
        let labels = forget.examples.labels
        let highest = max(scores, 2)
        if let position = labels.firstIndex(where: { $0 >= highest }) {
            throw WorldError.invalidSet(
                name: forget.name,
                message: ExampleFault.label(labels[position], example: position, classes: highest))
        }
        var margin = 0.0
        let byOutputs = try LayerActivations.meanGradient(
            network, after: node, forget: forget, outputs: forgetOutputs, margin: &margin)
        outputGradient = byOutputs
        forgetMargin = margin
        // The layer itself is linear: what its inputs get is what its outputs got, through Wᵀ.
        inputGradient = try byOutputs.reshaped([1, layer.rows]).matmul(layer.base).reshaped([layer.columns])
    }

    /// The set's activations before a node, `[examples, units]`, in runs of examples.
    private static func inputs(of set: NamedSet, network: Network, node: Int, pool: WorkerPool) throws -> Tensor {
        guard !set.examples.isEmpty else { throw WorldError.invalidSet(name: set.name, message: "holds no examples") }
        guard set.examples.exampleShape == network.inputShape else {
            throw WorldError.invalidSet(
                name: set.name,
                message: "holds examples of shape \(set.examples.exampleShape), but the network takes "
                    + "\(network.inputShape)"
                    + ExampleFault.remedy([1] + set.examples.exampleShape, expected: network.inputShape))
        }
        let prefix = try network.computing([network.nodes[node].inputs[0]])
        let run = 2048
        let blocks = try stride(from: 0, to: set.examples.count, by: run).map { first in
            let examples = try set.examples.batchInputs(first..<min(first + run, set.examples.count))
            return try prefix.forward(examples, pool: pool)
        }
        return blocks.count == 1 ? blocks[0] : try Tensor.concat(blocks)
    }

    private static func outputs(
        of inputs: Tensor, layer: EditedLayer, bias: String?, _ network: Network
    ) throws -> Tensor {
        let product = try inputs.matmul(layer.base, transposeOther: true)
        guard let bias = bias.flatMap(network.parameter) else { return product }
        return try product.add(bias)
    }

    /// Mean gradient of z_y − mean_k z_k by what leaves a node, and the mean margin.
    /// - Parameter outputs: what leaves the node.
    private static func meanGradient(
        _ network: Network, after node: Int, forget: NamedSet, outputs: Tensor, margin: inout Double
    ) throws -> Tensor {
        let (examples, labels) = (outputs.shape[0], forget.examples.labels)
        var margins = 0.0
        func gradient(of outputs: Tensor) throws -> Tensor {
            let scores = outputs.shape[1]
            return try Tensor(shape: outputs.shape) { buffer in
                outputs.withUnsafeBufferPointer { z in
                    for example in 0..<examples {
                        let row = example * scores
                        if scores == 1 {
                            // One score counts as two classes, the first with score 0: z_y − mean is ±z/2.
                            let sign: Float = labels[example] == 1 ? 1 : -1
                            buffer[row] = sign / 2
                            margins += Double(sign * z[row])
                            continue
                        }
                        var rival = -Float.infinity
                        for k in 0..<scores {
                            buffer[row + k] = -1 / Float(scores)
                            if k != labels[example] { rival = max(rival, z[row + k]) }
                        }
                        buffer[row + labels[example]] += 1
                        margins += Double(z[row + labels[example]] - rival)
                    }
                }
            }
        }
        let readers = network.nodes.indices.filter { network.nodes[$0].inputs.contains(node) }
        let units = outputs.count / max(examples, 1)
        let byOutputs: Tensor
        var place = 0..<units
        if readers.isEmpty {
            byOutputs = try gradient(of: outputs)
        } else {
            // What else enters the layers after this one is computed as it is; of the gradient by all of it, the part by this
            // layer's outputs is taken.
            let split = try NetworkSplit(network, at: readers)
            place = split.parts.first { $0.node == node }?.range ?? place
            let entering =
                split.parts.count == 1
                ? outputs : try split.entering(forget.examples.batchInputs(0..<examples))
            byOutputs = try split.suffix.pullback(entering) { try gradient(of: $0) }.inputGradient
        }
        margin = margins / Double(examples)
        let width = byOutputs.count / max(examples, 1)
        return try Tensor(shape: [units]) { buffer in
            byOutputs.withUnsafeBufferPointer { values in
                for unit in 0..<units {
                    var sum = 0.0
                    for example in 0..<examples {
                        sum += Double(values[example * width + place.lowerBound + unit])
                    }
                    buffer[unit] = Float(sum / Double(examples))
                }
            }
        }
    }
}

extension Tensor {
    /// Whether every element is finite and small enough that sums of squares stay so.
    fileprivate var isModerate: Bool {
        withUnsafeBufferPointer { values in
            var largest: UInt32 = 0
            for value in values { largest = Swift.max(largest, value.bitPattern & 0x7FFF_FFFF) }
            return largest < Float(1e15).bitPattern
        }
    }
}

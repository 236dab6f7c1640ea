internal import RLEditData
public import RLEditNN
public import RLEditTensor

/// What enters and leaves one layer on two sets: what the network is to forget, and what it is to keep. A row is an example
/// of a layer on vectors, a token, or a position of a convolution (``UnitLayer``).
///
/// It is all that unit features and the size of an edit are made of. It is computed once for a network and a pair of
/// sets, from the unedited network: a pass through the layers before it and, for the two numbers that look at labels, one
/// backward pass through the layers after it.
public struct LayerActivations: Sendable {
    /// The layer without its bias, `W [out, in]`, of a convolution `[out, in · points of the kernel]`.
    public let layer: EditedLayer
    /// Name of the parameter that is added to all outputs alike, a bias; nil for a layer without one.
    public let biasName: String?
    /// Weights of one input unit and one output unit, the points of a kernel, and whether a row is a whole example.
    package let taps: Int
    package let isVector: Bool
    /// Factor of each output unit between weights and values, that of a batch norm; empty for 1 throughout.
    package let outputScale: [Float]
    /// What enters, h: `[rows, in]` of each set.
    public let forgetInputs: Tensor
    public let retainInputs: Tensor
    /// What leaves, z = W h + w₀: `[rows, out]` of each set.
    public let forgetOutputs: Tensor
    public let retainOutputs: Tensor
    /// Mean over the examples of the forget set of ∂(z_y − mean_k z_k)/∂h and of the same by the layer's outputs, summed over
    /// an example's rows, where z_y is the score of the example's own label: `[in]` and `[out]`.
    public let inputGradient: Tensor
    public let outputGradient: Tensor
    /// Mean over the forget set of the label's score less the highest other score.
    public let forgetMargin: Double

    /// Input units.
    public var inputs: Int { layer.columns / taps }
    /// Output units.
    public var outputs: Int { layer.rows }

    /// - Parameters:
    ///   - name: of the layer.
    ///   - forget, retain: sets whose examples the network takes; names appear in messages.
    ///   - readsLabels: whether gradients and margin are computed; they are 0 otherwise.
    /// - Throws: ``WorldError`` for a layer that is not there or whose units have no features, and for a set that is empty,
    ///   does not fit the network or has labels that it does not score.
    public init(
        network: Network, layer name: String, forget: NamedSet, retain: NamedSet, readsLabels: Bool = true,
        pool: WorkerPool
    ) throws {
        let units = try UnitLayer(name, of: network)
        layer = units.layer
        biasName = units.constantName
        taps = units.taps
        isVector = units.isVector
        outputScale = units.outputScale
        let classes = network.outputShape
        guard classes.count == 1, let scores = classes.first, scores > 0 else {
            throw WorldError.outputNotClasses(shape: classes)
        }
        for set in [forget, retain] { try LayerActivations.requireFit(set, network) }
        forgetInputs = try units.inputRows(of: forget, network, pool: pool)
        retainInputs = try units.inputRows(of: retain, network, pool: pool)
        forgetOutputs = try units.outputRows(of: forget, inputs: forgetInputs, network, pool: pool)
        retainOutputs = try units.outputRows(of: retain, inputs: retainInputs, network, pool: pool)
        for (set, rows) in [(forget, forgetInputs), (retain, retainInputs)] where rows.shape[0] == 0 {
            throw WorldError.invalidSet(name: set.name, message: "holds nothing but padding")
        }
        for (set, activations) in [
            (forget, forgetInputs), (forget, forgetOutputs), (retain, retainInputs), (retain, retainOutputs),
        ] where !activations.isModerate {
            throw WorldError.invalidSet(
                name: set.name,
                message: "makes activations of layer '\(name)' that are not finite, or too large for their squares")
        }

        guard readsLabels else {
            inputGradient = try Tensor.zeros([units.inputs])
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
        let gradient = try ScoreGradient(network, units: units, forget: forget, outputs: forgetOutputs)
        outputGradient = gradient.byOutputs
        forgetMargin = gradient.margin
        // The layer itself is linear: what its inputs get is what its outputs got, through Wᵀ.
        inputGradient = try gradient.byOutputs.reshaped([1, layer.rows]).matmul(units.unitWeights())
            .reshaped([units.inputs])
    }

    private static func requireFit(_ set: NamedSet, _ network: Network) throws(WorldError) {
        guard !set.examples.isEmpty else { throw .invalidSet(name: set.name, message: "holds no examples") }
        guard set.examples.exampleShape == network.inputShape else {
            throw .invalidSet(
                name: set.name,
                message: "holds examples of shape \(set.examples.exampleShape), but the network takes "
                    + "\(network.inputShape)"
                    + ExampleFault.remedy([1] + set.examples.exampleShape, expected: network.inputShape))
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

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
    private let forgetIn, forgetOut, retainIn, retainOut: UnitRows
    /// The weights as units see them, `[out, in]`.
    private let unitWeights: Tensor
    /// nil where labels are not read.
    private let gradient: ScoreGradient?

    /// What enters, h: `[rows, in]` of each set.
    public var forgetInputs: Tensor { forgetIn.values }
    public var retainInputs: Tensor { retainIn.values }
    /// What leaves, z = W h + w₀: `[rows, out]` of each set.
    public var forgetOutputs: Tensor { forgetOut.values }
    public var retainOutputs: Tensor { retainOut.values }
    /// Mean over the examples of the forget set of ∂(z_y − mean_k z_k)/∂h and of the same by the layer's outputs, summed over
    /// an example's rows, where z_y is the score of the example's own label: `[in]` and `[out]`. 0 where labels are not read.
    public let inputGradient: Tensor
    public let outputGradient: Tensor
    /// Mean over the forget set of the label's score less the highest other score.
    public var forgetMargin: Double { gradient?.margin ?? 0 }

    /// Input units.
    public var inputs: Int { layer.columns / taps }
    /// Output units.
    public var outputs: Int { layer.rows }
    /// Examples of each set.
    public var forgetCount: Int { forgetIn.starts.count - 1 }
    public var retainCount: Int { retainIn.starts.count - 1 }

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
        unitWeights = try units.unitWeights()
        let classes = network.outputShape
        guard classes.count == 1, let scores = classes.first, scores > 0 else {
            throw WorldError.outputNotClasses(shape: classes)
        }
        for set in [forget, retain] { try LayerActivations.requireFit(set, network) }
        forgetIn = try units.inputRows(of: forget, network, pool: pool)
        retainIn = try units.inputRows(of: retain, network, pool: pool)
        forgetOut = try units.outputRows(of: forget, inputs: forgetIn, network, pool: pool)
        retainOut = try units.outputRows(of: retain, inputs: retainIn, network, pool: pool)
        for (set, rows) in [(forget, forgetIn), (retain, retainIn)] where rows.values.shape[0] == 0 {
            throw WorldError.invalidSet(name: set.name, message: "holds nothing but padding")
        }
        for (set, activations) in [(forget, forgetIn), (forget, forgetOut), (retain, retainIn), (retain, retainOut)]
        where !activations.values.isModerate {
            throw WorldError.invalidSet(
                name: set.name,
                message: "makes activations of layer '\(name)' that are not finite, or too large for their squares")
        }
        guard readsLabels else {
            gradient = nil
            (outputGradient, inputGradient) = try LayerActivations.gradients(nil, unitWeights)
            return
        }
        let labels = forget.examples.labels
        let highest = max(scores, 2)
        if let position = labels.firstIndex(where: { $0 >= highest }) {
            throw WorldError.invalidSet(
                name: forget.name,
                message: ExampleFault.label(labels[position], example: position, classes: highest))
        }
        let gradient = try ScoreGradient(network, units: units, forget: forget, outputs: forgetOut.values)
        self.gradient = gradient
        (outputGradient, inputGradient) = try LayerActivations.gradients(gradient, unitWeights)
    }

    /// What a policy sees that looks at these examples only.
    /// - Parameters:
    ///   - forget, retain: numbers of examples, from 0.
    package func taking(forget: [Int], retain: [Int]) throws -> LayerActivations {
        try LayerActivations(self, forget: forget, retain: retain)
    }

    private init(_ whole: LayerActivations, forget: [Int], retain: [Int]) throws {
        layer = whole.layer
        biasName = whole.biasName
        taps = whole.taps
        isVector = whole.isVector
        outputScale = whole.outputScale
        unitWeights = whole.unitWeights
        forgetIn = try whole.forgetIn.taking(forget)
        forgetOut = try whole.forgetOut.taking(forget)
        retainIn = try whole.retainIn.taking(retain)
        retainOut = try whole.retainOut.taking(retain)
        gradient = try whole.gradient?.taking(forget)
        (outputGradient, inputGradient) = try LayerActivations.gradients(gradient, unitWeights)
    }

    /// By outputs and by inputs. The layer is linear: what its inputs get is what its outputs got, through Wᵀ.
    private static func gradients(_ gradient: ScoreGradient?, _ weights: Tensor) throws -> (Tensor, Tensor) {
        let (rows, columns) = (weights.shape[0], weights.shape[1])
        guard let byOutputs = try gradient?.byOutputs() else {
            return (try Tensor.zeros([rows]), try Tensor.zeros([columns]))
        }
        return (byOutputs, try byOutputs.reshaped([1, rows]).matmul(weights).reshaped([columns]))
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

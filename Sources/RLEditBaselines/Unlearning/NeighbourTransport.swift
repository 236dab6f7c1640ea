internal import RLEditData
public import RLEditNN
public import RLEditTensor
internal import RLEditWorlds

/// Moves each example to forget to where its nearest neighbours among those to keep are, in closed form.
///
/// With h what enters a layer, z = W h + w₀ what leaves it and φ(z) what the next layers read, an example f to forget is to
/// leave the layer as the mean z̄(f) of the `neighbours` examples to keep whose φ(z) is nearest to its own, and an example
/// to keep as it did:
///
///     ΔW = argmin  Σ_f ‖ΔW (h_f − μ_r) − (z̄(f) − z_f)‖² + Σ_r ‖ΔW (h_r − μ_r)‖² + ridge,      w₀ ← w₀ − ΔW μ_r
///
/// with μ_r the retain mean of h. A network that never saw a class takes it for the classes that look like it; so does
/// this one, where ``Erasure`` takes all of it for the average of the rest. What is left of the classes to forget is
/// hidden by lowering their output bias (``BiasEdit``). The edit has full rank.
public struct NeighbourTransport: UnlearningMethod {
    /// Names of the layers whose outputs are moved, each as the earlier ones have left it.
    public var layers: [String]
    /// Examples to keep whose mean each example to forget moves to; all of them when there are fewer.
    public var neighbours = 10
    /// Ridge of the regression, in units of the mean square of what enters the layer.
    public var ridge = 0.003
    /// What the output biases of the classes to forget are lowered by, in units of scores (logits); nil leaves them.
    public var biasAmount: Double? = 30

    public init(layers: [String]) { self.layers = layers }
    public var name: String { "neighbour_transport" }

    public func validate() throws(ConfigurationError) {
        try requirePositive("neighbours", neighbours)
        try requirePositive("ridge", ridge)
        if let biasAmount { try requirePositive("biasAmount", biasAmount) }
    }

    public func unlearn(_ problem: UnlearningProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        var network = problem.network
        for (index, name) in layers.enumerated() {
            try passes.report(index, of: layers.count)
            try transport(name, of: &network, problem, passes: passes)
        }
        guard let biasAmount else { return network }
        var bias = BiasEdit()
        bias.amount = biasAmount
        return try bias.unlearn(problem.with(network), random: random, passes: passes)
    }

    private func transport(
        _ name: String, of network: inout Network, _ problem: UnlearningProblem, passes: PassCounter
    ) throws {
        let now = problem.with(network)
        let activations = try now.activations(of: name, readsLabels: false, passes: passes)
        let wanted = try change(
            of: activations, forget: now.read(problem.forget, after: name, passes: passes),
            retain: now.read(problem.retain, after: name, passes: passes))
        let hasBias = activations.biasName != nil
        // A layer without bias cannot leave the retain mean where it is.
        let mean = hasBias ? try activations.retainInputs.mean([0]) : try Tensor.zeros([activations.inputs])
        let inputs = try Tensor.concat([activations.forgetInputs, activations.retainInputs]).sub(mean)
        let still = try Tensor.zeros(activations.retainOutputs.shape)
        let change = try RidgeRegression.fit(
            inputs: inputs, targets: Tensor.concat([wanted, still]), ridge: ridge, layer: name)
        let weight = activations.layer
        try network.setParameter(weight.parameterName, try weight.base.add(change))
        if let biasName = activations.biasName, let bias = network.parameter(biasName) {
            let offset = try mean.reshaped([1, activations.inputs]).matmul(change, transposeOther: true)
            try network.setParameter(biasName, try bias.sub(offset.reshaped(bias.shape)))
        }
    }

    /// z̄(f) − z_f of each example to forget: `[forget examples, outputs]`.
    /// - Parameters:
    ///   - forget, retain: φ(z), `[examples, features]`.
    private func change(of activations: LayerActivations, forget: Tensor, retain: Tensor) throws -> Tensor {
        let (count, kept) = (forget.shape[0], retain.shape[0])
        let products = try forget.matmul(retain, transposeOther: true)
        let lengths = try retain.square().sum([1]).scalars
        let nearest = min(neighbours, kept)
        let outputs = activations.outputs
        return try Tensor(shape: [count, outputs]) { target in
            products.withUnsafeBufferPointer { products in
                activations.forgetOutputs.withUnsafeBufferPointer { own in
                    activations.retainOutputs.withUnsafeBufferPointer { others in
                        for example in 0..<count {
                            // Squared distances, but for the length of the example itself.
                            let order = (0..<kept).map { lengths[$0] - 2 * products[example * kept + $0] }
                            let chosen = order.indices.sorted { (order[$0], $0) < (order[$1], $1) }.prefix(nearest)
                            for unit in 0..<outputs {
                                let sum = chosen.reduce(0.0) { $0 + Double(others[$1 * outputs + unit]) }
                                target[example * outputs + unit] =
                                    Float(sum / Double(nearest)) - own[example * outputs + unit]
                            }
                        }
                    }
                }
            }
        }
    }
}

extension UnlearningProblem {
    /// What the layers behind a layer read of it, `[examples, features]`.
    fileprivate func read(_ set: ExampleSet, after layer: String, passes: PassCounter) throws -> Tensor {
        let features = try network.features(of: set, after: layer, pool: pool)
        let node = network.nodeIndex(named: layer) ?? 0
        passes.forward(set.count, share: 1 - (try EditedSuffix(of: network, from: node + 1).share))
        return try Tensor(features.map { Float($0) }, shape: [set.count, features.count / set.count])
    }
}

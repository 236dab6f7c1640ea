public import RLEditCore
internal import RLEditData
public import RLEditNN
public import RLEditTensor
internal import RLEditWorlds

/// Moves each example to forget to where examples like it are among those to keep, in closed form.
///
/// With h what enters a layer, z = W h + w₀ what leaves it and φ(z) what the next layers read, an example f to forget is to
/// leave the layer at z*(f), and an example to keep as it did:
///
///     ΔW = argmin  Σ_f ‖ΔW (h_f − μ_r) − (z*(f) − z_f)‖² + Σ_r ‖ΔW (h_r − μ_r)‖² + ridge,      w₀ ← w₀ − ΔW μ_r
///     z*(f) = (1 − s) · mean of the retain z whose φ(z) is nearest to φ(z_f) + s · Σ_c p_c(f) μ_c
///
/// μ_r is the retain mean of h, μ_c the mean z of a retained class, p_c(f) the network's own answer without the classes to
/// forget, and s `classShare`. A network that never saw a class takes it for the classes that look like it; so does this
/// one, where ``Erasure`` takes all of it for the average of the rest. Neighbours alone leave a fresh classifier something
/// to find (f is moved near them, not onto them), means of classes alone leave it too little. What is left of the classes
/// to forget is hidden by lowering their output bias (``BiasEdit``). The edit has full rank.
public struct NeighbourTransport: LayerUnlearningMethod {
    /// Names of the layers whose outputs are moved, each as the earlier ones have left it.
    public var layers: [String]
    public var neighbours = 10
    public var classShare = 0.5
    public var ridge = 0.003
    public var biasAmount: Double? = 30

    public init(layers: [String]) { self.layers = layers }
    public var name: String { "neighbour_transport" }
    public var editsLinearLayersOnly: Bool { true }

    public var documentation: String {
        "Moves each example of `forget` to where examples like it are in `retain`, at the output of the "
            + "layers and in closed form, and lowers the output bias of the classes in `forget`. On an early layer "
            + "the result resembles a network that never saw them."
    }

    public var settings: [Setting<Self>] {
        [
            .integer(
                "neighbours", \.neighbours, .count(upTo: mostCounted),
                "examples of `retain` whose mean each example of `forget` moves to"),
            .number(
                "classShare", \.classShare, .unit,
                "how far it moves to the means of the classes that the model takes it for, instead"),
            .number(
                "ridge", \.ridge, .positive,
                "ridge of the regression, in units of the mean square of what enters the layer"),
            .number(
                "biasAmount", \.biasAmount, .positive,
                "what the output biases of the classes to forget are lowered by"),
        ]
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
        // A layer without bias cannot leave the retain mean where it is.
        let biasName = activations.biasName
        let mean =
            biasName == nil ? try Tensor.zeros([activations.inputs]) : try activations.retainInputs.mean([0])
        let inputs = try Tensor.concat([activations.forgetInputs, activations.retainInputs]).sub(mean)
        let moved = try targets(now, name, activations, passes: passes).sub(activations.forgetOutputs)
        let still = try Tensor.zeros(activations.retainOutputs.shape)
        let change = try RidgeRegression.fit(
            inputs: inputs, targets: Tensor.concat([moved, still]), ridge: ridge, layer: name)
        try network.setParameter(activations.layer.parameterName, try activations.layer.base.add(change))
        if let biasName, let bias = network.parameter(biasName) {
            let offset = try mean.reshaped([1, activations.inputs]).matmul(change, transposeOther: true)
            try network.setParameter(biasName, try bias.sub(offset.reshaped(bias.shape)))
        }
    }

    /// z*(f), `[forget examples, outputs]`.
    private func targets(
        _ problem: UnlearningProblem, _ layer: String, _ activations: LayerActivations, passes: PassCounter
    ) throws -> Tensor {
        var parts: [Tensor] = []
        if classShare < 1 {
            let near = try neighbourMeans(
                problem.read(problem.forget, after: layer, passes: passes),
                problem.read(problem.retain, after: layer, passes: passes), activations.retainOutputs, passes: passes)
            parts.append(near.mul(Float(1 - classShare)))
        }
        if classShare > 0 {
            let (classes, means) = try problem.retainedClassMeans(activations.retainOutputs)
            // The only class that is left is the answer. (Of two classes with a single score always one is left.)
            let shares =
                classes.count == 1
                ? try Tensor.ones([problem.forget.count, 1])
                : try problem.network.scores(of: problem.forget, pool: problem.pool, passes: passes)
                    .indexSelect(classes, dimension: 1).softmax()
            parts.append(try shares.matmul(means).mul(Float(classShare)))
        }
        return try parts.count == 1 ? parts[0] : parts[0].add(parts[1])
    }

    /// The mean output of the retain examples nearest to each forget example, `[forget examples, outputs]`. Of equally near
    /// ones the first count.
    /// - Parameters:
    ///   - forget, retain: φ(z), `[examples, features]`.
    ///   - outputs: z of the retain examples.
    private func neighbourMeans(
        _ forget: Tensor, _ retain: Tensor, _ outputs: Tensor, passes: PassCounter
    ) throws -> Tensor {
        let kept = retain.shape[0]
        let lengths = try retain.square().sum([1]).scalars
        let count = min(neighbours, kept)
        // All distances at once would take the product of both sets in memory.
        let blockRows = 256
        var blocks: [Tensor] = []
        for first in stride(from: 0, to: forget.shape[0], by: blockRows) {
            try passes.report(first, of: forget.shape[0])
            let rows = first..<min(first + blockRows, forget.shape[0])
            let products = try forget.slice([rows]).matmul(retain, transposeOther: true)
            let chosen = products.withUnsafeBufferPointer { products in
                rows.indices.flatMap { row in
                    // Squared distances, but for the length of the example itself.
                    NeighbourTransport.smallest(count, of: kept) {
                        lengths[$0] - 2 * products[(row - first) * kept + $0]
                    }
                }
            }
            blocks.append(try outputs.indexSelect(chosen).reshaped([rows.count, count, outputs.shape[1]]).mean([1]))
        }
        return try blocks.count == 1 ? blocks[0] : Tensor.concat(blocks)
    }

    /// Indices of the `count` smallest of `total` values, ascending.
    private static func smallest(_ count: Int, of total: Int, _ value: (Int) -> Float) -> [Int] {
        var found: [(value: Float, index: Int)] = []
        for index in 0..<total {
            let new = value(index)
            if found.count == count {
                guard let last = found.last, new < last.value else { continue }
                found.removeLast()
            }
            found.insert((new, index), at: found.firstIndex { new < $0.value } ?? found.count)
        }
        return found.map(\.index)
    }
}

extension UnlearningProblem {
    /// What the layers after a layer read of it, `[examples, features]`.
    fileprivate func read(_ set: ExampleSet, after layer: String, passes: PassCounter) throws -> Tensor {
        let features = try network.features(of: set, after: layer, pool: pool)
        let node = network.nodeIndex(named: layer) ?? 0
        passes.forward(set.count, share: 1 - (try EditedSuffix(of: network, from: node + 1).share))
        return try Tensor(features.map { Float($0) }, shape: [set.count, features.count / set.count])
    }

    /// Classes of the retain set that are not to be forgotten, ascending, and the mean output of each: `[classes, outputs]`.
    /// - Parameter outputs: `[retain examples, outputs]`.
    /// - Throws: ``BaselineError/noOtherClass(classes:)`` when there is none.
    fileprivate func retainedClassMeans(_ outputs: Tensor) throws -> (classes: [Int], means: Tensor) {
        let classes = retain.classCounts.map(\.label).filter { !forgetLabels.contains($0) }
        guard !classes.isEmpty else { throw BaselineError.noOtherClass(classes: self.classes) }
        let means = try classes.map { label in
            try outputs.indexSelect(retain.labels.indices.filter { retain.labels[$0] == label }).mean(
                [0], keepDimensions: true)
        }
        return (classes, try Tensor.concat(means))
    }
}

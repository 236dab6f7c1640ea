internal import RLEditCore
internal import RLEditData
internal import RLEditNN
internal import RLEditTensor
internal import RLEditWorlds

/// A method that erases from what enters a linear layer what it says of the groups of a set. The layer takes the erasure up,
/// and is trained on with what is left of the examples of `utility`, if there are any.
protocol ErasureMethod: DebiasingMethod {
    var refit: Refit { get }
    /// - Parameters:
    ///   - inputs: what enters, `[examples, width]`.
    ///   - report: told before each round, if there are several.
    func erasure(
        _ inputs: Tensor, groups: ExampleGroups, report: (_ round: Int, _ rounds: Int) throws -> Void
    ) throws -> LinearErasure
}

extension ErasureMethod {
    public var sets: [DebiasingSet] {
        [
            DebiasingSet(.set, "with groups: what is erased"),
            DebiasingSet(.utility, "what the layer is trained on afterwards; nothing by default", isRequired: false),
        ]
    }

    public func debias(_ problem: DebiasingProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        let site = try ErasureSite(problem.network, layer: layer)
        let examples = try problem.set(.set)
        guard let groups = examples.groups else {
            throw BaselineError.unsuitableSet("set", reason: "has no groups to erase")
        }
        let inputs = try site.inputs(problem.network, on: examples, pool: problem.pool, passes: passes)
        let erasure = try erasure(inputs, groups: groups) { try passes.report($0, of: $1 + refit.epochs) }
        return try site.refitted(
            problem, after: erasure, on: problem.sets[.utility], refit, random: random, passes: passes)
    }
}

/// How the layer is trained after an erasure.
public struct Refit: Sendable {
    public var epochs = 5
    public var batchSize = 128
    public var learningRate = 1e-3

    /// The settings of a method that holds these.
    static func settings<Method>(at path: WritableKeyPath<Method, Refit>) -> [Setting<Method>] {
        [
            .integer(
                "epochs", path.appending(path: \.epochs), .count(upTo: mostCounted), "passes over `utility`"),
            .integer(
                "batchSize", path.appending(path: \.batchSize), .count(upTo: mostCounted), "examples of a step"),
            .number("learningRate", path.appending(path: \.learningRate), .positive, "Adam's step size"),
        ]
    }
}

/// A linear layer that reads one vector: where methods erase what its input says of groups. They take x − P (x − μ) in
/// place of x; the layer takes that up as W ← W (I − P), b ← b + W P μ.
struct ErasureSite {
    private let layer: EditedLayer
    private let node: Int
    private let biasName: String
    /// Numbers that enter.
    var width: Int { layer.columns }

    /// - Throws: `WorldError` naming a layer that is not a linear one with a bias that reads one vector.
    init(_ network: Network, layer name: String?) throws {
        let name = name ?? network.nodes.last { !$0.layer.parameters.isEmpty }?.name ?? "none"
        layer = try EditedLayer(named: name, of: network)
        node = network.nodeIndex(named: name) ?? 0
        guard network.nodes[node].layer is Linear, network.outputShape(ofNode: node).count == 1 else {
            throw WorldError.layerNotEditable(layer: name, reason: "it is not a linear layer that reads one vector")
        }
        biasName = "\(name).bias"
        guard network.parameter(biasName) != nil else {
            throw WorldError.layerNotEditable(layer: name, reason: "it has no bias to take up the mean")
        }
    }

    /// What enters the layer, `[examples, width]`.
    func inputs(
        _ network: Network, on examples: ExampleSet, pool: WorkerPool, passes: PassCounter
    ) throws -> Tensor {
        let prefix = try network.computing([network.nodes[node].inputs[0]])
        let blockRows = 2048
        let blocks = try stride(from: 0, to: examples.count, by: blockRows).map { first in
            try prefix.forward(
                try examples.batchInputs(first..<min(first + blockRows, examples.count)), pool: pool)
        }
        passes.forward(examples.count, share: 1 - (try EditedSuffix(of: network, at: [node]).share))
        let inputs = try Tensor.concat(blocks)
        guard inputs.scalars.allSatisfy(\.isFinite) else { throw BaselineError.scoresNotFinite(set: examples.name) }
        return inputs
    }

    /// The network with the erasure in the layer's weights.
    /// - Parameter erasure: in double precision.
    func folding(_ erasure: LinearErasure, into network: Network) throws -> Network {
        guard let weight = network.parameter(layer.parameterName), let bias = network.parameter(biasName) else {
            return network
        }
        let weights = weight.scalars.map(Double.init)
        var (newWeights, newBias) = (weights, bias.scalars.map(Double.init))
        for row in 0..<layer.rows {
            // A row of W P.
            var taken = [Double](repeating: 0, count: width)
            for inner in 0..<width {
                let weight = weights[row * width + inner]
                for column in 0..<width { taken[column] += weight * erasure.projection[inner * width + column] }
            }
            for column in 0..<width {
                newWeights[row * width + column] -= taken[column]
                newBias[row] += taken[column] * erasure.mean[column]
            }
        }
        var result = network
        try result.setParameter(layer.parameterName, Tensor(newWeights.map { Float($0) }, shape: weight.shape))
        try result.setParameter(biasName, Tensor(newBias.map { Float($0) }, shape: bias.shape))
        return result
    }

    /// The network trained on from the layer on what is left after the erasure, which the layer then takes up.
    /// - Parameter utility: nil for no training.
    func refitted(
        _ problem: DebiasingProblem, after erasure: LinearErasure, on utility: ExampleSet?, _ fit: Refit,
        random: RandomStream, passes: PassCounter
    ) throws -> Network {
        guard let utility else { return try folding(erasure, into: problem.network) }
        let training = try SuffixTraining(problem, from: layer.name, random: random, passes: passes)
        guard training.suffix.network.inputShape == [width] else {
            throw WorldError.layerNotEditable(
                layer: layer.name,
                reason: "what follows it reads earlier layers too, so nothing can be fitted on it alone")
        }
        let inputs = try inputs(problem.network, on: utility, pool: problem.pool, passes: passes)
        let source = try TensorBatchSource(
            inputs: erasure.applied(to: inputs), targets: ExampleSetSource(utility).targets)
        for epoch in 0..<fit.epochs {
            try passes.report(epoch, of: fit.epochs)
            for rows in training.descent.minibatches(source.count, size: fit.batchSize, epoch: epoch, of: "utility") {
                try training.descent.step([.init(source, rows, Loss.crossEntropy)], learningRate: fit.learningRate)
            }
        }
        return try folding(erasure, into: try training.network())
    }
}

/// x ← x − P (x − μ).
package struct LinearErasure {
    /// μ, `[width]`.
    package let mean: [Double]
    /// P, `[width, width]`, row by row.
    package let projection: [Double]

    /// - Parameter inputs: `[examples, width]`.
    func applied(to inputs: Tensor) throws -> Tensor {
        let width = mean.count
        let centred = try inputs.sub(Tensor(mean.map { Float($0) }, shape: [1, width]))
        let taken = try centred.matmul(
            Tensor(projection.map { Float($0) }, shape: [width, width]), transposeOther: true)
        return try inputs.sub(taken)
    }

    /// Mean of each column of `[examples, width]`.
    static func mean(of values: [Double], width: Int) -> [Double] {
        var mean = [Double](repeating: 0, count: width)
        let count = Double(max(values.count / max(width, 1), 1))
        for (place, value) in values.enumerated() { mean[place % width] += value / count }
        return mean
    }
}

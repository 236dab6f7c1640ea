public import RLEditCore
internal import RLEditData
public import RLEditNN
public import RLEditTensor
internal import RLEditWorlds

/// Fine-pruning (Liu, Dolan-Gavitt and Garg, *Fine-pruning: defending against backdooring attacks on deep neural networks*,
/// RAID 2018): units that clean examples leave dormant are removed, until the accuracy on these has fallen by a given
/// amount; then the network is trained on with clean examples, the removed units staying away.
///
/// A unit is a row of an edited layer's weights with its bias, and the scale and shift of a batch norm that reads nothing
/// but this layer. How active it is, is the mean absolute value after that batch norm and the activation that follows.
public struct FinePruning: LayerUnlearningMethod {
    /// Names of the pruned layers; in the paper the last convolution.
    public var layers: [String]
    public var maximumAccuracyLoss = 0.04
    public var epochs = 5
    public var batchSize = 64
    public var learningRate = 0.01

    public init(layers: [String]) { self.layers = layers }
    public var name: String { "fine_pruning" }
    public var needs: Set<SetRole> { [.retain] }

    public var documentation: String {
        "Fine-pruning (Liu et al. 2018), a defence against backdoors: removes the units of the layers that are least "
            + "active on `retain`, which holds clean examples, and trains on with it. `forget` is not used."
    }

    public var settings: [Setting<Self>] {
        [
            .number(
                "maximumAccuracyLoss", \.maximumAccuracyLoss, .unit,
                "how much lower the accuracy on `retain` may be after pruning, as a share"),
            .integer("epochs", \.epochs, .count(upTo: mostCounted), "passes over the retain set after pruning"),
            .integer("batchSize", \.batchSize, .count(upTo: mostCounted), "examples of a step"),
            .number("learningRate", \.learningRate, .positive, "of gradient descent with momentum 0.9"),
        ]
    }

    public func unlearn(_ problem: UnlearningProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        let order = try unitsByActivity(problem, passes: passes)
        func accuracy(_ count: Int) throws -> Double {
            try pruned(problem.network, order.prefix(count))
                .accuracy(on: problem.retain, pool: problem.pool, passes: passes)
        }
        let needed = try accuracy(0) - maximumAccuracyLoss
        // In steps of a thirty-second of all units, as far as the accuracy lasts. One unit of each layer stays at least.
        let stride = max(1, order.count / 32)
        var kept = 0
        while kept + stride <= order.count, try accuracy(kept + stride) >= needed { kept += stride }
        let removed = order.prefix(kept)
        let network = try pruned(problem.network, removed)
        let descent = try Descent(network, .momentum, random: random, passes: passes, pool: problem.pool)
        let masks = try pruned(try network.filledWithOnes(), removed)
        try descent.setMask(network.parameterNames.compactMap { masks.parameter($0) })
        let retain = ExampleSetSource(problem.retain)
        for epoch in 0..<epochs {
            try passes.report(epoch, of: epochs)
            for rows in descent.minibatches(retain.count, size: batchSize, epoch: epoch, of: "retain") {
                try descent.step([.init(retain, rows, Loss.crossEntropy)], learningRate: learningRate)
            }
        }
        return try descent.network()
    }

    /// A unit of one of the layers.
    struct Unit {
        let layer: String
        let index: Int
        /// Mean absolute value.
        let activity: Double
    }

    /// Units that may go, the least active first; the most active one of each layer stays.
    func unitsByActivity(_ problem: UnlearningProblem, passes: PassCounter) throws -> [Unit] {
        var units: [Unit] = []
        for layer in try problem.network.baselineLayers(layers) {
            let activities = try problem.network.activities(of: layer, on: problem.retain, pool: problem.pool)
            passes.forward(problem.retain.count)
            let own = activities.enumerated().map { Unit(layer: layer.name, index: $0, activity: $1) }
            let ordered = own.sorted { ($0.activity, $0.index) < ($1.activity, $1.index) }
            units += ordered.dropLast()
        }
        return units.enumerated().sorted { ($0.element.activity, $0.offset) < ($1.element.activity, $1.offset) }
            .map(\.element)
    }

    /// The network without these units.
    func pruned(_ network: Network, _ units: ArraySlice<Unit>) throws -> Network {
        var network = network
        for name in Set(units.map(\.layer)).sorted() {
            let rows = units.filter { $0.layer == name }.map(\.index)
            guard let node = network.nodeIndex(named: name) else { continue }
            for owner in [node, network.batchNorm(after: node)].compactMap({ $0 }) {
                let ownerName = network.nodes[owner].name
                for parameter in ["\(ownerName).weight", "\(ownerName).bias"] {
                    guard let value = network.parameter(parameter), let count = value.shape.first else { continue }
                    var values = value.scalars
                    let width = values.count / count
                    for row in rows { for place in (row * width)..<((row + 1) * width) { values[place] = 0 } }
                    try network.setParameter(parameter, try Tensor(values, shape: value.shape))
                }
            }
        }
        return network
    }
}

extension Network {
    /// The one reader of a node, if it has one only.
    private func reader(of node: Int) -> Int? {
        let readers = nodes.indices.filter { nodes[$0].inputs.contains(node) }
        return readers.count == 1 ? readers[0] : nil
    }

    /// The batch norm that reads a node, if nothing else does.
    fileprivate func batchNorm(after node: Int) -> Int? {
        reader(of: node).flatMap { nodes[$0].layer is BatchNorm ? $0 : nil }
    }

    /// The same network with 1 for every parameter.
    fileprivate func filledWithOnes() throws -> Network {
        var network = self
        for name in parameterNames {
            guard let value = parameter(name) else { continue }
            try network.setParameter(name, Tensor.ones(value.shape))
        }
        return network
    }

    /// Mean absolute value of each unit of a layer over examples and places, after the batch norm and the activation that
    /// follow it.
    fileprivate func activities(of layer: EditedLayer, on examples: ExampleSet, pool: WorkerPool) throws -> [Double] {
        var node = nodeIndex(named: layer.name) ?? 0
        if let next = batchNorm(after: node) { node = next }
        if let next = reader(of: node), nodes[next].layer is Activation { node = next }
        let part = try computing([node])
        let shape = outputShape(ofNode: node)
        // Channels come first, features of a token last.
        let isPicture = shape.count == 3
        var sums = [Double](repeating: 0, count: layer.rows)
        var seen = 0
        let blockRows = 256
        for first in stride(from: 0, to: examples.count, by: blockRows) {
            let inputs = try examples.batchInputs(first..<min(first + blockRows, examples.count))
            let values = try part.forward(inputs, pool: pool).scalars
            let places = isPicture ? shape[1] * shape[2] : 1
            for (index, value) in values.enumerated() {
                sums[index / places % layer.rows] += Double(abs(value))
            }
            seen += values.count / layer.rows
        }
        guard sums.allSatisfy(\.isFinite) else { throw BaselineError.scoresNotFinite(set: "retain") }
        return sums.map { $0 / Double(max(seen, 1)) }
    }
}

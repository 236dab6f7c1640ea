internal import RLEditData
public import RLEditNN
internal import RLEditTensor
internal import RLEditWorlds

/// The part of a network that an edit of some layers can change, as a network of its own, and what a pass through it
/// costs. What enters it is computed once, as the evaluator of the worlds does.
struct EditedSuffix {
    private let split: NetworkSplit
    /// Of the whole network's multiply-adds.
    let share: Double

    var network: Network { split.suffix }

    /// The suffix that begins at these layers.
    /// - Throws: ``WorldError`` naming the layer that is not there or has no weights.
    init(of whole: Network, layers: [String]) throws {
        try self.init(of: whole, at: whole.baselineLayers(layers).compactMap { whole.nodeIndex(named: $0.name) })
    }

    init(of whole: Network, at nodes: [Int]) throws {
        split = try NetworkSplit(whole, at: nodes)
        let all = whole.multiplyAdds
        share = all > 0 ? split.suffix.multiplyAdds / all : 1
    }

    /// A set as the suffix sees it, kept in memory: `[examples] + suffix input`. Costs a pass through the prefix, if there
    /// is one.
    func source(_ examples: ExampleSet, pool: WorkerPool?, passes: PassCounter) throws -> any BatchSource {
        guard !split.prefix.nodes.isEmpty else { return ExampleSetSource(examples) }
        let blockRows = 2048
        var blocks: [Tensor] = []
        for first in stride(from: 0, to: examples.count, by: blockRows) {
            let inputs = try examples.batchInputs(first..<min(first + blockRows, examples.count))
            blocks.append(try split.entering(inputs, pool: pool))
        }
        passes.forward(examples.count, share: 1 - share)
        return try TensorBatchSource(inputs: try Tensor.concat(blocks), targets: ExampleSetSource(examples).targets)
    }
}

extension Cost {
    /// Passes of a search by reward: what enters the edited layers once, the suffix for each candidate.
    /// - Parameters:
    ///   - layers: edited ones.
    ///   - examples: that the reward looks at.
    /// - Throws: ``WorldError`` naming the layer that is not there or has no weights.
    public static func search(
        of network: Network, layers: [String], examples: Int, evaluations: Int
    ) throws -> Cost {
        let share = try EditedSuffix(of: network, layers: layers).share
        return Cost(forwards: Double(examples) * (1 - share + share * Double(evaluations)))
    }
}

extension Network {
    /// Layers by name, as the worlds see them.
    /// - Throws: ``WorldError`` naming the layer that is not there, is named twice or has no weights.
    func baselineLayers(_ names: [String]) throws -> [EditedLayer] { try editedLayers(names, owner: "baselines") }

    /// The last layer's name and its bias, when the network ends in a layer that has one.
    func outputBias() throws(BaselineError) -> (parameter: String, values: Tensor) {
        let layer = nodes.last?.name ?? "none"
        guard let values = parameter("\(layer).bias") else { throw .noOutputBias(layer: layer) }
        return ("\(layer).bias", values)
    }
}

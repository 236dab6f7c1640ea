internal import RLEditCore
internal import RLEditData
public import RLEditNN
internal import RLEditTensor
internal import RLEditWorlds

/// The part of a network that an edit of some layers can change, as a network of its own, and what a pass through it
/// costs. What enters it is computed once, as the evaluator of the worlds does.
struct EditedSuffix {
    let network: Network
    /// The first node of the suffix in the whole network.
    let start: Int
    /// Of the whole network's multiply-adds.
    let share: Double

    /// The suffix that begins at the first of these layers.
    /// - Throws: ``WorldError`` naming the layer that is not there or has no weights.
    init(of whole: Network, layers: [String]) throws {
        let nodes = try whole.editedLayers(layers).map { whole.nodeIndex(named: $0.name) ?? 0 }
        try self.init(of: whole, from: nodes.min() ?? 0)
    }

    init(of whole: Network, from node: Int) throws {
        start = whole.lastCut(before: node)
        network = try whole.suffix(from: start)
        let all = whole.multiplyAdds()
        share = all > 0 ? whole.multiplyAdds(from: start) / all : 1
    }

    /// A set as the suffix sees it, kept in memory: `[examples] + suffix input`. Costs a pass through the prefix, if there
    /// is one.
    func source(
        _ examples: ExampleSet, of whole: Network, pool: WorkerPool?, passes: PassCounter
    ) throws -> any BatchSource {
        guard start > 0 else { return ExampleSetSource(examples) }
        let blockRows = 2048
        var blocks: [Tensor] = []
        for first in stride(from: 0, to: examples.count, by: blockRows) {
            let inputs = try examples.batchInputs(first..<min(first + blockRows, examples.count))
            blocks.append(try whole.activations(inputs, before: start, pool: pool))
        }
        passes.forward(examples.count, share: 1 - share)
        return try TensorBatchSource(inputs: try Tensor.concat(blocks), targets: .classes(examples.labels))
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
    func editedLayers(_ names: [String]) throws -> [EditedLayer] {
        let editable = nodes.map(\.name).filter { (parameter("\($0).weight")?.rank ?? 0) >= 2 }
        guard !names.isEmpty else {
            throw WorldError.invalidSetting(owner: "baselines", field: "layer", message: "names no layer")
        }
        return try names.enumerated().map { place, name in
            guard let node = nodeIndex(named: name) else {
                throw WorldError.unknownLayer(
                    name: name, nearest: NearestName.of(name, among: editable), editable: editable)
            }
            guard !names[..<place].contains(name) else { throw WorldError.duplicateLayer(name) }
            guard let weight = parameter("\(name).weight") else {
                throw WorldError.layerNotEditable(
                    layer: name,
                    reason: "a \(nodes[node].layer.kind) has no weights; "
                        + "layers that can be edited: \(editable.joined(separator: ", "))")
            }
            return try EditedLayer(name: name, parameterName: "\(name).weight", weight: weight)
        }
    }

    /// The last layer's name and its bias, when the network ends in a layer that has one.
    func outputBias() throws(BaselineError) -> (parameter: String, values: Tensor) {
        let layer = nodes.last?.name ?? "none"
        guard let values = parameter("\(layer).bias") else { throw .noOutputBias(layer: layer) }
        return ("\(layer).bias", values)
    }
}

internal import RLEditData
internal import RLEditNN
internal import RLEditTensor

/// The layers from the first edited one on, with what enters them: they show what edits have done without a pass through the
/// layers before.
struct EditedView: Sendable {
    private let network: Network
    private let forget: Part
    private let retain: Part
    /// What enters each layer of the unedited network.
    private let inputs: [UnitInputs]
    private let rules: EditPair.Rules
    private let pool: WorkerPool

    /// Examples that are looked at, with the unedited network's probability of the label of each; none without labels.
    private struct Part {
        let set: NamedSet
        let confidences: [Double]

        func taking(_ examples: [Int]) throws -> Part {
            Part(
                set: NamedSet(name: set.name, examples: try set.examples.subset(examples)),
                confidences: confidences.isEmpty ? [] : examples.map { confidences[$0] })
        }
    }

    /// Examples that pass the network at once.
    private static let run = 2048

    /// - Parameter sets: those of the rules among them.
    init(
        _ network: Network, sets: [NamedSet], inputs: [UnitInputs], rules: EditPair.Rules, pool: WorkerPool
    ) throws {
        (self.inputs, self.rules, self.pool) = (inputs, rules, pool)
        // What is padding can be told from the tokens alone.
        let isCut = !network.nodes.contains { $0.layer is TokenEmbedding }
        let split = isCut ? try NetworkSplit(network, at: rules.layers.compactMap(network.nodeIndex)) : nil
        let suffix = split?.suffix ?? network
        self.network = suffix
        func part(_ name: String) throws -> Part {
            guard let given = sets.first(where: { $0.name == name }) else {
                throw WorldError.invalidSet(name: name, message: "is needed: steps see what they have done to it")
            }
            var set = given
            if let split {
                let entering = try EditedView.runs(given).map {
                    try split.entering(given.examples.batchInputs($0), pool: pool)
                }
                set = NamedSet(
                    name: name,
                    examples: try ExampleSet(
                        name: given.examples.name, source: given.examples.source, inputs: Tensor.concat(entering),
                        labels: given.examples.labels))
            }
            return Part(
                set: set,
                confidences: rules.features.isLabelAware
                    ? try EditedView.confidences(of: suffix, set, pool: pool) : [])
        }
        forget = try part(rules.forgetSet)
        retain = try part(rules.retainSet)
    }

    private init(_ view: EditedView, forget: Part, retain: Part, inputs: [UnitInputs]) {
        (network, rules, pool) = (view.network, view.rules, view.pool)
        (self.forget, self.retain, self.inputs) = (forget, retain, inputs)
    }

    /// The same of these examples.
    func taking(forget: [Int], retain: [Int], inputs: [UnitInputs]) throws -> EditedView {
        EditedView(
            self, forget: try self.forget.taking(forget), retain: try self.retain.taking(retain), inputs: inputs)
    }

    /// What is seen of some layers after edits of all.
    /// - Parameter edits: with the unedited layers.
    /// - Returns: nil where the edits leave nothing to see: dead units, or activations past all numbers.
    func look(
        _ edits: [(edit: LayerEdit, layer: EditedLayer)], turn: [Int], progress: Double
    ) throws -> EpisodeUnits? {
        var edited = network
        for (edit, layer) in edits { try edited.apply(edit, to: layer) }
        var own = rules
        own.layers = turn.map { rules.layers[$0] }
        let units: EpisodeUnits
        do {
            let seen = try EditPair.activations(of: edited, sets: [forget.set, retain.set], rules: own, pool: pool)
            units = try EditPair.units(
                of: edited, seen, rules: own,
                inputs: zip(seen, turn).map { try UnitInputs($0, known: inputs[$1]) })
        } catch WorldError.layerNotEditable, WorldError.invalidSet { return nil }
        func change(_ part: Part) throws -> Double {
            guard !part.confidences.isEmpty else { return 0 }
            let now = try EditedView.confidences(of: edited, part.set, pool: pool)
            return zip(now, part.confidences).reduce(0) { $0 + $1.0 - $1.1 } / Double(now.count)
        }
        let (forgetChange, retainChange) = (try change(forget), try change(retain))
        return EpisodeUnits(
            features: try units.features.map {
                try $0.at(progress, rules.features, forget: forgetChange, retain: retainChange)
            }, frames: units.frames)
    }

    private static func runs(_ set: NamedSet) -> [Range<Int>] {
        let count = set.examples.count
        return stride(from: 0, to: count, by: run).map { $0..<min($0 + run, count) }
    }

    /// The probability of each example's label.
    private static func confidences(of network: Network, _ set: NamedSet, pool: WorkerPool) throws -> [Double] {
        let labels = set.examples.labels
        return try runs(set).flatMap { range -> [Double] in
            let scores = try network.forward(set.examples.batchInputs(range), pool: pool)
            let classes = scores.shape[1]
            // One score is that of the second of two classes; the first has 0.
            let all = classes > 1 ? scores : try Tensor.concat([scores.mul(0), scores], dimension: 1)
            let probabilities = try all.softmax(dimension: 1).scalars
            return range.enumerated().map { Double(probabilities[$0 * max(classes, 2) + labels[$1]]) }
        }
    }
}

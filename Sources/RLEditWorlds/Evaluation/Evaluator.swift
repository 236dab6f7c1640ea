internal import RLEditData
public import RLEditNN
public import RLEditTensor

/// Measures candidate edits of one network on named sets.
///
/// What an edit cannot change is computed once (`ExampleBlocks`, the prefix cache); a candidate then costs only the
/// layers from the first edited one on. Work is cut into (group of candidates) × (run of blocks) pieces that are spread
/// over the workers and summed in a fixed order, so results are the same to the bit for any number of workers.
public final class Evaluator: @unchecked Sendable {
    // Unchecked: everything but `scratch` is constant, and a piece uses only the scratch memory of its own worker while
    // `evaluate` runs; the owner calls it from one thread at a time.

    /// The unedited network.
    public let network: Network
    public let sets: [NamedSet]
    public let layers: [EditedLayer]
    /// Classes that the network scores; a single score counts as two classes, the first with score 0.
    public let classes: Int

    let pool: WorkerPool
    let cache: ExampleBlocks
    let firstNode: Int
    let dense: DenseProgram?
    /// Runs of blocks that one piece measures; fixed by the data alone.
    private let segments: [Range<Int>]
    private static let blocksPerSegment = 8

    /// - Parameter layers: names of the edited layers, in the order of the action.
    /// - Throws: ``WorldError`` naming the layer or set at fault.
    public init(network: Network, layers names: [String], sets: [NamedSet], pool: WorkerPool) throws {
        let (layers, nodes) = try Evaluator.resolve(names, in: network)
        guard let first = nodes.min() else {
            throw WorldError.invalidSetting(owner: "world", field: "layer", message: "names no layer")
        }
        let output = network.outputShape(ofNode: network.nodes.count - 1)
        guard output.count == 1, let scores = output.first, scores > 0 else {
            throw WorldError.outputNotClasses(shape: output)
        }
        self.network = network
        self.sets = sets
        self.layers = layers
        self.pool = pool
        let classes = max(scores, 2)
        self.classes = classes
        firstNode = first
        let suffix = DenseSuffix(network: network, from: first, editedNodes: nodes)
        let cache = try ExampleBlocks(
            sets: sets, network: network, before: first, classes: classes, featureMajor: suffix != nil, pool: pool)
        self.cache = cache
        dense = try suffix.map {
            try DenseProgram(suffix: $0, layers: layers, cache: cache, scores: scores, workers: pool.workers)
        }
        segments = stride(from: 0, to: cache.blocks.count, by: Evaluator.blocksPerSegment).map {
            $0..<min($0 + Evaluator.blocksPerSegment, cache.blocks.count)
        }
    }

    /// Measures candidates; each is one edit per layer.
    /// - Returns: sums by candidate and set; those of sets that `selection` does not want stay empty.
    func evaluate(_ candidates: [[LayerEdit]], selection: MetricSelection) throws -> [[SetSums]] {
        let groupSize = dense?.groupSize ?? 1
        let groups = (candidates.count + groupSize - 1) / groupSize
        let partial = Slots<[SetSums]>(count: candidates.count * segments.count)
        try pool.forEach(groups * segments.count) { piece, worker in
            let group = piece / segments.count
            let segment = piece % segments.count
            let members = (group * groupSize)..<min((group + 1) * groupSize, candidates.count)
            let sums = try measure(
                candidates[members], blocks: segments[segment], selection: selection, worker: worker, capture: nil)
            for (offset, member) in members.enumerated() { partial[member * segments.count + segment] = sums[offset] }
        }
        return candidates.indices.map { candidate in
            var total = [SetSums](repeating: SetSums(), count: sets.count)
            for segment in segments.indices {
                for (set, sums) in (partial[candidate * segments.count + segment] ?? []).enumerated() {
                    total[set].add(sums)
                }
            }
            return total
        }
    }

    /// Scores of one candidate for every example of a set, `[examples, classes]`.
    public func scores(_ edits: [LayerEdit], set: Int) throws -> Tensor {
        var selection = MetricSelection(sets: sets.count)
        selection.insert(.accuracy, set: set)
        let capture = ScoreCapture(set: set, examples: cache.counts[set], classes: classes)
        _ = try measure(
            [edits][...], blocks: 0..<cache.blocks.count, selection: selection, worker: 0, capture: capture)
        return try Tensor(capture.values, shape: [cache.counts[set], classes])
    }

    /// Labels of a set, in its order.
    public func labels(of set: Int) -> [Int] { sets[set].examples.labels }

    /// One piece of work: some candidates on some blocks.
    private func measure(
        _ candidates: ArraySlice<[LayerEdit]>, blocks: Range<Int>, selection: MetricSelection, worker: Int,
        capture: ScoreCapture?
    ) throws -> [[SetSums]] {
        var sums = Array(repeating: [SetSums](repeating: SetSums(), count: sets.count), count: candidates.count)
        let wanted = blocks.filter { selection.isWanted(set: cache.blocks[$0].set) }
        if let dense {
            dense.run(candidates, blocks: wanted, worker: worker) { candidate, block, scores, stride in
                record(
                    scores, stride: stride, block: cache.blocks[block], selection: selection,
                    into: &sums[candidate], capture: capture)
            }
            return sums
        }
        for (offset, edits) in candidates.enumerated() {
            var replacements: [String: Tensor] = [:]
            for (layer, edit) in zip(layers, edits) {
                replacements[layer.parameterName] = try edit.weights(of: layer).reshaped(layer.shape)
            }
            for block in wanted {
                let scores = try network.forward(
                    from: firstNode, activations: cache.blocks[block].activations, replacing: replacements)
                let transposed = try scores.transposedMatrix().withSecondClass()
                transposed.withUnsafeBufferPointer { buffer in
                    guard let base = buffer.baseAddress else { return }
                    record(
                        base, stride: cache.blocks[block].rows.count, block: cache.blocks[block], selection: selection,
                        into: &sums[offset], capture: capture)
                }
            }
        }
        return sums
    }

    /// Takes the scores of one candidate for one block, `[classes, examples]`.
    private func record(
        _ scores: UnsafePointer<Float>, stride: Int, block: ExampleBlocks.Block, selection: MetricSelection,
        into sums: inout [SetSums], capture: ScoreCapture?
    ) {
        block.labels.withUnsafeBufferPointer { labels in
            guard let labels = labels.baseAddress else { return }
            sums[block.set].add(
                scores: scores, stride: stride, classes: classes, count: block.rows.count, labels: labels,
                probabilities: selection.needsProbabilities(set: block.set))
        }
        capture?.store(scores, stride: stride, block: block)
    }

    /// The named layers and their node indices.
    private static func resolve(_ names: [String], in network: Network) throws -> ([EditedLayer], [Int]) {
        let editable = network.nodes.filter { (network.parameter("\($0.name).weight")?.rank ?? 0) >= 2 }.map(\.name)
        var nodes: [Int] = []
        var layers: [EditedLayer] = []
        for name in names {
            guard let node = network.nodeIndex(named: name) else {
                throw WorldError.unknownLayer(
                    name: name, nearest: Spelling.nearest(to: name, among: editable), editable: editable)
            }
            guard !nodes.contains(node) else { throw WorldError.duplicateLayer(name) }
            guard let weight = network.parameter("\(name).weight") else {
                throw WorldError.layerNotEditable(
                    layer: name, reason: "a \(network.nodes[node].layer.kind) has no weights; "
                        + "layers that can be edited: \(editable.joined(separator: ", "))")
            }
            nodes.append(node)
            layers.append(try EditedLayer(name: name, parameterName: "\(name).weight", weight: weight))
        }
        return (layers, nodes)
    }
}

/// Collects the scores of one candidate on one set, example by example.
private final class ScoreCapture {
    let set: Int
    let classes: Int
    var values: [Float]

    init(set: Int, examples: Int, classes: Int) {
        self.set = set
        self.classes = classes
        values = Array(repeating: 0, count: examples * classes)
    }

    func store(_ scores: UnsafePointer<Float>, stride: Int, block: ExampleBlocks.Block) {
        guard block.set == set else { return }
        for (column, row) in block.rows.enumerated() {
            for c in 0..<classes { values[row * classes + c] = scores[c * stride + column] }
        }
    }
}

extension Tensor {
    /// Scores of a network with one output as scores of two classes: a row of zeros for the first. `[1, n]` → `[2, n]`.
    func withSecondClass() throws -> Tensor {
        guard shape[0] == 1 else { return self }
        return try Tensor(Array(repeating: 0, count: count) + scalars, shape: [2, count])
    }
}

extension Evaluator {
    /// Predicted class of every example of a set; the lowest class wins a tie.
    public func predictions(_ edits: [LayerEdit], set: Int) throws -> [Int] {
        let scores = try scores(edits, set: set)
        let classes = classes
        return scores.withUnsafeBufferPointer { scores in
            stride(from: 0, to: scores.count, by: classes).map { start in
                var best = 0
                for candidate in 1..<classes where scores[start + candidate] > scores[start + best] { best = candidate }
                return best
            }
        }
    }
}

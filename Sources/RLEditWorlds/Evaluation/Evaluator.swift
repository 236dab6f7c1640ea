internal import RLEditData
public import RLEditNN
public import RLEditTensor

/// Measures candidate edits of one network on named sets, or that network alone.
///
/// What an edit cannot change is computed once (`ExampleBlocks`, the prefix cache); a candidate then costs only the
/// layers from the first edited one on. Work is cut into (group of candidates) × (run of blocks) pieces that are spread
/// over the workers (`Evaluator+Measuring.swift`).
public final class Evaluator: @unchecked Sendable {
    // Unchecked: everything but the scratch memory of `program` and `margins` is constant, and a piece uses only that of its
    // own worker or candidate; the owner calls it from one thread at a time, and never from inside a piece of a parallel
    // job.

    /// The unedited network.
    public let network: Network
    public let sets: [NamedSet]
    /// Empty where nothing is edited; a candidate is then an empty list.
    public let layers: [EditedLayer]
    /// Classes that the network scores; a single score counts as two classes, the first with score 0.
    public let classes: Int

    let pool: WorkerPool
    let cache: ExampleBlocks
    let program: Program
    /// Ranking and counting of margins; nil for other than two classes.
    let margins: MarginCounter?
    /// Most bytes of what enters the edited layers that are kept by default: 2 GB.
    public static let defaultPrefixBytes = 2 << 30

    /// What makes scores of the cached activations.
    enum Program: Sendable {
        /// A chain of linear layers and activations.
        case dense(DenseProgram)
        /// The edited layers and all that follows from them; and the quick way for shifts, where there is one.
        case network(Network, shifts: (any FactoredShifts)?)
        /// Nothing is edited: the scores themselves are cached.
        case cached
    }

    /// Candidates whose first layers share a product; 1 where none do.
    package var groupSize: Int {
        switch program {
        case .dense(let program): program.groupSize
        case .network(_, let shifts): shifts?.groupSize ?? 1
        case .cached: 1
        }
    }
    /// Whether shifts are measured by their factors alone, without edited weights: for tests.
    package var takesShiftsByFactors: Bool { if case .network(_, .some) = program { true } else { false } }
    /// Most bytes of what enters the edited layers that are kept.
    public let prefixLimit: Int
    /// Bytes of what enters the edited layers, of all examples.
    public var prefixBytes: Int { cache.byteCount }
    /// Whether they are kept; otherwise they are computed again for each batch of candidates.
    public var keepsPrefix: Bool { cache.isKept }
    /// Examples of each block that a product runs over.
    package var blockCounts: [Int] { cache.blocks.map(\.rows.count) }

    /// - Parameters:
    ///   - layers: names of the edited layers, in the order of the action.
    ///   - includingBias: whether they count with their bias.
    ///   - prefixLimit: most bytes of what enters these layers that are kept.
    /// - Throws: ``WorldError`` naming the layer or set at fault.
    public convenience init(
        network: Network, layers names: [String], includingBias: Bool = false, sets: [NamedSet],
        prefixLimit: Int = Evaluator.defaultPrefixBytes, pool: WorkerPool
    ) throws {
        try self.init(
            network: network, edited: network.editedLayers(names, includingBias: includingBias), sets: sets,
            prefixLimit: prefixLimit, pool: pool)
    }

    /// The same for layers as their owner sees them: what counts as their bias may be that of a batch norm after them.
    /// - Throws: ``WorldError`` naming the set at fault.
    public convenience init(
        network: Network, edited layers: [EditedLayer], sets: [NamedSet],
        prefixLimit: Int = Evaluator.defaultPrefixBytes, pool: WorkerPool
    ) throws {
        try self.init(network, layers: layers, sets: sets, prefixLimit: prefixLimit, pool: pool)
    }

    /// An evaluator of a network that nothing edits: its scores are computed once. Its one candidate has no edits, `[]`.
    /// - Throws: ``WorldError`` naming the set at fault.
    public convenience init(unedited network: Network, sets: [NamedSet], pool: WorkerPool) throws {
        try self.init(network, layers: [], sets: sets, prefixLimit: .max, pool: pool)
    }

    private init(
        _ network: Network, layers: [EditedLayer], sets: [NamedSet], prefixLimit: Int, pool: WorkerPool
    ) throws {
        let output = network.outputShape(ofNode: network.nodes.count - 1)
        guard output.count == 1, let scores = output.first, scores > 0 else {
            throw WorldError.outputNotClasses(shape: output)
        }
        self.network = network
        self.sets = sets
        self.layers = layers
        self.prefixLimit = prefixLimit
        self.pool = pool
        let classes = max(scores, 2)
        self.classes = classes
        func made(_ prefix: Network, _ layout: ExampleBlocks.Layout, limit: Int = .max) throws -> ExampleBlocks {
            try ExampleBlocks(
                sets: sets, network: network, prefix: prefix, classes: classes, layout: layout, limit: limit,
                pool: pool)
        }
        let cache: ExampleBlocks
        if layers.isEmpty {
            cache = try made(network, .featureMajor)
            program = .cached
        } else {
            let split = try NetworkSplit(network, at: layers.compactMap { network.nodeIndex(named: $0.name) })
            if let suffix = DenseSuffix(split.suffix, layers: layers) {
                cache = try made(split.prefix, suffix.inputLayout)
                program = .dense(
                    try DenseProgram(
                        suffix: suffix, layers: layers, cache: cache, scores: scores, workers: pool.workers))
            } else {
                cache = try made(split.prefix, .network, limit: prefixLimit)
                // What the unedited layer gives would take as much memory again.
                program = .network(
                    split.suffix,
                    shifts: cache.isKept
                        ? try factoredShifts(
                            of: split.suffix, layers: layers, cache: cache, scores: scores, workers: pool.workers,
                            room: prefixLimit - cache.byteCount)
                        : nil)
            }
        }
        self.cache = cache
        margins = classes == 2 ? try MarginCounter(sets: sets, workers: pool.workers) : nil
    }

    /// Scores of one candidate for every example of a set, `[examples, classes]`.
    public func scores(_ edits: [LayerEdit], set: Int) throws -> Tensor {
        // The list is not empty: it holds a tensor for each candidate.
        try scores(of: [edits], set: set).first ?? Tensor.zeros([0, classes])
    }

    /// Labels of a set, in its order.
    public func labels(of set: Int) -> [Int] { sets[set].examples.labels }

    /// The one check that every candidate passes before its numbers are read, see ``LayerEdit``.
    /// - Throws: ``WorldError/invalidEdit(layer:message:)`` unless there is one edit per layer and each has its shape.
    func requireFit(_ edits: [LayerEdit]) throws(WorldError) {
        guard edits.count == layers.count else {
            throw .invalidEdit(
                layer: layers.map(\.name).joined(separator: ", "),
                message: "has \(edits.count) parts, expected one for each of \(layers.count) layers")
        }
        for (edit, layer) in zip(edits, layers) { try edit.requireFit(layer) }
    }

    /// Predicted class of every example of a set; the lowest class wins a tie, and -1 is where a score is NaN.
    public func predictions(_ edits: [LayerEdit], set: Int) throws -> [Int] {
        PredictedClass.ofRows(try scores(edits, set: set))
    }
}

internal import CKernels
internal import RLEditData
internal import RLEditNN
internal import RLEditTensor

/// The prefix cache: what enters the first edited layer, for all examples of all sets, computed once. Without edited layers
/// it holds the scores themselves.
///
/// No edit can change these activations, so a candidate costs only what follows. Examples are cut into blocks of at most
/// `blockSize`, a block never spanning two sets; blocks are the unit of work, cut the same way for any number of workers.
/// Activations that would take more memory than is allowed are not kept; they are computed again, block by block.
struct ExampleBlocks: Sendable {
    /// Small enough that a block's activations stay in the second-level cache beside the weights.
    static let blockSize = 256

    /// How the activations of a block lie.
    enum Layout: Sendable {
        /// `[examples, height, width, channels]` or `[examples, features]`, as networks compute.
        case network
        /// `[features, examples]`, for a dense suffix.
        case featureMajor
        /// The same with one more row, of ones, which a bias in the last column of the weights is multiplied by.
        case featureMajorWithOnes
    }

    struct Block: Sendable {
        /// Index of the set.
        let set: Int
        /// Rows of the set that this block holds.
        let rows: Range<Int>
        /// Class of each example, `[rows.count]`.
        let labels: [Int32]
        /// What the prefix computes of them; nil where it is not kept.
        fileprivate let kept: Tensor?
    }

    let blocks: [Block]
    /// Examples of each set.
    let counts: [Int]
    /// Bytes of all activations.
    let byteCount: Int
    /// Whether they are kept.
    let isKept: Bool
    private let sets: [NamedSet]
    private let prefix: Network
    private let layout: Layout

    /// - Parameters:
    ///   - prefix: the part of the network that no edit can change.
    ///   - layout: how the activations are read.
    ///   - limit: most bytes of activations that are kept.
    /// - Throws: ``WorldError/invalidSet(name:message:)`` for an empty set, a name given twice, examples of another
    ///   shape, or a label outside the network's classes.
    init(
        sets: [NamedSet], network: Network, prefix: Network, classes: Int, layout: Layout, limit: Int = .max,
        pool: WorkerPool
    ) throws {
        var plans: [(set: Int, rows: Range<Int>)] = []
        for (index, set) in sets.enumerated() {
            guard !set.examples.isEmpty else {
                throw WorldError.invalidSet(name: set.name, message: "holds no examples")
            }
            guard !sets[..<index].contains(where: { $0.name == set.name }) else {
                throw WorldError.invalidSet(name: set.name, message: "is named twice")
            }
            guard set.examples.exampleShape == network.inputShape else {
                throw WorldError.invalidSet(
                    name: set.name,
                    message: "holds examples of shape \(set.examples.exampleShape), but the network takes "
                        + "\(network.inputShape)"
                        + ExampleFault.remedy([1] + set.examples.exampleShape, expected: network.inputShape))
            }
            // What enters the first layer would be kept with all its zeros.
            guard !set.examples.isSparse || !prefix.nodes.isEmpty else {
                throw WorldError.layerNotEditable(
                    layer: network.nodes.first?.name ?? "",
                    reason: "it reads the sparse examples of set '\(set.name)' itself; edit a layer after it")
            }
            if let wrong = set.examples.orderedLabels.firstIndex(where: { $0 < 0 || Int($0) >= classes }) {
                throw WorldError.invalidSet(
                    name: set.name,
                    message: ExampleFault.label(
                        Int(set.examples.orderedLabels[wrong]), example: wrong, classes: classes))
            }
            var start = 0
            while start < set.examples.count {
                let end = min(start + ExampleBlocks.blockSize, set.examples.count)
                plans.append((index, start..<end))
                start = end
            }
        }
        counts = sets.map(\.examples.count)
        let width = prefix.outputShape(ofNode: prefix.nodes.count - 1).reduce(4, *)
        byteCount = counts.reduce(0, +).multipliedReportingOverflow(by: width).partialValue
        let isKept = byteCount <= limit
        (self.isKept, self.sets, self.prefix, self.layout) = (isKept, sets, prefix, layout)
        let made = Slots<Block>(count: plans.count)
        let blocksToMake = plans
        try pool.forEach(plans.count) { piece, _ in
            let (set, rows) = blocksToMake[piece]
            let examples = sets[set].examples
            made[piece] = Block(
                set: set, rows: rows, labels: Array(examples.orderedLabels[rows]),
                kept: isKept
                    ? try ExampleBlocks.activations(of: examples, rows, prefix: prefix, layout: layout) : nil)
        }
        blocks = try made.values()
    }

    /// What enters the suffix for one block.
    func activations(of block: Int) throws -> Tensor {
        if let kept = blocks[block].kept { return kept }
        return try ExampleBlocks.activations(
            of: sets[blocks[block].set].examples, blocks[block].rows, prefix: prefix, layout: layout)
    }

    private static func activations(
        of examples: ExampleSet, _ rows: Range<Int>, prefix: Network, layout: Layout
    ) throws -> Tensor {
        try prefix.forward(examples.batchInputs(rows), to: .channelsLast).laid(out: layout)
    }
}

extension Tensor {
    /// A block's activations, as networks compute them, in another layout.
    fileprivate func laid(out layout: ExampleBlocks.Layout) throws -> Tensor {
        switch layout {
        case .network: self
        case .featureMajor: try transposedMatrix()
        case .featureMajorWithOnes: try Tensor.concat([transposedMatrix(), .ones([1, shape[0]])])
        }
    }

    /// Scores of a network with one output as scores of two classes: a row of zeros for the first. `[1, n]` → `[2, n]`.
    func withSecondClass() throws -> Tensor {
        guard shape[0] == 1 else { return self }
        return try Tensor(Array(repeating: 0, count: count) + scalars, shape: [2, count])
    }

    /// `[rows, columns]` → `[columns, rows]`, copied.
    func transposedMatrix() throws -> Tensor {
        guard rank == 2 else {
            throw TensorError.rankMismatch(operation: "transpose", expected: "a matrix", actual: shape)
        }
        return try Tensor(shape: [shape[1], shape[0]]) { buffer in
            withUnsafeBufferPointer { source in
                guard let source = source.baseAddress, let destination = buffer.baseAddress else { return }
                rl_transpose(
                    Int64(shape[0]), Int64(shape[1]), source, Int64(shape[1]), destination, Int64(shape[0]))
            }
        }
    }
}

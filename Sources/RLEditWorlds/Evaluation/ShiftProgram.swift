internal import CKernels
internal import RLEditNN
internal import RLEditTensor

/// Measures shifts of a convolution in a residual network without ever convolving with edited weights.
///
/// A convolution is linear in its weights: conv(x, W + L R) = conv(x, W) + L · conv(x, R), where R are `rank` filters and L
/// mixes what they give, position by position. What the unedited convolution gives is kept, and so is all that is added to
/// it before the next nonlinearity: the batch norm's scale and shift, and the shortcut. A candidate costs its filters, which
/// several candidates share a pass for, one pass over the outputs, and the rest of the network.
struct ShiftProgram: Sendable {
    /// Filters of one pass. The plan has always as many, so that a candidate's numbers do not depend on its neighbours.
    private static let slots = 16
    /// Examples whose shifted outputs stay in the second-level cache.
    private static let run = 32

    let groupSize = ShiftProgram.slots
    /// One convolution from what enters the edited one to `slots` channels.
    private let filters: Network
    private let weight: String
    private let filterShape: [Int]
    /// What follows the first nonlinearity after the edited layer.
    private let rest: Network
    /// By block: what enters the edited layer, and what reaches the nonlinearity unedited, `[rows, height, width, channels]`.
    private let inputs: [Tensor]
    private let sums: [Tensor]
    /// The batch norm's scale of each channel; ones without.
    private let scale: [Float]
    private let rectifies: Bool
    private let scores: Int
    /// A run of shifted outputs for each worker.
    private let outputs: Slots<Tensor>

    /// - Parameter suffix: of the split at the edited layer.
    /// - Returns: nil where the suffix does not begin with one convolution without groups, a batch norm or a sum with a
    ///   shortcut (or both), and a ReLU or nothing, after which nothing else of the frontier is read.
    init?(suffix: Network, layers: [EditedLayer], cache: ExampleBlocks, scores: Int, workers: Int) throws {
        guard layers.count == 1, let layer = layers.first, !layer.includesBias,
            let first = suffix.nodeIndex(named: layer.name), let convolution = suffix.nodes[first].layer as? Conv2D,
            convolution.groups == 1
        else { return nil }
        func onlyReader(of node: Int) -> Int? {
            let readers = suffix.nodes.indices.filter { suffix.nodes[$0].inputs.contains(node) }
            return readers.count == 1 ? readers[0] : nil
        }
        var last = first
        var scale = [Float](repeating: 1, count: layer.rows)
        if let next = onlyReader(of: last), let batchNorm = suffix.nodes[next].layer as? BatchNorm {
            scale = batchNorm.scale(of: suffix, node: next)
            last = next
        }
        if let next = onlyReader(of: last), suffix.nodes[next].layer is Add {
            let others = suffix.nodes[next].inputs.filter { $0 != last }
            guard others.count == suffix.nodes[next].inputs.count - 1,
                others.allSatisfy({ !suffix.node($0, follows: first) })
            else { return nil }
            last = next
        }
        // Chains of convolutions without batch norm keep the way, and the bits, that they have.
        guard last != first else { return nil }
        sums = try suffix.values(of: last, cache)
        inputs = try suffix.values(of: suffix.nodes[first].inputs[0], cache)
        var end = last
        if let next = onlyReader(of: last), (suffix.nodes[next].layer as? Activation)?.function == .relu { end = next }
        rectifies = end != last
        let readers = suffix.nodes.indices.filter { suffix.nodes[$0].inputs.contains(end) }
        guard !readers.isEmpty else { return nil }
        let split = try NetworkSplit(suffix, at: readers)
        guard split.parts.map(\.node) == [end] else { return nil }
        rest = split.suffix
        self.scale = scale
        self.scores = scores
        let node = Network.Node(name: "filters", layer: convolution.filters(ShiftProgram.slots), inputs: [-1])
        filters = try Network(
            inputShape: suffix.outputShape(ofNode: suffix.nodes[first].inputs[0]), nodes: [node],
            random: RandomStream(seed: 0))
        weight = "filters.weight"
        filterShape = [ShiftProgram.slots] + layer.shape.dropFirst()
        outputs = Slots(count: workers)
    }

    /// Whether a candidate's edit goes this way.
    func takes(_ edits: [LayerEdit]) -> Bool {
        guard case .shift(let factors)? = edits.first else { return false }
        return factors.rank <= ShiftProgram.slots
    }

    /// Runs candidates over blocks; see `DenseProgram.run`.
    /// - Parameter candidates: that it takes, with their positions in the group.
    func run(
        _ candidates: [(position: Int, edits: [LayerEdit])], blocks: [Int], cache: ExampleBlocks, worker: Int,
        consume: (_ candidate: Int, _ block: Int, _ scores: UnsafePointer<Float>, _ stride: Int) -> Void
    ) throws {
        var waves: [[(position: Int, factors: LowRankFactors, slot: Int)]] = []
        var used = ShiftProgram.slots
        for (position, edits) in candidates {
            guard case .shift(let factors)? = edits.first else { continue }
            if used + factors.rank > ShiftProgram.slots {
                waves.append([])
                used = 0
            }
            waves[waves.count - 1].append((position, factors, used))
            used += factors.rank
        }
        for wave in waves {
            let columns = filterShape.dropFirst().reduce(1, *)
            let stacked = try Tensor(shape: filterShape) { buffer in
                buffer.update(repeating: 0)
                for (_, factors, slot) in wave {
                    for (place, value) in factors.right.scalars.enumerated() { buffer[slot * columns + place] = value }
                }
            }
            for block in blocks {
                let projected = try filters.forward(
                    .dense(inputs[block]), from: .channelsLast, to: .channelsLast, replacing: [weight: stacked])
                for (position, factors, slot) in wave {
                    let scores = try self.scores(
                        of: factors, projected: projected, slot: slot, block: block,
                        rows: cache.blocks[block].rows.count, worker: worker)
                    scores.withUnsafeBufferPointer { scores in
                        guard let base = scores.baseAddress else { return }
                        consume(position, block, base, cache.blocks[block].rows.count)
                    }
                }
            }
        }
    }

    /// `[classes, rows]`.
    private func scores(
        of factors: LowRankFactors, projected: Tensor, slot: Int, block: Int, rows: Int, worker: Int
    ) throws -> [Float] {
        let channels = scale.count
        let positions = sums[block].count / (rows * channels)
        let left = factors.left.scalars
        // [rank, channels], with the batch norm's scale.
        let mixing = (0..<factors.rank).flatMap { k in (0..<channels).map { left[$0 * factors.rank + k] * scale[$0] } }
        let classes = max(scores, 2)
        var result = [Float](repeating: 0, count: classes * rows)
        for start in stride(from: 0, to: rows, by: ShiftProgram.run) {
            let count = min(ShiftProgram.run, rows - start)
            let shape = [count] + sums[block].shape.dropFirst()
            var shifted = try outputs[worker].flatMap { $0.shape == shape ? $0 : nil } ?? Tensor.zeros(shape)
            outputs[worker] = nil
            let first = start * positions
            shifted.withUnsafeMutableBufferPointer { to in
                sums[block].withUnsafeBufferPointer { base in
                    projected.withUnsafeBufferPointer { projected in
                        guard let to = to.baseAddress, let base = base.baseAddress,
                            let projected = projected.baseAddress
                        else { return }
                        rl_channel_shift(
                            Int64(count * positions), Int64(channels), Int64(factors.rank), base + first * channels,
                            mixing, projected + first * ShiftProgram.slots + slot, Int64(ShiftProgram.slots),
                            rectifies ? 1 : 0, to)
                    }
                }
            }
            let part = try rest.forward(.dense(shifted), from: .channelsLast)
            outputs[worker] = shifted
            part.withUnsafeBufferPointer { part in
                for row in 0..<count {
                    for index in 0..<scores {
                        // A single score is that of the second of two classes; the first scores 0.
                        result[(index + classes - scores) * rows + start + row] = part[row * scores + index]
                    }
                }
            }
        }
        return result
    }
}

extension Network {
    /// What a node gives for each block of what enters the network, channels last.
    fileprivate func values(of node: Int, _ cache: ExampleBlocks) throws -> [Tensor] {
        let part = try computing([node])
        return try cache.blocks.indices.map {
            try part.forward(.dense(cache.activations(of: $0)), from: .channelsLast, to: .channelsLast)
        }
    }

    /// Whether a node is computed from what another one gives.
    fileprivate func node(_ node: Int, follows first: Int) -> Bool {
        guard node > first else { return node == first }
        return nodes[node].inputs.contains { self.node($0, follows: first) }
    }
}

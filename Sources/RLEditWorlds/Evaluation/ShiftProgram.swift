internal import CKernels
internal import RLEditNN
internal import RLEditTensor

/// Measures shifts of a convolution in a residual network without ever convolving with edited weights.
///
/// A convolution is linear in its weights: conv(x, W + L R) = conv(x, W) + L · conv(x, R), where R are `rank` filters and L
/// mixes what they give, position by position. What the unedited convolution gives is kept, and so is all that is added to
/// it before the next nonlinearity: the batch norm's scale and shift, and the shortcut. A candidate costs its filters, one
/// pass over the outputs, and the rest of the network. Several candidates share a pass of filters. They take turns on a few
/// examples, whose unedited outputs stay in the cache. Where a mean over the positions follows, only that is written.
struct ShiftProgram: FactoredShifts {
    let groupSize = ShiftFilters.count
    private let filters: ShiftFilters
    /// What follows the first nonlinearity after the edited layer, and the mean over the positions.
    private let rest: Network
    /// By block: what enters the edited layer, and what reaches the nonlinearity unedited, `[rows, height, width, channels]`.
    private let inputs: [Tensor]
    private let sums: [Tensor]
    /// The batch norm's scale of each channel; ones without.
    private let scale: [Float]
    private let rectifies: Bool
    /// Whether the mean over the positions comes next.
    private let pools: Bool
    private let scores: Int
    /// The way for edits of all weights, where there is one.
    private let dense: DenseConvolution?
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
        var last = first
        var scale = [Float](repeating: 1, count: layer.rows)
        if let next = suffix.onlyReader(of: last), let batchNorm = suffix.nodes[next].layer as? BatchNorm {
            scale = batchNorm.scale(of: suffix, node: next)
            last = next
        }
        last = suffix.sum(of: last, after: first) ?? last
        // Chains of convolutions without batch norm keep the way, and the bits, that they have.
        guard last != first else { return nil }
        sums = try suffix.values(of: last, cache)
        inputs = try suffix.values(of: suffix.nodes[first].inputs[0], cache)
        var end = last
        if let next = suffix.onlyReader(of: last), (suffix.nodes[next].layer as? Activation)?.function == .relu {
            end = next
        }
        rectifies = end != last
        pools = suffix.onlyReader(of: end).map { suffix.nodes[$0].layer is GlobalAveragePool2D } ?? false
        if pools, let pool = suffix.onlyReader(of: end) { end = pool }
        let readers = suffix.nodes.indices.filter { suffix.nodes[$0].inputs.contains(end) }
        guard !readers.isEmpty else { return nil }
        let split = try NetworkSplit(suffix, at: readers)
        guard split.parts.map(\.node) == [end] else { return nil }
        rest = split.suffix
        self.scale = scale
        self.scores = scores
        let input = suffix.outputShape(ofNode: suffix.nodes[first].inputs[0])
        filters = try ShiftFilters(convolution, input: input, workers: workers)
        outputs = Slots(count: workers)
        dense = DenseConvolution(convolution, layer, input: input, workers: workers)
    }

    func takes(_ edits: [LayerEdit]) -> Bool { dense != nil || isNarrow(edits) }

    /// Whether an edit is a shift of few filters.
    private func isNarrow(_ edits: [LayerEdit]) -> Bool {
        guard case .shift(let factors)? = edits.first else { return false }
        return factors.rank <= ShiftFilters.count
    }

    func run(
        _ candidates: [(position: Int, edits: [LayerEdit])], blocks: [Int], cache: ExampleBlocks, worker: Int,
        consume: (_ candidate: Int, _ block: Int, _ scores: UnsafePointer<Float>, _ stride: Int) -> Void
    ) throws {
        if let dense {
            try runDense(
                dense, candidates.filter { !isNarrow($0.edits) }, blocks: blocks, cache: cache, worker: worker,
                consume: consume)
        }
        let narrow = candidates.filter { isNarrow($0.edits) }
        for wave in waves(of: narrow, slots: ShiftFilters.count) {
            let weights = try filters.weights(wave.map { ($0.factors.right, $0.slot) })
            for block in blocks {
                let rows = cache.blocks[block].rows.count
                let scores = try scores(of: wave, weights, block: block, rows: rows, worker: worker)
                for (candidate, own) in zip(wave, scores) { consume(candidate.position, block, own, rows) }
            }
        }
    }

    /// The same for edits of all weights.
    private func runDense(
        _ dense: DenseConvolution, _ candidates: [(position: Int, edits: [LayerEdit])], blocks: [Int],
        cache: ExampleBlocks, worker: Int,
        consume: (_ candidate: Int, _ block: Int, _ scores: UnsafePointer<Float>, _ stride: Int) -> Void
    ) throws {
        let channels = scale.count
        for start in stride(from: 0, to: candidates.count, by: dense.group) {
            let group = candidates[start..<min(start + dense.group, candidates.count)]
            try dense.prepare(group.compactMap { $0.edits.first }, scale: scale, worker: worker)
            for block in blocks {
                let rows = cache.blocks[block].rows.count
                let shape = Array(sums[block].shape.dropFirst())
                let (entering, leaving) = (inputs[block].count / rows, sums[block].count / rows)
                var results = group.map { _ in [Float](repeating: 0, count: max(scores, 2) * rows) }
                var means = pools ? try group.map { _ in try Tensor.zeros([rows, channels]) } : []
                for first in stride(from: 0, to: rows, by: dense.run) {
                    let examples = first..<min(first + dense.run, rows)
                    inputs[block].withUnsafeBufferPointer {
                        guard let x = $0.baseAddress else { return }
                        dense.multiply(x + first * entering, examples: examples.count, worker: worker)
                    }
                    for index in 0..<group.count {
                        func write(to buffer: UnsafeMutableBufferPointer<Float>, at place: Int) {
                            sums[block].withUnsafeBufferPointer { base in
                                guard let to = buffer.baseAddress, let base = base.baseAddress else { return }
                                dense.write(
                                    candidate: index, examples: examples.count, base: base + first * leaving,
                                    rectifies: rectifies, averages: pools, worker: worker, to: to + place)
                            }
                        }
                        if pools {
                            means[index].withUnsafeMutableBufferPointer { write(to: $0, at: first * channels) }
                        } else {
                            var edited = try Tensor.zeros([examples.count] + shape)
                            edited.withUnsafeMutableBufferPointer { write(to: $0, at: 0) }
                            place(try rest.forward(.dense(edited), from: .channelsLast), examples, in: &results[index])
                        }
                    }
                }
                for (index, mean) in means.enumerated() {
                    place(try rest.forward(.dense(mean), from: .channelsLast), 0..<rows, in: &results[index])
                }
                for (candidate, own) in zip(group, results) { consume(candidate.position, block, own, rows) }
            }
        }
    }

    /// `[classes, rows]` of each candidate of a wave.
    private func scores(
        of wave: [(position: Int, factors: LowRankFactors, slot: Int)], _ weights: Tensor, block: Int, rows: Int,
        worker: Int
    ) throws -> [[Float]] {
        let channels = scale.count
        let inner = pools ? [channels] : Array(sums[block].shape.dropFirst())
        // [rank, channels] each, with the batch norm's scale.
        let mixing = wave.map { candidate -> [Float] in
            let (left, rank) = (candidate.factors.left.scalars, candidate.factors.rank)
            return (0..<rank).flatMap { k in (0..<channels).map { left[$0 * rank + k] * scale[$0] } }
        }
        var results = wave.map { _ in [Float](repeating: 0, count: max(scores, 2) * rows) }
        var means = pools ? try wave.map { _ in try Tensor.zeros([rows, channels]) } : []
        try filters.forEachRun(of: inputs[block], weights: weights, worker: worker) { examples, responses in
            for (index, candidate) in wave.enumerated() {
                if pools {
                    means[index].withUnsafeMutableBufferPointer {
                        shift(
                            examples, of: block, mixing[index], responses + candidate.slot, into: $0,
                            at: examples.lowerBound * channels)
                    }
                    continue
                }
                let shape = [examples.count] + inner
                var shifted = try outputs[worker].flatMap { $0.shape == shape ? $0 : nil } ?? Tensor.zeros(shape)
                outputs[worker] = nil
                shifted.withUnsafeMutableBufferPointer {
                    shift(examples, of: block, mixing[index], responses + candidate.slot, into: $0, at: 0)
                }
                place(try rest.forward(.dense(shifted), from: .channelsLast), examples, in: &results[index])
                outputs[worker] = shifted
            }
        }
        for (index, mean) in means.enumerated() {
            place(try rest.forward(.dense(mean), from: .channelsLast), 0..<rows, in: &results[index])
        }
        return results
    }

    /// Shifted outputs of some examples of a block, or their means over the positions.
    /// - Parameter responses: of the candidate's first filter.
    private func shift(
        _ examples: Range<Int>, of block: Int, _ mixing: [Float], _ responses: UnsafePointer<Float>,
        into buffer: UnsafeMutableBufferPointer<Float>, at place: Int
    ) {
        let channels = scale.count
        let positions = sums[block].count / (sums[block].shape[0] * channels)
        sums[block].withUnsafeBufferPointer { base in
            guard let to = buffer.baseAddress, let base = base.baseAddress else { return }
            let from = base + examples.lowerBound * positions * channels
            let (rank, stride) = (Int64(mixing.count / channels), Int64(ShiftFilters.count))
            if pools {
                rl_channel_shift_mean(
                    Int64(examples.count), Int64(positions), Int64(channels), rank, from, mixing, responses, stride,
                    rectifies ? 1 : 0, to + place)
            } else {
                rl_channel_shift(
                    Int64(examples.count * positions), Int64(channels), rank, from, mixing, responses, stride,
                    rectifies ? 1 : 0, to + place)
            }
        }
    }

    /// Puts `[examples, scores]` among all scores of a candidate. A single score is that of the second of two classes; the
    /// first scores 0.
    private func place(_ part: Tensor, _ examples: Range<Int>, in result: inout [Float]) {
        let classes = max(scores, 2)
        let rows = result.count / classes
        part.withUnsafeBufferPointer { part in
            for (row, example) in examples.enumerated() {
                for index in 0..<scores {
                    result[(index + classes - scores) * rows + example] = part[row * scores + index]
                }
            }
        }
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
}

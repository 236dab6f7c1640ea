internal import CKernels
internal import RLEditNN
internal import RLEditTensor

/// Measures edits of a convolution in a residual network by what they change.
///
/// A convolution is linear in its weights: conv(x, W + L R) = conv(x, W) + L · conv(x, R), where R are `rank` filters and L
/// mixes what they give, position by position. What the unedited convolution gives is kept, and so is all that is added to
/// it before the next nonlinearity: the batch norm's scale and shift, and the shortcut. A candidate costs its filters, one
/// pass over the outputs, and the rest of the network. Several candidates share a pass of filters. They take turns on a few
/// examples, whose unedited outputs stay in the cache. Where a mean over the positions follows, only that is written. The change
/// of all weights, a mask's or that of a shift of high rank, is convolved by itself.
struct ShiftProgram: FactoredShifts {
    let groupSize = 16
    private let layer: EditedLayer
    private let filters: ShiftFilters
    /// As many as the layer has outputs.
    private let changes: ShiftFilters
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
        self.layer = layer
        filters = try ShiftFilters(convolution, count: groupSize, input: input, workers: workers)
        changes = try ShiftFilters(convolution, count: layer.rows, input: input, workers: workers)
        outputs = Slots(count: workers)
    }

    func takes(_ edits: [LayerEdit]) -> Bool { true }

    func run(
        _ candidates: [(position: Int, edits: [LayerEdit])], blocks: [Int], cache: ExampleBlocks, worker: Int,
        consume: (_ candidate: Int, _ block: Int, _ scores: UnsafePointer<Float>, _ stride: Int) -> Void
    ) throws {
        for wave in waves(of: candidates, slots: groupSize) {
            let weights = try filters.weights(wave.map { ($0.factors.right, $0.slot) })
            let mixed = wave.map { (factors: mixing($0.factors), slot: $0.slot) }
            for block in blocks {
                let scores = try scores(of: mixed, filters, weights, block: block, worker: worker)
                let rows = cache.blocks[block].rows.count
                for (candidate, own) in zip(wave, scores) { consume(candidate.position, block, own, rows) }
            }
        }
        for (position, edits) in candidates where factors(of: edits, slots: groupSize) == nil {
            guard let edit = edits.first else { continue }
            let change = try edit.weights(of: layer).sub(layer.base).mul(Tensor(scale, shape: [scale.count, 1]))
            let weights = try changes.weights([(change, 0)])
            for block in blocks {
                let scores = try scores(of: [([], 0)], changes, weights, block: block, worker: worker)
                consume(position, block, scores[0], cache.blocks[block].rows.count)
            }
        }
    }

    /// How a shift's filters are mixed, `[rank, channels]`, with the batch norm's scale.
    private func mixing(_ factors: LowRankFactors) -> [Float] {
        let left = factors.left.scalars
        return (0..<factors.rank).flatMap { k in scale.indices.map { left[$0 * factors.rank + k] * scale[$0] } }
    }

    /// `[classes, rows]` of each candidate of a pass.
    /// - Parameter candidates: how each mixes its filters, and the first of them; without factors it has all of them, one
    ///   for each channel.
    private func scores(
        of candidates: [(factors: [Float], slot: Int)], _ filters: ShiftFilters, _ weights: Tensor, block: Int,
        worker: Int
    ) throws -> [[Float]] {
        let (channels, rows) = (scale.count, inputs[block].shape[0])
        let inner = pools ? [channels] : Array(sums[block].shape.dropFirst())
        var results = candidates.map { _ in [Float](repeating: 0, count: max(scores, 2) * rows) }
        var means = pools ? try candidates.map { _ in try Tensor.zeros([rows, channels]) } : []
        try filters.forEachRun(of: inputs[block], weights: weights, worker: worker) { examples, responses in
            for (index, candidate) in candidates.enumerated() {
                func shift(into buffer: UnsafeMutableBufferPointer<Float>, at place: Int) {
                    self.shift(
                        examples, of: block, candidate.factors, responses + candidate.slot, stride: filters.count,
                        into: buffer, at: place)
                }
                if pools {
                    means[index].withUnsafeMutableBufferPointer { shift(into: $0, at: examples.lowerBound * channels) }
                    continue
                }
                let shape = [examples.count] + inner
                var shifted = try outputs[worker].flatMap { $0.shape == shape ? $0 : nil } ?? Tensor.zeros(shape)
                outputs[worker] = nil
                shifted.withUnsafeMutableBufferPointer { shift(into: $0, at: 0) }
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
    /// - Parameters:
    ///   - mixing: empty where the responses are the change itself.
    ///   - responses: of the candidate's first filter, each `stride` numbers.
    private func shift(
        _ examples: Range<Int>, of block: Int, _ mixing: [Float], _ responses: UnsafePointer<Float>, stride: Int,
        into buffer: UnsafeMutableBufferPointer<Float>, at place: Int
    ) {
        let channels = scale.count
        let positions = sums[block].count / (sums[block].shape[0] * channels)
        sums[block].withUnsafeBufferPointer { base in
            guard let to = buffer.baseAddress, let base = base.baseAddress else { return }
            let from = base + examples.lowerBound * positions * channels
            let (rank, stride, relu) = (Int64(mixing.count / channels), Int64(stride), Int32(rectifies ? 1 : 0))
            if pools {
                rl_channel_shift_mean(
                    Int64(examples.count), Int64(positions), Int64(channels), rank, from, mixing, responses,
                    stride, relu, to + place)
            } else {
                rl_channel_shift(
                    Int64(examples.count * positions), Int64(channels), rank, from, mixing, responses, stride, relu,
                    to + place)
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

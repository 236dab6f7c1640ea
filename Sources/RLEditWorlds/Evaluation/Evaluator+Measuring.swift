internal import RLEditNN
internal import RLEditTensor

/// Cutting the measuring of candidates into pieces, and adding up what they come to: sums are taken by block and added
/// in a fixed order, so results are the same to the bit however the pieces are cut.
extension Evaluator {
    /// Most blocks of one piece, and blocks whose sums are added before those of the next.
    private static let blocksPerSegment = 8

    /// Measures candidates in this process; each is one edit per layer.
    /// - Returns: sums by candidate and set; those of sets that `selection` does not want stay empty.
    /// - Throws: ``WorldError/invalidEdit(layer:message:)`` for an edit of another shape than its layer.
    func evaluateHere(_ candidates: [[LayerEdit]], selection: MetricSelection) throws -> [[SetSums]] {
        guard let margins, margins.isWanted(selection), !candidates.isEmpty else {
            return try sums(of: candidates, selection, margins: nil)
        }
        // Margins of all examples are kept until they are ranked, so candidates come in runs whose margins stay in the
        // cache: as many as fit, the same for any number of workers.
        let run = margins.runLength(groupSize: groupSize, selection)
        var results: [[SetSums]] = []
        for start in stride(from: 0, to: candidates.count, by: run) {
            let members = Array(candidates[start..<min(start + run, candidates.count)])
            margins.prepare(candidates: members.count, selection)
            var sums = try self.sums(of: members, selection, margins: margins)
            try margins.count(selection, pool: pool) { sums[$0][$1].margins = $2 }
            results += sums
        }
        return results
    }

    private func sums(
        of candidates: [[LayerEdit]], _ selection: MetricSelection, margins: MarginCounter?
    ) throws -> [[SetSums]] {
        var consume: ScoreConsumer?
        if let margins {
            consume = { scores, stride, block, candidate in
                margins.store(scores, stride: stride, block: block, candidate)
            }
        }
        return total(try measure(candidates, selection: selection, capture: consume), of: candidates.count)
    }

    /// Adds the sums of all blocks: those of a few blocks first, then these.
    /// - Parameter blockSums: as `measure` returns them for all units.
    /// - Returns: sums by candidate and set.
    func total(_ blockSums: [SetSums], of candidates: Int) -> [[SetSums]] {
        let zeros = [SetSums](repeating: SetSums(), count: sets.count)
        var totals = Array(repeating: zeros, count: candidates)
        var next = blockSums.startIndex
        for group in 0..<groups(of: candidates) {
            let members = members(of: group, among: candidates)
            for first in stride(from: 0, to: cache.blocks.count, by: Evaluator.blocksPerSegment) {
                var parts = members.map { _ in zeros }
                for block in cache.blocks[first...].prefix(Evaluator.blocksPerSegment) {
                    for member in parts.indices {
                        parts[member][block.set].add(blockSums[next])
                        next += 1
                    }
                }
                for (member, part) in zip(members, parts) {
                    for (set, sums) in part.enumerated() { totals[member][set].add(sums) }
                }
            }
        }
        return totals
    }

    /// Takes the scores of one candidate on one block, `[classes, examples]` with their row stride, from any thread.
    typealias ScoreConsumer =
        @Sendable (
            _ scores: UnsafePointer<Float>, _ stride: Int, _ block: ExampleBlocks.Block, _ candidate: Int
        ) -> Void

    /// Scores of candidates, computed in this process.
    func scoresHere(of candidates: [[LayerEdit]], set: Int) throws -> [Tensor] {
        var selection = MetricSelection(sets: sets.count)
        selection.insert(.accuracy, set: set)
        let capture = try ScoreCapture(
            candidates: candidates.count, set: set, examples: cache.counts[set], classes: classes)
        let consume: ScoreConsumer = { scores, stride, block, candidate in
            capture.store(scores, stride: stride, block: block, candidate: candidate)
        }
        _ = try measure(candidates, selection: selection, capture: consume)
        return capture.tensors
    }

    /// Groups that candidates are measured in. Activations that are not kept are computed once for all of them.
    func groups(of candidates: Int) -> Int {
        cache.isKept ? (candidates + groupSize - 1) / groupSize : min(candidates, 1)
    }

    private func members(of group: Int, among candidates: Int) -> Range<Int> {
        cache.isKept ? group * groupSize..<min((group + 1) * groupSize, candidates) : 0..<candidates
    }

    /// Pairs of a group and a block, in this order, are the units of the work.
    func units(of candidates: Int) -> Range<Int> { 0..<groups(of: candidates) * cache.blocks.count }

    /// Spreads units over the workers, in pieces of some blocks of one group: four for each worker, or more.
    /// - Parameter units: nil for all.
    /// - Returns: sums of each unit in turn, by member of its group.
    func measure(
        _ candidates: [[LayerEdit]], units: Range<Int>? = nil, selection: MetricSelection, capture: ScoreConsumer? = nil
    ) throws -> [SetSums] {
        for candidate in candidates { try requireFit(candidate) }
        let (units, blocks) = (units ?? self.units(of: candidates.count), cache.blocks.count)
        let longest = min(max(units.count / (4 * pool.workers), 1), Evaluator.blocksPerSegment)
        var pieces: [Range<Int>] = []
        while let start = pieces.isEmpty ? units.lowerBound : pieces.last?.upperBound, start < units.upperBound {
            pieces.append(start..<min(start + longest, (start / blocks + 1) * blocks, units.upperBound))
        }
        let sums = Slots<[SetSums]>(count: pieces.count)
        try pool.forEach(pieces.count) { [pieces] piece, worker in
            let (group, first) = pieces[piece].lowerBound.quotientAndRemainder(dividingBy: blocks)
            let members = members(of: group, among: candidates.count)
            let run = first..<first + pieces[piece].count
            var own = [SetSums](repeating: SetSums(), count: run.count * members.count)
            let wanted = run.filter { selection.isWanted(set: cache.blocks[$0].set) }
            // What is not kept is computed for one block at a time.
            for blocks in cache.isKept ? [wanted] : wanted.map({ [$0] }) {
                try scores(of: candidates[members], blocks: blocks, worker: worker) { member, index, scores, stride in
                    let block = cache.blocks[index]
                    block.labels.withUnsafeBufferPointer { labels in
                        guard let labels = labels.baseAddress else { return }
                        own[(index - first) * members.count + member].add(
                            scores: scores, stride: stride, classes: classes, count: block.rows.count, labels: labels,
                            probabilities: selection.needsProbabilities(set: block.set))
                    }
                    capture?(scores, stride, block, members.lowerBound + member)
                }
            }
            sums[piece] = own
        }
        return try sums.values().flatMap(\.self)
    }

    /// One piece of work: the scores of some candidates on some blocks, `[classes, examples]` each.
    private func scores(
        of candidates: ArraySlice<[LayerEdit]>, blocks: [Int], worker: Int,
        consume: (_ candidate: Int, _ block: Int, _ scores: UnsafePointer<Float>, _ stride: Int) -> Void
    ) throws {
        /// - Parameter scores: `[network's scores, examples]`.
        func give(_ scores: Tensor, of candidate: Int, _ block: Int) throws {
            try scores.withSecondClass().withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                consume(candidate, block, base, cache.blocks[block].rows.count)
            }
        }
        switch program {
        case .dense(let program): program.run(candidates, blocks: blocks, worker: worker, consume: consume)
        case .cached:
            for offset in 0..<candidates.count {
                for block in blocks { try give(cache.activations(of: block), of: offset, block) }
            }
        case .network(let suffix, let shifts):
            guard !blocks.isEmpty else { return }
            if let shifts {
                let taken = candidates.enumerated().filter { shifts.takes($0.element) }
                try shifts.run(
                    taken.map { ($0.offset, $0.element) }, blocks: blocks, cache: cache, worker: worker,
                    consume: consume)
            }
            let inputs = try blocks.map { (block: $0, activations: try cache.activations(of: $0)) }
            for (offset, edits) in candidates.enumerated() where shifts?.takes(edits) != true {
                var replacements: [String: Tensor] = [:]
                for (layer, edit) in zip(layers, edits) {
                    for (name, value) in try layer.parameters(of: edit.weights(of: layer)) {
                        replacements[name] = value
                    }
                }
                for (block, activations) in inputs {
                    let scores = try suffix.forward(
                        .dense(activations), from: .channelsLast, replacing: replacements)
                    try give(try scores.transposedMatrix(), of: offset, block)
                }
            }
        }
    }
}

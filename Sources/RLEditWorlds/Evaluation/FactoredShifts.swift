internal import RLEditNN
internal import RLEditTensor

/// A way to measure edits of one layer by what they change: what the unedited layer gives is kept.
protocol FactoredShifts: Sendable {
    /// Candidates that share a pass.
    var groupSize: Int { get }
    /// Whether a candidate's edit goes this way.
    func takes(_ edits: [LayerEdit]) -> Bool
    /// Runs candidates over blocks; see `DenseProgram.run`.
    /// - Parameter candidates: that it takes, with their positions in the group.
    func run(
        _ candidates: [(position: Int, edits: [LayerEdit])], blocks: [Int], cache: ExampleBlocks, worker: Int,
        consume: (_ candidate: Int, _ block: Int, _ scores: UnsafePointer<Float>, _ stride: Int) -> Void
    ) throws
}

/// The way for edits of these layers.
/// - Parameters:
///   - suffix: of the split at them.
///   - room: most bytes of copies of what enters the layers.
/// - Returns: nil where there is none.
func factoredShifts(
    of suffix: Network, layers: [EditedLayer], cache: ExampleBlocks, scores: Int, workers: Int, room: Int
) throws -> (any FactoredShifts)? {
    if let convolution = try ShiftProgram(
        suffix: suffix, layers: layers, cache: cache, scores: scores, workers: workers)
    {
        return convolution
    }
    return try TokenShiftProgram(suffix: suffix, layers: layers, cache: cache, room: room)
}

extension FactoredShifts {
    /// The factors of a shift that fits in one pass.
    func factors(of edits: [LayerEdit], slots: Int) -> LowRankFactors? {
        guard case .shift(let factors)? = edits.first, factors.rank <= slots else { return nil }
        return factors
    }

    /// The candidates whose factors fit in one pass together, with the place of their first.
    func waves(
        of candidates: [(position: Int, edits: [LayerEdit])], slots: Int
    ) -> [[(position: Int, factors: LowRankFactors, slot: Int)]] {
        var waves: [[(position: Int, factors: LowRankFactors, slot: Int)]] = []
        var used = slots
        for (position, edits) in candidates {
            guard let factors = factors(of: edits, slots: slots) else { continue }
            if used + factors.rank > slots {
                waves.append([])
                used = 0
            }
            waves[waves.count - 1].append((position, factors, used))
            used += factors.rank
        }
        return waves
    }
}

extension Network {
    /// The one node that reads a node.
    func onlyReader(of node: Int) -> Int? {
        let readers = nodes.indices.filter { nodes[$0].inputs.contains(node) }
        return readers.count == 1 ? readers[0] : nil
    }

    /// The sum of a node with what does not follow from the edited one, where that alone reads it.
    func sum(of node: Int, after first: Int) -> Int? {
        guard let next = onlyReader(of: node), nodes[next].layer is Add else { return nil }
        let others = nodes[next].inputs.filter { $0 != node }
        guard others.count == nodes[next].inputs.count - 1, others.allSatisfy({ !self.node($0, follows: first) }) else {
            return nil
        }
        return next
    }

    /// Whether a node is computed from what another one gives.
    private func node(_ node: Int, follows first: Int) -> Bool {
        guard node > first else { return node == first }
        return nodes[node].inputs.contains { self.node($0, follows: first) }
    }
}

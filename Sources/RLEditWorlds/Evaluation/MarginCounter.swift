internal import CKernels
internal import RLEditData
internal import RLEditTensor

/// Ranks and counts the margins of candidates on the sets of one evaluator.
///
/// A ranking needs the margins of a whole set, which workers make block by block: they are stored here first, then each
/// candidate's are counted on one worker, and only the counts leave.
///
/// Invariants that make it sendable: `prepare` and `count` are called by the evaluator's owner, one at a time; between
/// them `store` writes each block of each candidate once, to places of its own; a piece of `count` reads one candidate's
/// margins and uses the scratch memory of its worker.
final class MarginCounter: @unchecked Sendable {
    /// By set.
    let layouts: [MarginLayout]
    private let scratch: [RankingScratch]
    /// Where each set's margins begin among those of a candidate; nil for sets that are not wanted.
    private var places: [Int?]
    /// Margins of one candidate.
    private var width = 0
    private var candidates = 0
    private var margins: UnsafeMutableBufferPointer<Float>
    /// Margins that are kept at a time: 4 MiB, which stays in the caches between writing and ranking.
    private static let capacity = 1 << 20

    init(sets: [NamedSet], workers: Int) throws(WorldError) {
        var layouts: [MarginLayout] = []
        for set in sets {
            layouts.append(
                try MarginLayout(set: set.name, labels: set.examples.orderedLabels, groups: set.examples.groups))
        }
        self.layouts = layouts
        scratch = (0..<workers).map { _ in RankingScratch() }
        places = sets.map { _ in nil }
        margins = .allocate(capacity: 0)
    }

    deinit { margins.deallocate() }

    func isWanted(_ selection: MetricSelection) -> Bool {
        layouts.indices.contains { !selection.marginNeeds(set: $0).isEmpty }
    }

    private func wantedSets(_ selection: MetricSelection) -> [Int] {
        layouts.indices.filter { !selection.marginNeeds(set: $0).isEmpty }
    }

    /// How many candidates to measure at a time: whole groups.
    func runLength(groupSize: Int, _ selection: MetricSelection) -> Int {
        let examples = wantedSets(selection).reduce(0) { $0 + layouts[$1].count }
        return groupSize * max(1, MarginCounter.capacity / max(examples * groupSize, 1))
    }

    /// Makes room for the margins of a run of candidates.
    func prepare(candidates: Int, _ selection: MetricSelection) {
        width = 0
        places = layouts.map { _ in nil }
        for set in wantedSets(selection) {
            places[set] = width
            width += layouts[set].count
        }
        self.candidates = candidates
        if candidates * width > margins.count {
            margins.deallocate()
            margins = .allocate(capacity: candidates * width)
        }
    }

    /// - Parameter scores: `[2, examples of the block]` with this row stride.
    func store(_ scores: UnsafePointer<Float>, stride: Int, block: ExampleBlocks.Block, _ candidate: Int) {
        guard let place = places[block.set], let base = margins.baseAddress else { return }
        rl_margins(
            Int64(block.rows.count), scores, Int64(stride), base + candidate * width + place + block.rows.lowerBound)
    }

    /// Counts all that was stored, spread over the workers.
    /// - Parameter take: gets the counts of a candidate on a set, in order, on the calling thread.
    func count(
        _ selection: MetricSelection, pool: WorkerPool, _ take: (_ candidate: Int, _ set: Int, MarginCounts) -> Void
    ) throws {
        let sets = wantedSets(selection)
        let counted = Slots<MarginCounts>(count: candidates * sets.count)
        pool.forEach(candidates * sets.count) { piece, worker in
            let (candidate, set) = (piece / sets.count, sets[piece % sets.count])
            guard let place = places[set], let base = margins.baseAddress else { return }
            counted[piece] = layouts[set].counts(
                base + candidate * width + place, needs: selection.marginNeeds(set: set), scratch: scratch[worker])
        }
        for (piece, counts) in try counted.values().enumerated() {
            take(piece / sets.count, sets[piece % sets.count], counts)
        }
    }
}

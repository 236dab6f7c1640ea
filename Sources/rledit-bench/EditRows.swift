internal import RLEditTensor
internal import RLEditWorlds

/// What each kind of edit costs on R1: making it from an action, which one thread does, and measuring it.
struct EditRows {
    let task: ReferenceTask
    let rounds: Int
    private static let candidates = 256

    func rows() throws -> [Row] {
        let pool = WorkerPool(workers: 1)
        let evaluator = try Evaluator(
            network: task.network, layers: [ReferenceTask.layer], sets: task.sets, pool: pool)
        let source = MetricSource(evaluator: evaluator)
        for set in task.sets.indices { source.selection.insert(.accuracy, set: set) }
        let count = EditRows.candidates
        return try EditRows.worlds.flatMap { name, world -> [Row] in
            let bound = try world.bind(to: evaluator.layers, random: RandomStream(seed: 2))
            var stream = RandomStream(seed: 3, name: "actions")
            let actions = try Tensor.uniform([count, bound.actionSize], low: -1, high: 1, using: &stream)
            func makeEdits() throws -> [[LayerEdit]] {
                try actions.withUnsafeBufferPointer { actions in
                    try (0..<count).map { index in
                        let place = index * bound.actionSize..<(index + 1) * bound.actionSize
                        return try bound.apply(
                            UnsafeBufferPointer(rebasing: actions[place]), to: [.unchanged], progress: 0)
                    }
                }
            }
            let edits = try makeEdits()
            var (making, measuring) = (Double.infinity, Double.infinity)
            for _ in 0..<rounds {
                making = min(making, try seconds { _ = try makeEdits() })
                measuring = min(measuring, try seconds { _ = try source.evaluate(edits) })
            }
            return [
                Row(
                    group: "edits", what: "\(name): to make one", figure: making / Double(count) * 1e6, unit: "µs"),
                Row(
                    group: "edits", what: "\(name): measured, 1 worker", figure: Double(count) / measuring,
                    unit: "candidates/s"),
            ]
        }
    }

    private static var worlds: [(String, any EditWorld)] {
        var kinds: [(String, ActionForm, EditSparsity)] = [
            ("rank 1", .lowRank(rank: 1), .dense), ("per output", .units(.outputs), .dense),
            ("per input", .units(.inputs), .dense), ("full", .full, .dense),
        ]
        kinds.append(("rank 1, density 0.1", .lowRank(rank: 1), .density(0.1)))
        return kinds.flatMap { name, form, sparsity -> [(String, any EditWorld)] in
            var mask = MaskWorld.Configuration()
            (mask.form, mask.sparsity) = (form, sparsity)
            var shift = ShiftWorld.Configuration()
            (shift.form, shift.sparsity) = (form, sparsity)
            return [("mask, \(name)", MaskWorld(mask)), ("shift, \(name)", ShiftWorld(shift))]
        }
    }
}

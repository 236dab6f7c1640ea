internal import RLEditNN
internal import RLEditTensor
internal import RLEditWorlds

/// Candidate evaluations a second by world, rank and workers, and how their cost grows.
struct EvaluationRows {
    let task: ReferenceTask
    let rounds: Int
    private static let candidates = 256
    /// The worlds, made with a rank.
    private static let worlds: [(name: String, make: @Sendable (Int) -> any EditWorld)] = [
        ("mask", { ReferenceTask.mask(rank: $0) }), ("shift", { ReferenceTask.shift(rank: $0) }),
    ]

    /// Evaluations and the ceilings of one evaluator, measured in turn.
    struct Measurement {
        var candidatesPerSecond: Double
        var products: Double
        var streams: Double
    }

    func rows() throws -> [Row] {
        var rows: [Row] = []
        var measured: [String: Measurement] = [:]
        for (name, make) in EvaluationRows.worlds {
            for workers in [1, 2] {
                for rank in [1, 4, 8] {
                    let result = try measure(task.network, task.sets, make(rank), workers: workers)
                    measured["\(name) \(rank) \(workers)"] = result
                    let isMask = name == "mask"
                    // The products are those of the edited layer; the last layer's 8 % come on top, so the share is
                    // of less work than was done.
                    rows.append(
                        Row(
                            group: "evaluation", what: "\(name), rank \(rank), \(workers) worker\(workers > 1 ? "s" : "")",
                            figure: result.candidatesPerSecond, unit: "candidates/s",
                            ceiling: isMask ? result.products : result.streams,
                            ceilingName: isMask ? "stacked products" : "operand stream",
                            target: rank == 1 ? .reached(isMask ? 0.7 : 0.5) : nil))
                }
            }
        }
        if let mask = measured["mask 1 1"], let shift = measured["shift 1 1"],
            let mask2 = measured["mask 1 2"], let shift2 = measured["shift 1 2"]
        {
            rows.append(
                Row(
                    group: "evaluation", what: "shift against mask, rank 1, 1 worker",
                    figure: shift.candidatesPerSecond / mask.candidatesPerSecond, unit: "×", target: .atLeast(3)))
            for (name, one, two) in [("mask", mask, mask2), ("shift", shift, shift2)] {
                let gain = two.candidatesPerSecond / one.candidatesPerSecond
                let ceiling = name == "mask" ? two.products / one.products : two.streams / one.streams
                rows.append(
                    Row(
                        group: "evaluation", what: "\(name), gain of 2 workers over 1", figure: gain, unit: "×",
                        ceiling: ceiling, ceilingName: name == "mask" ? "of the products" : "of the stream",
                        target: .reached(0.95)))
            }
        }
        return rows + (try growth())
    }

    /// Time of a candidate relative to R1's when one thing grows; the ceiling grows as the operations do.
    private func growth() throws -> [Row] {
        var rows: [Row] = []
        let narrow = try ReferenceTask.network(width: 32)
        let wide = try ReferenceTask.network(width: 256)
        let tenfold = try task.repeatedSets(10)
        for (name, make) in EvaluationRows.worlds {
            let base = try measure(narrow, task.sets, make(1), workers: 1).candidatesPerSecond
            let grown: [(String, Double)] = [
                ("samples × 10", try measure(narrow, tenfold, make(1), workers: 1).candidatesPerSecond),
                ("rank × 8", try measure(narrow, task.sets, make(8), workers: 1).candidatesPerSecond),
                ("layer width × 8", try measure(wide, task.sets, make(1), workers: 1).candidatesPerSecond),
                ("workers 1 → 2", try measure(narrow, task.sets, make(1), workers: 2).candidatesPerSecond),
            ]
            for (what, rate) in grown {
                rows.append(Row(group: "growth", what: "\(name), \(what)", figure: base / rate, unit: "× the time"))
            }
        }
        return rows
    }

    private func measure(
        _ network: Network, _ sets: [NamedSet], _ world: any EditWorld, workers: Int
    ) throws -> Measurement {
        let pool = WorkerPool(workers: workers)
        let evaluator = try Evaluator(network: network, layers: [ReferenceTask.layer], sets: sets, pool: pool)
        let source = MetricSource(evaluator: evaluator)
        for set in sets.indices { source.selection.insert(.accuracy, set: set) }
        let bound = try world.bind(to: evaluator.layers, random: RandomStream(seed: 2))
        let count = EvaluationRows.candidates
        var stream = RandomStream(seed: 3, name: "actions")
        let actions = try Tensor.uniform([count, bound.actionSize], low: -1, high: 1, using: &stream)
        let edits = try actions.withUnsafeBufferPointer { actions in
            try (0..<count).map { index in
                let place = index * bound.actionSize..<(index + 1) * bound.actionSize
                return try bound.apply(
                    UnsafeBufferPointer(rebasing: actions[place]), to: [.unchanged], progress: 0)
            }
        }
        let operands = try EvaluatorOperands(evaluator, workers: workers)
        var best = (evaluation: Double.infinity, products: Double.infinity, stream: Double.infinity)
        for _ in 0..<rounds {
            best.evaluation = min(best.evaluation, try seconds { _ = try source.evaluate(edits) })
            best.products = min(best.products, seconds { operands.multiply(candidates: count, pool: pool) })
            best.stream = min(best.stream, seconds { operands.stream(candidates: count, pool: pool) })
        }
        return Measurement(
            candidatesPerSecond: Double(count) / best.evaluation, products: Double(count) / best.products,
            streams: Double(count) / best.stream)
    }
}

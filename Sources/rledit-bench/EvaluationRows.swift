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

    /// Evaluations a second of one evaluator, and of its ceilings measured in turn.
    struct Measurement {
        var candidatesPerSecond: Double
        /// Stacked products of the edited layer alone, as a mask needs them.
        var products: Double
        /// Copies of what a shift reads.
        var streams: Double
        /// The multiplications of a shift at the rate of the products.
        var arithmetic: Double
    }

    func rows() throws -> [Row] {
        var rows: [Row] = []
        var measured: [String: Measurement] = [:]
        for (name, make) in EvaluationRows.worlds {
            for workers in [1, 2] {
                for rank in [1, 4, 8] {
                    let result = try measure(task.network, task.sets, make(rank), rank: rank, workers: workers)
                    measured["\(name) \(rank) \(workers)"] = result
                    let what = "\(name), rank \(rank), \(workers) worker\(workers > 1 ? "s" : "")"
                    let isReference = rank == 1
                    if name == "mask" {
                        // The products are those of the edited layer; the last layer's 8 % come on top.
                        rows.append(
                            EvaluationRows.row(
                                what, result, result.products, "stacked products", isReference ? .reached(0.7) : nil))
                    } else {
                        rows.append(
                            EvaluationRows.row(
                                what, result, result.streams, "operand stream", isReference ? .reached(0.5) : nil))
                        rows.append(
                            EvaluationRows.row(
                                what, result, min(result.streams, result.arithmetic), "slower of stream and arithmetic",
                                nil))
                    }
                }
            }
        }
        return rows + EvaluationRows.comparisons(measured) + (try growth())
    }

    private static func row(
        _ what: String, _ result: Measurement, _ ceiling: Double, _ name: String, _ target: Row.Target?
    ) -> Row {
        Row(
            group: "evaluation", what: what, figure: result.candidatesPerSecond, unit: "candidates/s", ceiling: ceiling,
            ceilingName: name, target: target)
    }

    /// The worlds against each other, and two workers against one.
    private static func comparisons(_ measured: [String: Measurement]) -> [Row] {
        guard let mask = measured["mask 1 1"], let shift = measured["shift 1 1"], let mask2 = measured["mask 1 2"],
            let shift2 = measured["shift 1 2"]
        else { return [] }
        let worlds = shift.candidatesPerSecond / mask.candidatesPerSecond
        return [
            Row(
                group: "evaluation", what: "shift against mask, rank 1, 1 worker", figure: worlds, unit: "×",
                target: .atLeast(3)),
            Row(
                group: "evaluation", what: "mask, gain of 2 workers over 1",
                figure: mask2.candidatesPerSecond / mask.candidatesPerSecond, unit: "×",
                ceiling: mask2.products / mask.products, ceilingName: "of the products", target: .reached(0.95)),
            Row(
                group: "evaluation", what: "shift, gain of 2 workers over 1",
                figure: shift2.candidatesPerSecond / shift.candidatesPerSecond, unit: "×",
                ceiling: shift2.streams / shift.streams, ceilingName: "of the stream", target: .reached(0.95)),
        ]
    }

    /// Time of a candidate relative to R1's when one thing grows; the ceiling grows as the operations do.
    private func growth() throws -> [Row] {
        var rows: [Row] = []
        let narrow = try ReferenceTask.network(width: 32)
        let wide = try ReferenceTask.network(width: 256)
        let tenfold = try task.repeatedSets(10)
        for (name, make) in EvaluationRows.worlds {
            let base = try measure(narrow, task.sets, make(1), rank: 1, workers: 1).candidatesPerSecond
            let grown: [(String, Double)] = [
                ("samples × 10", try measure(narrow, tenfold, make(1), rank: 1, workers: 1).candidatesPerSecond),
                ("rank × 8", try measure(narrow, task.sets, make(8), rank: 8, workers: 1).candidatesPerSecond),
                ("layer width × 8", try measure(wide, task.sets, make(1), rank: 1, workers: 1).candidatesPerSecond),
                ("workers 1 → 2", try measure(narrow, task.sets, make(1), rank: 1, workers: 2).candidatesPerSecond),
            ]
            for (what, rate) in grown {
                rows.append(Row(group: "growth", what: "\(name), \(what)", figure: base / rate, unit: "× the time"))
            }
        }
        return rows
    }

    private func measure(
        _ network: Network, _ sets: [NamedSet], _ world: any EditWorld, rank: Int, workers: Int
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
                return try bound.apply(UnsafeBufferPointer(rebasing: actions[place]), to: [.unchanged], progress: 0)
            }
        }
        let operands = try EvaluatorOperands(evaluator, workers: workers)
        let isShift = world.name == "ShiftWorld"
        var (evaluation, products, streams) = (Double.infinity, Double.infinity, Double.infinity)
        for _ in 0..<rounds {
            evaluation = min(evaluation, try seconds { _ = try source.evaluate(edits) })
            products = min(products, seconds { operands.multiply(candidates: count, pool: pool) })
            if isShift { streams = min(streams, seconds { operands.stream(candidates: count, pool: pool) }) }
        }
        let rates = [evaluation, products, streams].map { Double(count) / $0 }
        let layer = evaluator.layers[0]
        let shiftOperations = rank * (layer.columns + layer.rows) + layer.rows * evaluator.classes
        return Measurement(
            candidatesPerSecond: rates[0], products: rates[1], streams: rates[2],
            arithmetic: rates[1] * Double(layer.count) / Double(shiftOperations))
    }
}

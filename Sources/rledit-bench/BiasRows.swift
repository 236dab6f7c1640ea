internal import RLEditData
internal import RLEditNN
internal import RLEditTensor
internal import RLEditWorlds

/// The bias task R-B: a 64 → 16 → 2 network with its last layer edited, 25 groups of 1,514 sentences, as many as half of
/// the template sentences of the bias measures. What a candidate costs for accuracy alone, and with each kind of measure.
struct BiasRows {
    let rounds: Int
    private static let groups = 25
    private static let sentencesOfGroup = 1_514
    private static let candidates = 64

    /// The measures by what they need, each with those before it.
    private static let steps: [(name: String, metrics: [SetMetric])] = [
        ("accuracy alone: the product", [.plain(.accuracy)]),
        ("rates, FPED and FNED", [.plain(.accuracy), .binary(.fped), .binary(.fned)]),
        (
            "rates and all AUCs",
            [.plain(.accuracy), .binary(.fped), .binary(.fned), .binary(.auc), .binary(.finalAUC)]
        ),
        (
            "rates, AUCs and error difference at EER",
            [
                .plain(.accuracy), .binary(.fped), .binary(.fned), .binary(.auc), .binary(.finalAUC),
                .binary(.errorDifferenceAtEER),
            ]
        ),
    ]

    func rows() throws -> [Row] {
        let network = try Network(
            inputShape: [64],
            layers: [("fc1", Linear(64, 16)), ("relu1", Activation.relu), ("fc2", Linear(16, 2))],
            random: RandomStream(seed: 0, name: "bench"))
        let set = NamedSet(name: "identity", examples: try BiasRows.examples())
        var rows: [Row] = []
        for workers in [1, 2] {
            let evaluator = try Evaluator(
                network: network, layers: ["fc2"], sets: [set], pool: WorkerPool(workers: workers))
            for (name, world) in [
                ("mask", ReferenceTask.mask(rank: 1) as any EditWorld), ("shift", ReferenceTask.shift(rank: 1)),
            ] {
                rows += try measure(evaluator, world, "\(name), \(workers) worker\(workers > 1 ? "s" : "")", workers)
            }
        }
        return rows
    }

    /// Normal inputs; a label depends on the first of them, so that there is something to rank.
    private static func examples() throws -> ExampleSet {
        let count = BiasRows.groups * sentencesOfGroup
        var stream = RandomStream(seed: 4, name: "sentences")
        let values = (0..<count * 64).map { _ in stream.normal() }
        let labels = (0..<count).map { values[$0 * 64] + stream.normal() > 0 ? 1 : 0 }
        let inputs = try Tensor(values, shape: [count, 64])
        let groups = try ExampleGroups(
            names: (1...BiasRows.groups).map { "term \($0)" },
            groupsOfExamples: (0..<count).map { [$0 % BiasRows.groups] })
        return try ExampleSet(name: "identity", source: "random", inputs: inputs, labels: labels).withGroups(groups)
    }

    /// Processor time, of all workers together: what other programs take of the machine does not count.
    private func measure(_ evaluator: Evaluator, _ world: any EditWorld, _ what: String, _ workers: Int) throws -> [Row]
    {
        let bound = try world.bind(to: evaluator.layers, random: RandomStream(seed: 2))
        var stream = RandomStream(seed: 3, name: "actions")
        let edits = try (0..<BiasRows.candidates).map { _ in
            let action = (0..<bound.actionSize).map { _ in stream.uniform(-1, 1) }
            return try action.withUnsafeBufferPointer { try bound.apply($0, to: [.unchanged], progress: 0) }
        }
        let sources = BiasRows.steps.map { step in
            let source = MetricSource(evaluator: evaluator)
            for metric in step.metrics { source.selection.insert(metric, set: 0) }
            return source
        }
        var best = [Double](repeating: .infinity, count: sources.count)
        for _ in 0..<rounds {
            for (index, source) in sources.enumerated() {
                best[index] = min(
                    best[index],
                    try processorSeconds {
                        let batch = try source.evaluate(edits)
                        for candidate in edits.indices {
                            for metric in BiasRows.steps[index].metrics {
                                _ = try batch.value(metric, candidate: candidate, set: 0)
                            }
                        }
                    })
            }
        }
        let thousands = Double(evaluator.sets[0].examples.count) / 1000 * Double(edits.count)
        let costs = best.map { $0 * 1e6 / thousands }
        var rows = zip(BiasRows.steps, costs).enumerated().map { index, entry in
            Row(
                group: "bias", what: "\(what), \(entry.0.name), of 1,000 sentences", figure: entry.1, unit: "µs",
                target: index == BiasRows.steps.count - 1 ? .atMost(20) : nil)
        }
        if let first = costs.first, let last = costs.last {
            rows.append(
                Row(group: "bias", what: "\(what), all measures against the product", figure: last / first, unit: "×"))
        }
        return rows
    }
}

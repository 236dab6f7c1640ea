internal import RLEditData
public import RLEditTensor
public import RLEditWorlds

/// What a finished loop came to: its edits, applied to copies of the model and measured on sets that no reward saw.
public struct RunOutcome {
    /// Measures of the held-out sets before and after.
    public let heldOut: [HeldOutResult]
    /// Accuracy of each class over all held-out examples, ascending by label.
    public let classes: [ClassResult]
    /// The edit of the mean policy; nil for a learner without one.
    public let meanPolicy: [LayerEdit]?
    /// The best edit seen; nil when nothing was evaluated.
    public let bestSeen: [LayerEdit]?

    /// Measures shown for each held-out set, in this order.
    public static let measures: [Metric] = [.accuracy, .loss]

    /// - Throws: ``WorldError`` when a held-out set does not fit the network.
    public init(of loop: EditLoop, pool: WorkerPool) throws {
        meanPolicy = try loop.meanPolicyEdit()
        bestSeen = loop.best?.edits
        let sets = loop.task.heldOut
        guard !sets.isEmpty else {
            heldOut = []
            classes = []
            return
        }
        let trained = loop.environment.evaluator
        let evaluator = try Evaluator(
            network: trained.network, layers: trained.layers.map(\.name), sets: sets, pool: pool)
        let unedited = trained.layers.map { _ in LayerEdit.unchanged }
        // Unedited first, then those edits that there are.
        let stages: [[LayerEdit]] = [unedited] + [meanPolicy, bestSeen].compactMap { $0 }
        let meanStage = meanPolicy == nil ? nil : 1
        let bestStage = bestSeen == nil ? nil : stages.count - 1
        let source = MetricSource(evaluator: evaluator)
        source.selection = .all(sets: sets.count)
        let batch = try source.evaluate(stages)
        func numbers(_ stage: Int?, set: Int) throws -> [NamedNumber]? {
            try stage.map { stage in
                try RunOutcome.measures.map {
                    NamedNumber("\($0)", try batch.value($0, candidate: stage, set: set))
                }
            }
        }
        heldOut = try sets.indices.map { set in
            HeldOutResult(
                set: sets[set].name, before: try numbers(0, set: set) ?? [],
                meanPolicy: try numbers(meanStage, set: set),
                bestSeen: try numbers(bestStage, set: set))
        }
        classes = try RunOutcome.classResults(
            stages: stages, mean: meanStage, best: bestStage, evaluator: evaluator, sets: sets)
    }

    /// Accuracy by class. A class counts as the target when it makes up a whole held-out set by itself.
    private static func classResults(
        stages: [[LayerEdit]], mean: Int?, best: Int?, evaluator: Evaluator, sets: [NamedSet]
    ) throws -> [ClassResult] {
        var examples: [Int: Int] = [:]
        var correct = Array(repeating: [Int: Int](), count: stages.count)
        var targets: Set<Int> = []
        for (index, set) in sets.enumerated() {
            let labels = set.examples.labels
            for label in labels { examples[label, default: 0] += 1 }
            if sets.count > 1, let first = labels.first, labels.allSatisfy({ $0 == first }) { targets.insert(first) }
            for (stage, edits) in stages.enumerated() {
                for (label, prediction) in zip(labels, try evaluator.predictions(edits, set: index))
                where label == prediction { correct[stage][label, default: 0] += 1 }
            }
        }
        return examples.keys.sorted().map { label in
            let count = examples[label] ?? 0
            func share(_ stage: Int) -> Double { Double(correct[stage][label] ?? 0) / Double(count) }
            return ClassResult(
                label: "\(label)", examples: count, before: share(0), meanPolicy: mean.map(share),
                bestSeen: best.map(share), isTarget: targets.contains(label))
        }
    }
}

internal import RLEditCore
internal import RLEditData
internal import RLEditTensor
internal import RLEditWorlds

/// Measures models on held-out sets, stage by stage.
struct HeldOutMeasurement {
    let sets: [NamedSet]
    private(set) var results: [HeldOutResult]
    private(set) var classes: [ClassResult]
    /// Their labels.
    private let labels: [Int]
    /// The set on which each is judged: that with the most classes of those that have it. Examples of several sets
    /// together, such as pictures with a trigger and ones without, would say nothing of either.
    private let setOfLabel: [Int: Int]
    private(set) var groups: [GroupResult]
    /// What the examples of sets that hold one class are called.
    private(set) var answers: [GroupResult]
    /// Why measures of the sets are undefined, each told once.
    private(set) var undefined: [String] = []
    private let measures: [[SetMetric]]

    /// - Parameter rewardSets: what the reward saw. A held-out set takes the threshold of equal error from the one of its
    ///   own name, if that has groups: from examples that may be tuned on.
    init(sets: [NamedSet], measures: [[SetMetric]], rewardSets: [NamedSet], classes count: Int) {
        self.sets = sets
        self.measures = measures
        results = sets.map { set in
            let tuning = rewardSets.first { $0.name == set.name && $0.examples.groups != nil }
            return HeldOutResult(set: set.name, thresholdSet: set.examples.groups == nil ? nil : tuning?.name)
        }
        groups =
            count != 2
            ? []
            : sets.flatMap { set in
                let groups = set.examples.groups
                return zip(groups?.names ?? [], groups?.counts ?? []).map {
                    GroupResult(set: set.name, group: $0, examples: $1)
                }
            }
        // A class counts as the target when it makes up a whole held-out set by itself.
        var examples: [Int: Int] = [:]
        var targets: Set<Int> = []
        answers = []
        let counts = sets.map(\.examples.classCounts)
        var setOfLabel: [Int: Int] = [:]
        for index in sets.indices.sorted(by: { (counts[$1].count, $0) < (counts[$0].count, $1) }) {
            for (label, count) in counts[index] where setOfLabel[label] == nil {
                (setOfLabel[label], examples[label]) = (index, count)
            }
        }
        self.setOfLabel = setOfLabel
        for (index, set) in sets.enumerated() {
            guard counts[index].count == 1, let only = counts[index].first else { continue }
            answers.append(GroupResult(set: set.name, group: set.examples.className(only.label), examples: only.count))
            if sets.count > 1, setOfLabel[only.label] == index { targets.insert(only.label) }
        }
        labels = examples.keys.sorted()
        let named = sets.map(\.examples).first { !$0.classNames.isEmpty }
        classes = labels.map {
            ClassResult(
                label: named?.className($0) ?? "\($0)", examples: examples[$0] ?? 0, isTarget: targets.contains($0))
        }
    }

    /// Measures edits of one network, a stage each.
    /// - Parameters:
    ///   - evaluator: of the network on the held-out sets.
    ///   - tuning: of the same network and layers on the reward's sets.
    mutating func add(_ stages: [(stage: Stage, edits: [LayerEdit])], on evaluator: Evaluator, tuning: Evaluator) throws
    {
        let source = MetricSource(evaluator: evaluator)
        for set in sets.indices { for metric in measures[set] { source.selection.insert(metric, set: set) } }
        let batch = try source.evaluate(stages.map(\.edits))
        let tuningBatch = try MetricSource(evaluator: tuning).evaluate(stages.map(\.edits))
        var group = 0
        for set in sets.indices {
            for (candidate, stage) in stages.enumerated() {
                var numbers: [NamedNumber] = []
                for metric in measures[set] {
                    do {
                        let value =
                            try transferred(metric, candidate, set: set, batch, tuningBatch)
                            ?? measured(metric, candidate, set: set, batch)
                        numbers.append(NamedNumber(metric.name, value))
                    } catch let error as WorldError {
                        guard case .undefinedMetric = error else { throw error }
                        if !undefined.contains(error.description) { undefined.append(error.description) }
                        numbers.append(NamedNumber(metric.name, .nan))
                    }
                }
                results[set][stage.stage] = numbers
            }
            guard evaluator.classes == 2 else { continue }
            for index in (sets[set].examples.groups?.names ?? []).indices {
                for (candidate, stage) in stages.enumerated() {
                    groups[group].stages[stage.stage] = try GroupMetric.shown.map { metric in
                        do {
                            return NamedNumber(
                                metric.name, try batch.value(metric, group: index, candidate: candidate, set: set))
                        } catch WorldError.undefinedMetric {
                            return NamedNumber(metric.name, .nan)
                        }
                    }
                }
                group += 1
            }
        }
        try addClasses(stages, evaluator)
    }

    /// A measure at the threshold of equal error of the reward's set; nil for one that has nothing to do with it.
    private func transferred(
        _ metric: SetMetric, _ candidate: Int, set: Int, _ batch: EvaluationBatch, _ tuning: EvaluationBatch
    ) throws -> Double? {
        guard let name = results[set].thresholdSet, let place = tuning.setNames.firstIndex(of: name) else { return nil }
        switch metric {
        case .binary(.equalErrorThreshold):
            return try tuning.value(.equalErrorThreshold, candidate: candidate, set: place)
        case .binary(.errorDifferenceAtEER):
            let threshold = try tuning.value(.equalErrorThreshold, candidate: candidate, set: place)
            return try batch.scoreMeasures(candidate: candidate, set: set).errorDifference(threshold: threshold)
        default: return nil
        }
    }

    private func measured(_ metric: SetMetric, _ candidate: Int, set: Int, _ batch: EvaluationBatch) throws -> Double {
        switch metric {
        case .plain(let metric): try batch.value(metric, candidate: candidate, set: set)
        case .binary(let metric): try batch.value(metric, candidate: candidate, set: set)
        }
    }

    private mutating func addClasses(_ stages: [(stage: Stage, edits: [LayerEdit])], _ evaluator: Evaluator) throws {
        for (stage, edits) in stages {
            var correct: [Int: Int] = [:]
            for (index, set) in sets.enumerated() {
                let predictions = try evaluator.predictions(edits, set: index)
                for (label, prediction) in zip(set.examples.labels, predictions)
                where label == prediction && setOfLabel[label] == index {
                    correct[label, default: 0] += 1
                }
                guard let place = answers.firstIndex(where: { $0.set == set.name }) else { continue }
                let counts = Dictionary(grouping: predictions) { $0 }.mapValues(\.count)
                answers[place].stages[stage] = counts.sorted { $0.key < $1.key }.map {
                    NamedNumber(set.examples.className($0.key), Double($0.value) / Double(predictions.count))
                }
            }
            for (index, label) in labels.enumerated() {
                classes[index].stages[stage] = Double(correct[label] ?? 0) / Double(classes[index].examples)
            }
        }
    }
}

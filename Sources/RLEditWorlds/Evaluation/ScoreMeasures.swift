public import RLEditData
public import RLEditTensor

/// Measures of a network's scores on one set.
///
/// The measures of two classes call class 1 positive and order examples by their margin, score 1 minus score 0 in single
/// precision; an example is predicted positive when its margin is above the threshold, so that at 0 a tie is class 0, as
/// in accuracy.
public struct ScoreMeasures: Sendable {
    /// Right answers among the examples of one class.
    public struct ClassAccuracy: Sendable, Equatable {
        public let label: Int
        /// Examples with this label, at least 1.
        public let count: Int
        /// Share of them whose largest score is that of the label, 0 … 1; the lowest class wins a tie.
        public let accuracy: Double
    }

    private let scores: Tensor
    private let labels: [Int]
    private let groups: ExampleGroups?
    private let set: String

    /// - Parameters:
    ///   - scores: `[examples, classes]`; a single column is the score of class 1 where class 0 scores 0.
    ///   - labels: class of each example.
    ///   - groups: of the same examples.
    ///   - set: the set's name, for messages.
    /// - Throws: ``WorldError/invalidSet(name:message:)`` when there is not one label in range per row, a score is not
    ///   finite, or the groups are of another number of examples.
    public init(scores: Tensor, labels: [Int], groups: ExampleGroups? = nil, set: String) throws(WorldError) {
        guard scores.rank == 2, scores.shape[0] == labels.count, scores.shape[1] > 0 else {
            throw .invalidSet(name: set, message: "has scores of shape \(scores.shape) and \(labels.count) labels")
        }
        let classes = max(scores.shape[1], 2)
        if let wrong = labels.firstIndex(where: { $0 < 0 || $0 >= classes }) {
            throw .invalidSet(
                name: set, message: ExampleFault.label(labels[wrong], example: wrong, classes: classes))
        }
        guard scores.withUnsafeBufferPointer({ $0.allSatisfy { $0.isFinite } }) else {
            throw .invalidSet(name: set, message: "has scores that are not finite numbers")
        }
        if let groups, groups.exampleCount != labels.count {
            throw .invalidSet(
                name: set, message: "has groups of \(groups.exampleCount) examples and \(labels.count) labels")
        }
        self.scores = scores
        self.labels = labels
        self.groups = groups
        self.set = set
    }

    /// Accuracy of each class that occurs, by ascending label.
    public func perClassAccuracy() -> [ClassAccuracy] {
        let classes = scores.shape[1]
        var counts = [Int](repeating: 0, count: max(classes, 2))
        var correct = counts
        scores.withUnsafeBufferPointer { scores in
            for (row, label) in labels.enumerated() {
                let winner =
                    classes == 1
                    ? (scores[row] > 0 ? 1 : 0)
                    : PredictedClass.of(UnsafeBufferPointer(rebasing: scores[row * classes..<(row + 1) * classes]))
                counts[label] += 1
                correct[label] += winner == label ? 1 : 0
            }
        }
        return counts.indices.filter { counts[$0] > 0 }.map {
            ClassAccuracy(label: $0, count: counts[$0], accuracy: Double(correct[$0]) / Double(counts[$0]))
        }
    }

    /// All measures of two classes and of groups.
    /// - Parameter threshold: of the margin, for the measures that are rates.
    /// - Throws: ``WorldError/undefinedMetric(metric:set:reason:)`` for other than two classes.
    public func binary(threshold: Double = 0) throws(WorldError) -> BinaryMeasures {
        let (layout, margins) = try margins("binary measures")
        return withPointer(margins) { margins in
            var counts = layout.counts(margins, needs: [.pairs, .equalError], scratch: RankingScratch())
            counts.above = layout.above(ScoreMeasures.rounded(threshold), margins: margins)
            return BinaryMeasures(layout: layout, counts: counts)
        }
    }

    /// Area under the ROC curve: the probability that a positive example has a larger margin than a negative one, ties
    /// counting half (Mann and Whitney 1947); exact.
    /// - Throws: ``WorldError/undefinedMetric(metric:set:reason:)`` unless both classes, and no others, occur.
    public func auc() throws(WorldError) -> Double { try value(.auc, threshold: 0) }

    /// Share of the negative examples that are predicted positive, 0 … 1.
    /// - Parameter threshold: of the margin.
    /// - Throws: ``WorldError/undefinedMetric(metric:set:reason:)`` without negatives, or for other than two classes.
    public func falsePositiveRate(threshold: Double = 0) throws(WorldError) -> Double {
        try value(.falsePositiveRate, threshold: threshold)
    }

    /// Share of the positive examples that are predicted positive (recall), 0 … 1.
    /// - Parameter threshold: of the margin.
    /// - Throws: ``WorldError/undefinedMetric(metric:set:reason:)`` without positives, or for other than two classes.
    public func truePositiveRate(threshold: Double = 0) throws(WorldError) -> Double {
        try value(.truePositiveRate, threshold: threshold)
    }

    /// FPED + FNED at a threshold, for example that of equal error on another set.
    /// - Throws: ``WorldError/undefinedMetric(metric:set:reason:)``.
    public func errorDifference(threshold: Double) throws(WorldError) -> Double {
        let name = BinaryMetric.errorDifferenceAtEER.name
        let (layout, margins) = try margins(name)
        let (measures, above) = withPointer(margins) { margins in
            (
                BinaryMeasures(
                    layout: layout, counts: layout.counts(margins, needs: [], scratch: RankingScratch())),
                layout.above(ScoreMeasures.rounded(threshold), margins: margins)
            )
        }
        return try measures.equalityDifference(name, above)
    }

    private func value(_ metric: BinaryMetric, threshold: Double) throws(WorldError) -> Double {
        let (layout, margins) = try margins(metric.name)
        let measures = withPointer(margins) { margins in
            var counts = layout.counts(
                margins, needs: metric.needs.subtracting(.counts), scratch: RankingScratch())
            if metric.needs.contains(.counts) {
                counts.above = layout.above(ScoreMeasures.rounded(threshold), margins: margins)
            }
            return BinaryMeasures(layout: layout, counts: counts)
        }
        return try measures.value(metric)
    }

    /// The largest single-precision number that is not above a threshold: as many margins are above it.
    private static func rounded(_ threshold: Double) -> Float {
        let nearest = Float(threshold)
        return Double(nearest) > threshold ? nearest.nextDown : nearest
    }

    /// Margins of all examples, `[examples]`, and where they belong.
    private func margins(_ metric: String) throws(WorldError) -> (layout: MarginLayout, margins: [Float]) {
        let classes = scores.shape[1]
        guard classes <= 2 else { throw .needsTwoClasses(metric: metric, set: set, classes: classes) }
        let layout = try MarginLayout(set: set, labels: labels.map { Int32($0) }, groups: groups)
        let margins = scores.withUnsafeBufferPointer { scores in
            classes == 1 ? Array(scores) : labels.indices.map { scores[2 * $0 + 1] - scores[2 * $0] }
        }
        return (layout, margins)
    }

    private func withPointer<Result>(_ margins: [Float], _ body: (UnsafePointer<Float>) -> Result) -> Result {
        // An empty array may have no address; the kernels then read nothing.
        var nothing: Float = 0
        return margins.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map(body) ?? withUnsafePointer(to: &nothing, body)
        }
    }
}

extension EvaluationBatch {
    /// The measures of one candidate's scores on one set.
    public func scoreMeasures(candidate: Int, set: Int) throws -> ScoreMeasures {
        try evaluator.scoreMeasures(scores(candidate: candidate, set: set), set: set)
    }
}

extension Evaluator {
    /// The measures of scores on one of the sets.
    public func scoreMeasures(_ scores: Tensor, set: Int) throws(WorldError) -> ScoreMeasures {
        try ScoreMeasures(
            scores: scores, labels: labels(of: set), groups: sets[set].examples.groups, set: sets[set].name)
    }
}

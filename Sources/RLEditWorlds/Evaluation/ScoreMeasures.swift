public import RLEditTensor

/// Measures that need every example's scores, where ``Metric`` gets by with sums.
///
/// The measures of two classes call class 1 positive and order examples by their margin, score 1 minus score 0; an
/// example is predicted positive when its margin is above the threshold, so that at 0 a tie is class 0, as in accuracy.
public struct ScoreMeasures: Sendable {
    /// Right answers among the examples of one class.
    public struct ClassAccuracy: Sendable, Equatable {
        public let label: Int
        /// Examples with this label, at least 1.
        public let count: Int
        /// Share of them whose largest score stands at the label, 0 … 1; the lowest class wins a tie.
        public let accuracy: Double
    }

    private let scores: Tensor
    private let labels: [Int]
    private let set: String

    /// - Parameters:
    ///   - scores: `[examples, classes]`; a single column is the score of class 1 where class 0 scores 0.
    ///   - labels: class of each example.
    ///   - set: the set's name, for messages.
    /// - Throws: ``WorldError/invalidSet(name:message:)`` when there is not one label in range per row, or a score is not
    ///   finite.
    public init(scores: Tensor, labels: [Int], set: String) throws(WorldError) {
        guard scores.rank == 2, scores.shape[0] == labels.count, scores.shape[1] > 0 else {
            throw .invalidSet(name: set, message: "has scores of shape \(scores.shape) and \(labels.count) labels")
        }
        let classes = max(scores.shape[1], 2)
        if let wrong = labels.first(where: { $0 < 0 || $0 >= classes }) {
            throw .invalidSet(
                name: set, message: "has the label \(wrong), but the network scores classes 0 to \(classes - 1)")
        }
        guard scores.withUnsafeBufferPointer({ $0.allSatisfy { $0.isFinite } }) else {
            throw .invalidSet(name: set, message: "has scores that are not finite numbers")
        }
        self.scores = scores
        self.labels = labels
        self.set = set
    }

    /// Accuracy of each class that occurs, by ascending label.
    public func perClassAccuracy() -> [ClassAccuracy] {
        let classes = scores.shape[1]
        var counts = [Int](repeating: 0, count: max(classes, 2))
        var correct = counts
        scores.withUnsafeBufferPointer { scores in
            for (row, label) in labels.enumerated() {
                var winner = 0
                if classes == 1 {
                    winner = scores[row] > 0 ? 1 : 0
                } else {
                    let start = row * classes
                    for c in 1..<classes where scores[start + c] > scores[start + winner] { winner = c }
                }
                counts[label] += 1
                correct[label] += winner == label ? 1 : 0
            }
        }
        return counts.indices.filter { counts[$0] > 0 }.map {
            ClassAccuracy(label: $0, count: counts[$0], accuracy: Double(correct[$0]) / Double(counts[$0]))
        }
    }

    /// Area under the ROC curve: the probability that a positive example has a larger margin than a negative one, ties
    /// counting half (Mann and Whitney 1947); exact.
    /// - Throws: ``WorldError/undefinedMetric(metric:set:reason:)`` unless both classes, and no others, occur.
    public func auc() throws(WorldError) -> Double {
        let (positives, negatives) = try margins("auc", needsPositives: true, needsNegatives: true)
        let ordered = negatives.sorted()
        // Twice the number of pairs in the right order, so that half a pair is a whole number.
        var doubled = 0
        for margin in positives {
            let below = ordered.partitioningIndex { $0 >= margin }
            let notAbove = ordered.partitioningIndex { $0 > margin }
            doubled += below + notAbove
        }
        return Double(doubled) / 2 / Double(positives.count) / Double(negatives.count)
    }

    /// Share of the negative examples that are predicted positive, 0 … 1.
    /// - Parameter threshold: of the margin.
    /// - Throws: ``WorldError/undefinedMetric(metric:set:reason:)`` without negatives, or for other than two classes.
    public func falsePositiveRate(threshold: Double = 0) throws(WorldError) -> Double {
        let negatives = try margins("false_positive_rate", needsPositives: false, needsNegatives: true).negatives
        return Double(negatives.count { $0 > threshold }) / Double(negatives.count)
    }

    /// Share of the positive examples that are predicted positive (recall), 0 … 1.
    /// - Parameter threshold: of the margin.
    /// - Throws: ``WorldError/undefinedMetric(metric:set:reason:)`` without positives, or for other than two classes.
    public func truePositiveRate(threshold: Double = 0) throws(WorldError) -> Double {
        let positives = try margins("true_positive_rate", needsPositives: true, needsNegatives: false).positives
        return Double(positives.count { $0 > threshold }) / Double(positives.count)
    }

    /// Margins of the examples of each of two classes.
    private func margins(
        _ metric: String, needsPositives: Bool, needsNegatives: Bool
    ) throws(WorldError) -> (positives: [Double], negatives: [Double]) {
        let classes = scores.shape[1]
        guard classes <= 2 else {
            throw .undefinedMetric(
                metric: metric, set: set, reason: "it takes a network of two classes, and this one has \(classes)")
        }
        var positives: [Double] = []
        var negatives: [Double] = []
        scores.withUnsafeBufferPointer { scores in
            for (row, label) in labels.enumerated() {
                let margin = classes == 1 ? Double(scores[row]) : Double(scores[2 * row + 1]) - Double(scores[2 * row])
                if label == 1 { positives.append(margin) } else { negatives.append(margin) }
            }
        }
        for (isMissing, label) in [(needsPositives && positives.isEmpty, 1), (needsNegatives && negatives.isEmpty, 0)]
        where isMissing {
            throw .undefinedMetric(metric: metric, set: set, reason: "it holds no example of class \(label)")
        }
        return (positives, negatives)
    }
}

extension EvaluationBatch {
    /// The measures of one candidate's scores on one set.
    public func scoreMeasures(candidate: Int, set: Int) throws -> ScoreMeasures {
        try ScoreMeasures(
            scores: scores(candidate: candidate, set: set), labels: evaluator.labels(of: set),
            set: evaluator.sets[set].name)
    }
}

extension Array {
    /// The first index whose element, and all later ones, satisfy a predicate that the earlier ones do not.
    fileprivate func partitioningIndex(_ belongsInSecondPart: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if belongsInSecondPart(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

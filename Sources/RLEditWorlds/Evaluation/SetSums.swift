internal import CKernels

/// Counts and sums of one candidate over some examples of one set, from which every metric follows.
struct SetSums: Sendable {
    var correct = 0
    var softmax = rl_softmax_sums()
    /// For two classes, when wanted: what was counted of the margins of the whole set.
    var margins: MarginCounts?

    /// Measures a block of scores.
    /// - Parameter scores: `[classes, count]` with row stride `stride`; classes ≥ 2.
    mutating func add(
        scores: UnsafePointer<Float>, stride: Int, classes: Int, count: Int, labels: UnsafePointer<Int32>,
        probabilities: Bool
    ) {
        correct += Int(rl_count_correct(Int64(classes), Int64(count), scores, Int64(stride), labels, nil))
        if probabilities {
            rl_add_softmax_sums(Int64(classes), Int64(count), scores, Int64(stride), labels, &softmax)
        }
    }

    /// Adds the sums of further examples of the same set.
    mutating func add(_ other: SetSums) {
        correct += other.correct
        softmax.loss += other.softmax.loss
        softmax.confidence += other.softmax.confidence
        softmax.trueProbability += other.softmax.trueProbability
        softmax.margin += other.softmax.margin
        softmax.entropy += other.softmax.entropy
    }

    /// The mean over `count` examples.
    func value(_ metric: Metric, count: Int) -> Double {
        let sum =
            switch metric {
            case .accuracy: Double(correct)
            case .loss: softmax.loss
            case .confidence: softmax.confidence
            case .trueProbability: softmax.trueProbability
            case .margin: softmax.margin
            case .entropy: softmax.entropy
            }
        return sum / Double(count)
    }

    /// Moves the mean over `count` examples; right answers by whole examples.
    mutating func move(_ metric: Metric, by step: Double, count: Int) {
        let sum = step * Double(count)
        switch metric {
        case .accuracy: correct += Int(sum.rounded())
        case .loss: softmax.loss += sum
        case .confidence: softmax.confidence += sum
        case .trueProbability: softmax.trueProbability += sum
        case .margin: softmax.margin += sum
        case .entropy: softmax.entropy += sum
        }
    }
}

/// What a step of training wants of one batch: a mean over terms of the network's outputs, and its gradient.
///
/// ``Loss`` holds the usual ones; methods with a loss of their own (a divergence from a teacher, say) conform to this.
package protocol BatchObjective: Sendable {
    /// Number of terms that a row of this output shape contributes to the mean.
    func termsPerRow(_ shape: [Int]) -> Int

    /// The terms of `rows` examples.
    /// - Parameters:
    ///   - outputs: `rows` outputs of `shape`; those of three dimensions, and their targets, are channels last.
    ///   - gradient: receives `scale` times the derivative of the terms' sum with respect to the outputs; nil when
    ///     nobody wants it.
    func evaluate(
        _ outputs: UnsafePointer<Float>, rows: Int, shape: [Int], _ targets: Targets, scale: Float,
        gradient: UnsafeMutablePointer<Float>?
    ) throws(NetworkError) -> ObjectiveTerms
}

extension BatchObjective {
    /// As `evaluate`; where the targets have weights, each row's terms and gradient count as much as its weight says.
    func evaluateRows(
        _ outputs: UnsafePointer<Float>, rows: Int, shape: [Int], _ targets: Targets, scale: Float,
        gradient: UnsafeMutablePointer<Float>?
    ) throws(NetworkError) -> ObjectiveTerms {
        guard case .weightedClasses(let labels, let weights) = targets else {
            return try evaluate(outputs, rows: rows, shape: shape, targets, scale: scale, gradient: gradient)
        }
        guard labels.count == rows, weights.count == rows else {
            throw .targets(
                loss: "\(self)", expected: "\(rows) labels and weights, one per row",
                actual: "\(labels.count) and \(weights.count)")
        }
        let width = shape.reduce(1, *)
        var total = ObjectiveTerms()
        for row in 0..<rows {
            var terms = try evaluate(
                outputs + row * width, rows: 1, shape: shape, .classes([labels[row]]), scale: scale * weights[row],
                gradient: gradient.map { $0 + row * width })
            terms.sum *= Double(weights[row])
            total.add(terms)
        }
        return total
    }
}

/// A sum over some rows: divide by `count` for the mean, `correct` by `count` for the accuracy.
package struct ObjectiveTerms: Sendable {
    package var sum = 0.0
    /// Number of terms.
    package var count = 0
    /// Right answers among them; nil where right and wrong have no meaning.
    package var correct: Int?

    package init(sum: Double = 0, count: Int = 0, correct: Int? = nil) {
        self.sum = sum
        self.count = count
        self.correct = correct
    }

    /// Terms of further rows.
    mutating func add(_ other: ObjectiveTerms) {
        sum += other.sum
        correct = count == 0 ? other.correct : correct.flatMap { mine in other.correct.map { mine + $0 } }
        count += other.count
    }

    /// The mean over the terms.
    package var mean: Float { Float(sum / Double(count)) }
    /// Share of right answers; nil where that has no meaning.
    package var accuracy: Double? { correct.map { Double($0) / Double(count) } }
}

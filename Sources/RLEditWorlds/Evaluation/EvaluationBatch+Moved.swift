/// A mean over a set that a reward reads.
package struct ReadMetric: Hashable, Sendable {
    package let set: Int
    package let metric: Metric
}

extension EvaluationBatch {
    /// What has been read of this batch's candidates: all of it means over sets.
    /// - Throws: ``WorldError/noGradient(reads:)`` where something else has been read too.
    package func readMetrics() throws(WorldError) -> [ReadMetric] {
        if let other = readsOtherwise { throw .noGradient(reads: other) }
        return setNames.indices.flatMap { set in
            Metric.allCases.filter { isMeasured($0, set: set) }.map { ReadMetric(set: set, metric: $0) }
        }
    }

    /// One candidate again and again, with one metric moved up, then down, then the next one: what a reward says of these
    /// is its derivative by each metric.
    /// - Returns: the batch, two candidates for each metric, and how far each metric is moved.
    package func moved(_ metrics: [ReadMetric], candidate: Int) -> (batch: EvaluationBatch, steps: [Double]) {
        var steps: [Double] = []
        var moved: [[SetSums]] = []
        for read in metrics {
            let count = evaluator.cache.counts[read.set]
            // Right answers are counted: a hundredth of them is a step of whole examples.
            let step =
                read.metric == .accuracy
                ? max((Double(count) / 100).rounded(), 1) / Double(max(count, 1)) : EvaluationBatch.movement
            steps.append(step)
            for sign in [1.0, -1.0] {
                var own = sums[candidate]
                own[read.set].move(read.metric, by: sign * step, count: count)
                moved.append(own)
            }
        }
        let batch = EvaluationBatch(
            evaluator: evaluator, source: nil, candidates: moved.map { _ in candidates[candidate] }, sums: moved,
            computed: measured)
        return (batch, steps)
    }

    private static let movement = 1e-4
}

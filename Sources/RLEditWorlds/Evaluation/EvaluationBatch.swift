public import RLEditTensor

/// The measurements of a batch of candidates: what the reward reads.
///
/// Metrics are computed only when wanted. The first read of a metric outside the selection measures it for the whole
/// batch, and it joins the selection, so that from the next batch on it is computed together with the others.
public final class EvaluationBatch {
    private let source: MetricSource
    /// The edits of each candidate, one per layer.
    public let candidates: [[LayerEdit]]
    private var sums: [[SetSums]]
    private var computed: MetricSelection
    private var magnitudes: [Int: EditMagnitude] = [:]

    init(source: MetricSource, candidates: [[LayerEdit]], sums: [[SetSums]], computed: MetricSelection) {
        self.source = source
        self.candidates = candidates
        self.sums = sums
        self.computed = computed
    }

    /// Number of candidates.
    public var count: Int { candidates.count }
    /// Names of the sets, by index.
    public var setNames: [String] { source.evaluator.sets.map(\.name) }
    public var evaluator: Evaluator { source.evaluator }

    /// A metric of one candidate on one set.
    public func value(_ metric: Metric, candidate: Int, set: Int) throws -> Double {
        if !computed.contains(metric, set: set) { try measure(metric, set: set) }
        return sums[candidate][set].value(metric, count: source.evaluator.cache.counts[set])
    }

    /// Scores of one candidate, `[examples, classes]`.
    public func scores(candidate: Int, set: Int) throws -> Tensor {
        try source.evaluator.scores(candidates[candidate], set: set)
    }

    /// How far the candidate has moved from the unedited weights.
    public func magnitude(candidate: Int) throws -> EditMagnitude {
        if let known = magnitudes[candidate] { return known }
        let magnitude = try EditMagnitude(of: candidates[candidate], on: source.evaluator.layers)
        magnitudes[candidate] = magnitude
        return magnitude
    }

    private func measure(_ metric: Metric, set: Int) throws {
        source.selection.insert(metric, set: set)
        // Everything wanted so far of this set at once, so that further reads of it cost nothing.
        var wanted = MetricSelection(sets: source.evaluator.sets.count)
        for metric in Metric.allCases where source.selection.contains(metric, set: set) {
            wanted.insert(metric, set: set)
            computed.insert(metric, set: set)
        }
        for (candidate, measured) in try source.evaluator.evaluate(candidates, selection: wanted).enumerated() {
            sums[candidate][set] = measured[set]
        }
    }
}

/// An evaluator together with what its readers have asked for so far.
public final class MetricSource {
    public let evaluator: Evaluator
    /// Metrics computed for every candidate of a batch; grows as readers ask for more.
    public var selection: MetricSelection
    private var baseBatch: EvaluationBatch?

    public init(evaluator: Evaluator) {
        self.evaluator = evaluator
        selection = MetricSelection(sets: evaluator.sets.count)
    }

    /// Measures candidates, spread over the workers.
    public func evaluate(_ candidates: [[LayerEdit]]) throws -> EvaluationBatch {
        let selection = selection
        return EvaluationBatch(
            source: self, candidates: candidates, sums: try evaluator.evaluate(candidates, selection: selection),
            computed: selection)
    }

    /// The unedited network's measurements, a batch of one; measured when first read.
    public func base() throws -> EvaluationBatch {
        if let baseBatch { return baseBatch }
        let batch = EvaluationBatch(
            source: self, candidates: [evaluator.layers.map { _ in .unchanged }],
            sums: [[SetSums](repeating: SetSums(), count: evaluator.sets.count)],
            computed: MetricSelection(sets: evaluator.sets.count))
        baseBatch = batch
        return batch
    }
}

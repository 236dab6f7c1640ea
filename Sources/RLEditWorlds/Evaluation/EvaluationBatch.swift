public import RLEditNN
public import RLEditTensor

/// The measurements of a batch of candidates: what the reward reads.
///
/// Metrics are computed only when wanted. The first read of a metric outside the selection measures it for the whole
/// batch, and it joins the selection, so that from the next batch on it is computed together with the others.
public final class EvaluationBatch {
    public let evaluator: Evaluator
    /// Learns what is read; nil for the unedited network's batch, whose reads say nothing about candidates.
    private let source: MetricSource?
    /// The edits of each candidate, one per layer.
    public let candidates: [[LayerEdit]]
    private(set) var sums: [[SetSums]]
    private var computed: MetricSelection
    private var magnitudes: [Int: EditMagnitude] = [:]
    private var hasGivenNetworks = false
    /// Scores read last: of some candidates in a row, by set.
    private var recentScores: [Int: (first: Int, tensors: [Tensor])] = [:]
    /// Candidates whose scores are made together: enough for the workers, few enough to keep in memory.
    private static let scoreRun = 16

    init(
        evaluator: Evaluator, source: MetricSource?, candidates: [[LayerEdit]], sums: [[SetSums]],
        computed: MetricSelection
    ) {
        self.evaluator = evaluator
        self.source = source
        self.candidates = candidates
        self.sums = sums
        self.computed = computed
    }

    /// Number of candidates.
    public var count: Int { candidates.count }
    /// Names of the sets, by index.
    public var setNames: [String] { evaluator.sets.map(\.name) }

    /// A metric of one candidate on one set.
    public func value(_ metric: Metric, candidate: Int, set: Int) throws -> Double {
        if !computed.contains(metric, set: set) { try measure(set: set) { $0.insert(metric, set: set) } }
        return sums[candidate][set].value(metric, count: evaluator.cache.counts[set])
    }

    /// A metric of two classes of one candidate on one set.
    /// - Throws: ``WorldError/undefinedMetric(metric:set:reason:)`` when it has no value here.
    public func value(_ metric: BinaryMetric, candidate: Int, set: Int) throws -> Double {
        try requireTwoClasses(metric.name, set: set)
        if !computed.contains(metric, set: set) { try measure(set: set) { $0.insert(metric, set: set) } }
        return try measures(candidate: candidate, set: set).value(metric)
    }

    /// A metric of the examples of one group, by its index in the set's groups.
    /// - Throws: as for metrics of the set.
    public func value(_ metric: GroupMetric, group: Int, candidate: Int, set: Int) throws -> Double {
        try requireTwoClasses(metric.name, set: set)
        if !computed.contains(group: metric, set: set) { try measure(set: set) { $0.insert(group: metric, set: set) } }
        return try measures(candidate: candidate, set: set).value(metric, group: group)
    }

    /// What has been read beside means over sets, in words.
    var readsOtherwise: String? {
        if !magnitudes.isEmpty { return "how large the edit is" }
        if !recentScores.isEmpty { return "scores of single examples" }
        if hasGivenNetworks { return "the edited network" }
        let readsMargins = setNames.indices.contains { !computed.marginNeeds(set: $0).isEmpty }
        return readsMargins ? "measures of two classes" : nil
    }

    /// What has been measured so far.
    package var measured: MetricSelection { computed }

    /// Whether a metric has been measured: reading it costs nothing.
    package func isMeasured(_ metric: Metric, set: Int) -> Bool { computed.contains(metric, set: set) }
    package func isMeasured(_ metric: BinaryMetric, set: Int) -> Bool { computed.contains(metric, set: set) }
    package func isMeasured(group metric: GroupMetric, set: Int) -> Bool {
        computed.contains(group: metric, set: set)
    }

    /// Scores of one candidate, `[examples, classes]`.
    ///
    /// Scores are large, so they are kept for a run of candidates only, made together over the workers: read them in
    /// candidate order.
    public func scores(candidate: Int, set: Int) throws -> Tensor {
        if let recent = recentScores[set], recent.tensors.indices.contains(candidate - recent.first) {
            return recent.tensors[candidate - recent.first]
        }
        // Runs begin at multiples of their length, so that a candidate's neighbours do not depend on who is read first.
        let first = candidate / EvaluationBatch.scoreRun * EvaluationBatch.scoreRun
        let members = candidates[first..<min(first + EvaluationBatch.scoreRun, count)]
        let tensors = try evaluator.scores(of: Array(members), set: set)
        recentScores[set] = (first, tensors)
        return tensors[candidate - first]
    }

    /// The edited network of one candidate.
    public func network(candidate: Int) throws -> Network {
        hasGivenNetworks = true
        return try evaluator.editedNetwork(candidates[candidate])
    }

    /// How far the candidate has moved from the unedited weights.
    public func magnitude(candidate: Int) throws -> EditMagnitude {
        if let known = magnitudes[candidate] { return known }
        let magnitude = try EditMagnitude(of: candidates[candidate], on: evaluator.layers)
        magnitudes[candidate] = magnitude
        return magnitude
    }

    private func measures(candidate: Int, set: Int) throws -> BinaryMeasures {
        guard let layout = evaluator.margins?.layouts[set], let counts = sums[candidate][set].margins else {
            // Callers check both first.
            throw WorldError.invalidSet(name: evaluator.sets[set].name, message: "has not been measured")
        }
        return BinaryMeasures(layout: layout, counts: counts)
    }

    private func requireTwoClasses(_ metric: String, set: Int) throws(WorldError) {
        guard evaluator.margins != nil else {
            throw .needsTwoClasses(metric: metric, set: evaluator.sets[set].name, classes: evaluator.classes)
        }
    }

    /// Measures more of a set, for the whole batch.
    private func measure(set: Int, _ add: (inout MetricSelection) -> Void) throws {
        // Everything wanted so far of this set at once, so that further reads of it cost nothing.
        var wanted = MetricSelection(sets: evaluator.sets.count)
        add(&wanted)
        if let source {
            add(&source.selection)
            wanted.formUnion(source.selection, set: set)
        }
        wanted.formUnion(computed, set: set)
        for (candidate, measured) in try evaluator.evaluate(candidates, selection: wanted).enumerated() {
            sums[candidate][set] = measured[set]
        }
        computed.formUnion(wanted, set: set)
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
            evaluator: evaluator, source: self, candidates: candidates,
            sums: try evaluator.evaluate(candidates, selection: selection), computed: selection)
    }

    /// The unedited network's measurements, a batch of one; measured when first read.
    public func base() -> EvaluationBatch {
        if let baseBatch { return baseBatch }
        let batch = EvaluationBatch(
            evaluator: evaluator, source: nil, candidates: [evaluator.layers.map { _ in .unchanged }],
            sums: [[SetSums](repeating: SetSums(), count: evaluator.sets.count)],
            computed: MetricSelection(sets: evaluator.sets.count))
        baseBatch = batch
        return batch
    }
}

internal import RLEditCore
internal import RLEditData
internal import RLEditNN
package import RLEditTensor

/// The gradient of means over sets by the weights of the edited layers, backwards through the layers from the first of them
/// on. What enters those is computed once and kept.
package struct MetricGradient: Sendable {
    private let layers: [EditedLayer]
    private let suffix: Network
    /// Runs of each set: what enters the suffix, channels first, and the labels.
    private let runs: [[(entering: Tensor, labels: [Int])]]
    private let counts: [Int]
    private static let run = 256

    /// - Throws: what running the layers before the edited ones throws.
    package init(_ evaluator: Evaluator, pool: WorkerPool) throws {
        layers = evaluator.layers
        let split = try NetworkSplit(
            evaluator.network, at: evaluator.layers.compactMap { evaluator.network.nodeIndex(named: $0.name) })
        suffix = split.suffix
        counts = evaluator.sets.map(\.examples.count)
        runs = try evaluator.sets.map { set in
            try stride(from: 0, to: set.examples.count, by: MetricGradient.run).map { start in
                let range = start..<min(start + MetricGradient.run, set.examples.count)
                return (
                    try split.entering(try set.examples.batchInputs(range), pool: pool),
                    Array(set.examples.labels[range])
                )
            }
        }
    }

    /// ∂ Σ weight · mean / ∂W of each edited layer, `[rows, columns]` each.
    ///
    /// Right answers are counted, so accuracy has no gradient of its own: it takes that of the probability of the label,
    /// which is the accuracy of answers drawn at random by their probabilities.
    /// - Parameter weights: by metric, what the sum counts it with.
    /// - Throws: ``WorldError/invalidEdit(layer:message:)`` for an edit of another shape than its layer.
    package func callAsFunction(
        _ edits: [LayerEdit], weights: [ReadMetric: Double], pool: WorkerPool
    ) throws -> [Tensor] {
        var edited = suffix
        for (edit, layer) in zip(edits, layers) { try edited.apply(edit, to: layer) }
        let network = edited
        let pieces = runs.indices.flatMap { set -> [(set: Int, run: Int)] in
            weights.contains { $0.key.set == set && $0.value != 0 } ? runs[set].indices.map { (set, $0) } : []
        }
        let found = Slots<[Tensor]>(count: pieces.count)
        try pool.forEach(pieces.count) { piece, _ in
            let (set, run) = pieces[piece]
            let own = Metric.allCases.compactMap { metric in
                weights[ReadMetric(set: set, metric: metric)].map { (metric, $0 / Double(counts[set])) }
            }
            let part = runs[set][run]
            let gradients = try network.pullback(part.entering) { scores in
                try Metric.scoreGradient(own, scores: scores, labels: part.labels)
            }.parameterGradients
            found[piece] = try layers.map { layer in
                try layer.matrix(named: { name in network.parameterNames.firstIndex(of: name).map { gradients[$0] } })
            }
        }
        var sums = try layers.map { try Tensor.zeros([$0.rows, $0.columns]) }
        for part in try found.values() {
            for (place, gradient) in part.enumerated() { sums[place] = try sums[place].add(gradient) }
        }
        return sums
    }
}

extension EditedLayer {
    /// Numbers that belong to the layer's parameters, as its matrix `[rows, columns]`; zeros for a parameter without any.
    fileprivate func matrix(named: (String) -> Tensor?) throws -> Tensor {
        let inputs = includesBias ? columns - 1 : columns
        let weight = try named(parameterName)?.reshaped([rows, inputs]) ?? Tensor.zeros([rows, inputs])
        guard let biasName else { return weight }
        let bias = try named(biasName)?.reshaped([rows, 1]) ?? Tensor.zeros([rows, 1])
        return try Tensor.concat([weight, bias], dimension: 1)
    }
}

extension Metric {
    /// The gradient of a weighted sum of metrics of each example by its scores, `[examples, scores]`.
    static func scoreGradient(_ weights: [(metric: Metric, weight: Double)], scores: Tensor, labels: [Int]) throws
        -> Tensor
    {
        let width = scores.shape[1]
        return try Tensor(shape: scores.shape) { buffer in
            scores.withUnsafeBufferPointer { all in
                for (example, label) in labels.enumerated() {
                    let row = all[example * width..<(example + 1) * width].map { Double($0) }
                    // One score counts as two classes, the first with score 0.
                    let z = width == 1 ? [0] + row : row
                    var gradient = [Double](repeating: 0, count: z.count)
                    let outcome = Outcome(z, label: label)
                    for (metric, weight) in weights { outcome.add(metric, weight, to: &gradient) }
                    for place in 0..<width {
                        buffer[example * width + place] = Float(gradient[z.count - width + place])
                    }
                }
            }
        }
    }

    /// What one example's scores say.
    private struct Outcome {
        let label: Int
        let probabilities: [Double]
        let entropy: Double
        /// The class with the highest score, and the highest one beside the label.
        let best: Int
        let rival: Int

        init(_ z: [Double], label: Int) {
            self.label = label
            let largest = z.max() ?? 0
            let weights = z.map { PortableMath.exp($0 - largest) }
            let total = weights.reduce(0, +)
            probabilities = weights.map { $0 / total }
            entropy = probabilities.reduce(0) { $1 > 0 ? $0 - $1 * PortableMath.log($1) : $0 }
            best = z.indices.max { z[$0] < z[$1] } ?? 0
            rival = z.indices.filter { $0 != label }.max { z[$0] < z[$1] } ?? 0
        }

        /// Adds `weight` times a metric's derivative by each score.
        func add(_ metric: Metric, _ weight: Double, to gradient: inout [Double]) {
            let p = probabilities
            switch metric {
            case .loss:
                for k in p.indices { gradient[k] += weight * (p[k] - (k == label ? 1 : 0)) }
            case .accuracy, .trueProbability:
                for k in p.indices { gradient[k] += weight * p[label] * ((k == label ? 1 : 0) - p[k]) }
            case .confidence:
                for k in p.indices { gradient[k] += weight * p[best] * ((k == best ? 1 : 0) - p[k]) }
            case .margin:
                gradient[label] += weight
                gradient[rival] -= weight
            case .entropy:
                for k in p.indices where p[k] > 0 {
                    gradient[k] -= weight * p[k] * (PortableMath.log(p[k]) + entropy)
                }
            }
        }
    }
}

public import RLEditCore
internal import RLEditData
public import RLEditNN
public import RLEditTensor

/// Counterfactual logit pairing (Garg et al., *Counterfactual fairness in text classification through robustness*, AIES
/// 2019, section 4.3): trains on a set, and pulls the logits of examples and of their counterparts together,
///
///     minimize  CE(set) + λ · mean |g(x) − g(x′)|.
///
/// The logit g of two classes is score 1 less score 0. With more classes the difference is that of the scores less their
/// mean, summed over the classes, which for two is the same.
public struct LogitPairing: DebiasingMethod {
    public var layer: String?
    public var epochs = 5
    public var batchSize = 128
    public var learningRate = 1e-3
    public var pairWeight = 1.0

    public init(layer: String? = nil) { self.layer = layer }
    public var name: String { "logit_pairing" }

    public var documentation: String {
        "Counterfactual logit pairing (Garg et al. 2019): trains on a set, and pulls the logits of examples and of the "
            + "same examples about somebody else together."
    }

    public var sets: [DebiasingSet] {
        [
            DebiasingSet(.set, "what is trained on, with its labels"),
            DebiasingSet(.original, "examples that mention a term"),
            DebiasingSet(.swapped, "the same examples in the same order with another term"),
        ]
    }

    public var settings: [Setting<Self>] {
        [
            .integer(
                "epochs", \.epochs, .count(upTo: mostCounted), "passes over the set; pairs start over when used up"),
            .integer("batchSize", \.batchSize, .count(upTo: mostCounted), "examples, and pairs, of a step"),
            .number("learningRate", \.learningRate, .positive, "Adam's step size"),
            .number("pairWeight", \.pairWeight, .notNegative, "λ: what the difference of two logits costs"),
        ]
    }

    public func debias(_ problem: DebiasingProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        let (original, swapped) = (try problem.set(.original), try problem.set(.swapped))
        guard original.count == swapped.count else {
            throw BaselineError.unsuitableSet(
                "swapped", reason: "has \(swapped.count) examples, and 'original' \(original.count): pairs expected")
        }
        let training = try SuffixTraining(problem, from: layer, random: random, passes: passes)
        func source(_ examples: ExampleSet) throws -> any BatchSource {
            try training.suffix.source(examples, pool: problem.pool, passes: passes)
        }
        let (set, first, second) = (try source(try problem.set(.set)), try source(original), try source(swapped))
        let labels = (original.labels, swapped.labels)
        var (pairs, pairEpoch): ([ArraySlice<Int>], Int) = ([], 0)
        for epoch in 0..<epochs {
            try passes.report(epoch, of: epochs)
            for rows in training.descent.minibatches(set.count, size: batchSize, epoch: epoch, of: "set") {
                if pairs.isEmpty {
                    pairs = training.descent.minibatches(first.count, size: batchSize, epoch: pairEpoch, of: "pairs")
                    pairEpoch += 1
                }
                let pair = pairs.removeFirst()
                // The gradient of |g − g′| is that with g′ held still and that with g held still.
                let network = try training.descent.network()
                func scores(_ source: any BatchSource) throws -> Tensor {
                    passes.forward(pair.count, share: training.suffix.share)
                    return try network.forward(source.examples(pair).inputs, pool: problem.pool)
                }
                let (mine, theirs) = (try scores(first), try scores(second))
                let all = ArraySlice(0..<pair.count)
                func term(_ source: any BatchSource, _ labels: [Int], towards others: Tensor) -> GradientStepper.Term {
                    let held = CounterpartSource(
                        base: source, rows: Array(pair), labels: pair.map { labels[$0] }, counterparts: others)
                    return .init(held, all, LogitDistance(), weight: Float(pairWeight))
                }
                try training.descent.step(
                    [
                        .init(set, rows, Loss.crossEntropy), term(first, labels.0, towards: theirs),
                        term(second, labels.1, towards: mine),
                    ], learningRate: learningRate)
            }
        }
        return try training.network()
    }
}

/// |g(x) − g′|, a mean over rows, for scores g′ that are held still: targets are
/// ``Targets/distillation(labels:teacher:)``. Its derivative is 0 where both are equal.
struct LogitDistance: BatchObjective {
    func termsPerRow(_ shape: [Int]) -> Int { 1 }

    func evaluate(
        _ outputs: UnsafePointer<Float>, rows: Int, shape: [Int], _ targets: Targets, scale: Float,
        gradient: UnsafeMutablePointer<Float>?
    ) throws(NetworkError) -> ObjectiveTerms {
        guard shape.count == 1, let classes = shape.first, case .distillation(_, let counterparts) = targets,
            counterparts.shape == [rows, classes]
        else {
            throw .targets(loss: "logit distance", expected: "scores \([rows] + shape)", actual: "others")
        }
        var terms = ObjectiveTerms(count: rows)
        counterparts.withUnsafeBufferPointer { others in
            for row in 0..<rows {
                let differences = (0..<classes).map {
                    Double(outputs[row * classes + $0]) - Double(others[row * classes + $0])
                }
                // What all scores have in common decides nothing; a single score has nothing in common.
                let common = classes > 1 ? differences.reduce(0, +) / Double(classes) : 0
                let signs = differences.map { $0 > common ? 1.0 : $0 < common ? -1 : 0 }
                let mean = classes > 1 ? signs.reduce(0, +) / Double(classes) : 0
                terms.sum += differences.reduce(0) { $0 + abs($1 - common) }
                guard let gradient else { continue }
                for index in 0..<classes { gradient[row * classes + index] = scale * Float(signs[index] - mean) }
            }
        }
        return terms
    }
}

/// Rows of a source, each with the scores of its counterpart.
private struct CounterpartSource: BatchSource {
    let base: any BatchSource
    let rows: [Int]
    let labels: [Int]
    /// `[rows.count, classes]`
    let counterparts: Tensor
    var count: Int { rows.count }

    func batch(_ indices: ArraySlice<Int>) throws -> (inputs: Tensor, targets: Targets) {
        (try base.batch(ArraySlice(indices.map { rows[$0] })).inputs, try targets(indices))
    }

    func examples(_ indices: ArraySlice<Int>) throws -> (inputs: ExampleInputs, targets: Targets) {
        (try base.examples(ArraySlice(indices.map { rows[$0] })).inputs, try targets(indices))
    }

    private func targets(_ indices: ArraySlice<Int>) throws -> Targets {
        .distillation(labels: indices.map { labels[$0] }, teacher: try counterparts.matrixRows(at: indices))
    }
}

internal import Foundation
public import RLEditData
public import RLEditNN
public import RLEditTensor

/// How far two networks are apart: in their answers, and in their weights.
public enum Disagreement {
    /// Mean total variation of the answers, ½ Σ_c |p(c) − q(c)|, 0 … 1.
    public static func totalVariation(
        _ network: Network, _ reference: Network, on examples: ExampleSet, pool: WorkerPool? = nil
    ) throws -> Double {
        let (mine, theirs) = try logProbabilities(network, reference, examples, pool)
        var sum = 0.0
        for (p, q) in zip(mine, theirs) {
            for (a, b) in zip(p, q) { sum += abs(exp(a) - exp(b)) / 2 }
        }
        return sum / Double(examples.count)
    }

    /// Mean Kullback–Leibler divergence of the answers from the reference's, in nats; 0 where they are equal.
    public static func divergence(
        _ network: Network, _ reference: Network, on examples: ExampleSet, pool: WorkerPool? = nil
    ) throws -> Double {
        let (mine, theirs) = try scores(network, reference, examples, pool)
        return divergence(mine, from: theirs)
    }

    /// Share of examples that both name alike, 0 … 1; the lowest class wins a tie, and scores of which one is NaN name none.
    public static func agreement(
        _ network: Network, _ reference: Network, on examples: ExampleSet, pool: WorkerPool? = nil
    ) throws -> Double {
        let (mine, theirs) = try scores(network, reference, examples, pool)
        let classes = zip(PredictedClass.ofRows(mine), PredictedClass.ofRows(theirs))
        return Double(classes.count { $0 == $1 && $0 != PredictedClass.none }) / Double(examples.count)
    }

    /// Mean entropy of the answers, in nats: low where a network is sure.
    public static func predictionEntropy(
        _ network: Network, on examples: ExampleSet, pool: WorkerPool? = nil
    ) throws -> Double {
        try network.requireClassifier([("set", examples)])
        let scores = try network.scores(of: examples, pool: pool, passes: PassCounter())
        return Answers.entropies(scores).reduce(0, +) / Double(examples.count)
    }

    /// ‖w − v‖₂ over all parameters, and the same in units of ‖v‖₂.
    /// - Throws: ``NetworkError`` when the networks have other parameters.
    public static func weightDistance(
        _ network: Network, _ reference: Network
    ) throws(NetworkError) -> (distance: Double, relative: Double) {
        var (squares, norm) = (0.0, 0.0)
        for name in network.parameterNames + reference.parameterNames {
            guard let mine = network.parameter(name), let theirs = reference.parameter(name) else {
                throw .unknownParameter(
                    name: name,
                    known: network.parameter(name) == nil ? network.parameterNames : reference.parameterNames)
            }
            guard mine.shape == theirs.shape else {
                throw .parameterShape(name: name, expected: theirs.shape, actual: mine.shape)
            }
        }
        for name in reference.parameterNames {
            for (mine, theirs) in zip(network.parameter(name)?.scalars ?? [], reference.parameter(name)?.scalars ?? [])
            {
                squares += (Double(mine) - Double(theirs)) * (Double(mine) - Double(theirs))
                norm += Double(theirs) * Double(theirs)
            }
        }
        return (squares.squareRoot(), norm > 0 ? (squares / norm).squareRoot() : 0)
    }

    private static func logProbabilities(
        _ network: Network, _ reference: Network, _ examples: ExampleSet, _ pool: WorkerPool?
    ) throws -> ([[Double]], [[Double]]) {
        let (mine, theirs) = try scores(network, reference, examples, pool)
        return (Answers.logProbabilities(mine), Answers.logProbabilities(theirs))
    }

    /// `[examples, classes]` of both.
    private static func scores(
        _ network: Network, _ reference: Network, _ examples: ExampleSet, _ pool: WorkerPool?
    ) throws -> (Tensor, Tensor) {
        try network.requireClassifier([("set", examples)])
        guard reference.outputShape == network.outputShape, reference.inputShape == network.inputShape else {
            throw NetworkError.inputShape(
                operation: "reference", expected: "\(network.inputShape) → \(network.outputShape)",
                actual: reference.inputShape)
        }
        let passes = PassCounter()
        return (
            try network.scores(of: examples, pool: pool, passes: passes),
            try reference.scores(of: examples, pool: pool, passes: passes)
        )
    }
}

/// What a network answers.
enum Answers {
    /// Scores `[rows, classes]` as log-probabilities, a row each, in double precision.
    static func logProbabilities(_ scores: Tensor) -> [[Double]] {
        let (values, classes) = (scores.scalars, scores.shape[1])
        return stride(from: 0, to: values.count, by: classes).map { start in
            let row = values[start..<(start + classes)].map { Double($0) }
            let highest = row.max() ?? 0
            var total = 0.0
            for value in row { total += exp(value - highest) }
            let normalizer = highest + log(total)
            return row.map { $0 - normalizer }
        }
    }

    /// Entropy of each row of scores, in nats.
    static func entropies(_ scores: Tensor) -> [Double] {
        logProbabilities(scores).map { row in
            // p log p is 0 at p = 0.
            var entropy = 0.0
            for value in row where !(value <= -700) { entropy -= exp(value) * value }
            return entropy
        }
    }
}

extension Network {
    /// - Throws: ``BaselineError`` unless the network scores classes and each set has examples that fit it.
    func requireClassifier(_ sets: [(name: String, examples: ExampleSet)]) throws(BaselineError) {
        guard outputShape.count == 1, let classes = outputShape.first, classes > 1 else {
            throw .outputNotClasses(shape: outputShape)
        }
        for (name, set) in sets {
            guard !set.isEmpty else { throw .emptySet(name) }
            guard set.exampleShape == inputShape else {
                throw .exampleShape(set: name, expected: inputShape, actual: set.exampleShape)
            }
            try set.requireLabels(below: classes, name: name)
        }
    }
}

extension ExampleSet {
    /// - Throws: ``BaselineError/labelOutOfRange(set:example:label:classes:)`` for the first label without a score.
    func requireLabels(below classes: Int, name: String) throws(BaselineError) {
        guard let example = orderedLabels.firstIndex(where: { Int($0) >= classes }) else { return }
        throw .labelOutOfRange(set: name, example: example, label: Int(orderedLabels[example]), classes: classes)
    }
}

internal import Foundation
public import RLEditTensor

/// How far scores differ from other scores of the same examples: those of the examples' counterparts, or those that the
/// unedited network gave. No labels are needed.
///
/// The margin of an example is the score of one class less the highest other score, and the class is the one that the
/// first of the two named. With two classes that is score 1 less score 0, up to a sign that both have in common.
public struct ScoreChange: Sendable {
    /// Margins of each example under both scores.
    private let margins: [(first: Double, second: Double)]
    private let flips: Int

    /// - Parameters:
    ///   - first, second: `[examples, classes]`, at least one example and two classes.
    /// - Throws: `TensorError` for other shapes.
    public init(_ first: Tensor, _ second: Tensor) throws(TensorError) {
        guard first.rank == 2, first.shape[0] > 0, first.shape[1] > 1 else {
            throw .invalidArgument(
                operation: "margins", message: "scores [examples, classes] expected, got shape \(first.shape)")
        }
        guard second.shape == first.shape else {
            throw .invalidArgument(
                operation: "margins", message: "both need one shape, got \(first.shape) and \(second.shape)")
        }
        let classes = first.shape[1]
        let (mine, theirs) = (first.scalars, second.scalars)
        let (named, others) = (PredictedClass.ofRows(first), PredictedClass.ofRows(second))
        func margin(_ scores: [Float], _ row: Int) -> Double {
            let chosen = named[row]
            guard chosen != PredictedClass.none, others[row] != PredictedClass.none else { return .nan }
            var highest = -Double.infinity
            for index in 0..<classes where index != chosen {
                highest = max(highest, Double(scores[row * classes + index]))
            }
            return Double(scores[row * classes + chosen]) - highest
        }
        margins = named.indices.map { (margin(mine, $0), margin(theirs, $0)) }
        flips = zip(named, others).count { $0 != $1 || $0 == PredictedClass.none }
    }

    /// Mean absolute difference of the margins, in units of scores; NaN where a score is.
    public var marginGap: Double {
        margins.reduce(0.0) { $0 + abs($1.first - $1.second) } / Double(margins.count)
    }

    /// Share of the examples that the two name differently, 0 … 1; a score that is NaN names none.
    public var flipRate: Double { Double(flips) / Double(margins.count) }

    /// Root of the mean squared difference of the margins over the root of the mean square of the second ones; infinite or
    /// NaN where those are all 0.
    public var relativeMarginChange: Double {
        let change = margins.reduce(0.0) { $0 + ($1.first - $1.second) * ($1.first - $1.second) }
        let norm = margins.reduce(0.0) { $0 + $1.second * $1.second }
        return (change / norm).squareRoot()
    }
}

extension Disagreement {
    /// Mean Kullback–Leibler divergence Σ_c q(c) (ln q(c) − ln p(c)) of the answers p from the reference's q, in nats.
    /// - Parameters:
    ///   - scores, reference: `[examples, classes]`.
    package static func divergence(_ scores: Tensor, from reference: Tensor) -> Double {
        let (mine, theirs) = (Answers.logProbabilities(scores), Answers.logProbabilities(reference))
        var sum = 0.0
        for (p, q) in zip(mine, theirs) { for (a, b) in zip(p, q) { sum += exp(b) * (b - a) } }
        return sum / Double(mine.count)
    }
}

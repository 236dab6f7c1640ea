internal import Foundation
public import RLEditCore
public import RLEditData
public import RLEditNN
public import RLEditTensor

/// Can one tell from the loss which examples a model was trained on? The ROC AUC of −cross-entropy as a score of membership
/// (Yeom et al. 2018): the share of pairs of a member and a non-member in which the member has the lower loss, ties counting
/// half. 0.5 is ideal: nothing can be told.
public struct MembershipAUC: Configurable, Sendable {
    public var limit = 1000

    public init() {}

    public var owner: String { "membership_auc" }

    public var settings: [Setting<Self>] {
        [.integer("limit", \.limit, .atLeast(1), "examples of each side that are looked at, at most")]
    }

    /// Both sides are cut to equal sizes, from the front.
    /// - Parameters:
    ///   - members: examples to forget, which the model was trained on.
    ///   - others: examples of the same classes that it was not trained on.
    public func auc(
        _ network: Network, members: ExampleSet, others: ExampleSet, pool: WorkerPool? = nil
    ) throws -> Double {
        try validate()
        try network.requireClassifier([("members", members), ("others", others)])
        let count = min(members.count, others.count, limit)
        let passes = PassCounter()
        func losses(_ set: ExampleSet) throws -> [Double] {
            let part = try set.take(count)
            let scores = try network.scores(of: part, pool: pool, passes: passes)
            return zip(Answers.logProbabilities(scores), part.labels).map { -$0[$1] }
        }
        let (inside, outside) = (try losses(members), try losses(others).sorted())
        // Lower loss means member: for each member, the others with a higher loss, and half of those with the same.
        let wins = inside.reduce(0.0) { sum, loss in
            let notAbove = outside.partitionPoint { $0 > loss }
            let below = outside.partitionPoint { $0 >= loss }
            return sum + Double(outside.count - notAbove) + Double(notAbove - below) / 2
        }
        return wins / (Double(count) * Double(count))
    }
}

/// The share of examples that a logistic regression on the entropy of the answer calls members (the attack of Salem et al.
/// 2019 as unlearning papers use it). To be compared with the value of a retrained network, not with 0.
///
/// The regression is fitted on what the model keeps: examples that it was trained on against ones that it was not, classes
/// weighted to balance, ridge penalty C = 1, the intercept free.
public struct MembershipRate: Configurable, Sendable {
    public var limit = 2000

    public init() {}

    public var owner: String { "membership_rate" }

    public var settings: [Setting<Self>] {
        [.integer("limit", \.limit, .atLeast(1), "examples of `trained` and `untrained` that are looked at, at most")]
    }

    /// - Parameter examples: what is asked about.
    public func rate(
        _ network: Network, examples: ExampleSet, trained: ExampleSet, untrained: ExampleSet, pool: WorkerPool? = nil
    ) throws -> Double {
        try validate()
        try network.requireClassifier([("examples", examples), ("trained", trained), ("untrained", untrained)])
        let passes = PassCounter()
        func entropies(_ set: ExampleSet, _ count: Int) throws -> [Double] {
            let scores = try network.scores(of: try set.take(min(set.count, count)), pool: pool, passes: passes)
            return Answers.entropies(scores)
        }
        let regression = EntropyRegression(
            members: try entropies(trained, limit), others: try entropies(untrained, limit))
        let called = try entropies(examples, examples.count).count { regression.callsMember($0) }
        return Double(called) / Double(examples.count)
    }
}

/// A class-balanced logistic regression on one feature: minimizes ½ w² + Σ c log(1 + exp(−y (w x + b))) with y = ±1 and
/// c = n / (2 n_y), by Newton's method.
package struct EntropyRegression {
    package private(set) var weight = 0.0
    package private(set) var intercept = 0.0

    package init(members: [Double], others: [Double]) {
        let total = Double(members.count + others.count)
        let sides = [
            (members, 1.0, total / (2 * Double(members.count))), (others, 0.0, total / (2 * Double(others.count))),
        ]
        var loss = objective(sides, weight, intercept)
        for _ in 0..<100 {
            var (gradientW, gradientB, ww, wb, bb) = (weight, 0.0, 1.0, 0.0, 0.0)
            for (values, label, cost) in sides {
                for value in values {
                    let probability = 1 / (1 + exp(-(weight * value + intercept)))
                    let (slope, curvature) = (cost * (probability - label), cost * probability * (1 - probability))
                    gradientW += slope * value
                    gradientB += slope
                    ww += curvature * value * value
                    wb += curvature * value
                    bb += curvature
                }
            }
            let determinant = max(ww * bb - wb * wb, 1e-300)
            let stepW = (bb * gradientW - wb * gradientB) / determinant
            let stepB = (ww * gradientB - wb * gradientW) / determinant
            // Newton's step, halved until it helps: it may be too long far from the minimum.
            var share = 1.0
            while share > 1e-10 {
                let next = objective(sides, weight - share * stepW, intercept - share * stepB)
                if next < loss {
                    (weight, intercept) = (weight - share * stepW, intercept - share * stepB)
                    loss = next
                    break
                }
                share /= 2
            }
            if share <= 1e-10 || abs(stepW) + abs(stepB) < 1e-10 { break }
        }
    }

    /// Whether an example with this entropy is taken for one that the model was trained on.
    package func callsMember(_ entropy: Double) -> Bool { weight * entropy + intercept > 0 }

    private func objective(_ sides: [([Double], Double, Double)], _ weight: Double, _ intercept: Double) -> Double {
        sides.reduce(weight * weight / 2) { sum, side in
            let (values, label, cost) = side
            return values.reduce(sum) { sum, value in
                let score = (2 * label - 1) * (weight * value + intercept)
                // log(1 + e^−score) without overflow.
                return sum + cost * (max(-score, 0) + log(1 + exp(-abs(score))))
            }
        }
    }
}

extension Array where Element == Double {
    /// The first index whose element satisfies a condition that is false up to there and true from there on.
    fileprivate func partitionPoint(_ condition: (Double) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if condition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

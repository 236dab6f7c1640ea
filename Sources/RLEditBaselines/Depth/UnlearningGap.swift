internal import Foundation
public import RLEditData
public import RLEditNN
public import RLEditTensor

extension MembershipInference {
    /// The membership attack of published tables of unlearning (Fan et al., *SalUn*, ICLR 2024): the share of `examples`
    /// that a support vector machine calls strangers, fitted on the probability of the label of examples that the model
    /// was trained on against ones that it was not.
    ///
    /// The machine is theirs: radial kernel with γ = 1, C = 3, one feature. Both sides are cut to equal sizes, at most
    /// `limit` each, from the front.
    public static func supportVectorRate(
        _ network: Network, examples: ExampleSet, trained: ExampleSet, untrained: ExampleSet, limit: Int = 1000,
        pool: WorkerPool? = nil
    ) throws -> Double {
        try network.requireClassifier([("forget", examples), ("retain", trained), ("test", untrained)])
        let count = min(trained.count, untrained.count, max(limit, 1))
        let passes = PassCounter()
        func confidences(_ set: ExampleSet) throws -> [Double] {
            let scores = try network.scores(of: set, pool: pool, passes: passes)
            guard scores.scalars.allSatisfy(\.isFinite) else { throw BaselineError.scoresNotFinite(set: set.name) }
            return zip(Answers.logProbabilities(scores), set.labels).map { exp($0[$1]) }
        }
        let machine = SupportVectorMachine(
            positives: try confidences(try trained.take(count)), negatives: try confidences(try untrained.take(count)))
        let strangers = try confidences(examples).count { machine.decision($0) <= 0 }
        return Double(strangers) / Double(examples.count)
    }
}

/// How far a network is from one that was retrained without the examples to forget, as tables of unlearning say it: the
/// absolute differences of four numbers, and their mean.
public struct UnlearningGap: Sendable {
    /// Of the accuracy on the examples to forget, on those to keep, and on unseen ones.
    public let forget: Double
    public let retain: Double
    public let test: Double
    /// Of ``MembershipInference/supportVectorRate(_:examples:trained:untrained:limit:pool:)``.
    public let membership: Double

    /// The average gap, 0 … 1.
    public var average: Double { (forget + retain + test + membership) / 4 }

    /// - Parameter limit: of the membership attack.
    public init(
        _ network: Network, retrained: Network, forget: ExampleSet, retain: ExampleSet, test: ExampleSet,
        limit: Int = 1000, pool: WorkerPool? = nil
    ) throws {
        func figures(_ network: Network) throws -> [Double] {
            // Checks network and sets.
            let membership = try MembershipInference.supportVectorRate(
                network, examples: forget, trained: retain, untrained: test, limit: limit, pool: pool)
            return try [forget, retain, test].map { try network.accuracy(on: $0, pool: pool) } + [membership]
        }
        let gaps = zip(try figures(network), try figures(retrained)).map { abs($0 - $1) }
        (self.forget, self.retain, self.test, membership) = (gaps[0], gaps[1], gaps[2], gaps[3])
    }
}

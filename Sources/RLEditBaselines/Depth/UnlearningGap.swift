internal import Foundation
public import RLEditCore
public import RLEditData
public import RLEditNN
public import RLEditTensor

/// The membership attack of published tables of unlearning (Fan et al., *SalUn*, ICLR 2024): the share of the examples to
/// forget that a support vector machine calls strangers, fitted on the probability of the label of examples that the model
/// was trained on against ones that it was not. The machine is theirs: radial kernel with γ = 1, C = 3, one feature.
public struct MembershipSVC: Configurable, Sendable {
    public var limit = 1000

    public init() {}

    public var owner: String { "membership_svc" }

    public var settings: [Setting<Self>] {
        [.integer("limit", \.limit, .atLeast(1), "examples of `retain` and `test` that are looked at, at most")]
    }

    /// `retain` and `test` are cut to equal sizes, from the front.
    /// - Parameters:
    ///   - retain: examples to keep that the model was trained on.
    ///   - test: examples that it was not trained on.
    public func rate(
        _ network: Network, forget: ExampleSet, retain: ExampleSet, test: ExampleSet, pool: WorkerPool? = nil
    ) throws -> Double {
        try validate()
        try network.requireClassifier([("forget", forget), ("retain", retain), ("test", test)])
        let count = min(retain.count, test.count, limit)
        let passes = PassCounter()
        func confidences(_ set: ExampleSet) throws -> [Double] {
            let scores = try network.scores(of: set, pool: pool, passes: passes)
            guard scores.scalars.allSatisfy(\.isFinite) else { throw BaselineError.scoresNotFinite(set: set.name) }
            return zip(Answers.logProbabilities(scores), set.labels).map { exp($0[$1]) }
        }
        let machine = SupportVectorMachine(
            positives: try confidences(try retain.take(count)), negatives: try confidences(try test.take(count)))
        let strangers = try confidences(forget).count { machine.decision($0) <= 0 }
        return Double(strangers) / Double(forget.count)
    }
}

/// How far a network is from one that was retrained without the examples to forget, as tables of unlearning say it: the
/// absolute differences of four numbers, and their mean.
public struct UnlearningGap: Sendable {
    /// Of the accuracy on the examples to forget, on those to keep, and on unseen ones.
    public let forget: Double
    public let retain: Double
    public let test: Double
    /// Of ``MembershipSVC``.
    public let membership: Double

    /// The average gap, 0 … 1.
    public var average: Double { (forget + retain + test + membership) / 4 }

    public init(
        _ network: Network, retrained: Network, forget: ExampleSet, retain: ExampleSet, test: ExampleSet,
        attack: MembershipSVC = MembershipSVC(), pool: WorkerPool? = nil
    ) throws {
        func figures(_ network: Network) throws -> [Double] {
            // Checks network and sets.
            let membership = try attack.rate(network, forget: forget, retain: retain, test: test, pool: pool)
            return try [forget, retain, test].map { try network.accuracy(on: $0, pool: pool) } + [membership]
        }
        let gaps = zip(try figures(network), try figures(retrained)).map { abs($0 - $1) }
        (self.forget, self.retain, self.test, membership) = (gaps[0], gaps[1], gaps[2], gaps[3])
    }
}

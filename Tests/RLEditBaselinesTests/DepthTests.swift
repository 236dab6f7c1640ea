import Foundation
import RLEditBaselines
import RLEditCore
import RLEditData
import RLEditNN
import RLEditTensor
import RLEditWorlds
import Testing

@Suite("Measures of depth")
struct DepthTests {
    /// A network whose scores are its inputs.
    private func identity(_ classes: Int = 2) throws -> Network {
        var network = try Network(
            inputShape: [classes], layers: [("fc", Linear(classes, classes))], random: RandomStream(seed: 0))
        try network.setParameter("fc.weight", try Tensor.identity(classes))
        try network.setParameter("fc.bias", try Tensor.zeros([classes]))
        return network
    }

    private func set(_ scores: [[Float]], _ labels: [Int]) throws -> ExampleSet {
        try ExampleSet(
            name: "set", source: "test", inputs: Tensor(scores.flatMap { $0 }, shape: [scores.count, scores[0].count]),
            labels: labels)
    }

    @Test("The membership AUC is the share of pairs in which the member has the lower loss, ties counting half")
    func membership() throws {
        // The loss of class 0 falls as the first score rises.
        let members = try set([[3, 0], [1, 0], [0, 0]], [0, 0, 0])
        let others = try set([[2, 0], [1, 0], [-1, 0], [9, 0]], [0, 0, 0, 0])
        // Against 2, 1, −1 (the fourth has no partner): 3 wins three; 1 wins one and ties one; 0 wins one.
        #expect(try MembershipAUC().auc(identity(), members: members, others: others) == 5.5 / 9)
        #expect(try MembershipAUC().auc(identity(), members: members, others: members) == 0.5)
        var first = MembershipAUC()
        first.limit = 1
        #expect(try first.auc(identity(), members: members, others: others) == 1)
    }

    @Test("The regression on the entropy is scikit-learn's, classes balanced")
    func regression() {
        let regression = EntropyRegression(members: DepthGolden.members, others: DepthGolden.others)
        #expect(abs(regression.weight - DepthGolden.slope) < 1e-6)
        #expect(abs(regression.intercept - DepthGolden.intercept) < 1e-6)
        let boundary = -DepthGolden.intercept / DepthGolden.slope
        #expect(regression.callsMember(boundary - 1e-3) && !regression.callsMember(boundary + 1e-3))
    }

    @Test("Examples that a model is as sure of as of its training examples are called members")
    func membershipRate() throws {
        let sure = try set([[9, 0], [8, 0], [7, 0], [6, 0]], [0, 0, 0, 0])
        let unsure = try set([[0.5, 0], [0.25, 0], [0, 0], [0.1, 0]], [0, 0, 0, 0])
        let asked = try set([[9, 0], [0, 0], [8, 0], [0, 9]], [0, 0, 0, 0])
        #expect(
            try MembershipRate().rate(identity(), examples: asked, trained: sure, untrained: unsure) == 0.75)
    }

    @Test("The probe's regression is scikit-learn's on the standardized features")
    func probe() throws {
        var features = [DepthGolden.features]
        LinearProbe.standardize(&features, width: 4)
        let model = LinearProbe().fit(features[0], labels: DepthGolden.labels, width: 4, classes: 3)
        let intercepts = model.values[12...]
        // Intercepts are free up to a common shift.
        let shift = intercepts.reduce(0, +) / 3 - DepthGolden.intercepts.reduce(0, +) / 3
        #expect(zip(model.values, DepthGolden.weights).allSatisfy { abs($0 - $1) < 1e-5 })
        #expect(zip(intercepts, DepthGolden.intercepts).allSatisfy { abs($0 - shift - $1) < 1e-5 })
    }

    @Test("Features are standardized by the first set, a constant one to 0")
    func standardized() {
        var sets: [[Double]] = [[1, 5, 3, 5], [5, 6]]
        LinearProbe.standardize(&sets, width: 2)
        #expect(sets == [[-1, 0, 1, 0], [3, 1]])
    }

    @Test("A probe finds a class that only the output layer hides, and not one that the layer has lost")
    func hidden() throws {
        let small = try SmallProblem.shared.get()
        let train = try small.forget.concat(small.retain)
        func recall(_ network: Network) throws -> Double {
            try LinearProbe().recall(network, layer: "fc2", train: train, test: small.heldForget)
        }
        let hidden = try BiasEdit().run(small.problem()).network
        #expect(try small.judge(hidden).forget == 0)
        #expect(try recall(hidden) == recall(small.network))
        #expect(try recall(hidden) > 0.85)
        var dead = small.network
        try dead.setParameter("fc2.weight", try Tensor.zeros([24, 48]))
        #expect(try recall(dead) == 0)
        #expect(throws: WorldError.self) {
            try LinearProbe().recall(small.network, layer: "fc9", train: train, test: small.heldForget)
        }
    }

    @Test("Relearning counts the steps that descent takes, none for a model that knows, the cap for one that cannot")
    func relearning() throws {
        let small = try SmallProblem.shared.get()
        func steps(_ network: Network, _ relearning: Relearning = Relearning()) throws -> Int {
            try relearning.steps(network, forget: small.forget, test: small.heldForget, seed: 0)
        }
        var easy = Relearning()
        easy.target = 0.8
        #expect(try steps(small.network, easy) == 0)
        let hidden = try BiasEdit().run(small.problem()).network
        let count = try steps(hidden, easy)
        #expect(count > 0 && count < 400)
        var dead = small.network
        for name in ["fc2.weight", "fc3.weight"] {
            try dead.setParameter(name, try Tensor.zeros(try #require(dead.parameter(name)).shape))
        }
        try dead.setParameter("fc3.bias", Tensor([0, 0, 0, 0, 0, 0, 0, -50, 0, 0]))
        easy.cap = 3
        #expect(try steps(dead, easy) == 3)
        easy.cap = 0
        #expect(throws: ConfigurationError.self) { try steps(dead, easy) }
    }

    @Test("Total variation is half the distance of the answers, agreement the share that both name alike")
    func disagreement() throws {
        var other = try identity()
        // Swaps the scores.
        try other.setParameter("fc.weight", try Tensor([0, 1, 1, 0], shape: [2, 2]))
        let ratio = Float(log(3.0))
        // Answers ¾ and ¼ against ¼ and ¾; the same against the same.
        let examples = try set([[ratio, 0], [1, 1]], [0, 1])
        #expect(abs(try Disagreement.totalVariation(identity(), other, on: examples) - 0.25) < 1e-7)
        #expect(try Disagreement.agreement(identity(), other, on: examples) == 0.5)
        #expect(try Disagreement.totalVariation(identity(), identity(), on: examples) == 0)
        let entropy = (log(4.0) - 0.75 * log(3.0) + log(2.0)) / 2
        #expect(abs(try Disagreement.predictionEntropy(identity(), on: examples) - entropy) < 1e-7)
    }

    @Test("The weight distance is Euclidean over all parameters")
    func distance() throws {
        var other = try identity()
        try other.setParameter("fc.bias", Tensor([3, 4]))
        let (distance, relative) = try Disagreement.weightDistance(other, try identity())
        #expect(distance == 5)
        #expect(abs(relative - 5 / 2.0.squareRoot()) < 1e-12)
        #expect(throws: NetworkError.self) { try Disagreement.weightDistance(try identity(3), try identity()) }
    }

    @Test("Sets that do not fit are named")
    func errors() throws {
        let pair = try set([[0, 0]], [0])
        let empty = try pair.take(0)
        #expect(throws: BaselineError.emptySet("others")) {
            try MembershipAUC().auc(identity(), members: pair, others: empty)
        }
        #expect(throws: BaselineError.labelOutOfRange(set: "test", example: 0, label: 2, classes: 2)) {
            try Relearning().steps(identity(), forget: pair, test: try set([[0, 0]], [2]), seed: 0)
        }
    }
}

public import RLEditCore
public import RLEditData
public import RLEditNN
public import RLEditTensor

/// The trivial mitigation: another decision threshold, chosen so that false positive and false negative rates of the
/// groups lie as near as can be to the overall ones, at a bounded loss of accuracy.
///
/// The threshold is folded into the output bias, so that the result is a model like any other whose threshold is 0. All
/// that depends on the order of scores alone, an AUC for example, stays as it was.
public struct ThresholdTuning: Configurable, Sendable {
    public var maximumAccuracyLoss = 0.01

    public init() {}
    public static let name = "threshold"

    public var owner: String { Self.name }

    public var settings: [Setting<Self>] {
        [
            .number(
                "maximumAccuracyLoss", \.maximumAccuracyLoss, .unit,
                "how much lower the accuracy may be, as a share")
        ]
    }

    /// The network with its bias moved; the given one is not changed.
    /// - Parameters:
    ///   - examples: labelled 0 and 1, with groups; what the equality differences are taken on.
    ///   - utility: what the accuracy is taken on.
    public func run(
        _ network: Network, on examples: ExampleSet, utility: ExampleSet, pool: WorkerPool
    ) throws -> BaselineResult {
        try validate()
        guard network.outputShape == [1] || network.outputShape == [2] else {
            throw BaselineError.outputNotBinary(shape: network.outputShape)
        }
        for (name, set) in [("set", examples), ("utility", utility)] {
            guard !set.isEmpty else { throw BaselineError.emptySet(name) }
            guard set.exampleShape == network.inputShape else {
                throw BaselineError.exampleShape(set: name, expected: network.inputShape, actual: set.exampleShape)
            }
            try set.requireLabels(below: 2, name: name)
        }
        let (parameter, biases) = try network.outputBias()
        let passes = PassCounter()
        let clock = ContinuousClock()
        let began = clock.now
        func margins(_ set: ExampleSet) throws -> [Float] {
            let scores = try network.scores(of: set, pool: pool, passes: passes)
            guard scores.scalars.allSatisfy(\.isFinite) else { throw BaselineError.scoresNotFinite(set: set.name) }
            guard scores.shape[1] == 2 else { return scores.scalars }
            let values = scores.scalars
            return (0..<set.count).map { values[2 * $0 + 1] - values[2 * $0] }
        }
        var rates = try GroupRates(margins: try margins(examples), examples: examples)
        let accuracies = AccuracyByThreshold(margins: try margins(utility), labels: utility.labels)
        let needed = accuracies.accuracy(at: 0) - maximumAccuracyLoss
        let threshold = rates.bestThreshold { accuracies.accuracy(at: $0) >= needed }
        var moved = biases.scalars
        moved[moved.count - 1] -= threshold
        var result = network
        try result.setParameter(parameter, try Tensor(moved, shape: biases.shape))
        var cost = passes.cost
        cost.seconds = (clock.now - began) / .seconds(1)
        return BaselineResult(name: Self.name, network: result, cost: cost)
    }
}

/// False positives and false negatives of each group while a threshold passes over the examples.
struct GroupRates {
    /// Counts of one group, or of all examples that belong to one.
    private struct Counts {
        var positives = 0
        var negatives = 0
        var falsePositives = 0
        var falseNegatives = 0

        mutating func addBelowAll(_ label: Int) {
            if label == 1 {
                positives += 1
            } else {
                negatives += 1
                falsePositives += 1
            }
        }

        mutating func callNegative(_ label: Int) {
            if label == 1 { falseNegatives += 1 } else { falsePositives -= 1 }
        }
    }

    private var overall = Counts()
    private var groups: [Counts]
    private let groupsOfExamples: [[Int]]
    private let margins: [Float]
    private let labels: [Int]
    /// Examples by ascending margin.
    private let order: [Int]

    /// - Throws: ``BaselineError/unsuitableSet(_:reason:)`` for a set without groups, or without one of both classes.
    init(margins: [Float], examples: ExampleSet) throws(BaselineError) {
        guard let memberships = examples.groups else {
            throw .unsuitableSet("set", reason: "has no groups to compare")
        }
        self.margins = margins
        labels = examples.labels
        groupsOfExamples = labels.indices.map { memberships.groups(of: $0) }
        order = margins.indices.sorted { (margins[$0], $0) < (margins[$1], $1) }
        groups = Array(repeating: Counts(), count: memberships.names.count)
        // Below every margin, all are called positive.
        for example in labels.indices where !groupsOfExamples[example].isEmpty {
            overall.addBelowAll(labels[example])
            for group in groupsOfExamples[example] { groups[group].addBelowAll(labels[example]) }
        }
        guard overall.positives > 0, overall.negatives > 0 else {
            throw .unsuitableSet("set", reason: "needs examples of both labels, 0 and 1, in its groups")
        }
    }

    /// FPED + FNED = Σ_g |FPR − FPR_g| + Σ_g |FNR − FNR_g| (Dixon et al. 2018). A group without the class that a rate is
    /// about does not count.
    private var equalityDifference: Double {
        let falsePositiveRate = Double(overall.falsePositives) / Double(overall.negatives)
        let falseNegativeRate = Double(overall.falseNegatives) / Double(overall.positives)
        return groups.reduce(0.0) { sum, group in
            var difference = sum
            if group.negatives > 0 {
                difference += abs(falsePositiveRate - Double(group.falsePositives) / Double(group.negatives))
            }
            if group.positives > 0 {
                difference += abs(falseNegativeRate - Double(group.falseNegatives) / Double(group.positives))
            }
            return difference
        }
    }

    /// The threshold of the least equality difference among 0 and the places half way between neighbouring margins; the
    /// one nearest to 0 of several.
    /// - Parameter isAllowed: asked in ascending order.
    mutating func bestThreshold(where isAllowed: (Float) -> Bool) -> Float {
        var (best, least) = (Float(0), Double.infinity)
        func consider(_ threshold: Float, _ difference: Double) {
            guard difference < least || (difference == least && abs(threshold) < abs(best)), isAllowed(threshold)
            else { return }
            (best, least) = (threshold, difference)
        }
        var position = 0
        while position < order.count {
            let margin = margins[order[position]]
            let before = position == 0 ? nil : margins[order[position - 1]]
            // 0 itself, where the sweep passes it: margins of 0 are called negative.
            if margin > 0, before.map({ $0 <= 0 }) ?? true { consider(0, equalityDifference) }
            consider(before.map { $0 + (margin - $0) / 2 } ?? margin - 1, equalityDifference)
            while position < order.count, margins[order[position]] == margin {
                pass(order[position])
                position += 1
            }
        }
        if let last = order.last {
            if margins[last] <= 0 { consider(0, equalityDifference) }
            consider(margins[last] + 1, equalityDifference)
        }
        return best
    }

    /// The threshold has reached an example, which is now predicted negative.
    private mutating func pass(_ example: Int) {
        guard !groupsOfExamples[example].isEmpty else { return }
        overall.callNegative(labels[example])
        for group in groupsOfExamples[example] { groups[group].callNegative(labels[example]) }
    }
}

/// Accuracy at any threshold, by two sorted lists.
struct AccuracyByThreshold {
    private let positives: [Float]
    private let negatives: [Float]

    init(margins: [Float], labels: [Int]) {
        positives = zip(margins, labels).filter { $0.1 == 1 }.map(\.0).sorted()
        negatives = zip(margins, labels).filter { $0.1 != 1 }.map(\.0).sorted()
    }

    /// Share of examples that are called right when those above `threshold` are called positive.
    func accuracy(at threshold: Float) -> Double {
        let right = positives.count - Self.notAbove(threshold, in: positives) + Self.notAbove(threshold, in: negatives)
        return Double(right) / Double(positives.count + negatives.count)
    }

    /// How many of the ascending values are at most `threshold`.
    private static func notAbove(_ threshold: Float, in values: [Float]) -> Int {
        var (low, high) = (0, values.count)
        while low < high {
            let middle = (low + high) / 2
            if values[middle] <= threshold { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

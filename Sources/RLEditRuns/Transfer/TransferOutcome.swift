internal import Foundation
public import RLEditCore
public import RLEditLearners
public import RLEditTensor
internal import RLEditWorlds

/// What a trained policy does to pairs, measured.
public struct TransferOutcome {
    public let policy: UnitPolicyNetwork
    /// Training pairs, then validation pairs, then held-out pairs.
    public private(set) var pairs: [PairResult] = []
    /// What the policy saw of the units of some held-out pairs, and what it made of it.
    public private(set) var units: [UnitRecord] = []

    /// Held-out pairs whose units are written down.
    private static let describedPairs = 3

    /// - Parameter isRefined: false when the reward has failed: then held-out pairs are edited at once only.
    /// - Throws: ``WorldError``, or what the reward throws.
    public init(of loop: TransferLoop, seed: UInt64, pool: WorkerPool, isRefined: Bool = true) throws {
        policy = try loop.finalPolicy()
        let task = loop.task
        for (purpose, list) in [(PairResult.Purpose.training, task.problem.pairs), (.validation, task.validation)] {
            for pair in list {
                let edits = try PolicyApplication([policy], to: pair).edits
                pairs.append(
                    PairResult(
                        pair, purpose, isUnseenClass: false,
                        try TransferOutcome.accuracies(
                            pair.source, [(.before, pair.frames.map { _ in .unchanged }), (.meanPolicy, edits)])))
            }
        }
        let random = RandomStream(seed: seed)
        // Spread over networks and classes.
        let described = Set(
            (0..<TransferOutcome.describedPairs).map {
                $0 * (task.heldOut.count - 1) / (TransferOutcome.describedPairs - 1)
            })
        for (index, heldOut) in task.heldOut.enumerated() {
            let pair = heldOut.pair
            var stages: [(Stage, [LayerEdit])] = [(.before, pair.frames.map { _ in .unchanged })]
            let application = try PolicyApplication([policy], to: pair)
            stages += application.course.dropLast().enumerated().map { (.step($0 + 1), $1) }
            stages.append((.meanPolicy, application.edits))
            if isRefined, let refinement = task.refinement {
                stages.append(
                    (
                        .refined,
                        try PolicyApplication(
                            [policy], to: pair, refining: refinement.count, by: refinement.search,
                            reward: task.problem.reward, invalidRewards: task.problem.invalidRewards,
                            random: random.split("heldout", index)
                        ).edits
                    ))
            }
            let evaluator = try Evaluator(
                network: pair.evaluator.network, edited: pair.evaluator.layers, sets: heldOut.sets, pool: pool)
            pairs.append(
                PairResult(
                    pair, .heldOut, isUnseenClass: heldOut.isUnseenClass,
                    try TransferOutcome.accuracies(MetricSource(evaluator: evaluator), stages)))
            if described.contains(index) {
                units += UnitRecord.records(of: pair, policy, features: task.rules.features)
            }
        }
    }

    /// Accuracy on every set of each stage.
    private static func accuracies(
        _ source: MetricSource, _ stages: [(stage: Stage, edits: [LayerEdit])]
    ) throws -> [PairResult.SetResult] {
        let sets = source.evaluator.sets
        for set in sets.indices { source.selection.insert(.accuracy, set: set) }
        let batch = try source.evaluate(stages.map(\.edits))
        return try sets.enumerated().map { index, set in
            var result = PairResult.SetResult(set: set.name)
            for (candidate, stage) in stages.enumerated() {
                result.accuracy[stage.stage] = try batch.value(.accuracy, candidate: candidate, set: index)
            }
            return result
        }
    }

    /// Held-out sets over all pairs, for tables and summaries: mean, lowest and highest accuracy; pairs whose class training
    /// had met on other networks are in sets of their own.
    public var heldOutResults: [HeldOutResult] { PairResult.summary(of: pairs.filter { $0.purpose == .heldOut }) }
}

extension Stage {
    /// The policy's edit after a few evaluations of the reward.
    public static let refined = Stage("refined")
    /// After a step of the policy that is not its last, from 1.
    static func step(_ number: Int) -> Stage { Stage("step_\(number)") }
}

/// What a policy did to one pair.
public struct PairResult: Sendable, Equatable {
    public enum Purpose: String, Sendable, CaseIterable {
        case training, validation
        case heldOut = "heldout"
    }

    /// Accuracy on one set by stage.
    public struct SetResult: Sendable, Equatable {
        public let set: String
        public var accuracy = StageValues<Double>()
    }

    public let purpose: Purpose
    public let network: String
    public let label: String
    /// Whether training never met the class on any network.
    public let isUnseenClass: Bool
    /// Of training and validation pairs on the sets that the reward sees, of held-out pairs on sets of their own.
    public var sets: [SetResult]

    public init(purpose: Purpose, network: String, label: String, isUnseenClass: Bool, sets: [SetResult]) {
        self.purpose = purpose
        self.network = network
        self.label = label
        self.isUnseenClass = isUnseenClass
        self.sets = sets
    }

    init(_ pair: EditPair, _ purpose: Purpose, isUnseenClass: Bool, _ sets: [SetResult]) {
        self.init(
            purpose: purpose, network: pair.network, label: pair.label, isUnseenClass: isUnseenClass, sets: sets)
    }

    public func accuracy(_ set: String, _ stage: Stage) -> Double? {
        sets.first { $0.set == set }?.accuracy[stage]
    }

    static func summary(of pairs: [PairResult]) -> [HeldOutResult] {
        var results: [HeldOutResult] = []
        let unseen = pairs.filter(\.isUnseenClass)
        let seen = pairs.filter { !$0.isUnseenClass }
        for (group, suffix) in [(unseen, ""), (seen, unseen.isEmpty ? "" : "_seen_class")] {
            for set in group.first?.sets.map(\.set) ?? [] {
                var result = HeldOutResult(set: set + suffix)
                for stage in [Stage.before, .meanPolicy, .refined] {
                    let values = group.compactMap { $0.accuracy(set, stage) }
                    guard let lowest = values.min(), let highest = values.max() else { continue }
                    result[stage] = [
                        NamedNumber("accuracy", values.reduce(0, +) / Double(values.count)),
                        NamedNumber("lowest_accuracy", lowest), NamedNumber("highest_accuracy", highest),
                    ]
                }
                results.append(result)
            }
        }
        return results
    }
}

/// One unit as the policy saw it, and its entries of the factors.
public struct UnitRecord: Sendable, Equatable {
    public let network: String
    public let label: String
    public let layer: String
    /// `inputs` or `outputs`.
    public let side: String
    /// From 1.
    public let unit: Int
    /// One for each column of the rank.
    public let factors: [Double]
    public let features: [NamedNumber]

    public init(
        network: String, label: String, layer: String, side: String, unit: Int, factors: [Double],
        features: [NamedNumber]
    ) {
        self.network = network
        self.label = label
        self.layer = layer
        self.side = side
        self.unit = unit
        self.factors = factors
        self.features = features
    }

    static func records(of pair: EditPair, _ policy: UnitPolicyNetwork, features set: UnitFeatureSet) -> [UnitRecord] {
        let names = set.features.map(\.name) + (0..<set.customCount).map { "custom_\($0 + 1)" }
        let rank = policy.shape.rank
        var records: [UnitRecord] = []
        for (features, frame) in zip(pair.features, pair.frames) {
            let factors = policy.factors(for: features)
            func add(_ side: String, _ tensor: Tensor, _ factor: (Int, Int) -> Float) {
                let values = tensor.scalars
                for unit in 0..<tensor.shape[0] {
                    records.append(
                        UnitRecord(
                            network: pair.network, label: pair.label, layer: frame.layer.name, side: side,
                            unit: unit + 1, factors: (0..<rank).map { Double(factor(unit, $0)) },
                            features: names.enumerated().map {
                                NamedNumber($0.element, Double(values[unit * names.count + $0.offset]))
                            }))
                }
            }
            add("outputs", features.outputs) { factors.outputs[$0 * rank + $1] }
            add("inputs", features.inputs) { factors.inputs[$1 * frame.inputs + $0] }
        }
        return records
    }
}

internal import RLEditCore
internal import RLEditTensor

/// The measures of two classes and of the groups of a set, from what was counted.
///
/// A measure without a value (a group of one class, a share of nothing) throws
/// ``WorldError/undefinedMetric(metric:set:reason:)`` with the reason; it is never 0 or NaN. A mean, sum or difference
/// over groups is undefined when it is for one of them.
public struct BinaryMeasures: Sendable {
    private typealias List = MarginLayout.List
    private let layout: MarginLayout
    private let counts: MarginCounts

    init(layout: MarginLayout, counts: MarginCounts) {
        self.layout = layout
        self.counts = counts
    }

    /// Names of the groups, in their order.
    public var groupNames: [String] { layout.groupNames }

    /// Number of examples of a group.
    public func count(group: Int) -> Int { layout.sizes[List.group(group)] + layout.sizes[List.group(group) + 1] }

    /// - Throws: ``WorldError/undefinedMetric(metric:set:reason:)``; ``WorldError/invalidSet(name:message:)`` when scores
    ///   are not finite.
    public func value(_ metric: BinaryMetric) throws(WorldError) -> Double {
        try requireFinite()
        let name = metric.name
        let whole = Rates(self, name, counts.above)
        switch metric {
        case .precision: return try whole.precision()
        case .recall, .truePositiveRate: return try whole.truePositiveRate()
        case .f1: return try whole.f1()
        case .falsePositiveRate: return try whole.falsePositiveRate()
        case .falseNegativeRate: return 1 - (try whole.truePositiveRate())
        case .fped: return try falsePositiveDifference(name, counts.above)
        case .fned: return try falseNegativeDifference(name, counts.above)
        case .equalityDifference: return try equalityDifference(name, counts.above)
        case .errorDifferenceAtEER: return try equalityDifference(name, try equalError(name).above)
        case .equalErrorThreshold: return Double(try equalError(name).threshold)
        case .auc: return try auc(name)
        case .meanSubgroupAUC: return try mean(name) { group throws(WorldError) in try subgroupAUC(name, group) }
        case .meanBpsnAUC: return try mean(name) { group throws(WorldError) in try bpsnAUC(name, group) }
        case .meanBnspAUC: return try mean(name) { group throws(WorldError) in try bnspAUC(name, group) }
        case .finalAUC:
            let subgroup = try mean(name) { group throws(WorldError) in try subgroupAUC(name, group) }
            let bpsn = try mean(name) { group throws(WorldError) in try bpsnAUC(name, group) }
            let bnsp = try mean(name) { group throws(WorldError) in try bnspAUC(name, group) }
            return (try auc(name) + subgroup + bpsn + bnsp) / 4
        case .demographicParityDifference:
            return try range(name) { group throws(WorldError) in try positiveRate(name, group) }
        case .equalisedOddsDifference:
            let truePositive = try range(name) { group throws(WorldError) in
                try Rates(self, name, counts.above, group).truePositiveRate()
            }
            let falsePositive = try range(name) { group throws(WorldError) in
                try Rates(self, name, counts.above, group).falsePositiveRate()
            }
            return max(truePositive, falsePositive)
        }
    }

    /// Share of examples predicted correctly, 0 … 1.
    /// - Throws: as ``value(_:)``.
    public func accuracy() throws(WorldError) -> Double {
        try requireFinite()
        return try Rates(self, "accuracy", counts.above).accuracy()
    }

    /// A measure of one group.
    /// - Throws: as ``value(_:)``.
    public func value(_ metric: GroupMetric, group: Int) throws(WorldError) -> Double {
        try requireFinite()
        let name = "groups.\(layout.groupNames[group]).\(metric.name)"
        let rates = Rates(self, name, counts.above, group)
        switch metric {
        case .accuracy: return try rates.accuracy()
        case .positiveRate: return try positiveRate(name, group)
        case .truePositiveRate: return try rates.truePositiveRate()
        case .falsePositiveRate: return try rates.falsePositiveRate()
        case .falseNegativeRate: return 1 - (try rates.truePositiveRate())
        case .auc: return try subgroupAUC(name, group)
        case .bpsnAUC: return try bpsnAUC(name, group)
        case .bnspAUC: return try bnspAUC(name, group)
        }
    }

    // MARK: - Rates (Dixon et al. 2018)

    /// Σ_t |FPR − FPR_t|, the overall rate over the examples of all groups.
    fileprivate func falsePositiveDifference(_ name: String, _ above: [Int64]) throws(WorldError) -> Double {
        try requireGroups(name)
        let overall = try Rates(self, name, above, grouped: true).falsePositiveRate()
        var sum = 0.0
        for group in layout.groupNames.indices {
            sum += abs(overall - (try Rates(self, name, above, group).falsePositiveRate()))
        }
        return sum
    }

    /// Σ_t |FNR − FNR_t|, which equals the sum over true positive rates.
    fileprivate func falseNegativeDifference(_ name: String, _ above: [Int64]) throws(WorldError) -> Double {
        try requireGroups(name)
        let overall = try Rates(self, name, above, grouped: true).truePositiveRate()
        var sum = 0.0
        for group in layout.groupNames.indices {
            sum += abs(overall - (try Rates(self, name, above, group).truePositiveRate()))
        }
        return sum
    }

    /// FPED + FNED for examples above some threshold.
    func equalityDifference(_ name: String, _ above: [Int64]) throws(WorldError) -> Double {
        try requireFinite()
        return try falsePositiveDifference(name, above) + falseNegativeDifference(name, above)
    }

    private func equalError(_ name: String) throws(WorldError) -> (threshold: Float, above: [Int64]) {
        try requireGroups(name)
        guard let equalError = counts.equalError else {
            let missing = layout.sizes[List.grouped + 1] == 0 ? 1 : 0
            throw undefined(name, "its groups hold no example of class \(missing)")
        }
        return equalError
    }

    private func positiveRate(_ name: String, _ group: Int) throws(WorldError) -> Double {
        let all = count(group: group)
        guard all > 0 else { throw undefined(name, "group '\(layout.groupNames[group])' holds no example") }
        let list = List.group(group)
        return Double(counts.above[list] + counts.above[list + 1]) / Double(all)
    }

    // MARK: - Areas (Borkan et al. 2019)

    private func auc(_ name: String) throws(WorldError) -> Double {
        try area(name, counts.allPairs ?? 0, layout.positives, layout.negatives, "it holds")
    }

    private func subgroupAUC(_ name: String, _ group: Int) throws(WorldError) -> Double {
        let list = List.group(group)
        return try area(
            name, counts.pairs[group].within, layout.sizes[list + 1], layout.sizes[list],
            "group '\(layout.groupNames[group])' holds")
    }

    /// Background positive, subgroup negative: all positives but those of the group, and those of which no group is known.
    private func bpsnAUC(_ name: String, _ group: Int) throws(WorldError) -> Double {
        let list = List.group(group)
        let pairs = counts.pairs[group]
        return try area(
            name, pairs.allOfGroup - pairs.within, layout.knownPositives - layout.sizes[list + 1], layout.sizes[list],
            "the background and group '\(layout.groupNames[group])' hold")
    }

    /// Background negative, subgroup positive.
    private func bnspAUC(_ name: String, _ group: Int) throws(WorldError) -> Double {
        let list = List.group(group)
        let pairs = counts.pairs[group]
        return try area(
            name, pairs.groupOfAll - pairs.within, layout.sizes[list + 1], layout.knownNegatives - layout.sizes[list],
            "group '\(layout.groupNames[group])' and the background hold")
    }

    private func area(
        _ name: String, _ doubledPairs: Int64, _ positives: Int, _ negatives: Int, _ holder: String
    ) throws(WorldError) -> Double {
        guard positives > 0 else { throw undefined(name, "\(holder) no example of class 1") }
        guard negatives > 0 else { throw undefined(name, "\(holder) no example of class 0") }
        return Double(doubledPairs) / 2 / Double(positives) / Double(negatives)
    }

    /// Generalized mean of power −5: (mean of m⁻⁵)^(−1/5). One value of 0 makes it 0.
    private func mean(
        _ name: String, _ value: (Int) throws(WorldError) -> Double
    ) throws(WorldError) -> Double {
        try requireGroups(name)
        var sum = 0.0
        for group in layout.groupNames.indices {
            let value = try value(group)
            sum += 1 / (value * value * value * value * value)
        }
        let mean = sum / Double(layout.groupNames.count)
        return mean.isFinite ? PortableMath.exp(-0.2 * PortableMath.log(mean)) : 0
    }

    /// Largest minus smallest value of a group.
    private func range(
        _ name: String, _ value: (Int) throws(WorldError) -> Double
    ) throws(WorldError) -> Double {
        try requireGroups(name)
        var (low, high) = (Double.infinity, -Double.infinity)
        for group in layout.groupNames.indices {
            let value = try value(group)
            low = min(low, value)
            high = max(high, value)
        }
        return high - low
    }

    // MARK: - What there must be

    private func requireGroups(_ name: String) throws(WorldError) {
        if layout.groupNames.isEmpty { throw undefined(name, "it has no groups") }
    }

    private func requireFinite() throws(WorldError) {
        guard counts.notFinite == 0 else {
            throw .invalidSet(name: layout.set, message: "has scores that are not finite numbers")
        }
    }

    private func undefined(_ name: String, _ reason: String) -> WorldError {
        .undefinedMetric(metric: name, set: layout.set, reason: reason)
    }

    /// Shares of the examples of a whole set, of all groups together, or of one group, above some threshold.
    private struct Rates {
        private let owner: BinaryMeasures
        private let name: String
        private let holder: String
        private let negatives: Int
        private let positives: Int
        private let falsePositives: Int
        private let truePositives: Int

        /// The whole set.
        init(_ owner: BinaryMeasures, _ name: String, _ above: [Int64]) {
            self.init(owner, name, above, lists: [List.ungrouped, List.grouped], "it holds")
        }

        /// The examples that belong to any group.
        init(_ owner: BinaryMeasures, _ name: String, _ above: [Int64], grouped: Bool) {
            self.init(owner, name, above, lists: [List.grouped], "its groups hold")
        }

        init(_ owner: BinaryMeasures, _ name: String, _ above: [Int64], _ group: Int) {
            self.init(
                owner, name, above, lists: [List.group(group)], "group '\(owner.layout.groupNames[group])' holds")
        }

        private init(_ owner: BinaryMeasures, _ name: String, _ above: [Int64], lists: [Int], _ holder: String) {
            self.owner = owner
            self.name = name
            self.holder = holder
            let sizes = owner.layout.sizes
            negatives = lists.reduce(0) { $0 + sizes[$1] }
            positives = lists.reduce(0) { $0 + sizes[$1 + 1] }
            // Empty until it is counted, which callers do first.
            falsePositives = above.isEmpty ? 0 : lists.reduce(0) { $0 + Int(above[$1]) }
            truePositives = above.isEmpty ? 0 : lists.reduce(0) { $0 + Int(above[$1 + 1]) }
        }

        func truePositiveRate() throws(WorldError) -> Double {
            guard positives > 0 else { throw owner.undefined(name, "\(holder) no example of class 1") }
            return Double(truePositives) / Double(positives)
        }

        func falsePositiveRate() throws(WorldError) -> Double {
            guard negatives > 0 else { throw owner.undefined(name, "\(holder) no example of class 0") }
            return Double(falsePositives) / Double(negatives)
        }

        func precision() throws(WorldError) -> Double {
            let predicted = truePositives + falsePositives
            guard predicted > 0 else { throw owner.undefined(name, "no example is predicted positive") }
            return Double(truePositives) / Double(predicted)
        }

        /// 2 TP / (2 TP + FP + FN).
        func f1() throws(WorldError) -> Double {
            let sum = truePositives + falsePositives + positives
            guard sum > 0 else { throw owner.undefined(name, "no example is or is predicted positive") }
            return 2 * Double(truePositives) / Double(sum)
        }

        func accuracy() throws(WorldError) -> Double {
            guard positives + negatives > 0 else { throw owner.undefined(name, "\(holder) no example") }
            return Double(truePositives + negatives - falsePositives) / Double(positives + negatives)
        }
    }
}

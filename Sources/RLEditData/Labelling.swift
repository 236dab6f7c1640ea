/// What is known of each example of a set beside what enters a network; in the order of the set.
package struct Labelling: Sendable, Equatable {
    /// From 0 on.
    package let labels: [Int32]
    /// What the labels 0, 1, … are called; empty where nobody said.
    package let classNames: [String]
    /// Named groups and who belongs to them; nil for none.
    package let groups: ExampleGroups?
    /// How much each example counts in training, none negative and not all 0; nil where all count the same.
    package let weights: [Float]?

    var count: Int { labels.count }

    /// Parts already checked.
    init(_ labels: [Int32], classNames: [String] = [], groups: ExampleGroups? = nil, weights: [Float]? = nil) {
        self.labels = labels
        self.classNames = classNames
        self.groups = groups
        self.weights = weights
    }

    /// - Throws: ``DataError/labelOutOfRange(source:position:label:classes:)`` naming the set.
    init(_ labels: [Int], classNames: [String] = [], of name: String) throws(DataError) {
        let largest = Int(Int32.max)
        if let position = labels.firstIndex(where: { $0 < 0 || $0 >= largest }) {
            throw .labelOutOfRange(source: name, position: position, label: labels[position], classes: largest)
        }
        self.init(labels.map { Int32($0) }, classNames: classNames)
    }

    /// - Throws: ``DataError/invalidGroups(_:)`` for memberships of another number of examples.
    func withGroups(_ groups: ExampleGroups?) throws(DataError) -> Labelling {
        if let groups, groups.exampleCount != count {
            throw .invalidGroups(.countMismatch(examples: count, memberships: groups.exampleCount))
        }
        return Labelling(labels, classNames: classNames, groups: groups, weights: weights)
    }

    /// - Throws: ``DataError/invalidWeights(_:)``.
    func withWeights(_ weights: [Float]?) throws(DataError) -> Labelling {
        if let weights {
            guard weights.count == count else { throw .invalidWeights(.count(weights: weights.count, examples: count)) }
            for (position, weight) in weights.enumerated() where !(weight >= 0 && weight.isFinite) {
                throw .invalidWeights(.value(weight, position: position))
            }
            guard weights.isEmpty || weights.contains(where: { $0 > 0 }) else { throw .invalidWeights(.allZero) }
        }
        return Labelling(labels, classNames: classNames, groups: groups, weights: weights)
    }

    /// - Parameter label: asked once for each label that occurs, by ascending label.
    /// - Throws: ``DataError/labelOutOfRange(source:position:label:classes:)`` naming the set, or what `label` throws.
    func relabelled(of name: String, _ label: (Int) throws -> Int) throws -> Labelling {
        var results: [Int32: Int] = [:]
        for (old, _) in classCounts { results[Int32(truncatingIfNeeded: old)] = try label(old) }
        let changed = try Labelling(labels.map { results[$0] ?? 0 }, of: name)
        return Labelling(changed.labels, groups: groups, weights: weights)
    }

    /// Those of the examples that `indices` names, in that order; indices already checked.
    func selecting(_ indices: some Collection<Int>) -> Labelling {
        Labelling(
            indices.map { labels[$0] }, classNames: classNames, groups: groups?.selecting(indices),
            weights: weights.map { weights in indices.map { weights[$0] } })
    }

    /// Those of this set, then those of the other. Groups of one name become one group. Where only one set has weights, the
    /// others are 1. Names of classes stay where both have the same.
    func joined(with other: Labelling) -> Labelling {
        let ones = { (count: Int) in [Float](repeating: 1, count: count) }
        let isWeighted = weights != nil || other.weights != nil
        return Labelling(
            labels + other.labels, classNames: classNames == other.classNames ? classNames : [],
            groups: ExampleGroups.joined(groups, count, other.groups, other.count),
            weights: isWeighted ? (weights ?? ones(count)) + (other.weights ?? ones(other.count)) : nil)
    }

    /// Number of examples of each label that occurs, by ascending label.
    var classCounts: [(label: Int, count: Int)] {
        var counts: [Int32: Int] = [:]
        for label in labels { counts[label, default: 0] += 1 }
        return counts.keys.sorted().map { (Int($0), counts[$0, default: 0]) }
    }

    /// What a label is called: its name, or its number.
    func className(_ label: Int) -> String {
        classNames.indices.contains(label) ? classNames[label] : "\(label)"
    }

    /// Counts of labels and of groups for the description of a set, for example `; labels cat: 10, dog: 12; 2 groups`.
    var summary: String {
        let counts = classCounts
        let shown = counts.prefix(20).map { "\(className($0.label)): \($0.count)" }.joined(separator: ", ")
        let rest = counts.count > 20 ? ", … (\(counts.count) labels)" : ""
        return (counts.isEmpty ? "" : "; labels \(shown)\(rest)")
            + (groups.map { "; \($0.names.count) group\($0.names.count == 1 ? "" : "s")" } ?? "")
            + (weights == nil ? "" : "; weighted")
    }
}

/// Weights that cannot be.
public enum WeightFault: Equatable, Sendable, CustomStringConvertible {
    case count(weights: Int, examples: Int)
    /// `position` is 0-based.
    case value(Float, position: Int)
    case allZero

    public var description: String {
        switch self {
        case .count(let weights, let examples): "\(weights) weights for \(examples) examples"
        case .value(let weight, let position):
            "weight \(weight) of example \(position + 1): a finite number, 0 or more, expected"
        case .allZero: "all weights are 0: no example would count"
        }
    }
}

extension ExampleSet {
    /// The same examples with other labels; names of classes are dropped.
    /// - Parameter label: asked once for each label that occurs, by ascending label.
    /// - Throws: ``DataError/labelOutOfRange(source:position:label:classes:)``, or what `label` throws.
    public func relabelled(_ label: (Int) throws -> Int) throws -> ExampleSet {
        with(try labelling.relabelled(of: name, label))
    }

    /// The same examples with these weights in training, whose scale does not matter; nil for the same weight for all.
    /// - Throws: ``DataError/invalidWeights(_:)``.
    public func withWeights(_ weights: [Float]?) throws(DataError) -> ExampleSet {
        with(try labelling.withWeights(weights))
    }
}

extension TextSet {
    /// The same texts with other labels; names of classes are dropped.
    /// - Parameter label: asked once for each label that occurs, by ascending label.
    /// - Throws: ``DataError/labelOutOfRange(source:position:label:classes:)``, or what `label` throws.
    public func relabelled(_ label: (Int) throws -> Int) throws -> TextSet {
        with(try labelling.relabelled(of: name, label))
    }
}

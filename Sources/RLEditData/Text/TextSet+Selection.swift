internal import RLEditTensor

extension TextSet {
    /// The texts that `indices` names, in that order; an index may come more than once.
    /// - Throws: ``DataError/indexOutOfRange(operation:index:count:)``.
    public func subset(_ indices: some Collection<Int>) throws(DataError) -> TextSet {
        for index in indices where index < 0 || index >= count {
            throw .indexOutOfRange(operation: "subset", index: index, count: count)
        }
        return selecting(indices)
    }

    /// Two sets: the texts whose label satisfies the predicate, and the rest; both in the order of this set. The predicate
    /// is asked once for each label that occurs.
    public func partition<Failure: Error>(where predicate: (_ label: Int) throws(Failure) -> Bool) throws(Failure) -> (
        matching: TextSet, rest: TextSet
    ) {
        var answers: [Int32: Bool] = [:]
        for (label, _) in classCounts { answers[Int32(label)] = try predicate(label) }
        return try divide { index throws(Failure) in answers[orderedLabels[index]] == true }
    }

    /// Two sets: the texts that satisfy the predicate, which gets their index, and the rest; both in the order of this set.
    public func divide<Failure: Error>(where predicate: (_ index: Int) throws(Failure) -> Bool) throws(Failure) -> (
        matching: TextSet, rest: TextSet
    ) {
        var matching: [Int] = []
        var rest: [Int] = []
        for index in 0..<count {
            if try predicate(index) { matching.append(index) } else { rest.append(index) }
        }
        return (selecting(matching), selecting(rest))
    }

    /// The first `count` texts.
    /// - Throws: ``DataError/tooFewExamples(operation:set:requested:available:)`` when the set holds fewer.
    public func take(_ requested: Int) throws(DataError) -> TextSet {
        try checkCount(requested, operation: "take")
        return selecting(0..<requested)
    }

    /// All texts but the first `count`.
    /// - Throws: ``DataError/tooFewExamples(operation:set:requested:available:)``.
    public func drop(_ requested: Int) throws(DataError) -> TextSet {
        try checkCount(requested, operation: "drop")
        return selecting(requested..<count)
    }

    /// The texts in an order drawn from the seed alone: the same on every machine, and that of an ``ExampleSet`` of as
    /// many examples.
    public func shuffled(seed: UInt64) -> TextSet {
        var stream = RandomStream(seed: seed, name: "shuffle")
        return selecting(stream.permutation(count))
    }

    /// Consecutive parts, each this fraction of the texts (their bounds rounded to the nearest count); what is beyond
    /// their sum comes last, as one more part, unless the fractions sum to 1.
    /// - Throws: ``DataError/invalidArgument(operation:message:)`` for fractions outside 0 ... 1, or a larger sum.
    public func split(fractions: [Double]) throws(DataError) -> [TextSet] {
        var sum = 0.0
        var start = 0
        var parts: [TextSet] = []
        for fraction in fractions {
            sum += fraction
            guard fraction >= 0, sum <= 1 + 1e-9 else {
                throw .invalidArgument(
                    operation: "split",
                    message: "fractions must be within 0 and 1 and sum to at most 1, got \(fractions)")
            }
            let end = min(count, Int((sum * Double(count)).rounded()))
            parts.append(selecting(start..<end))
            start = end
        }
        if sum < 1 - 1e-9 { parts.append(selecting(start..<count)) }
        return parts
    }

    /// Consecutive parts of the given sizes; texts beyond their sum are left out.
    /// - Throws: ``DataError/tooFewExamples(operation:set:requested:available:)`` when the sizes pass the set's.
    public func split(counts: [Int]) throws(DataError) -> [TextSet] {
        var sum = 0
        for part in counts {
            let (next, overflow) = sum.addingReportingOverflow(part)
            guard part >= 0, !overflow else {
                throw .invalidArgument(operation: "split", message: "sizes must not be negative, got \(counts)")
            }
            sum = next
        }
        try checkCount(sum, operation: "split")
        var start = 0
        return counts.map { part in
            defer { start += part }
            return selecting(start..<start + part)
        }
    }

    /// The texts of this set, then those of the other, under this set's name. Groups of one name become one group.
    public func concat(_ other: TextSet) throws(DataError) -> TextSet {
        guard count + other.count <= Int(Int32.max) else {
            throw .invalidArgument(operation: "concat", message: "more texts than a set can hold")
        }
        let labelling = labelling.joined(with: other.labelling)
        let sources = source == other.source ? source : "\(source)+\(other.source)"
        if storage === other.storage {
            return TextSet(
                name: name, source: sources, storage: storage, order: order + other.order,
                labelling: labelling)
        }
        var texts = TextStorage.Builder()
        for set in [self, other] {
            for index in 0..<set.count { set.withText(index) { texts.append($0) } }
        }
        return TextSet(
            name: name, source: sources, storage: texts.finish(), order: (0..<labelling.count).map { Int32($0) },
            labelling: labelling)
    }

    /// The same texts under another name.
    public func named(_ name: String) -> TextSet {
        TextSet(name: name, source: source, storage: storage, order: order, labelling: labelling)
    }

    /// The same texts with other labels, groups or weights.
    func with(_ labelling: Labelling) -> TextSet {
        TextSet(name: name, source: source, storage: storage, order: order, labelling: labelling)
    }

    /// The same texts with these groups instead of any they had; nil takes them away.
    /// - Throws: ``DataError/invalidGroups(_:)`` for memberships of another number of texts.
    public func withGroups(_ groups: ExampleGroups?) throws(DataError) -> TextSet {
        with(try labelling.withGroups(groups))
    }

    /// The texts that belong to one of the named groups at least, in the order of this set, with these groups only.
    /// - Throws: ``DataError/unknownGroup(set:name:known:)``; ``DataError/invalidGroups(_:)`` for a name given twice.
    public func inGroups(_ names: [String]) throws(DataError) -> TextSet {
        guard let groups else { throw .unknownGroup(set: name, name: names.first ?? "", known: []) }
        let (texts, restricted) = groups.restricted(to: try groups.indices(of: names, in: name))
        return try selecting(texts).withGroups(restricted)
    }

    /// Indices already checked.
    func selecting(_ indices: some Collection<Int>) -> TextSet {
        TextSet(
            name: name, source: source, storage: storage, order: indices.map { order[$0] },
            labelling: labelling.selecting(indices))
    }

    private func checkCount(_ requested: Int, operation: String) throws(DataError) {
        guard requested >= 0 else {
            throw .invalidArgument(operation: operation, message: "a count must not be negative, got \(requested)")
        }
        guard requested <= count else {
            throw .tooFewExamples(operation: operation, set: name, requested: requested, available: count)
        }
    }
}

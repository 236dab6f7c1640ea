public import RLEditTensor

extension ExampleSet {
    /// The examples that `indices` names, in that order; an index may come more than once.
    /// - Throws: ``DataError/indexOutOfRange(operation:index:count:)``.
    public func subset(_ indices: some Collection<Int>) throws(DataError) -> ExampleSet {
        for index in indices where index < 0 || index >= count {
            throw .indexOutOfRange(operation: "subset", index: index, count: count)
        }
        return selecting(indices)
    }

    /// Two sets: the examples whose label satisfies the predicate, and the rest; both in the order of this set.
    ///
    /// The predicate is asked once for each label that occurs, by ascending label, not once for each example.
    public func partition<Failure: Error>(where predicate: (_ label: Int) throws(Failure) -> Bool) throws(Failure) -> (
        matching: ExampleSet, rest: ExampleSet
    ) {
        var answers: [Int32: Bool] = [:]
        for (label, _) in classCounts { answers[Int32(label)] = try predicate(label) }
        var matching: [Int] = []
        var rest: [Int] = []
        for index in 0..<count {
            if answers[orderedLabels[index]] == true { matching.append(index) } else { rest.append(index) }
        }
        return (selecting(matching), selecting(rest))
    }

    /// The first `count` examples.
    /// - Throws: ``DataError/tooFewExamples(operation:set:requested:available:)`` when the set holds fewer: a task that
    ///   asked for 500 examples must not run on 300 unnoticed.
    public func take(_ requested: Int) throws(DataError) -> ExampleSet {
        try checkCount(requested, operation: "take")
        return selecting(0..<requested)
    }

    /// All examples but the first `count`.
    /// - Throws: ``DataError/tooFewExamples(operation:set:requested:available:)``.
    public func drop(_ requested: Int) throws(DataError) -> ExampleSet {
        try checkCount(requested, operation: "drop")
        return selecting(requested..<count)
    }

    /// The examples in an order drawn from the seed alone: the same on every machine.
    public func shuffled(seed: UInt64) -> ExampleSet {
        var stream = RandomStream(seed: seed, name: "shuffle")
        return shuffled(using: &stream)
    }

    public func shuffled(using stream: inout RandomStream) -> ExampleSet { selecting(stream.permutation(count)) }

    /// The first part of the set and the rest; `fraction` in 0 ... 1 of the examples, rounded to the nearest count.
    public func split(fraction: Double) throws(DataError) -> (first: ExampleSet, rest: ExampleSet) {
        guard fraction >= 0, fraction <= 1 else {
            throw .invalidArgument(operation: "split", message: "a fraction must be within 0 and 1, got \(fraction)")
        }
        let first = Int((fraction * Double(count)).rounded())
        return (selecting(0..<first), selecting(first..<count))
    }

    /// Consecutive parts of the given sizes; examples beyond their sum are left out.
    /// - Throws: ``DataError/tooFewExamples(operation:set:requested:available:)`` when the sizes pass the set's.
    public func split(counts: [Int]) throws(DataError) -> [ExampleSet] {
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

    /// The examples of this set, then those of the other, under this set's name.
    ///
    /// Parts of one set are joined without copying; otherwise the inputs of both are copied. Groups of one name become
    /// one group; examples of a set without groups belong to none.
    /// - Throws: ``DataError/shapeMismatch(operation:expected:actual:)`` for examples of another shape.
    public func concat(_ other: ExampleSet) throws -> ExampleSet {
        guard exampleShape == other.exampleShape else {
            throw DataError.shapeMismatch(operation: "concat", expected: exampleShape, actual: other.exampleShape)
        }
        guard count + other.count <= Int(Int32.max) else {
            throw DataError.invalidArgument(operation: "concat", message: "more examples than a set can hold")
        }
        let labelling = labelling.joined(with: other.labelling)
        let sources = source == other.source ? source : "\(source)+\(other.source)"
        if storage.isSame(as: other.storage) {
            let rows = (0..<count).map { Int32(storageRow($0)) } + (0..<other.count).map { Int32(other.storageRow($0)) }
            return ExampleSet(
                name: name, source: sources, exampleShape: exampleShape, storage: storage, order: rows,
                labelling: labelling)
        }
        let joined = ExampleStorage(
            values: try joinedValues(with: other), exampleSize: storage.exampleSize, count: labelling.count,
            texts: try joinedTexts(with: other))
        return ExampleSet(
            name: name, source: sources, exampleShape: exampleShape, storage: joined, order: nil,
            labelling: labelling)
    }

    /// Bytes when both are bytes of one scale, floats otherwise.
    private func joinedValues(with other: ExampleSet) throws -> ExampleStorage.Values {
        if case .bytes(_, let scale) = storage.values, case .bytes(_, scale) = other.storage.values {
            var bytes: [UInt8] = []
            bytes.reserveCapacity((count + other.count) * storage.exampleSize)
            for set in [self, other] {
                set.storage.forEachRawExample(rows: (0..<set.count).lazy.map(set.storageRow)) {
                    bytes.append(contentsOf: $0)
                }
            }
            return .bytes(SharedBytes(bytes), scale)
        }
        if let joined = try joinedRows(with: other) { return .sparse(joined) }
        let shape = [count + other.count] + exampleShape
        let result = Tensor(uninitialized: shape, count: try Tensor.elementCount(of: shape))
        let all = UnsafeMutableBufferPointer(start: result.storage.pointer, count: result.count)
        let boundary = count * storage.exampleSize
        storage.copy(
            rows: (0..<count).lazy.map(storageRow), into: UnsafeMutableBufferPointer(rebasing: all[..<boundary]))
        other.storage.copy(
            rows: (0..<other.count).lazy.map(other.storageRow),
            into: UnsafeMutableBufferPointer(rebasing: all[boundary...]))
        return .floats(result)
    }

    private func joinedTexts(with other: ExampleSet) throws(DataError) -> TextSet? {
        guard let first = storage.texts, let second = other.storage.texts else { return nil }
        return try first.subset((0..<count).map(storageRow))
            .concat(second.subset((0..<other.count).map(other.storageRow)))
    }

    /// Indices already checked.
    func selecting(_ indices: some Collection<Int>) -> ExampleSet {
        ExampleSet(
            name: name, source: source, exampleShape: exampleShape, storage: storage,
            order: indices.map { Int32(storageRow($0)) }, labelling: labelling.selecting(indices))
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

internal import CKernels
internal import RLEditData
public import RLEditTensor

/// Candidates shared among the processes of a run.
///
/// Each process measures whole groups of candidates, cut as one process alone cuts them, or a part of their blocks of
/// examples where there are more processes than groups. Every product is of the same numbers and every sum in the same order
/// as in one process: results are the same to the bit for any number of processes.
extension Evaluator {
    /// Measures candidates; each is one edit per layer.
    /// - Returns: sums by candidate and set; those of sets that `selection` does not want stay empty.
    /// - Throws: ``WorldError/invalidEdit(layer:message:)`` for an edit of another shape than its layer.
    func evaluate(_ candidates: [[LayerEdit]], selection: MetricSelection) throws -> [[SetSums]] {
        // Margins are ranked over a whole set, so they are not shared by blocks.
        if let processes = together, groups(of: candidates.count) < processes.count,
            margins?.isWanted(selection) != true
        {
            for candidate in candidates { try requireFit(candidate) }
            let share = processes.share(of: units(of: candidates.count).count, inGroupsOf: 1)
            let own = try measure(candidates, units: share, selection: selection).flatMap(\.words)
            let all = try processes.gather(own, for: .measures).flatMap(\.self)
            return total(
                try SetSums.read(all, count: candidates.count * cache.blocks.count), of: candidates.count)
        }
        let all = try shared(candidates, for: .measures) { own in
            try evaluateHere(own, selection: selection).flatMap { $0.flatMap(\.words) }
        }
        guard let all else { return try evaluateHere(candidates, selection: selection) }
        let measured = try SetSums.read(all, count: candidates.count * sets.count)
        return candidates.indices.map { Array(measured[$0 * sets.count..<($0 + 1) * sets.count]) }
    }

    /// Scores of candidates for every example of a set, `[examples, classes]` each.
    /// - Throws: ``WorldError/invalidEdit(layer:message:)`` for an edit of another shape than its layer.
    public func scores(of candidates: [[LayerEdit]], set: Int) throws -> [Tensor] {
        let all = try shared(candidates, for: .scores) { own in
            try scoresHere(of: own, set: set).flatMap { $0.scalars.map { UInt64($0.bitPattern) } }
        }
        guard let all else { return try scoresHere(of: candidates, set: set) }
        let shape = [sets[set].examples.count, classes]
        let size = shape[0] * shape[1]
        guard all.count == candidates.count * size else {
            throw ProcessGroupError.incomplete(got: all.count, expected: candidates.count * size)
        }
        return try candidates.indices.map { candidate in
            try Tensor(shape: shape) { buffer in
                for index in buffer.indices {
                    buffer[index] = Float(bitPattern: UInt32(truncatingIfNeeded: all[candidate * size + index]))
                }
            }
        }
    }

    /// Has each process measure its part of the candidates.
    /// - Parameter measure: what a process finds of its own part, as words.
    /// - Returns: the words of all processes, in the order of the candidates; nil where this process works alone.
    private func shared(
        _ candidates: [[LayerEdit]], for purpose: ProcessGroup.Purpose,
        _ measure: (_ own: [[LayerEdit]]) throws -> [UInt64]
    ) throws -> [UInt64]? {
        guard let processes = together else { return nil }
        // A process that fails alone would leave the others waiting. So all of them check all candidates.
        for candidate in candidates { try requireFit(candidate) }
        let share = processes.share(of: candidates.count, inGroupsOf: groupSize)
        return try processes.gather(try measure(Array(candidates[share])), for: purpose).flatMap(\.self)
    }

    /// The processes that measure now what this one does; nil where it works alone.
    private var together: ProcessGroup? { pool.processes.flatMap { $0.isTogether ? $0 : nil } }
}

/// As words that travel between processes.
extension SetSums {
    fileprivate var words: [UInt64] {
        [UInt64(bitPattern: Int64(correct))]
            + [softmax.loss, softmax.confidence, softmax.trueProbability, softmax.margin, softmax.entropy]
            .map(\.bitPattern) + (margins.map { [1] + $0.words } ?? [0])
    }

    /// As many as are expected, and no word more.
    /// - Throws: ``ProcessGroupError/incomplete(got:expected:)``.
    fileprivate static func read(_ all: [UInt64], count: Int) throws -> [SetSums] {
        var words = all[...]
        let result = try (0..<count).map { _ in try SetSums(&words) }
        guard words.isEmpty else {
            throw ProcessGroupError.incomplete(got: all.count, expected: all.count - words.count)
        }
        return result
    }

    /// Takes the words of one from the front.
    private init(_ words: inout ArraySlice<UInt64>) throws(ProcessGroupError) {
        correct = Int(try words.takeInteger())
        softmax.loss = Double(bitPattern: try words.take())
        softmax.confidence = Double(bitPattern: try words.take())
        softmax.trueProbability = Double(bitPattern: try words.take())
        softmax.margin = Double(bitPattern: try words.take())
        softmax.entropy = Double(bitPattern: try words.take())
        if try words.take() == 1 { margins = try MarginCounts(&words) }
    }
}

extension MarginCounts {
    fileprivate var words: [UInt64] {
        let pairs = self.pairs.flatMap { [$0.within, $0.groupOfAll, $0.allOfGroup] }
        var integers = [Int64(notFinite), Int64(above.count)] + above
        integers += (allPairs.map { [1, $0] } ?? [0]) + [Int64(pairs.count)] + pairs
        if let equalError {
            integers += [1, Int64(equalError.threshold.bitPattern), Int64(equalError.above.count)] + equalError.above
        } else {
            integers.append(0)
        }
        return integers.map { UInt64(bitPattern: $0) }
    }

    fileprivate init(_ words: inout ArraySlice<UInt64>) throws(ProcessGroupError) {
        notFinite = Int(try words.takeInteger())
        above = try words.takeIntegers()
        if try words.take() == 1 { allPairs = try words.takeInteger() }
        let numbers = try words.takeIntegers()
        pairs = stride(from: 0, to: numbers.count / 3 * 3, by: 3).map {
            Pairs(within: numbers[$0], groupOfAll: numbers[$0 + 1], allOfGroup: numbers[$0 + 2])
        }
        if try words.take() == 1 {
            let threshold = Float(bitPattern: UInt32(truncatingIfNeeded: try words.take()))
            equalError = (threshold, try words.takeIntegers())
        }
    }
}

extension ArraySlice<UInt64> {
    fileprivate mutating func take() throws(ProcessGroupError) -> UInt64 {
        guard let word = popFirst() else { throw .incomplete(got: 0, expected: 1) }
        return word
    }

    fileprivate mutating func takeInteger() throws(ProcessGroupError) -> Int64 { Int64(bitPattern: try take()) }

    /// A count and as many integers.
    fileprivate mutating func takeIntegers() throws(ProcessGroupError) -> [Int64] {
        let number = try take()
        guard number <= UInt64(count) else { throw .incomplete(got: count, expected: Int(clamping: number)) }
        defer { removeFirst(Int(number)) }
        return prefix(Int(number)).map { Int64(bitPattern: $0) }
    }
}

internal import CKernels
internal import RLEditData

/// Which examples of one set are positive and which belong to which groups, laid out for counting. It is made once for a
/// set. Only the margins differ between candidates.
final class MarginLayout: Sendable {
    /// Lists of examples that are counted together: each kind's negatives at an even place, its positives after them.
    enum List {
        static let ungrouped = 0
        static let grouped = 2
        /// Negatives of a group.
        static func group(_ index: Int) -> Int { 4 + 2 * index }
    }

    /// For messages.
    let set: String
    let groupNames: [String]
    /// Number of examples.
    let count: Int
    /// Number of examples by list.
    let sizes: [Int]

    /// Examples in the order in which they are ranked: positives first, so that they come first among equal margins.
    private let order: [Int32]
    private let tags: [UInt32]
    /// List `k` holds the examples `members[starts[k] ..< starts[k + 1]]`.
    private let starts: [Int64]
    private let members: [Int32]
    private let groups: ExampleGroups?
    /// The same order without examples whose groups are not known, which no group is compared with; nil where all are.
    private let known: (order: [Int32], tags: [UInt32], positives: Int)?

    /// - Parameter labels: 0 or 1 for each example.
    /// - Throws: ``WorldError/invalidSet(name:message:)`` for more examples than can be ranked.
    init(set: String, labels: [Int32], groups: ExampleGroups?) throws(WorldError) {
        guard labels.count < Int(RL_TAG_NUMBER), (groups?.names.count ?? 0) < Int(RL_TAG_NUMBER) else {
            throw .invalidSet(name: set, message: "holds more examples or groups than can be ranked")
        }
        self.set = set
        self.groups = groups
        count = labels.count
        groupNames = groups?.names ?? []
        var tagOfExample = [UInt32](repeating: 0, count: labels.count)
        var lists = [[Int32]](repeating: [], count: List.group(groupNames.count))
        for (example, label) in labels.enumerated() {
            let positive = label == 1 ? 1 : 0
            let index = Int32(truncatingIfNeeded: example)
            var tag: UInt32 = 0
            if let groups {
                let own = groups.flat[Int(groups.offsets[example])..<Int(groups.offsets[example + 1])]
                for group in own { lists[List.group(Int(group)) + positive].append(index) }
                if own.count == 1, let group = own.first { tag = UInt32(truncatingIfNeeded: group) + 1 }
                if own.count > 1 { tag = RL_TAG_SEVERAL | UInt32(truncatingIfNeeded: example) }
            }
            lists[(tag == 0 ? List.ungrouped : List.grouped) + positive].append(index)
            tagOfExample[example] = positive == 1 ? tag | RL_TAG_POSITIVE : tag
        }
        let ordered =
            lists[List.ungrouped + 1] + lists[List.grouped + 1] + lists[List.ungrouped] + lists[List.grouped]
        order = ordered
        tags = ordered.map { tagOfExample[Int($0)] }
        known = groups?.isKnown.map { isKnown in
            let kept = ordered.filter { isKnown[Int($0)] }
            return (kept, kept.map { tagOfExample[Int($0)] }, kept.count { labels[Int($0)] == 1 })
        }
        sizes = lists.map(\.count)
        var starts: [Int64] = [0]
        var sum: Int64 = 0
        for list in lists {
            sum += Int64(list.count)
            starts.append(sum)
        }
        self.starts = starts
        members = Array(lists.joined())
    }

    var positives: Int { sizes[List.ungrouped + 1] + sizes[List.grouped + 1] }
    var negatives: Int { sizes[List.ungrouped] + sizes[List.grouped] }

    /// Examples that are in a group or known to be in none.
    var knownPositives: Int { known?.positives ?? positives }
    var knownNegatives: Int { known.map { $0.order.count - $0.positives } ?? negatives }

    /// Examples above a threshold, by list.
    /// - Parameter margins: `[count]`.
    func above(_ threshold: Float, margins: UnsafePointer<Float>) -> [Int64] {
        var above = [Int64](repeating: 0, count: sizes.count)
        above.withUnsafeMutableBufferPointer { above in
            starts.withUnsafeBufferPointer { starts in
                members.withUnsafeBufferPointer { members in
                    // An empty list of members may have no address; then nothing is read.
                    guard let above = above.baseAddress, let starts = starts.baseAddress,
                        let members = members.baseAddress
                    else { return }
                    rl_count_above(Int64(sizes.count), starts, members, margins, threshold, above)
                }
            }
        }
        return above
    }

    /// Counts what is needed of one candidate's margins.
    /// - Parameters:
    ///   - margins: `[count]`.
    ///   - scratch: of this worker.
    func counts(_ margins: UnsafePointer<Float>, needs: MarginNeeds, scratch: RankingScratch) -> MarginCounts {
        var result = MarginCounts(notFinite: Int(rl_count_not_finite(Int64(count), margins)))
        if result.notFinite > 0 { return result }
        if needs.contains(.counts) { result.above = above(0, margins: margins) }
        if needs.isDisjoint(with: [.pairs, .equalError]) { return result }
        scratch.reserve(count)
        let ranking = rank(order, tags, margins, scratch)
        if needs.contains(.pairs) { countPairs(ranking, count, positives, into: &result) }
        let (positives, negatives) = (sizes[List.grouped + 1], sizes[List.grouped])
        if needs.contains(.equalError), positives > 0, negatives > 0 {
            let threshold = rl_equal_error_threshold(Int64(count), ranking, 1, Int64(positives), Int64(negatives))
            result.equalError = (threshold, above(threshold, margins: margins))
        }
        if needs.contains(.pairs), let known {
            // The pairs of the whole set stay.
            let all = result.allPairs
            let ranking = rank(known.order, known.tags, margins, scratch)
            countPairs(ranking, known.order.count, known.positives, into: &result)
            result.allPairs = all
        }
        return result
    }

    /// The examples of an order by their margins.
    private func rank(
        _ order: [Int32], _ tags: [UInt32], _ margins: UnsafePointer<Float>, _ scratch: RankingScratch
    ) -> UnsafePointer<UInt64>? {
        let ranking = order.withUnsafeBufferPointer { order in
            tags.withUnsafeBufferPointer { tags in
                rl_rank(
                    Int64(order.count), order.baseAddress, tags.baseAddress, margins, scratch.first, scratch.second)
            }
        }
        return UnsafePointer(ranking)
    }

    private func countPairs(
        _ ranking: UnsafePointer<UInt64>?, _ count: Int, _ positives: Int, into result: inout MarginCounts
    ) {
        var pairs = [rl_pair_counts](repeating: rl_pair_counts(), count: groupNames.count + 1)
        result.allPairs = pairs.withUnsafeMutableBufferPointer { pairs in
            func counted(_ offsets: UnsafePointer<Int32>?, _ flat: UnsafePointer<Int32>?) -> Int64 {
                rl_count_pairs(Int64(count), ranking, Int64(positives), offsets, flat, pairs.baseAddress)
            }
            guard let groups else { return counted(nil, nil) }
            return groups.offsets.withUnsafeBufferPointer { offsets in
                groups.flat.withUnsafeBufferPointer { counted(offsets.baseAddress, $0.baseAddress) }
            }
        }
        result.pairs = pairs.dropFirst().map {
            MarginCounts.Pairs(within: $0.within, groupOfAll: $0.groupOfAll, allOfGroup: $0.allOfGroup)
        }
    }
}

/// Counts of one candidate on one set, from which every ``BinaryMetric`` and ``GroupMetric`` follows.
struct MarginCounts: Sendable {
    /// Twice the number of pairs in which the positive example has a larger margin than the negative one; a tie counts one.
    struct Pairs: Sendable {
        /// Positives and negatives of the group.
        var within: Int64
        /// Positives of the group, negatives of the whole set.
        var groupOfAll: Int64
        /// Positives of the whole set, negatives of the group.
        var allOfGroup: Int64
    }

    /// Margins that are infinite or not a number. If there is one, nothing else is counted.
    var notFinite = 0
    /// Examples above 0, by list; empty unless counted.
    var above: [Int64] = []
    /// Doubled pairs of the whole set; nil unless counted.
    var allPairs: Int64?
    /// By group.
    var pairs: [Pairs] = []
    /// The threshold of equal error of the examples in groups, and the examples above it, by list; nil unless counted.
    var equalError: (threshold: Float, above: [Int64])?
}

/// Memory of one worker for ranking, kept from call to call.
///
/// Invariant that makes it sendable: one worker uses it at a time. After `reserve(n)` both buffers hold at least `n`
/// elements.
final class RankingScratch: @unchecked Sendable {
    private(set) var first: UnsafeMutablePointer<UInt64>
    private(set) var second: UnsafeMutablePointer<UInt64>
    private var capacity = 1

    init() {
        first = .allocate(capacity: 1)
        second = .allocate(capacity: 1)
    }

    func reserve(_ count: Int) {
        guard count > capacity else { return }
        first.deallocate()
        second.deallocate()
        first = .allocate(capacity: count)
        second = .allocate(capacity: count)
        capacity = count
    }

    deinit {
        first.deallocate()
        second.deallocate()
    }
}

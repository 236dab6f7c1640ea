/// Which examples of a set belong to which named groups.
///
/// An example may belong to several groups or to none: a comment may mention two identities, most mention none. Groups
/// keep their order, and a group may be without examples. Memberships follow the examples through every selection.
/// Indices of groups and examples are 0-based.
public struct ExampleGroups: Sendable, Equatable {
    /// Names in the order of the groups: none empty, none twice.
    public let names: [String]
    /// Number of examples that the memberships cover.
    public var exampleCount: Int { offsets.count - 1 }

    /// Groups of example `i`, ascending: `flat[offsets[i] ..< offsets[i + 1]]`.
    package let offsets: [Int32]
    package let flat: [Int32]
    /// Whether each example's groups are known; nil where they all are. One that is in no group and not known to be in none
    /// is no example of what a group is compared with.
    package let isKnown: [Bool]?

    /// - Parameters:
    ///   - names: one for each group.
    ///   - members: for each group, the indices of its examples, in any order.
    ///   - exampleCount: size of the set.
    /// - Throws: ``DataError/invalidGroups(_:)`` saying which name or index does not fit.
    public init(names: [String], members: [[Int]], exampleCount: Int) throws(DataError) {
        guard names.count == members.count else {
            throw .invalidGroups(.membersMissing(names: names.count, members: members.count))
        }
        var lists = [[Int32]](repeating: [], count: max(0, exampleCount))
        for (group, (name, examples)) in zip(names, members).enumerated() {
            for example in examples {
                guard example >= 0, example < exampleCount else {
                    throw .invalidGroups(.indexOutside(group: name, index: example, count: exampleCount))
                }
                guard lists[example].last != Int32(truncatingIfNeeded: group) else {
                    throw .invalidGroups(.memberTwice(group: name, index: example))
                }
                lists[example].append(Int32(truncatingIfNeeded: group))
            }
        }
        try self.init(checking: names, lists)
    }

    /// - Parameters:
    ///   - names: one for each group.
    ///   - groupsOfExamples: for each example, the indices of its groups, in any order.
    /// - Throws: ``DataError/invalidGroups(_:)`` saying which name or index does not fit.
    public init(names: [String], groupsOfExamples: [[Int]]) throws(DataError) {
        var lists: [[Int32]] = []
        lists.reserveCapacity(groupsOfExamples.count)
        for (example, groups) in groupsOfExamples.enumerated() {
            let sorted = groups.sorted()
            for (position, group) in sorted.enumerated() {
                guard group >= 0, group < names.count else {
                    throw .invalidGroups(.noSuchGroup(index: group, count: names.count))
                }
                guard position == 0 || sorted[position - 1] != group else {
                    throw .invalidGroups(.memberTwice(group: names[group], index: example))
                }
            }
            lists.append(sorted.map { Int32(truncatingIfNeeded: $0) })
        }
        try self.init(checking: names, lists)
    }

    private init(checking names: [String], _ lists: [[Int32]]) throws(DataError) {
        try ExampleGroups.check(names, memberships: lists.reduce(0) { $0 + $1.count })
        self.init(names: names, lists: lists)
    }

    private static func check(_ names: [String], memberships: Int) throws(DataError) {
        var seen: Set<String> = []
        for name in names {
            guard !name.isEmpty else { throw .invalidGroups(.emptyName) }
            guard seen.insert(name).inserted else { throw .invalidGroups(.nameTwice(name)) }
        }
        guard memberships <= Int(Int32.max) else { throw .invalidGroups(.tooMany(memberships: memberships)) }
    }

    /// Names already checked; `lists` ascending.
    private init(names: [String], lists: some Sequence<some Collection<Int32>>, isKnown: [Bool]? = nil) {
        self.names = names
        // Sets of which everything is known are equal however they came about.
        self.isKnown = isKnown?.contains(false) == true ? isKnown : nil
        var offsets: [Int32] = [0]
        var flat: [Int32] = []
        for list in lists {
            flat.append(contentsOf: list)
            offsets.append(Int32(truncatingIfNeeded: flat.count))
        }
        self.offsets = offsets
        self.flat = flat
    }

    /// Memberships in the making, example by example.
    struct Builder {
        private var offsets: [Int32] = [0]
        private var flat: [Int32] = []
        private var isKnown: [Bool] = []
        private var hasUnknown = false

        /// Adds the current example to a group, at most once to each, in ascending order.
        mutating func add(_ group: Int32) { flat.append(group) }

        /// Ends the current example.
        /// - Parameter isKnown: whether it is known to be in no other group.
        mutating func endExample(isKnown: Bool) {
            let isKnown = isKnown || flat.count > Int(offsets[offsets.count - 1])
            if !isKnown, !hasUnknown {
                hasUnknown = true
                self.isKnown = Array(repeating: true, count: offsets.count - 1)
            }
            if hasUnknown { self.isKnown.append(isKnown) }
            offsets.append(Int32(truncatingIfNeeded: flat.count))
        }

        /// - Parameter renumbered: the number that each group added gets; nil keeps them.
        /// - Throws: ``DataError/invalidGroups(_:)``.
        consuming func finish(_ names: [String], renumbered: [Int32]? = nil) throws(DataError) -> ExampleGroups {
            try ExampleGroups.check(names, memberships: flat.count)
            if let renumbered {
                for index in flat.indices { flat[index] = renumbered[Int(flat[index])] }
            }
            return ExampleGroups(names: names, offsets: offsets, flat: flat, isKnown: hasUnknown ? isKnown : nil)
        }
    }

    private init(names: [String], offsets: [Int32], flat: [Int32], isKnown: [Bool]?) {
        self.names = names
        self.offsets = offsets
        self.flat = flat
        self.isKnown = isKnown
    }

    /// Number of examples of each group, in the order of the groups.
    public var counts: [Int] {
        var counts = [Int](repeating: 0, count: names.count)
        for group in flat { counts[Int(group)] += 1 }
        return counts
    }

    /// Indices of the groups of an example, ascending.
    public func groups(of example: Int) -> [Int] {
        guard example >= 0, example < exampleCount else { return [] }
        return self[example].map { Int($0) }
    }

    /// Indices of the examples of a group, ascending.
    public func members(of group: Int) -> [Int] {
        (0..<exampleCount).filter { self[$0].contains { Int($0) == group } }
    }

    /// Memory of the memberships.
    package var byteCount: Int { 4 * (offsets.count + flat.count) + (isKnown?.count ?? 0) }

    /// - Throws: ``DataError/unknownGroup(set:name:known:)``, which names the nearest.
    func index(of name: String, in set: String) throws(DataError) -> Int {
        guard let index = names.firstIndex(of: name) else {
            throw .unknownGroup(set: set, name: name, known: names)
        }
        return index
    }

    /// The groups of some names, in that order.
    /// - Throws: as ``index(of:in:)``; ``DataError/invalidGroups(_:)`` for a name given twice.
    func indices(of wanted: [String], in set: String) throws(DataError) -> [Int] {
        let places = places
        var seen: Set<String> = []
        var indices: [Int] = []
        for name in wanted {
            guard let index = places[name] else { throw .unknownGroup(set: set, name: name, known: names) }
            guard seen.insert(name).inserted else { throw .invalidGroups(.nameTwice(name)) }
            indices.append(index)
        }
        return indices
    }

    private var places: [String: Int] {
        Dictionary(names.enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
    }

    private subscript(example: Int) -> ArraySlice<Int32> { flat[Int(offsets[example])..<Int(offsets[example + 1])] }

    /// Memberships of the examples that `indices` names, in that order; indices already checked.
    func selecting(_ indices: some Collection<Int>) -> ExampleGroups {
        ExampleGroups(
            names: names, lists: indices.lazy.map { self[$0] },
            isKnown: isKnown.map { known in indices.map { known[$0] } })
    }

    /// The named groups only, in the given order, for the examples that belong to one of them at least.
    /// - Returns: those examples, ascending, and their memberships.
    func restricted(to kept: [Int]) -> (examples: [Int], groups: ExampleGroups) {
        var newIndex = [Int32?](repeating: nil, count: names.count)
        for (position, group) in kept.enumerated() { newIndex[group] = Int32(truncatingIfNeeded: position) }
        var examples: [Int] = []
        var lists: [[Int32]] = []
        for example in 0..<exampleCount {
            let list = self[example].compactMap { newIndex[Int($0)] }.sorted()
            if list.isEmpty { continue }
            examples.append(example)
            lists.append(list)
        }
        return (examples, ExampleGroups(names: kept.map { names[$0] }, lists: lists))
    }

    /// Memberships of joined sets: this one's groups first, then those that only the other has. A set without groups
    /// adds examples that belong to none.
    static func joined(
        _ first: ExampleGroups?, _ firstCount: Int, _ second: ExampleGroups?, _ secondCount: Int
    ) -> ExampleGroups? {
        if first == nil, second == nil { return nil }
        var names = first?.names ?? []
        let places = first?.places ?? [:]
        var translation: [Int32] = []
        for name in second?.names ?? [] {
            translation.append(Int32(truncatingIfNeeded: places[name] ?? names.count))
            if places[name] == nil { names.append(name) }
        }
        let none = ArraySlice<Int32>()
        var lists = (0..<firstCount).map { example in Array(first?[example] ?? none) }
        for example in 0..<secondCount {
            lists.append((second?[example] ?? none).map { translation[Int($0)] }.sorted())
        }
        let isKnown =
            (first?.isKnown ?? Array(repeating: true, count: firstCount))
            + (second?.isKnown ?? Array(repeating: true, count: secondCount))
        return ExampleGroups(names: names, lists: lists, isKnown: isKnown)
    }
}

/// Groups that cannot be.
public enum GroupFault: Equatable, Sendable, CustomStringConvertible {
    case emptyName
    case nameTwice(String)
    /// Names and lists of members do not pair up.
    case membersMissing(names: Int, members: Int)
    /// Memberships for another number of examples than the set holds.
    case countMismatch(examples: Int, memberships: Int)
    /// `index` is 0-based.
    case indexOutside(group: String, index: Int, count: Int)
    /// `index` is 0-based.
    case memberTwice(group: String, index: Int)
    case noSuchGroup(index: Int, count: Int)
    case tooMany(memberships: Int)

    public var description: String {
        switch self {
        case .emptyName: "a group needs a name that is not empty"
        case .nameTwice(let name): "group '\(name)' is named twice"
        case .membersMissing(let names, let members): "\(names) names but \(members) lists of members"
        case .countMismatch(let examples, let memberships):
            "memberships of \(memberships) examples for a set of \(examples)"
        case .indexOutside(let group, let index, let count):
            index < 0
                ? "group '\(group)': a member's place must be positive"
                : "group '\(group)': member \(index + 1) is outside a set of \(count) examples"
        case .memberTwice(let group, let index): "group '\(group)': example \(index + 1) is listed twice"
        case .noSuchGroup(let index, let count): "group index \(index) is outside \(count) groups"
        case .tooMany(let memberships): "\(memberships) memberships are more than a set can hold"
        }
    }
}

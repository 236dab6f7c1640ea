import RLEditData
import RLEditTensor
import Testing

@Suite("Groups of examples")
struct ExampleGroupsTests {
    /// Eight examples, of one byte that is their number. `even` holds 0, 2, 4, 6; `low` 0 to 2; `nobody` none;
    /// 7, 3 and 5 are in no group.
    let set: ExampleSet
    init() throws {
        set = try ExampleSet(
            name: "eight", source: "test", bytes: (0..<8).map { UInt8($0) }, divisor: 1, exampleShape: [1],
            labels: [0, 1, 0, 1, 0, 1, 0, 1]
        ).withGroups(names: ["low", "even", "nobody"], members: [[2, 0, 1], [0, 2, 4, 6], []])
    }

    /// The examples of each group by their numbers.
    private func contents(_ set: ExampleSet) throws -> [String: [Int]] {
        let numbers = try set.allInputs().scalars.map { Int($0) }
        var result: [String: [Int]] = [:]
        for name in set.groups?.names ?? [] { result[name] = try set.members(ofGroup: name).map { numbers[$0] } }
        return result
    }

    @Test("names, counts and memberships are what was given, in its order")
    func construction() throws {
        let groups = try #require(set.groups)
        #expect(groups.names == ["low", "even", "nobody"])
        #expect(groups.counts == [3, 4, 0])
        #expect((0..<8).map(groups.groups) == [[0, 1], [0], [0, 1], [], [1], [], [1], []])
        #expect(groups.groups(of: 8) == [])
        #expect(groups.members(of: 0) == [0, 1, 2])
        let same = try ExampleGroups(
            names: groups.names, groupsOfExamples: [[1, 0], [0], [0, 1], [], [1], [], [1], []])
        #expect(same == groups)
    }

    @Test("memberships follow the examples through every selection")
    func selections() throws {
        #expect(try contents(set.take(3)) == ["low": [0, 1, 2], "even": [0, 2], "nobody": []])
        #expect(try contents(set.drop(2)) == ["low": [2], "even": [2, 4, 6], "nobody": []])
        #expect(try contents(set.subset([6, 2, 2, 1])) == ["low": [2, 2, 1], "even": [6, 2, 2], "nobody": []])
        let shuffled = set.shuffled(seed: 4)
        #expect(try contents(shuffled).mapValues { $0.sorted() } == contents(set))
        #expect(try contents(shuffled) != contents(set))
        let (odd, even) = set.partition { $0 == 1 }
        #expect(try contents(odd) == ["low": [1], "even": [], "nobody": []])
        #expect(try contents(even) == ["low": [0, 2], "even": [0, 2, 4, 6], "nobody": []])
        let (first, rest) = try set.split(fraction: 0.5)
        #expect(try contents(first)["even"] == [0, 2])
        #expect(try contents(rest)["even"] == [4, 6])
        #expect(try set.split(counts: [1, 4]).map { try contents($0)["low"] } == [[0], [1, 2]])
        #expect(try contents(set.named("other")) == contents(set))
    }

    @Test("groups of one name are one after joining; examples of a set without groups belong to none")
    func concat() throws {
        let other = try ExampleSet(
            name: "other", source: "else", bytes: [20, 21], divisor: 1, exampleShape: [1], labels: [0, 1]
        ).withGroups(names: ["new", "even"], members: [[0, 1], [0]])
        let joined = try set.concat(other)
        #expect(joined.groups?.names == ["low", "even", "nobody", "new"])
        #expect(try contents(joined) == ["low": [0, 1, 2], "even": [0, 2, 4, 6, 20], "nobody": [], "new": [20, 21]])
        #expect(try contents(set.drop(6).concat(set.take(1))) == ["low": [0], "even": [6, 0], "nobody": []])
        let plain = try other.withGroups(nil)
        #expect(try contents(set.concat(plain)) == contents(set))
        #expect(try contents(plain.concat(set)) == contents(set))
        #expect(try plain.concat(plain).groups == nil)
    }

    @Test("a selection by groups keeps their members and forgets the other groups")
    func inGroups() throws {
        let low = try set.inGroups(["low"])
        #expect(try low.allInputs().scalars == [0, 1, 2])
        #expect(try contents(low) == ["low": [0, 1, 2]])
        let both = try set.inGroups(["even", "low"])
        #expect(both.groups?.names == ["even", "low"])
        #expect(try both.allInputs().scalars == [0, 1, 2, 4, 6])
        #expect(try contents(both) == ["low": [0, 1, 2], "even": [0, 2, 4, 6]])
        #expect(try set.inGroups(["nobody"]).isEmpty)
        let refusal = #expect(throws: DataError.self) { try set.inGroups(["evne"]) }
        #expect(refusal.map { "\($0)" } == "set 'eight' has no group 'evne' (did you mean 'even'?)")
        let unlike = #expect(throws: DataError.self) { try set.members(ofGroup: "somebody") }
        #expect(unlike.map { "\($0)" }?.hasPrefix("set 'eight' has no group 'somebody'") == true)
        #expect(throws: DataError.self) { try set.inGroups(["low", "low"]) }
        #expect(throws: DataError.self) { try set.withGroups(nil).inGroups(["low"]) }
    }

    @Test("names and members that do not fit the set are refused", arguments: faultCases)
    func faults(names: [String], members: [[Int]], fault: GroupFault) {
        #expect(throws: DataError.invalidGroups(fault)) { try set.withGroups(names: names, members: members) }
    }

    static let faultCases: [([String], [[Int]], GroupFault)] = [
        (["a"], [[8]], .indexOutside(group: "a", index: 8, count: 8)),
        (["a"], [[-1]], .indexOutside(group: "a", index: -1, count: 8)),
        (["a"], [[1, 2, 1]], .memberTwice(group: "a", index: 1)),
        (["a", "a"], [[], []], .nameTwice("a")),
        ([""], [[]], .emptyName),
        (["a", "b"], [[]], .membersMissing(names: 2, members: 1)),
    ]

    @Test("memberships of another number of examples and of groups that are not there are refused")
    func mismatches() throws {
        let groups = try ExampleGroups(names: ["a"], groupsOfExamples: [[0], []])
        #expect(throws: DataError.invalidGroups(.countMismatch(examples: 8, memberships: 2))) {
            try set.withGroups(groups)
        }
        #expect(throws: DataError.invalidGroups(.noSuchGroup(index: 1, count: 1))) {
            try ExampleGroups(names: ["a"], groupsOfExamples: [[1]])
        }
        #expect(throws: DataError.invalidGroups(.memberTwice(group: "a", index: 0))) {
            try ExampleGroups(names: ["a"], groupsOfExamples: [[0, 0]])
        }
    }

    @Test("groups enter the hash of the contents, not that of the examples")
    func hash() throws {
        let plain = try set.withGroups(nil)
        #expect(set.examplesHash == plain.contentHash)
        #expect(plain.examplesHash == plain.contentHash)
        let others = [
            set, plain,
            try plain.withGroups(names: ["low", "even", "none"], members: [[2, 0, 1], [0, 2, 4, 6], []]),
            try plain.withGroups(names: ["low", "even", "nobody"], members: [[2, 0], [0, 2, 4, 6], []]),
            try plain.withGroups(names: ["low", "even", "nobody"], members: [[0, 1], [2, 0, 4, 6], []]),
        ]
        #expect(Set(others.map(\.contentHash)).count == others.count)
        #expect(try set.take(3).concat(set.drop(3)).contentHash == set.contentHash)
    }

    @Test("a set says how many groups it has")
    func description() throws {
        #expect(set.description == "eight (test): 8 examples of [1], values 0 … 7; labels 0: 4, 1: 4; 3 groups")
        #expect(try set.inGroups(["low"]).description.hasSuffix("; 1 group"))
    }

    @Test("joining and choosing take time in proportion to the number of groups", .timeLimit(.minutes(1)))
    func manyGroups() throws {
        // A comparison of each name with each would take minutes.
        let count = 200_000
        func make(_ prefix: String) throws -> ExampleSet {
            try ExampleSet(
                name: prefix, source: "test", bytes: [UInt8](repeating: 1, count: count), divisor: 1, exampleShape: [1],
                labels: [Int](repeating: 0, count: count)
            ).withGroups(names: (0..<count).map { "\(prefix)\($0)" }, members: (0..<count).map { [$0] })
        }
        let joined = try make("a").concat(make("b")).concat(make("a"))
        let groups = try #require(joined.groups)
        #expect(groups.names.count == 2 * count && groups.groups(of: 2 * count + 5) == [5])
        #expect(try joined.inGroups(groups.names.reversed()).groups?.names.first == "b\(count - 1)")
        #expect(throws: DataError.invalidGroups(.nameTwice("b7"))) { try joined.inGroups(groups.names + ["b7"]) }
    }
}

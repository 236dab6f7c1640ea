import RLEditTensor
import RLEditTestSupport
import Testing

@Suite("Processes of one run")
struct ProcessGroupTests {
    @Test("shares are whole groups in order, as even as those allow, and cover everything once")
    func shares() {
        func shares(_ count: Int, groups: Int, processes: Int) -> [Range<Int>] {
            (0..<processes).map {
                ProcessGroup(index: $0, count: processes) { [$0] }.share(of: count, inGroupsOf: groups)
            }
        }
        #expect(shares(10, groups: 1, processes: 3) == [0..<3, 3..<6, 6..<10])
        #expect(shares(20, groups: 8, processes: 2) == [0..<8, 8..<20])
        #expect(shares(5, groups: 8, processes: 3) == [0..<0, 0..<0, 0..<5])
        #expect(shares(0, groups: 8, processes: 2) == [0..<0, 0..<0])
    }

    @Test("everybody's words come to all in the order of the processes, and process 0 decides")
    func gather() throws {
        let all = try ProcessesInOne.run(3) { group in
            let words = Array(repeating: UInt64(group.index), count: group.index)
            return try (
                group.gather(words, for: .measures), group.first(UInt64(7 + group.index), for: .stop)
            )
        }
        for result in all {
            let (words, first) = try result.get()
            #expect(words == [[], [1], [2, 2]] && first == 7)
        }
    }

    @Test("a process that proposes other actions is named, and so is one with another script")
    func different() throws {
        let actions = try ProcessesInOne.run(2) { group in
            [1, group.isFirst ? 2 : 3].withUnsafeBufferPointer { group.note($0) }
            return try group.gather([], for: .measures)
        }
        let facts = try ProcessesInOne.run(3) { group in
            try group.agree(on: [("version", "1"), ("script", group.index == 2 ? "b" : "a")])
        }
        #expect(throws: ProcessGroupError.different(process: 1, what: "actions")) { try actions[0].get() }
        for result in facts {
            #expect(throws: ProcessGroupError.different(process: 2, what: "script")) { try result.get() }
        }
        let same = try ProcessesInOne.run(3) { try $0.agree(on: [("count", "\($0.count)")]) }
        for result in same { try result.get() }
    }

    @Test("processes that do different things at a time are told apart")
    func apart() throws {
        let results = try ProcessesInOne.run(2) { group in
            try group.gather([], for: group.isFirst ? .stop : .fit)
        }
        #expect {
            try results[0].get()
        } throws: { error in
            "\(error)".hasPrefix("process 1 fits a network while process 0 is between two updates: ")
        }
    }
}

internal import Foundation
package import RLEditTensor
internal import Synchronization

/// Processes of a run as threads of one: what they gather meets in memory.
package enum ProcessesInOne {
    /// Runs `body` as each of `count` processes.
    /// - Returns: what each came to, in order. One that fails ends the others' waiting.
    package static func run<Value: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (ProcessGroup) throws -> Value
    ) throws -> [Result<Value, any Error>] {
        let (meeting, results, ended) = (Meeting(count), Slots<Result<Value, any Error>>(count: count), DispatchGroup())
        for index in 0..<count {
            ended.enter()
            let thread = Thread {
                let group = ProcessGroup(index: index, count: count) { try meeting.exchange(index, $0) }
                group.isTogether = true
                let result = Result { try body(group) }
                if case .failure = result { meeting.close(index) }
                results[index] = result
                ended.leave()
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
        ended.wait()
        return try results.values()
    }

    private final class Meeting: Sendable {
        private struct State {
            var parts: [Int: [UInt64]] = [:]
            var gathered: [[UInt64]] = []
            var round = 0
            var closed: Int?
        }
        private let count: Int
        private let condition = NSCondition()
        private let state = Mutex(State())

        init(_ count: Int) { self.count = count }

        func exchange(_ index: Int, _ part: [UInt64]) throws -> [[UInt64]] {
            condition.lock()
            defer { condition.unlock() }
            let (own, count) = (state.withLock { $0.round }, count)
            state.withLock { state in
                state.parts[index] = part
                guard state.parts.count == count else { return }
                state.gathered = (0..<count).map { state.parts[$0] ?? [] }
                state.parts = [:]
                state.round += 1
            }
            condition.broadcast()
            while state.withLock({ $0.round == own && $0.closed == nil }) { condition.wait() }
            return try state.withLock { state in
                if state.round == own, let closed = state.closed {
                    throw ProcessGroupError.ended(message: "process \(closed) has ended")
                }
                return state.gathered
            }
        }

        func close(_ index: Int) {
            condition.lock()
            state.withLock { $0.closed = $0.closed ?? index }
            condition.broadcast()
            condition.unlock()
        }
    }
}

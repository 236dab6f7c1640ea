import RLEditTensor
import Synchronization
import Testing

@Suite("Worker pool")
struct WorkerPoolTests {
    private final class Counter: Sendable {
        let value = Atomic<Int>(0)
    }

    private struct PieceFailure: Error, Equatable { let piece: Int }

    /// Each piece writes a number drawn from a stream of its own.
    private func draw(_ pool: WorkerPool, count: Int) -> [UInt64] {
        let results = Mutex([UInt64](repeating: 0, count: count))
        pool.forEach(count) { piece, _ in
            var stream = RandomStream(seed: 1).split("piece", piece)
            var sum: UInt64 = 0
            for _ in 0..<100 { sum &+= stream.nextWord64() }
            let value = sum
            results.withLock { $0[piece] = value }
        }
        return results.withLock { $0 }
    }

    @Test("results do not depend on the number of workers")
    func anyNumberOfWorkers() {
        let expected = draw(WorkerPool(workers: 1), count: 200)
        for workers in [2, 3, 8] { #expect(draw(WorkerPool(workers: workers), count: 200) == expected) }
    }

    @Test("every piece runs exactly once, by a worker whose number no other piece holds at that time")
    func piecesAndWorkers() {
        let pool = WorkerPool(workers: 4)
        let runs = Mutex([Int](repeating: 0, count: 500))
        let busy = Mutex(Set<Int>())
        let clashes = Atomic<Int>(0)
        pool.forEach(500) { piece, worker in
            if !busy.withLock({ $0.insert(worker).inserted }) || !(0..<4).contains(worker) {
                clashes.add(1, ordering: .relaxed)
            }
            runs.withLock { $0[piece] += 1 }
            _ = busy.withLock { $0.remove(worker) }
        }
        #expect(runs.withLock { $0.allSatisfy { $0 == 1 } })
        #expect(clashes.load(ordering: .relaxed) == 0)
    }

    @Test("the error of the lowest failing piece is the one that is thrown", arguments: [1, 2, 4])
    func lowestErrorWins(workers: Int) {
        let pool = WorkerPool(workers: workers)
        for _ in 0..<50 {
            #expect(throws: PieceFailure(piece: 3)) {
                try pool.forEach(64) { piece, _ in
                    if piece % 10 == 3 { throw PieceFailure(piece: piece) }
                }
            }
        }
        #expect(draw(pool, count: 10).count == 10)
    }

    @Test("a job started inside a piece runs there and keeps the worker's number")
    func nested() {
        let pool = WorkerPool(workers: 3)
        let total = Atomic<Int>(0)
        let strangers = Atomic<Int>(0)
        pool.forEach(20) { _, worker in
            pool.forEach(10) { inner, innerWorker in
                if innerWorker != worker { strangers.add(1, ordering: .relaxed) }
                total.add(inner, ordering: .relaxed)
            }
        }
        #expect(total.load(ordering: .relaxed) == 20 * 45)
        #expect(strangers.load(ordering: .relaxed) == 0)
    }

    @Test("many tiny jobs neither lose a piece nor hang")
    func manyTinyJobs() {
        let pool = WorkerPool(workers: 3)
        let total = Atomic<Int>(0)
        for count in 0..<20_000 { pool.forEach(count % 5) { _, _ in total.add(1, ordering: .relaxed) } }
        #expect(total.load(ordering: .relaxed) == 40_000)
    }

    @Test("two threads that share a pool take turns")
    func sharedPool() async {
        let pool = WorkerPool(workers: 2)
        let counter = Counter()
        @Sendable func work() async {
            for _ in 0..<400 { pool.forEach(7) { _, _ in counter.value.add(1, ordering: .relaxed) } }
        }
        async let first: Void = work()
        async let second: Void = work()
        _ = await (first, second)
        #expect(counter.value.load(ordering: .relaxed) == 2 * 400 * 7)
    }

    @Test("a pool of fewer than one worker counts as one; nothing to do is done at once")
    func degenerate() {
        #expect(WorkerPool(workers: -3).workers == 1)
        WorkerPool(workers: 2).forEach(0) { _, _ in Issue.record("no piece was asked for") }
        WorkerPool(workers: 2).forEach(-1) { _, _ in Issue.record("no piece was asked for") }
    }
}

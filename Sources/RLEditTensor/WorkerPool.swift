internal import CKernels
internal import Foundation
internal import Synchronization

/// A fixed set of threads of our own that run the pieces of one job at a time.
///
/// The caller is one of the workers, so a pool of one starts no thread. Pieces are handed out by an atomic counter:
/// which worker runs which piece is not fixed, hence a piece must write only memory of its own and draw only from
/// streams of its own; then results do not depend on the number of workers. A job started from inside a piece runs on
/// that worker alone. C kernels are kept off Swift's cooperative pool, whose threads must never block.
public final class WorkerPool: Sendable {
    /// Number of workers, the calling thread included.
    public let workers: Int
    /// The other processes of the run; nil for a run of one.
    public let processes: ProcessGroup?
    private let queue: WorkerQueue

    /// - Parameter workers: how many pieces may run at the same time; values below 1 count as 1.
    public init(workers: Int, processes: ProcessGroup? = nil) {
        self.workers = max(1, workers)
        self.processes = processes
        queue = WorkerQueue()
        rl_use_one_library_thread()
        for worker in 1..<(self.workers + 1) where worker < self.workers {
            let thread = Thread { [queue] in
                rl_use_one_library_thread()
                queue.serve(worker: worker)
            }
            thread.stackSize = 8 << 20
            thread.name = "rledit-worker-\(worker)"
            thread.start()
        }
    }

    deinit { queue.stop() }

    /// Run `body(piece, worker)` for every piece in `0 ..< count` and wait for all of them.
    ///
    /// `worker` is in `0 ..< workers` and unique among the pieces that run at the same time: use it to pick scratch
    /// memory, never to pick data. When pieces throw, the error of the lowest piece is rethrown after all have ended,
    /// so that the report is the same for any number of workers.
    package func forEach<Failure: Error>(
        _ count: Int, _ body: @Sendable (_ piece: Int, _ worker: Int) throws(Failure) -> Void
    ) throws(Failure) {
        guard count > 0 else { return }
        // A nested job keeps its worker's number, so that the pieces it runs do not share scratch memory with those
        // of another worker's nested job.
        let enclosing = Int(rl_is_inside_parallel())
        if count == 1 || workers == 1 || enclosing != 0 {
            let worker = enclosing == 0 || enclosing > workers ? 0 : enclosing - 1
            for piece in 0..<count { try body(piece, worker) }
            return
        }
        let failures = Mutex<(piece: Int, error: Failure)?>(nil)
        withoutActuallyEscaping(body) { body in
            let job = WorkerJob(count: count) { piece, worker in
                do throws(Failure) {
                    try body(piece, worker)
                } catch {
                    let failure = error
                    failures.withLock { lowest in
                        if lowest.map({ piece < $0.piece }) ?? true { lowest = (piece, failure) }
                    }
                }
            }
            queue.run(job)
        }
        if let failure = failures.withLock({ $0 }) { throw failure.error }
    }
}

/// One call of `forEach`: the pieces still to hand out and the count of those done.
private final class WorkerJob: Sendable {
    let count: Int
    private let body: @Sendable (Int, Int) -> Void
    private let next = Atomic<Int>(0)
    private let finished = Atomic<Int>(0)

    init(count: Int, body: @escaping @Sendable (Int, Int) -> Void) {
        self.count = count
        self.body = body
    }

    var isFinished: Bool { finished.load(ordering: .acquiring) == count }

    func work(as worker: Int) {
        rl_set_inside_parallel(Int32(worker) + 1)
        defer { rl_set_inside_parallel(0) }
        while true {
            let piece = next.wrappingAdd(1, ordering: .relaxed).oldValue
            if piece >= count { return }
            body(piece, worker)
            finished.wrappingAdd(1, ordering: .releasing)
        }
    }
}

/// The meeting point of the pool's threads. Idle workers watch `generation` for a short while, since the next job of a
/// learner's update follows within microseconds, and then sleep on the condition.
private final class WorkerQueue: Sendable {
    private struct State {
        var job: WorkerJob?
        var stopping = false
    }

    private let condition = NSCondition()
    private let state = Mutex(State())
    private let generation = Atomic<Int>(0)
    /// Workers that may still hold the current job's body.
    private let active = Atomic<Int>(0)
    private let submission = NSLock()
    private static let spins = 4_000

    func run(_ job: WorkerJob) {
        // One job at a time: two threads of one process that share a pool take turns.
        submission.lock()
        defer { submission.unlock() }
        condition.lock()
        state.withLock { $0.job = job }
        generation.wrappingAdd(1, ordering: .releasing)
        condition.broadcast()
        condition.unlock()
        job.work(as: 0)
        // Withdraw the job, then wait until no worker is inside it: its body borrows the caller's stack.
        state.withLock { $0.job = nil }
        var spin = 0
        while !job.isFinished || active.load(ordering: .acquiring) != 0 {
            spin += 1
            if spin > WorkerQueue.spins { sched_yield() }
        }
    }

    func stop() {
        condition.lock()
        state.withLock { $0.stopping = true }
        generation.wrappingAdd(1, ordering: .releasing)
        condition.broadcast()
        condition.unlock()
    }

    func serve(worker: Int) {
        var seen = 0
        while true {
            var spin = 0
            while generation.load(ordering: .acquiring) == seen, spin < WorkerQueue.spins { spin += 1 }
            condition.lock()
            while generation.load(ordering: .acquiring) == seen { condition.wait() }
            seen = generation.load(ordering: .acquiring)
            condition.unlock()
            let (joined, stopping) = takePart(as: worker)
            if joined { active.wrappingSubtract(1, ordering: .releasing) }
            if stopping { return }
        }
    }

    /// Work on the current job, if there still is one. Joining a job and leaving it are counted under the same lock that
    /// withdraws it. A function of its own, never inlined, so that this thread's reference to the job is gone before
    /// the caller counts it out: the job's body must not outlive the call that submitted it.
    @inline(never)
    private func takePart(as worker: Int) -> (joined: Bool, stopping: Bool) {
        let (job, stopping) = state.withLock { state in
            if state.job != nil, !state.stopping { active.wrappingAdd(1, ordering: .acquiringAndReleasing) }
            return (state.stopping ? nil : state.job, state.stopping)
        }
        job?.work(as: worker)
        return (job != nil, stopping)
    }
}

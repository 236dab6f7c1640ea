internal import Foundation
internal import Synchronization

/// What may stop a run from outside: the user, or the time the run may take. Read from any thread.
package final class RunClock: Sendable {
    private let interrupts = Atomic<Int>(0)
    private let started = ContinuousClock.now
    private let maxSeconds: Double?

    package init(maxSeconds: Double? = nil) { self.maxSeconds = maxSeconds }

    /// The user asks to stop.
    /// - Returns: how often this was asked, this time included.
    @discardableResult
    package func interrupt() -> Int { interrupts.wrappingAdd(1, ordering: .relaxed).newValue }

    /// What was stopped has stopped: the session goes on.
    package func forgetInterrupts() { interrupts.store(0, ordering: .relaxed) }

    package var isInterrupted: Bool { interrupts.load(ordering: .relaxed) > 0 }
    package var isTimeOver: Bool { maxSeconds.map { seconds >= $0 } ?? false }

    /// Seconds since the start, by a clock that nobody sets back.
    package var seconds: Double {
        let elapsed = ContinuousClock.now - started
        return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
    }
}

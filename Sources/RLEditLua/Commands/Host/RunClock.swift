internal import Foundation
internal import Synchronization

/// What may stop a run from outside: the user, or the time the run may take. Read from any thread.
package final class RunClock: Sendable {
    private let interrupts = Atomic<Int>(0)
    /// The signal that asked last; 0 for none.
    private let signal = Atomic<Int32>(0)
    private let started = ContinuousClock.now
    private let maxSeconds: Double?

    package init(maxSeconds: Double? = nil) { self.maxSeconds = maxSeconds }

    /// The user or the system asks to stop.
    /// - Parameter signal: how: SIGINT, SIGTERM or SIGHUP.
    /// - Returns: how often this was asked, this time included.
    @discardableResult
    package func interrupt(by signal: Int32 = SIGINT) -> Int {
        self.signal.store(signal, ordering: .relaxed)
        return interrupts.wrappingAdd(1, ordering: .relaxed).newValue
    }

    /// What was stopped by Ctrl-C has stopped: the session goes on. Other signals end a session.
    package func forgetInterrupts() { if !mustEnd { interrupts.store(0, ordering: .relaxed) } }

    /// Whether the program as a whole is asked to end, and not only what runs.
    package var mustEnd: Bool { isInterrupted && signal.load(ordering: .relaxed) != SIGINT }

    /// Who stopped the run, for its manifest.
    package var interruptReason: String {
        switch signal.load(ordering: .relaxed) {
        case SIGTERM: "interrupted by SIGTERM"
        case SIGHUP: "interrupted by SIGHUP"
        default: "interrupted by the user"
        }
    }

    package var isInterrupted: Bool { interrupts.load(ordering: .relaxed) > 0 }
    package var isTimeOver: Bool { maxSeconds.map { seconds >= $0 } ?? false }

    /// Seconds since the start, by a monotonic clock.
    package var seconds: Double {
        let elapsed = ContinuousClock.now - started
        return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
    }
}

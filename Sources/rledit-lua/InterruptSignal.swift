import Dispatch
import Foundation
import LuaBridge
import RLEditLua
import Synchronization

/// Ctrl-C: the first asks the run to stop after its step, or stops a script that computes; the second ends the process.
final class InterruptSignal: Sendable {
    private let clock: RunClock
    private let running = Mutex<LuaInterrupt?>(nil)
    /// Keeps the source alive; written once, before any signal can arrive.
    nonisolated(unsafe) private var source: (any DispatchSourceSignal)?

    /// - Parameter maxSeconds: after this time a script that computes is stopped too; the loop asks the clock.
    init(clock: RunClock, maxSeconds: Double? = nil) {
        self.clock = clock
        signal(SIGINT, SIG_IGN)
        let signals = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global(qos: .userInteractive))
        signals.setEventHandler { [weak self] in self?.received() }
        source = signals
        signals.resume()
        if let maxSeconds, maxSeconds < 1e9 {
            DispatchQueue.global().asyncAfter(deadline: .now() + maxSeconds) { [weak self] in
                self?.running.withLock { $0?.request() }
            }
        }
    }

    /// The Lua state that a Ctrl-C stops now; nil while the loop runs, which asks the clock itself.
    func watch(_ interrupt: LuaInterrupt?) { running.withLock { $0 = interrupt } }

    private func received() {
        if clock.interrupt() > 1 { _exit(130) }
        running.withLock { $0?.request() }
    }
}

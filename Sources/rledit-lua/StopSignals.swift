import Dispatch
import Foundation
import LuaBridge
import RLEditLua
import Synchronization

/// Ctrl-C, SIGTERM (as batch systems and containers send) and SIGHUP (the terminal is gone): the first asks the run to
/// stop after its step, or stops a script that computes; the second ends the process.
///
/// A signal that was ignored when the program started, as `nohup` has SIGHUP ignored, stays ignored.
final class StopSignals: Sendable {
    /// What a signal does.
    enum Effect {
        /// The run stops after its step.
        case stopsRun
        /// A chunk that runs is stopped; while nothing runs, the session ends, but a Ctrl-C of a terminal does nothing then.
        case stopsChunk(isTerminal: Bool)
        /// The process ends: it has nothing to finish.
        case endsProcess
    }

    private let clock: RunClock
    private let effect: Effect
    private let running = Mutex<LuaInterrupt?>(nil)
    /// When the latest signal came, by the clock of the run.
    private let latestSeconds = Mutex(-Double.infinity)
    /// A launcher signals the agent, which passes it on, and often this process too: seconds within which both are one.
    private static let sameSignal = 1.0
    /// Keeps the sources alive; written once, before any signal can arrive.
    nonisolated(unsafe) private var sources: [any DispatchSourceSignal] = []

    /// Kept to the end of the process: libdispatch traps when a source goes while the process ends.
    nonisolated(unsafe) private static var kept: [StopSignals] = []
    private static let latest = Atomic<Int32>(SIGINT)

    /// What the program ends with after a signal, in the manner of shells: 130, 143 or 129.
    static var exitCode: Int32 { 128 + latest.load(ordering: .relaxed) }

    /// - Parameter maxSeconds: after this time a script that computes is stopped too; the loop asks the clock.
    init(clock: RunClock, maxSeconds: Double? = nil, effect: Effect = .stopsRun) {
        self.clock = clock
        self.effect = effect
        for number in [SIGINT, SIGTERM, SIGHUP] where !StopSignals.ignores(number) {
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
            source.setEventHandler { [weak self] in self?.received(number) }
            sources.append(source)
            source.resume()
        }
        StopSignals.kept.append(self)
        if let maxSeconds, maxSeconds < 1e9 {
            DispatchQueue.global().asyncAfter(deadline: .now() + maxSeconds) { [weak self] in
                self?.running.withLock { $0?.request() }
            }
        }
    }

    /// Takes the default action from a signal.
    /// - Returns: whether it was ignored already.
    private static func ignores(_ number: Int32) -> Bool {
        let before = signal(number, SIG_IGN)
        return unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// The Lua state that a signal stops now; nil while the loop runs, which asks the clock itself.
    func watch(_ interrupt: LuaInterrupt?) { running.withLock { $0 = interrupt } }

    private func received(_ number: Int32) {
        let now = clock.seconds
        let before = latestSeconds.withLock { latest in
            defer { latest = now }
            return latest
        }
        if Launcher.processes != nil, now - before < StopSignals.sameSignal { return }
        StopSignals.latest.store(number, ordering: .relaxed)
        let isSecond = clock.interrupt(by: number) > 1
        let isRunning = running.withLock { interrupt in
            interrupt?.request()
            return interrupt != nil
        }
        switch effect {
        case .stopsRun: if isSecond { end() }
        case .stopsChunk(let isTerminal):
            if isRunning {
                if isSecond { end() }
            } else if isTerminal, number == SIGINT {
                clock.forgetInterrupts()
            } else {
                end()
            }
        case .endsProcess: end()
        }
    }

    private func end() -> Never {
        ProcessEnd.removeNow()
        TerminalLines.giveBack()
        _exit(StopSignals.exitCode)
    }
}

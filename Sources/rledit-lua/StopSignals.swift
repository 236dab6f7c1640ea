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
    /// Where the handler of signals writes their numbers; written once, before it can be called.
    nonisolated(unsafe) private static var handled: Int32 = -1
    private static let latest = Atomic<Int32>(SIGINT)

    /// What the program ends with after a signal, in the manner of shells: 130, 143 or 129.
    static var exitCode: Int32 { 128 + latest.load(ordering: .relaxed) }

    /// - Parameter maxSeconds: after this time a script that computes is stopped too; the loop asks the clock.
    init(clock: RunClock, maxSeconds: Double? = nil, effect: Effect = .stopsRun) {
        self.clock = clock
        self.effect = effect
        var ends: [Int32] = [-1, -1]
        // Without a pipe signals end the process, as they do by themselves.
        guard pipe(&ends) == 0 else { return }
        StopSignals.handled = ends[1]
        for number in [SIGINT, SIGTERM, SIGHUP] { StopSignals.handle(number) }
        // A thread of our own: libdispatch looks for its threads in /proc once a second, and ended the program when a run under
        // a launcher went on for longer than that after a signal.
        let thread = Thread { [end = ends[0]] in self.watch(end, maxSeconds: maxSeconds) }
        thread.name = "rledit-signals"
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Writes the numbers of a signal, unless it was ignored when the program started.
    private static func handle(_ number: Int32) {
        let before = signal(number) { number in
            // Nothing but what a handler of signals may do.
            let error = errno
            var byte = UInt8(truncatingIfNeeded: number)
            _ = write(StopSignals.handled, &byte, 1)
            errno = error
        }
        if unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(number, SIG_IGN) }
    }

    /// Takes signals one after the other, to the end of the process, and stops a script that computes when the time is over.
    private func watch(_ end: Int32, maxSeconds: Double?) {
        // Whoever started the program may have blocked them: one thread that takes them is enough.
        var taken = sigset_t()
        sigemptyset(&taken)
        for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&taken, number) }
        pthread_sigmask(SIG_UNBLOCK, &taken, nil)
        var deadline = maxSeconds.flatMap { $0 < 1e9 ? $0 : nil }
        while true {
            var waiting = pollfd(fd: end, events: Int16(POLLIN), revents: 0)
            let rest = deadline.map { Int32(min(max(($0 - clock.seconds) * 1000, 0).rounded(.up), 1e6)) }
            let ready = poll(&waiting, 1, rest ?? -1)
            var number: UInt8 = 0
            if ready > 0, read(end, &number, 1) == 1 {
                received(Int32(number))
            } else if let time = deadline, clock.seconds >= time {
                deadline = nil
                running.withLock { $0?.request() }
            }
        }
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

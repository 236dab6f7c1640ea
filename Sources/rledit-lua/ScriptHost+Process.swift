import LuaBridge
import RLEditLua
import RLEditRuns

extension ScriptHost {
    /// Gives `body` a host whose scripts signals and the time limit stop, on a thread for Lua, and clears up.
    /// - Parameter options: of a process that is confined by now. Only threads that are started later are confined too.
    static func run<Result: Sendable>(
        _ options: RunOptions, stopping effect: StopSignals.Effect = .stopsRun,
        print: @escaping @Sendable (UnsafeRawBufferPointer) -> Void = { StandardOutput.write($0) },
        _ body: @escaping @Sendable (ScriptHost) throws -> Result
    ) throws -> Result {
        defer { options.reserved?.removeUnused() }
        if let warning = options.walls?.warning, !options.isQuiet { Terminal.note(warning) }
        let clock = RunClock(maxSeconds: options.maxSeconds)
        let signals = StopSignals(clock: clock, maxSeconds: options.maxSeconds, effect: effect)
        return try LuaThread.run {
            try body(
                ScriptHost(
                    options: options, clock: clock, print: print, note: { Terminal.note($0) },
                    hostDidChange: { signals.watch($0) }))
        }
    }
}

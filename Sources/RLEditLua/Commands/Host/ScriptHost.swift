package import LuaBridge
internal import RLEditData
internal import RLEditRuns
internal import RLEditTensor

/// Where the scripts of a command run: opens a Lua state for each under the options' limits and walls, runs it up to its
/// task, and lets Ctrl-C and the time limit stop it. One host serves a whole command.
///
/// Lua belongs to one thread: use a host inside of one `LuaThread.run`.
package final class ScriptHost {
    package let options: RunOptions
    package let clock: RunClock
    package let notes: NoteCounter
    let pool: WorkerPool
    let print: (UnsafeRawBufferPointer) -> Void
    /// Gets the Lua state that runs now, so that Ctrl-C can stop a script that computes.
    private let hostDidChange: (LuaInterrupt?) -> Void

    /// - Parameters:
    ///   - print: gets what scripts print.
    ///   - note: gets warnings and notes for the person, a line each.
    package convenience init(
        options: RunOptions, clock: RunClock = RunClock(), print: @escaping (UnsafeRawBufferPointer) -> Void = { _ in },
        note: @escaping (String) -> Void = { _ in }, hostDidChange: @escaping (LuaInterrupt?) -> Void = { _ in }
    ) {
        self.init(
            options: options, clock: clock, pool: WorkerPool(workers: options.workers, processes: options.processes),
            print: print, note: note, hostDidChange: hostDidChange)
    }

    private init(
        options: RunOptions, clock: RunClock, pool: WorkerPool, print: @escaping (UnsafeRawBufferPointer) -> Void,
        note: @escaping (String) -> Void, hostDidChange: @escaping (LuaInterrupt?) -> Void
    ) {
        self.options = options
        self.clock = clock
        self.pool = pool
        self.print = print
        notes = NoteCounter(isStrict: options.isStrict, note)
        self.hostDidChange = hostDidChange
    }

    /// The same host for a part of the command, with options of its own.
    /// - Parameter isShownOnce: whether a note like this one is left out when the part has given it before.
    func with(_ options: RunOptions, isShownOnce: @escaping (String) -> Bool = { _ in false }) -> ScriptHost {
        var shown: Set<String> = []
        return ScriptHost(
            options: options, clock: clock, pool: pool, print: print,
            note: { [notes] in if !isShownOnce($0) || shown.insert($0).inserted { notes.add($0) } },
            hostDidChange: hostDidChange)
    }

    func note(_ text: String) { notes.add(text) }

    /// Why whatever runs has to stop now; nil while it may go on.
    var stopReason: StopReason? { clock.isInterrupted ? .interrupted : clock.isTimeOver ? .timeLimit : nil }

    /// A state for one script; the caller closes it.
    /// - Parameter isQuiet: whether no progress is shown; nil for what the options say.
    func open(seed: Int, isQuiet: Bool? = nil) throws -> ScriptSession {
        let (clock, isQuiet) = (clock, isQuiet ?? options.isQuiet)
        let context = ScriptContext(
            seed: seed, pool: pool,
            locations: DataLocations(
                dataOption: options.data, allowedFiles: options.allowedFiles, isUnrestricted: options.isTrusted),
            fits: .standard(isEnabled: options.usesCache), arguments: options.arguments,
            progress: { .standardError(label: $0, quiet: isQuiet) },
            isInterrupted: { clock.isInterrupted || clock.isTimeOver })
        context.invalidRewards = options.invalidRewards
        context.prefixLimit = options.prefixLimit
        if !options.isTrusted { context.savedBytesLeft = options.folderBytes }
        return try ScriptSession(
            context: context, mode: options.isTrusted ? .trusted : .sandboxed,
            limits: options.isTrusted ? .unlimited : options.limits, print: print, warn: notes.add)
    }

    /// Runs `body`, in which Ctrl-C and the time limit stop the script of a session.
    func interruptible<Result>(_ session: ScriptSession, _ body: () throws -> Result) rethrows -> Result {
        hostDidChange(session.host.interruptHandle)
        defer { hostDidChange(nil) }
        return try body()
    }

    /// Runs a script up to its task.
    /// - Returns: nil when the script returned no task.
    /// - Throws: what the script raises; an interrupt, or ``RunError/timeOver(seconds:)``, when either came meanwhile,
    ///   whatever the script made of it: a fit that was cut short must not become a run.
    func load(_ script: RunScript, in session: ScriptSession) throws -> (any RunnableTask)? {
        let made = Result {
            try interruptible(session) {
                try session.run(script.bytes, path: script.path, arguments: options.scriptArguments)
            }
        }
        if clock.isInterrupted {
            if case .failure(let error as LuaError) = made, error.kind == .interrupted { throw error }
            throw LuaError(.interrupted, "\(script.source): interrupted")
        }
        if clock.isTimeOver { throw RunError.timeOver(seconds: options.maxSeconds ?? clock.seconds) }
        let task = try made.get()
        task?.stop = { self.stopReason }
        return task
    }
}

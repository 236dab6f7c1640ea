internal import LuaBridge
internal import RLEditData
internal import RLEditRuns
internal import RLEditTensor

extension RunOptions {
    /// What the modules of one script see of these options.
    func makeContext(seed: Int, pool: WorkerPool, clock: RunClock) -> ScriptContext {
        let context = ScriptContext(
            seed: seed, pool: pool,
            locations: DataLocations(
                dataOption: data, allowedFiles: allowedFiles, isUnrestricted: isTrusted),
            fits: .standard(isEnabled: usesCache), arguments: arguments,
            progress: { [isQuiet] in .standardError(label: $0, quiet: isQuiet) },
            isInterrupted: { clock.isInterrupted || clock.isTimeOver })
        context.invalidRewards = invalidRewards
        if !isTrusted { context.savedBytesLeft = folderBytes }
        return context
    }

    /// A script's state under these options.
    func makeSession(
        _ context: ScriptContext, print: @escaping (UnsafeRawBufferPointer) -> Void, warn: @escaping (String) -> Void
    ) throws -> ScriptSession {
        try ScriptSession(
            context: context, mode: isTrusted ? .trusted : .sandboxed, limits: isTrusted ? .unlimited : limits,
            print: print, warn: warn)
    }
}

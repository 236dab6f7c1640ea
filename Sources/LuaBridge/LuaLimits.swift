/// What a script may use before it is stopped. A limit that is zero or less, or not finite, is switched off.
package struct LuaLimits: Sendable, Equatable {
    /// Pure Lua time of the main chunk, in seconds. The clock stops while Swift computes. Option `--lua-time`.
    package var mainChunkSeconds: Double = 15

    /// Pure Lua time of one call from Swift (a reward, a schedule, a predicate), in seconds. Option `--callback-time`.
    package var callbackSeconds: Double = 5

    /// How long after a time limit the watchdog waits before it ends the process, in seconds: some Lua code runs where
    /// no hook sees it.
    package var graceSeconds: Double = 1

    /// Lua heap plus the native bytes that its objects hold. Past it the script gets an error. Option `--lua-memory`.
    package var memoryBytes: Int = 1 << 30

    /// Past this the process ends with one line and exit code 3. `nil`: twice `memoryBytes` and 64 MB.
    package var hardMemoryBytes: Int?

    /// What a script may print and warn over its whole life. Option `--max-output`.
    package var outputBytes: Int = 64 << 20

    package init() {}

    /// No limits at all: what `--trust` runs with.
    package static var unlimited: LuaLimits {
        var limits = LuaLimits()
        limits.mainChunkSeconds = 0
        limits.callbackSeconds = 0
        limits.memoryBytes = 0
        limits.outputBytes = 0
        return limits
    }

    /// `hardMemoryBytes`, or its default; 0 when memory is not limited.
    var resolvedHardMemoryBytes: Int {
        if let hardMemoryBytes { return hardMemoryBytes }
        guard memoryBytes > 0 else { return 0 }
        let (twice, overflow) = memoryBytes.multipliedReportingOverflow(by: 2)
        let (sum, overflow2) = twice.addingReportingOverflow(64 << 20)
        return overflow || overflow2 ? Int.max : sum
    }
}

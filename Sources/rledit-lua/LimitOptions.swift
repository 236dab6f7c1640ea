import ArgumentParser
import LuaBridge
import RLEditLua

/// What a sandboxed script may use.
struct LimitOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Seconds of pure Lua for the script itself; 0 for no limit. (default: 15)", valueName: "seconds"))
    var luaTime: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Seconds of pure Lua for one call of a reward or callback; 0 for no limit. (default: 5)",
            valueName: "seconds"))
    var callbackTime: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Megabytes of Lua heap, tensors included; 0 for no limit. (default: 1024)", valueName: "megabytes"))
    var luaMemory: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Megabytes that scripts may print. (default: 64)", valueName: "megabytes"))
    var maxOutput: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Megabytes that a run may write into its folder. (default: 2048)", valueName: "megabytes"))
    var maxFolder: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Seconds between checkpoints of a run; 0 for one at every update. (default: 10)", valueName: "seconds"))
    var checkpointEvery: Double?

    func validate() throws {
        for (name, value) in [
            ("--lua-time", luaTime), ("--callback-time", callbackTime), ("--checkpoint-every", checkpointEvery),
        ] {
            if let value, !(value >= 0) { throw ValidationError("\(name) must not be negative, got \(value).") }
        }
        for (name, value) in [("--lua-memory", luaMemory), ("--max-output", maxOutput), ("--max-folder", maxFolder)] {
            if let value, !(0...(1 << 30)).contains(value) {
                throw ValidationError("\(name) must be from 0 to \(1 << 30) megabytes, got \(value).")
            }
        }
    }

    func apply(to options: inout RunOptions) {
        if let luaTime { options.limits.mainChunkSeconds = luaTime }
        if let callbackTime { options.limits.callbackSeconds = callbackTime }
        if let luaMemory { options.limits.memoryBytes = luaMemory << 20 }
        if let maxOutput { options.limits.outputBytes = maxOutput << 20 }
        if let maxFolder { options.folderBytes = maxFolder << 20 }
        if let checkpointEvery { options.checkpointSeconds = checkpointEvery }
    }
}

import ArgumentParser
import RLEditLua

/// Options of every command that a person gives a script to.
struct ScriptOptions: ParsableArguments {
    @OptionGroup
    var place: PlaceOptions

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("A value for the script, read there as rledit.args.NAME.", valueName: "name=value"))
    var pairs: [String] = []

    @Option(
        help: ArgumentHelp(
            "What to do with a candidate without a valid reward: stop ends the run, worst counts it as the worst so far. (default: the task's, else stop)",
            valueName: "what"))
    var onInvalidReward: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Megabytes of what enters the edited layers that may be kept. More is computed again for each batch of candidates. (default: 2048)",
            valueName: "megabytes"))
    var prefixMemory: Int?

    @Flag(help: "Run the script without the sandbox and its limits. Only for scripts you would run as a program.")
    var trust = false

    func validate() throws {
        try place.validate()
        if let prefixMemory, !(0...(1 << 30)).contains(prefixMemory) {
            throw ValidationError("--prefix-memory must be from 0 to \(1 << 30) megabytes, got \(prefixMemory).")
        }
        _ = try runOptions()
    }

    /// The options of a run with these, and all others at their defaults.
    func runOptions() throws -> RunOptions {
        var options = place.runOptions()
        options.arguments = try arguments()
        options.isTrusted = trust
        guard !(trust && place.requireSandbox) else {
            throw ValidationError("--trust runs without the sandbox that --require-sandbox asks for: give one of them.")
        }
        if let prefixMemory { options.prefixLimit = prefixMemory << 20 }
        if let onInvalidReward, !options.setInvalidRewards(onInvalidReward) {
            throw ValidationError(
                "--on-invalid-reward must be \(RunOptions.invalidRewardWords.joined(separator: " or ")), got "
                    + "'\(onInvalidReward)'.")
        }
        return options
    }

    private func arguments() throws -> [String: String] {
        var result: [String: String] = [:]
        for pair in pairs {
            guard let separator = pair.firstIndex(of: "="), separator > pair.startIndex else {
                throw ValidationError("--set expects name=value, got '\(pair)'.")
            }
            let name = String(pair[..<separator])
            guard result.updateValue(String(pair[pair.index(after: separator)...]), forKey: name) == nil else {
                throw ValidationError("--set names '\(name)' twice.")
            }
        }
        return result
    }
}

import ArgumentParser
import Foundation
import RLEditLua

/// Options of every command that runs a script.
struct ScriptOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Pieces of work at the same time; changes no result. (default: all cores)", valueName: "n"))
    var workers: Int?

    @Option(help: ArgumentHelp("Folder in which data files are looked for first.", valueName: "folder"))
    var data: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("A value for the script, read there as rledit.args.NAME.", valueName: "name=value"))
    var pairs: [String] = []

    @Flag(help: "Neither use nor keep remembered fits.")
    var noCache = false

    @Option(help: ArgumentHelp("A file outside the data folders that the script may read.", valueName: "file"))
    var allow: [String] = []

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

    @Flag(help: "Run the script only where the kernel confines the whole process.")
    var requireSandbox = false

    func validate() throws {
        if let workers, workers < 1 || workers > 1024 {
            throw ValidationError("--workers must be from 1 to 1024, got \(workers).")
        }
        if let prefixMemory, !(0...(1 << 30)).contains(prefixMemory) {
            throw ValidationError("--prefix-memory must be from 0 to \(1 << 30) megabytes, got \(prefixMemory).")
        }
        if let data {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: data, isDirectory: &isFolder) else {
                throw ValidationError("--data: there is no folder '\(data)'.")
            }
            guard isFolder.boolValue else { throw ValidationError("--data: '\(data)' is not a folder.") }
        }
        for file in allow {
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), isFolder.boolValue {
                throw ValidationError("--allow: '\(file)' is a folder: name each file, or use --data \(file).")
            }
            guard FileManager.default.isReadableFile(atPath: file) else {
                throw ValidationError("--allow: there is no file '\(file)' that can be read.")
            }
        }
        _ = try runOptions()
    }

    /// The options of a run with these, and all others at their defaults.
    func runOptions() throws -> RunOptions {
        var options = RunOptions(workers: workers ?? ProcessInfo.processInfo.activeProcessorCount)
        options.data = data
        options.arguments = try arguments()
        options.usesCache = !noCache
        options.allowedFiles = allow
        options.isTrusted = trust
        guard !(trust && requireSandbox) else {
            throw ValidationError("--trust runs without the sandbox that --require-sandbox asks for: give one of them.")
        }
        options.requiresWalls = requireSandbox
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

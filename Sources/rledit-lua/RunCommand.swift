import ArgumentParser
import Foundation
import LuaBridge
import RLEditLua
import RLEditRuns

/// `rledit-lua TASK.lua`: run a script and the task it returns.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a task: learn an edit, measure it on held-out sets, save and report it.",
        discussion: """
            What follows -- reaches the script as '...'. Exit codes: 0 done, 1 script or run error, 2 usage, \
            3 limit reached, 130 interrupted.

            EXAMPLES:
              rledit-lua examples/unlearn_digit.lua --seed 3 --out runs/seven
              rledit-lua task.lua --set digit=4 --set rank=2
              rledit-lua --resume runs/seven
            """)

    @Argument(help: "The script.", completion: .file(extensions: ["lua"]))
    var script: String?

    @Option(help: ArgumentHelp("Continue the run in this folder.", valueName: "run"))
    var resume: String?

    @Option(help: "Seed of the run.")
    var seed: Int?

    @Option(help: ArgumentHelp("Run seeds 0 to N−1, each in a state of its own.", valueName: "n"))
    var seeds: Int?

    @Option(
        help: ArgumentHelp("Pieces of work at the same time; changes no result. (default: all cores)", valueName: "n"))
    var workers: Int?

    @Option(
        help: ArgumentHelp(
            "Folder for the results, new or empty. (default: a new one under runs/)", valueName: "folder"))
    var out: String?

    @Option(help: ArgumentHelp("Folder in which data files are looked for first.", valueName: "folder"))
    var data: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("A value for the script, read there as rledit.args.NAME.", valueName: "name=value"))
    var pairs: [String] = []

    @Option(help: ArgumentHelp("Seconds that the whole run may take. (default: no limit)", valueName: "seconds"))
    var maxTime: Double?

    @Flag(help: "Neither use nor keep remembered fits.")
    var noCache = false

    @Option(help: ArgumentHelp("A file outside the data folders that the script may read.", valueName: "file"))
    var allow: [String] = []

    @Option(help: ArgumentHelp("Which edit is the result: mean-policy or best-seen.", valueName: "which"))
    var edit = SavedEdit.meanPolicy

    @Flag(help: "No progress, no table.")
    var quiet = false

    @Flag(help: "End standard output with one line of JSON; everything else goes to standard error.")
    var json = false

    @Flag(help: "Run the script without the sandbox and its limits. Only for scripts you would run as a program.")
    var trust = false

    @OptionGroup(title: "Limits of the sandbox")
    var limits: LimitOptions

    @Argument(parsing: .postTerminator, help: .hidden)
    var scriptArguments: [String] = []

    func validate() throws {
        if script == nil, resume == nil {
            throw ValidationError("Missing expected argument '<script>': name a Lua file, or --resume a run.")
        }
        if script != nil, resume != nil {
            throw ValidationError("--resume takes its script from the run: name no other.")
        }
        if seed != nil, seeds != nil { throw ValidationError("--seed and --seeds cannot be combined.") }
        if let seeds, seeds < 1 || seeds > 10_000 {
            throw ValidationError("--seeds must be from 1 to 10000, got \(seeds).")
        }
        if let workers, workers < 1 || workers > 1024 {
            throw ValidationError("--workers must be from 1 to 1024, got \(workers).")
        }
        if let maxTime, !(maxTime > 0) { throw ValidationError("--max-time must be above 0 seconds, got \(maxTime).") }
        _ = try arguments()
        try limits.validate()
    }

    func run() throws {
        let clock = RunClock(maxSeconds: maxTime)
        let interrupts = InterruptSignal(clock: clock)
        let options = try runOptions()
        let (script, resume, json) = (script, resume, json)
        let end = try LuaThread.run {
            let output: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
                Terminal.write(bytes, to: json ? STDERR_FILENO : STDOUT_FILENO)
            }
            let watch: @Sendable (LuaInterrupt?) -> Void = { interrupts.watch($0) }
            let session =
                if let resume {
                    try RunSession(
                        resuming: resume, options: options, clock: clock, print: output, note: { Terminal.note($0) },
                        hostDidChange: watch)
                } else {
                    try RunSession(
                        script: script ?? "", options: options, clock: clock, print: output,
                        note: { Terminal.note($0) }, hostDidChange: watch)
                }
            let (end, summary) = try session.run()
            if let summary { RunCommand.show(summary, options: options) }
            return end
        }
        switch end {
        case .finished: return
        case .timeLimit: throw ExitCode(3)
        case .interrupted: throw ExitCode(130)
        }
    }

    private static func show(_ summary: RunSummary, options: RunOptions) {
        if !options.isQuiet {
            let table = ResultTable.text(summary)
            var text = table.isEmpty ? "" : table + (table.hasSuffix("\n") ? "" : "\n")
            text += "report: \(summary.run)/\(RunFolder.reportName)\n"
            Terminal.write(text, to: options.json ? STDERR_FILENO : STDOUT_FILENO)
        }
        if options.json { Terminal.write(summary.json.text + "\n", to: STDOUT_FILENO) }
    }

    private func runOptions() throws -> RunOptions {
        var options = RunOptions(workers: workers ?? ProcessInfo.processInfo.activeProcessorCount)
        options.seeds = seeds.map { Array(0..<$0) } ?? [seed ?? 0]
        options.out = out
        options.data = data
        options.arguments = try arguments()
        options.scriptArguments = scriptArguments
        options.maxSeconds = maxTime
        options.usesCache = !noCache
        options.allowedFiles = allow
        options.savedEdit = edit
        options.isQuiet = quiet
        options.json = json
        options.isTrusted = trust
        limits.apply(to: &options)
        return options
    }

    private func arguments() throws -> [String: String] {
        var result: [String: String] = [:]
        for pair in pairs {
            guard let separator = pair.firstIndex(of: "="), separator > pair.startIndex else {
                throw ValidationError("--set wants name=value, got '\(pair)'.")
            }
            let name = String(pair[..<separator])
            guard result.updateValue(String(pair[pair.index(after: separator)...]), forKey: name) == nil else {
                throw ValidationError("--set names '\(name)' twice.")
            }
        }
        return result
    }
}

extension SavedEdit: ExpressibleByArgument {}

/// What a sandboxed script may use.
struct LimitOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Seconds of pure Lua for the script itself; 0 for no limit. (default: 15)", valueName: "seconds"))
    var luaTime: Double?

    @Option(
        help: ArgumentHelp(
            "Seconds of pure Lua for one call of a reward or callback; 0 for no limit. (default: 5)",
            valueName: "seconds"))
    var callbackTime: Double?

    @Option(
        help: ArgumentHelp(
            "Megabytes of Lua heap, tensors included; 0 for no limit. (default: 1024)", valueName: "megabytes"))
    var luaMemory: Int?

    @Option(help: ArgumentHelp("Megabytes that scripts may print. (default: 64)", valueName: "megabytes"))
    var maxOutput: Int?

    @Option(
        help: ArgumentHelp("Megabytes that a run may write into its folder. (default: 2048)", valueName: "megabytes"))
    var maxFolder: Int?

    @Option(help: .hidden)
    var checkpointInterval: Double?

    func validate() throws {
        for (name, value) in [
            ("--lua-time", luaTime), ("--callback-time", callbackTime), ("--checkpoint-interval", checkpointInterval),
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
        if let checkpointInterval { options.checkpointSeconds = checkpointInterval }
    }
}

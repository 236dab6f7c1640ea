import ArgumentParser
import Foundation
import LuaBridge
internal import RLEditCore
import RLEditLua
import RLEditRuns

/// `rledit-lua TASK.lua`: run a script and the task it returns.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a task: learn an edit, measure it on held-out sets, save and report it.",
        discussion: """
            What follows -- reaches the script as '...'. Exit codes: 0 done, 1 script or run error, 2 usage, \
            3 limit reached, 130, 143 and 129 interrupted by Ctrl-C, SIGTERM and SIGHUP.

            EXAMPLES:
              rledit-lua examples/unlearn_digit.lua --seed 3 --out runs/seven
              rledit-lua task.lua --set digit=4 --set rank=2
              rledit-lua --resume runs/seven
            """)

    @Argument(help: "The script.", completion: .file(extensions: ["lua"]))
    var script: String?

    @Option(help: ArgumentHelp("Continue the run in this folder.", valueName: "run"))
    var resume: String?

    @Option(parsing: .unconditional, help: "Seed of the run.")
    var seed: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Run seeds 0 to N−1, each in a state of its own.", valueName: "n"))
    var seeds: Int?

    @Option(
        help: ArgumentHelp(
            "Folder for the results, new or empty. (default: a new one under runs/)", valueName: "folder"))
    var out: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Seconds that the whole run may take. (default: no limit)", valueName: "seconds"))
    var maxTime: Double?

    @Option(help: ArgumentHelp("Which edit is the result: mean-policy or best-seen.", valueName: "which"))
    var edit = SavedEdit.meanPolicy

    @Flag(help: "Keep no examples of the data in the run folder and its report.")
    var noExamples = false

    @Flag(help: "Run again on every change of the script or a file beside it, until Ctrl-C.")
    var watch = false

    @Flag(help: "Leave a file for TensorBoard in the run folder, which grows while the run lasts.")
    var tensorboard = false

    @OptionGroup
    var output: OutputOptions

    @OptionGroup
    var common: ScriptOptions

    @OptionGroup(title: "Limits of the sandbox")
    var limits: LimitOptions

    @Argument(parsing: .postTerminator, help: .hidden)
    var scriptArguments: [String] = []

    func validate() throws {
        try Launcher.join()
        try Launcher.requireOneRun(isShared: true)
        if script == nil, resume == nil {
            throw ValidationError("Missing expected argument '<script>': name a Lua file, or --resume a run.")
        }
        if script != nil, resume != nil {
            throw ValidationError("--resume takes its script from the run: name no other.")
        }
        if resume != nil, seed != nil || seeds != nil || out != nil || !common.pairs.isEmpty {
            throw ValidationError("--resume takes --seed, --seeds, --set and --out from the run: leave them out.")
        }
        if watch, resume != nil || out != nil {
            throw ValidationError("--watch makes a new run folder for each round: leave --resume and --out out.")
        }
        if seed != nil, seeds != nil { throw ValidationError("--seed and --seeds cannot be combined.") }
        if resume == "" { throw ValidationError("--resume is empty: name the folder of a run.") }
        try OutputOptions.validate(seed: seed, seeds: seeds, out: out, maxTime: maxTime)
        try common.validate()
        try limits.validate()
    }

    func run() throws {
        if watch, let script { throw ExitCode(Watch(script: script, words: try CommandWords.given()).run()) }
        let options = try Confinement.ofRun(script: script, resuming: resume, options: try runOptions())
        let (script, resume, output) = (script, resume, output)
        let end = try ScriptHost.run(options, print: output.print) { host in
            let run =
                if let resume { try ScriptRun(resuming: resume, on: host) } else {
                    try ScriptRun(script: script ?? "", on: host)
                }
            func show(_ summary: RunSummary?) {
                guard let summary else { return }
                output.show(table: RunCommand.table(summary, data: run.dataLine), json: summary.json.text)
            }
            do {
                let (end, summary) = try run.run()
                show(summary)
                if let line = run.endLine { Terminal.note(line) }
                try host.notes.requireNoWarnings()
                return end
            } catch {
                show(run.keptSummary)
                throw RunFailure(cause: error, advice: run.advice)
            }
        }
        try end.exit()
    }

    private static func table(_ summary: RunSummary, data: String?) -> String {
        let table = ResultTable.text(summary)
        var text = table.isEmpty ? "" : table + (table.hasSuffix("\n") ? "" : "\n")
        if let data { text += data + "\n" }
        return text + "report: \(summary.run)/\(RunFolder.reportName)\n"
    }

    private func runOptions() throws -> RunOptions {
        var options = try common.runOptions()
        options.seeds = seeds.map { Array(0..<$0) } ?? [seed ?? 0]
        options.out = out
        options.scriptArguments = scriptArguments
        options.maxSeconds = maxTime
        options.savedEdit = edit
        options.keepsExamples = !noExamples
        options.writesEvents = tensorboard
        options.processes = Launcher.processes
        output.apply(to: &options)
        limits.apply(to: &options)
        return options
    }
}

extension SavedEdit: ExpressibleByArgument {}

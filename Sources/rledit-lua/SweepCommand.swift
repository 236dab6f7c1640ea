import ArgumentParser
import Foundation
import LuaBridge
internal import RLEditCore
import RLEditLua
import RLEditRuns

/// `rledit-lua sweep TASK.lua`: a task over values of its settings.
struct SweepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep",
        abstract: "Run a task over values of its settings: every combination, or random ones.",
        discussion: """
            A setting is what the script reads as rledit.args.NAME. Each trial has a run folder of its own under trials/; a \
            ledger says what became of it, so that the same command goes on where it was stopped. Leaves sweep.csv, \
            sweep.json and report.html.

            EXAMPLES:
              rledit-lua sweep examples/ablations.lua --grid rank=1,2,4,8 --grid horizon=1,2,4 --seeds 5
              rledit-lua sweep task.lua --random 50 --range scale=0.1:10:log --grid world=mask,shift
              rledit-lua sweep task.lua --grid rank=1,2,4,8 --shard 2/4 --out runs/rank
            """)

    @Argument(help: "The script.", completion: .file(extensions: ["lua"]))
    var script: String

    @Option(help: ArgumentHelp("A setting and its values. May be repeated.", valueName: "name=value,…"))
    var grid: [String] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Draw so many trials instead of trying every combination.", valueName: "n"))
    var random: Int?

    @Option(
        help: ArgumentHelp(
            "With --random: a setting and its range; :log for equal ratios. May be repeated.",
            valueName: "name=low:high"))
    var range: [String] = []

    @Option(parsing: .unconditional, help: ArgumentHelp("With --random: seed of the draws.", valueName: "seed"))
    var drawSeed = 0

    @Option(parsing: .unconditional, help: ArgumentHelp("Seeds 0 to N−1 for each trial.", valueName: "n"))
    var seeds = 1

    @Option(help: ArgumentHelp("Run only the i-th of n parts, for cluster jobs.", valueName: "i/n"))
    var shard: String?

    @Flag(help: "Try again what failed before.")
    var retry = false

    @Flag(help: "Keep no examples of the data in the run folder and its report.")
    var noExamples = false

    @Option(
        help: ArgumentHelp(
            "Folder for the sweep: new, empty, or one to go on with. (default: runs/sweep-SCRIPT)",
            valueName: "folder"))
    var out: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Seconds that the whole sweep may take. (default: no limit)", valueName: "seconds"))
    var maxTime: Double?

    @OptionGroup
    var output: OutputOptions

    @OptionGroup
    var common: ScriptOptions

    @OptionGroup(title: "Limits of the sandbox")
    var limits: LimitOptions

    @Argument(parsing: .postTerminator, help: .hidden)
    var scriptArguments: [String] = []

    func validate() throws {
        // With --shard each copy may have a part of its own.
        if shard == nil { try Launcher.requireOneRun() }
        let options = try sweepOptions()
        if let fixed = options.plan.names.first(where: { name in common.pairs.contains { $0.hasPrefix("\(name)=") } }) {
            throw ValidationError("'\(fixed)' is swept: --set cannot fix it.")
        }
        if random == nil, !range.isEmpty { throw ValidationError("--range needs --random: how many trials?") }
        try OutputOptions.validate(seeds: seeds, out: out, maxTime: maxTime)
        try common.validate()
        try limits.validate()
    }

    func run() throws {
        var options = try sweepOptions()
        options.run = try Confinement.ofFolder(
            out ?? SweepOptions.folder(forScript: script),
            housekeeping: SweepFolder.housekeeping(options.shard), script: script, options: options.run)
        let (script, output, resolved) = (script, output, options)
        let (end, isFaulty) = try ScriptHost.run(resolved.run, print: output.print) { host in
            let (end, sweep) = try SweepRun(script: script, options: resolved, on: host).run()
            output.show(
                table: sweep.text + "\nreport: \(sweep.folder)/\(RunFolder.reportName)\n", json: sweep.json.text)
            try host.notes.requireNoWarnings()
            return (end, !sweep.failures.isEmpty)
        }
        try end.exit(isFaulty: isFaulty)
    }

    /// The options that make the plan, as they were given.
    private var words: [String] {
        var words = grid.flatMap { ["--grid", $0] }
        if let random { words += ["--random", "\(random)"] }
        words += range.flatMap { ["--range", $0] }
        if random != nil { words += ["--draw-seed", "\(drawSeed)"] }
        return words + ["--seeds", "\(seeds)"]
    }

    private func sweepOptions() throws -> SweepOptions {
        var run = try common.runOptions()
        run.seeds = Array(0..<max(min(seeds, 10_000), 1))
        run.out = out
        run.scriptArguments = scriptArguments
        run.maxSeconds = maxTime
        run.keepsExamples = !noExamples
        output.apply(to: &run)
        limits.apply(to: &run)
        do {
            let grids = try grid.map { try SettingGrid($0) }
            let ranges = try range.map { try SettingRange($0) }
            let plan =
                if let random {
                    try SweepPlan(random: random, grids: grids, ranges: ranges, seed: drawSeed)
                } else {
                    try SweepPlan(grids: grids)
                }
            var options = SweepOptions(run: run, plan: plan)
            options.words = words
            if let shard { options.shard = try SweepShard(shard) }
            options.retries = retry
            return options
        } catch let error as SweepError {
            throw ValidationError("\(error).")
        }
    }
}

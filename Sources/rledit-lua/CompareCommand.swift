import ArgumentParser
import Foundation
import LuaBridge
internal import RLEditCore
import RLEditLua
import RLEditRuns

/// `rledit-lua compare TASK.lua`: learners and baselines on one task, with the same budget and measures.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare learners and baselines on a task: same budget, same measures, several seeds.",
        discussion: """
            Each method runs on each seed once; what is done is kept in the folder, so that a further method or seed runs \
            only what is new, and a comparison that was stopped goes on when the command is given again. Leaves \
            comparison.csv, comparison.json and report.html.

            METHODS
              all, or names with commas between them:
              \(ComparedMethod.names.joined(separator: ", "))
              ("task" is the task's own learner with its settings; the others have their defaults; NAME@N is a learner \
            with N evaluations; with --policy, "policy" is what that policy does at once and "policy@N" its best of N)

            EXAMPLES:
              rledit-lua compare task.lua --seeds 5
              rledit-lua compare task.lua --methods SeparableCMAES,PPO,scrub --seeds 5 --depth
              rledit-lua compare task.lua --methods all --budget 1000 --reference RandomSearch --out runs/short
            """)

    @Argument(help: "The script.", completion: .file(extensions: ["lua"]))
    var script: String

    @Option(help: ArgumentHelp("Methods to compare, or all.", valueName: "names"))
    var methods = "all"

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Seeds 0 to N−1; the script runs again for each.", valueName: "n"))
    var seeds = 5

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Evaluations of each learner. (default: those of the task's own)", valueName: "n"))
    var budget: Int?

    @Option(help: ArgumentHelp("A trained policy, for the methods policy and policy@N.", valueName: "file"))
    var policy: String?

    @Option(help: ArgumentHelp("The method that the others are compared with. (default: the first)", valueName: "name"))
    var reference: String?

    @Flag(
        help:
            "Measure whether the class is gone or only hidden, too: membership, relearning, probe, distance from a retrained network."
    )
    var depth = false

    @Option(
        help: ArgumentHelp(
            "Folder for the comparison: new, empty, or one to go on with. (default: runs/compare-SCRIPT)",
            valueName: "folder"))
    var out: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Seconds after which no further cell is begun. (default: no limit)", valueName: "seconds"))
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
        try Launcher.join(heedsSignals: true)
        try Launcher.requireOneRun(isShared: true)
        let chosen = try parsedMethods()
        if let reference, !chosen.contains(where: { $0.name == reference }) {
            throw ValidationError("--reference \(reference): that method is not compared.")
        }
        if let budget, budget < 1 || budget > 1_000_000_000 {
            throw ValidationError("--budget must be from 1 to 1000000000 evaluations, got \(budget).")
        }
        try OutputOptions.validate(seeds: seeds, out: out, maxTime: maxTime)
        try common.validate()
        try limits.validate()
    }

    private func parsedMethods() throws -> [ComparedMethod] {
        let policy: ComparedPolicy?
        do { policy = try self.policy.map { try ComparedPolicy(path: $0) } } catch {
            throw ValidationError("--policy: \(error).")
        }
        do { return try ComparedMethod.parse(methods, policy: policy) } catch {
            throw ValidationError("--methods: \(error)")
        }
    }

    func run() throws {
        var options = try compareOptions()
        options.run = try Confinement.ofFolder(
            out ?? CompareOptions.folder(forScript: script), housekeeping: ComparisonFolder.housekeeping,
            script: script, options: options.run)
        let (script, output, resolved) = (script, output, options)
        let (end, isFaulty) = try ScriptHost.run(resolved.run, print: output.print) { host in
            let run = try ComparisonRun(script: script, options: resolved, on: host)
            let (end, comparison) = try run.run()
            if let comparison {
                output.show(
                    table: comparison.text + "\nreport: \(comparison.run)/\(ComparisonFolder.reportName)\n",
                    json: comparison.json.text)
            }
            try host.notes.requireNoWarnings()
            return (end, run.hasFailures)
        }
        try end.exit(isFaulty: isFaulty)
    }

    /// The options that decide what is compared, as they were given.
    private var words: [String] {
        var words = ["--methods", methods, "--seeds", "\(seeds)"]
        if let budget { words += ["--budget", "\(budget)"] }
        if let policy { words += ["--policy", policy] }
        if let reference { words += ["--reference", reference] }
        return depth ? words + ["--depth"] : words
    }

    private func compareOptions() throws -> CompareOptions {
        var run = try common.runOptions()
        run.seeds = Array(0..<seeds)
        run.out = out
        run.scriptArguments = scriptArguments
        run.maxSeconds = maxTime
        run.processes = Launcher.processes
        output.apply(to: &run)
        limits.apply(to: &run)
        var options = CompareOptions(run: run, methods: try parsedMethods())
        options.demanded = Set(methods.split(separator: ",").map { String($0.drop { $0 == " " }) })
        options.budget = budget
        options.reference = reference
        options.measuresDepth = depth
        options.words = words
        return options
    }
}

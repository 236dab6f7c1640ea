import ArgumentParser
import Foundation
import LuaBridge
import RLEditLua
import RLEditRuns

/// `rledit-lua check TASK.lua`: try a task without running it.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Try a task without running it, and say what looks wrong.",
        discussion: """
            Runs the script, measures a few random candidates, plays with the environment and lets the learner make one \
            update. Says when the reward is constant, slow, or never reads a set, and more. Exit codes: 0 no error, \
            1 an error (with --strict: or a warning), 2 usage, 3 limit reached, 130, 143 and 129 interrupted by Ctrl-C, SIGTERM and SIGHUP.

            EXAMPLES:
              rledit-lua check task.lua
              rledit-lua check task.lua --set digit=4 --strict
            """)

    @Argument(help: "The script.", completion: .file(extensions: ["lua"]))
    var script: String

    @Option(parsing: .unconditional, help: "Seed of the run to try.")
    var seed = 0

    @Flag(help: "Count warnings as errors.")
    var strict = false

    @Flag(help: "Check again on every change of the script or a file beside it, until Ctrl-C.")
    var watch = false

    @OptionGroup
    var common: ScriptOptions

    @OptionGroup(title: "Limits of the sandbox")
    var limits: LimitOptions

    @Argument(parsing: .postTerminator, help: .hidden)
    var scriptArguments: [String] = []

    func validate() throws {
        try OutputOptions.validate(seed: seed)
        try common.validate()
        try limits.validate()
    }

    func run() throws {
        if watch { throw ExitCode(Watch(script: script, words: try CommandWords.given()).run()) }
        var options = try common.runOptions()
        options.seeds = [seed]
        options.scriptArguments = scriptArguments
        limits.apply(to: &options)
        let script = script
        let result = try ScriptHost.run(Confinement.ofTrial(script: script, options: options)) { host in
            let result = try TaskCheck(script: script, on: host).run()
            if host.clock.isInterrupted { throw ExitCode(StopSignals.exitCode) }
            return result
        }
        StandardOutput.show(result.text + "\n")
        let isFaulty = result.errors > 0 || (strict && result.warnings > 0)
        if isFaulty { throw ExitCode(1) }
    }
}

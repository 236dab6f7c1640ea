import ArgumentParser
import Foundation
import LuaBridge
import RLEditLua
import RLEditRuns

/// `rledit-lua repl`: Lua, line by line, with the `rledit` modules.
struct ReplCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repl",
        abstract: "Run Lua line by line, with rledit loaded.",
        discussion: """
            An expression is printed ('=x' does the same), a chunk that is not complete goes on in the next line, and an \
            error ends its chunk only. On a terminal the Tab key completes names, the arrow keys and Ctrl-R find earlier \
            lines, Ctrl-C stops what runs or drops the line, and Ctrl-D leaves. Each chunk has the sandbox and the limits of \
            a script. Standard input may be a file or a pipe; then the exit code is 1 when a chunk failed, and 3 when one \
            reached a limit.

            EXAMPLES:
              rledit-lua repl
              rledit-lua repl task.lua                     run a script first; what it returns is the global 'task'
              echo '=rledit.version' | rledit-lua repl
            """)

    @Argument(help: "A script to run first.", completion: .file(extensions: ["lua"]))
    var script: String?

    @Option(parsing: .unconditional, help: "Seed of the session.")
    var seed = 0

    @Option(
        help: ArgumentHelp(
            "Folder for what model:save writes, new or empty. (default: a new one under runs/)", valueName: "folder"))
    var out: String?

    @Flag(help: "No progress, no greeting, no line that names the data.")
    var quiet = false

    @OptionGroup
    var common: ScriptOptions

    @OptionGroup(title: "Limits of the sandbox")
    var limits: LimitOptions

    @Argument(parsing: .postTerminator, help: .hidden)
    var scriptArguments: [String] = []

    func validate() throws {
        try OutputOptions.validate(seed: seed, out: out)
        try common.validate()
        try limits.validate()
    }

    func run() throws {
        var options = try common.runOptions()
        options.seeds = [seed]
        options.out = out
        options.isQuiet = quiet
        options.scriptArguments = scriptArguments
        limits.apply(to: &options)
        // The editor reads the terminal's description and the history while all files can be read.
        let history = isatty(STDIN_FILENO) != 0 ? HistoryFile.make() : nil
        let lines: any LineSource = TerminalLines(history: history) ?? PipedLines()
        let resolved = try Confinement.ofRepl(script: script, history: history, options: options)
        let (script, quiet) = (script, quiet)
        let code: Int32 = try ScriptHost.run(resolved, stopping: .stopsChunk(isTerminal: lines.isTerminal)) { host in
            if !quiet, lines.isTerminal {
                Terminal.note("rledit-lua \(ProductVersion.current), Lua \(LuaHost.luaVersion). Ctrl-D leaves.")
            }
            let repl = try Repl(script: script, lines: lines, on: host)
            try repl.run()
            if host.clock.mustEnd { throw ExitCode(StopSignals.exitCode) }
            return repl.hasReachedLimit ? 3 : repl.hasFailures ? 1 : 0
        }
        // Somebody who types has seen the errors.
        if code != 0, !lines.isTerminal { throw ExitCode(code) }
    }
}

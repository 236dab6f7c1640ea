import ArgumentParser
import Foundation
import RLEditLua

/// `rledit-lua`: the root of all commands. A bare script is run.
@main
struct CommandLineTool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rledit-lua",
        abstract: "Edit trained neural networks by reward, with tasks written in Lua.",
        discussion: """
            EXAMPLES:
              rledit-lua examples/unlearn_digit.lua            run a task
              rledit-lua examples/unlearn_digit.lua --seeds 5  run it for five seeds
              rledit-lua --resume runs/unlearn-7-…             continue an interrupted run
              rledit-lua check task.lua                        try a task without running it
              rledit-lua new my_task.lua                       begin a task of your own
              rledit-lua compare task.lua --seeds 5            learners and baselines side by side
              rledit-lua sweep task.lua --grid rank=1,2,4      a task over values of its settings
              rledit-lua repl                                  Lua line by line, with rledit loaded
              rledit-lua runs                                  what lies under runs/
              rledit-lua pack runs/unlearn-7-…                 a run as one file to pass on
              rledit-lua verify seven.rledit                   run a stranger's pack again and compare
              rledit-lua rescore runs/seven reward.lua          another reward over its candidates
              rledit-lua apply policy.safetensors model.safetensors --set …  edit by a trained policy
              rledit-lua predict runs/debias-… < comments.txt  apply an edited classifier of texts
              rledit-lua report runs/unlearn-7-…               make the report of a run again
              rledit-lua doctor                                what this program runs on
            """,
        version: ProductVersion.current.description,
        subcommands: [
            RunCommand.self, CheckCommand.self, NewCommand.self, CompareCommand.self, SweepCommand.self,
            RunsCommand.self, PackCommand.self, ShowCommand.self, VerifyCommand.self, RescoreCommand.self,
            ReplCommand.self, ApplyCommand.self, PredictCommand.self, ReportCommand.self,
            DoctorCommand.self, AnnotationsCommand.self,
        ],
        defaultSubcommand: RunCommand.self)

    static func main() {
        ProcessSetUp.begin()
        var code: Int32 = 0
        do {
            let words: [String]
            do { words = try CommandWords.given() } catch { throw ValidationError("\(error).") }
            if let fault = CommandWords.fault(in: words) { throw ValidationError(fault) }
            var command = try parseAsRoot(words)
            try command.run()
        } catch {
            Launcher.report("\((error as? RunFailure)?.cause ?? error)")
            code = exitCode(after: error)
        }
        Foundation.exit(StandardOutput.exitCode(code))
    }

    /// Says what went wrong.
    /// - Returns: the documented exit code: 0 done, 1 script or run error, 2 usage, 3 limit reached, 129, 130 or 143
    ///   interrupted.
    private static func exitCode(after error: any Error) -> Int32 {
        if let code = error as? ExitCode { return code.rawValue }
        switch exitCode(for: error) {
        case .success:
            // Help and version.
            StandardOutput.write(fullMessage(for: error) + "\n")
            return 0
        case .validationFailure:
            Terminal.note(fullMessage(for: error))
            return 2
        default:
            return Terminal.report(error)
        }
    }
}

import ArgumentParser
import Foundation
internal import RLEditCore
import RLEditRuns

/// `rledit-lua runs`: what lies under `runs/`.
struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "List the runs, comparisons, sweeps and packs of a folder, or show a run.",
        discussion: """
            EXAMPLES:
              rledit-lua runs
              rledit-lua runs --task unlearn-7 --learner PPO --status finished
              rledit-lua runs experiments/ --json
              rledit-lua runs show runs/unlearn-7-20260131-235959
            """,
        subcommands: [List.self, Show.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A line for each run, newest first, then for each comparison, sweep and pack. (the default)")

        @Argument(help: "The folder that holds the runs.", completion: .directory)
        var folder = "runs"

        @Option(help: ArgumentHelp("Only runs of this task.", valueName: "name"))
        var task: String?

        @Option(help: ArgumentHelp("Only runs in this world.", valueName: "name"))
        var world: String?

        @Option(help: ArgumentHelp("Only runs by this learner.", valueName: "name"))
        var learner: String?

        @Option(
            help: ArgumentHelp("Only runs of this status.", valueName: "status"),
            transform: { name in
                guard let status = Manifest.Status(rawValue: name) else {
                    let known = Manifest.Status.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("there is no status '\(name)'; it is one of \(known).")
                }
                return status
            })
        var status: Manifest.Status?

        @Flag(help: "One line of JSON.")
        var json = false

        func run() throws {
            let filter = RunListing.Filter(task: task, world: world, learner: learner, status: status)
            let listing = try RunListing(in: folder, filter: filter)
            for run in listing.unreadable { Terminal.note("'\(run.folder)' cannot be read: \(run.reason)") }
            if json {
                StandardOutput.write(listing.json.text + "\n")
            } else if listing.isEmpty {
                Terminal.note("no runs\(filter.text) in '\(folder)'")
            } else {
                StandardOutput.show(listing.text + "\n")
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one run and its results.")

        @Argument(help: "The folder of the run.", completion: .directory)
        var folder: String

        @Flag(help: "One line of JSON: the manifest and the summary.")
        var json = false

        func run() throws {
            let found = try RunListing.Run(folder)
            if json {
                StandardOutput.write(found.json.text + "\n")
            } else {
                StandardOutput.show(found.text + "\n")
            }
        }
    }
}

import ArgumentParser
import Foundation
internal import RLEditCore
import RLEditLua
import RLEditRuns

/// `rledit-lua verify RUN|FILE`: run it again and compare.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Run a run or a pack again in the sandbox, and say whether its results come out again.",
        discussion: """
            Takes script, options and seeds from the run, and data from the folders of the command line. On the same \
            numeric kernels every byte must be the same; on others the held-out measures must be near (docs/sharing.md \
            says how near). Exit codes: 0 the same or near, 1 it differs or cannot be run, 2 usage, 3 limit reached, \
            130, 143 and 129 interrupted by Ctrl-C, SIGTERM and SIGHUP.

            EXAMPLES:
              rledit-lua verify seven.rledit --data ~/mnist
              rledit-lua verify runs/seven
            """)

    @Argument(help: "The pack, or the folder of a run.", completion: .file())
    var source: String

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Seconds that all of it may take. (default: no limit)", valueName: "seconds"))
    var maxTime: Double?

    @OptionGroup
    var output: OutputOptions

    @OptionGroup
    var place: PlaceOptions

    @OptionGroup(title: "Limits of the sandbox")
    var limits: LimitOptions

    func validate() throws {
        try OutputOptions.validate(maxTime: maxTime)
        try place.validate()
        try limits.validate()
    }

    func run() throws {
        let source = try RunVerification.Source(source)
        let recorded = try source.results()
        var options = place.runOptions()
        options.maxSeconds = maxTime
        output.apply(to: &options)
        limits.apply(to: &options)
        if let data = recorded.manifest.options["data"]?.string, options.data == nil, !output.quiet {
            Terminal.note("note: the run was given --data \(data): give a folder of your own where it needs one")
        }
        options = try RunVerification.confine(source, recorded, options: options)
        let shown = output
        let (end, verification) = try ScriptHost.run(options, print: output.print) { host in
            try RunVerification(of: source, recorded: recorded, on: host).run()
        }
        guard let verification else { return try end.exit(isFaulty: true) }
        shown.show(table: verification.text + "\n", json: verification.json.text)
        try end.exit(isFaulty: verification.verdict == .differs)
    }
}

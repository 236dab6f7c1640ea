import ArgumentParser
internal import RLEditCore
import RLEditLua
import RLEditRuns

/// `rledit-lua rescore RUN REWARD.lua`: another reward over the candidates of a run.
struct RescoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rescore",
        abstract: "Judge the recorded candidates of a run by another reward, at once.",
        discussion: """
            The script returns a reward: function(m) return … end. Of m it may read what the run's own reward has read \
            (the columns of candidates.csv), the same of m.base, and the count of each set. Says which candidate would \
            have won, how far the two rewards agree (Spearman), and where they disagree most.

            EXAMPLES:
              rledit-lua rescore runs/seven reward.lua
              rledit-lua rescore runs/seven reward.lua --set weight=2 --json
            """)

    @Argument(help: "The folder of the run.", completion: .directory)
    var source: String

    @Argument(help: "The script that returns a reward.", completion: .file(extensions: ["lua"]))
    var script: String

    @OptionGroup
    var output: OutputOptions

    @OptionGroup
    var common: ScriptOptions

    @OptionGroup(title: "Limits of the sandbox")
    var limits: LimitOptions

    func validate() throws {
        try common.validate()
        try limits.validate()
    }

    func run() throws {
        let recorded = try RecordedCandidates.read(run: source)
        var options = try common.runOptions()
        output.apply(to: &options)
        limits.apply(to: &options)
        options = try Confinement.ofTrial(script: script, options: options)
        let script = script
        let rescored = try ScriptHost.run(options, print: output.print) { host in
            let rescored = try RewardTrial(script: script, recorded, on: host).run()
            try host.notes.requireNoWarnings()
            return rescored
        }
        output.show(
            table: rescored.map(\.text).joined(separator: "\n\n") + "\n",
            json: JSONValue.array(rescored.map(\.json)).text)
    }
}

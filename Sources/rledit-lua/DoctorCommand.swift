import ArgumentParser
import Foundation
internal import RLEditCore
import RLEditLua
import RLEditRuns

/// `rledit-lua doctor`: what this program runs on.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Show versions, numeric kernels, cores, data folders, cache and sandbox.",
        discussion: """
            Exit code 1 when a data folder holds damaged or incomplete files.

            EXAMPLES:
              rledit-lua doctor
              rledit-lua doctor --json
            """)

    @Option(help: ArgumentHelp("Folder in which data files are looked for first.", valueName: "folder"))
    var data: String?

    @Flag(help: "One line of JSON.")
    var json = false

    func run() throws {
        let doctor = Doctor(data: data)
        if json {
            StandardOutput.write(doctor.json.text + "\n")
        } else {
            StandardOutput.show(doctor.text + "\n")
        }
        if doctor.hasFault { throw ExitCode(1) }
    }
}

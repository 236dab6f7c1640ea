import ArgumentParser
import Foundation
import RLEditRuns

/// `rledit-lua report RUN`: make the report of a run again from what lies in its folder.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Make the report of a finished run again from the files in its folder.",
        discussion: """
            EXAMPLES:
              rledit-lua report runs/unlearn-7-20260131-235959
            """)

    @Argument(help: "The folder of the run.", completion: .directory)
    var folder: String

    func run() throws {
        let folder = try RunFolder.open(folder)
        guard FileManager.default.fileExists(atPath: folder.file(RunFolder.summaryName)) else {
            throw RunFolderError.notFinished(path: folder.path)
        }
        try folder.write(try Report.read(fromRun: folder.path).html, to: RunFolder.reportName)
        StandardOutput.write("\(folder.file(RunFolder.reportName))\n")
    }
}

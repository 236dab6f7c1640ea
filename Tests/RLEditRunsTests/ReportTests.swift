import Foundation
import RLEditRuns
import Testing

@Suite("Report")
struct ReportTests {
    @Test("Writes documents for looking at when a folder is named")
    func writesSamples() throws {
        guard let folder = ProcessInfo.processInfo.environment["RLEDIT_REPORT_SAMPLES"] else { return }
        try SampleRun.report().html.write(toFile: "\(folder)/one.html", atomically: true, encoding: .utf8)
        try SampleRun.report(seeds: [0, 1, 2, 3, 4]).html.write(
            toFile: "\(folder)/five.html", atomically: true, encoding: .utf8)
    }
}

import Foundation
import RLEditCore
import RLEditRuns
import Testing

/// What a class is called now, and the examples that changed.
@Suite struct ReportExamplesTests {
    private static func section(_ name: String, of html: String) -> String {
        let parts = html.components(separatedBy: "<section id=\"\(name)\">")
        return parts.count == 2 ? parts[1].components(separatedBy: "</section>")[0] : ""
    }

    private static func cells(_ html: String) -> [[String]] {
        html.matches(of: /<tr>(.*?)<\/tr>/).map { row in
            row.1.matches(of: /<t[hd][^>]*>(.*?)<\/t[hd]>/).map { String($0.1).replacing(/<[^>]*>/, with: "") }
        }
    }

    private static func answers(_ label: String, _ shares: [[String: Double]]) -> GroupResult {
        GroupResult(
            set: "forget", group: label, examples: 100,
            stages: StageValues(
                zip([Stage.before, .meanPolicy], shares).map { stage, shares in
                    (stage, shares.sorted { $0.key < $1.key }.map { NamedNumber($0.key, $0.value) })
                }))
    }

    @Test("a row of shares for each model: means over the seeds that forget the class, all classes that occur")
    func shares() throws {
        var report = SampleRun.report(seeds: [0, 1, 2])
        #expect(Self.section("answers", of: report.html).isEmpty)
        report.summary.seeds[0].answers = [Self.answers("7", [["7": 1], ["2": 0.5, "10": 0.5]])]
        report.summary.seeds[1].answers = [Self.answers("7", [["7": 0.5, "1": 0.5], ["2": 1]])]
        let one = Self.section("answers", of: report.html)
        #expect(one.contains("<h2>What class 7 is called</h2>"))
        #expect(
            Self.cells(one) == [
                ["called", "1", "2", "7", "10"], ["before", "25.0", "0.0", "75.0", "0.0"],
                ["mean policy", "0.0", "75.0", "0.0", "25.0"],
            ])
        #expect(
            one.contains(
                "Of the 100 examples of class 7 that make up the held-out set forget, the share in % that is called each "
                    + "class; mean over 2 seeds."))
        // A seed that forgets another class has a table of its own.
        report.summary.seeds[2].answers = [Self.answers("3", [["3": 1], ["8": 1]])]
        let two = Self.section("answers", of: report.html)
        #expect(two.contains("<h2>What classes 7, 3 are called</h2>") && two.matches(of: /<table>/).count == 2)
        let again = try #require(RunSummary(json: report.summary.detailedJSON))
        #expect(again == report.summary)
    }

    @Test("of many classes the largest shares are shown, and the rest together")
    func manyClasses() {
        var report = SampleRun.report()
        let after = Dictionary(uniqueKeysWithValues: (0..<40).map { ("\($0)", 0.01 + ($0 == 39 ? 0.6 : 0)) })
        report.summary.seeds[0].answers = [Self.answers("5", [["5": 1], after])]
        let cells = Self.cells(Self.section("answers", of: report.html))
        #expect(cells[0].count == 13 && cells[0].contains("39") && cells[0].contains("5") && cells[0].last == "other")
        #expect(cells[2].last == "29.0")
    }

    // MARK: - Examples

    /// The report of a folder with this `examples.json`.
    private static func report(_ examples: String?) throws -> String {
        let folder = try TemporaryFolder()
        let run = try RunFolder.create(at: folder.file("run"))
        let report = SampleRun.report()
        try report.manifest.write(to: run)
        try run.write(report.summary.detailedJSON.text, to: RunFolder.summaryName)
        if let examples { try run.write(examples, to: RunFolder.examplesName) }
        return try Report.read(fromRun: run.path).html
    }

    private static func file(_ shown: String, changed: Int = 1200) -> String {
        """
        {"format": 1, "stage": "mean_policy", "sets": [
          {"set": "forget", "examples": 5000, "changed": \(changed), "shown": [\(shown)]}]}
        """
    }

    private static func example(_ content: String) -> String {
        """
        {"example": 3, "class": 7, "before": {"class": 7, "probability": 0.994}, "after": {"class": 2,
         "probability": null}, \(content)}
        """
    }

    @Test("pictures are shown with their answers, texts in a table")
    func examples() throws {
        let pictures = Self.section("examples", of: try Self.report(Self.file(Self.example(#""png": "QUJD""#))))
        #expect(pictures.contains("1,200 of 5,000 answers changed"))
        #expect(pictures.contains("src=\"data:image/png;base64,QUJD\""))
        #expect(pictures.contains("7\u{A0}(99\u{A0}%)") && pictures.contains("→ 2\u{A0}(–\u{A0}%)"))
        let texts = Self.section("examples", of: try Self.report(Self.file(Self.example(#""text": "so it is""#))))
        #expect(Self.cells(texts).last == ["so it is", "7", "7\u{A0}(99\u{A0}%)", "2\u{A0}(–\u{A0}%)"])
        let bare = Self.section("examples", of: try Self.report(Self.file(Self.example(#""x": 0"#))))
        #expect(Self.cells(bare).last?.first == "example 3")
        let none = Self.section("examples", of: try Self.report(Self.file("", changed: 0)))
        #expect(none.contains("none of 5,000 answers changed") && !none.contains("another answer"))
    }

    @Test("a folder without the file, or with one of another kind, gives a report without the strip")
    func withoutExamples() throws {
        for file in [nil, "", "[]", #"{"format": 2, "stage": "x", "sets": []}"#, #"{"format": 1, "sets": 3}"#] {
            #expect(try Self.section("examples", of: Self.report(file)).isEmpty)
        }
    }

    @Test("a stranger's file can bring no markup into the report, nor make it large")
    func strangers() throws {
        let text = #""text": "<img src=x onerror=alert(1)>\u202e \#(String(repeating: "long ", count: 100_000))""#
        let html = try Self.report(Self.file(Array(repeating: Self.example(text), count: 50).joined(separator: ",")))
        #expect(!html.contains("<img src=x") && html.contains("<bdi>&lt;img src=x onerror=alert(1)&gt;"))
        #expect(Self.cells(Self.section("examples", of: html)).count == 13)
        #expect(html.utf8.count < 1 << 20)
        let marks = #""text": "a\#(String(repeating: "\u{301}", count: 100_000))""#
        #expect(try Self.report(Self.file(Self.example(marks))).utf8.count < 1 << 20)
        for png in [#"QQ==\" onload=\"x"#, "data:,<svg>", String(repeating: "QUJD", count: 1 << 15)] {
            let html = Self.section("examples", of: try Self.report(Self.file(Self.example(#""png": "\#(png)""#))))
            #expect(!html.contains("<img") && html.contains("example 3"))
        }
    }
}

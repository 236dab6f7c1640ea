import Foundation
import RLEditCore
import RLEditRuns
import RLEditTensor
import RLEditWorlds
import Testing

@Suite("Report")
struct ReportTests {
    /// Elements that HTML leaves open, which our writer closes with a slash.
    private static let void: Set<String> = ["meta", "img"]

    /// What is wrong with the nesting of tags, by a reader that knows nothing of how the document was made.
    private func imbalance(_ html: String) -> String? {
        var open: [String] = []
        var rest = Substring(html)
        while let start = rest.firstIndex(of: "<") {
            guard let end = rest[start...].firstIndex(of: ">") else { return "'<' without '>'" }
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("!DOCTYPE") { continue }
            let name = String(tag.drop { $0 == "/" }.prefix { $0.isLetter || $0.isNumber })
            if name.isEmpty { return "a bare '<' before \(tag.prefix(20))" }
            if tag.filter({ $0 == "\"" }).count % 2 != 0 { return "an open quote in <\(tag.prefix(60))>" }
            if tag.hasPrefix("/") {
                guard open.popLast() == name else { return "</\(name)> closes another element" }
            } else if !tag.hasSuffix("/") {
                open.append(name)
            } else if !ReportTests.void.contains(name) {
                return "<\(name)/> is not a void element"
            }
            if name == "style", !tag.hasPrefix("/") {
                guard let close = rest.firstRange(of: "</style>") else { return "an open style sheet" }
                rest = rest[close.lowerBound...]
            }
        }
        return open.isEmpty ? nil : "\(open) left open"
    }

    private func sections(_ html: String) -> [String] {
        html.matches(of: /<section id="([a-z-]+)">/).map { String($0.1) }
    }

    @Test("The full report is well-formed, self-contained and small")
    func full() {
        for report in [SampleRun.report(), SampleRun.report(seeds: [0, 1, 2])] {
            let html = report.html
            #expect(imbalance(html) == nil)
            let outside = ["http", "<script", "@import", "url("].filter(html.contains)
            #expect(outside == [])
            #expect(
                sections(html) == [
                    "result", "learning", "trade-off", "terms", "classes", "edit", "cost", "provenance", "glossary",
                ])
            #expect(html.utf8.count < 1 << 20)
            let isSame = report.html == html
            #expect(isSame)
        }
    }

    @Test("Every link leads to a place in the document")
    func links() {
        let html = SampleRun.report(seeds: [0, 1]).html
        let places = Set(html.matches(of: /\sid="([^"]+)"/).map { $0.1 })
        let links = html.matches(of: /\shref="#([^"]+)"/).map { $0.1 }
        #expect(!links.isEmpty)
        for link in links { #expect(places.contains(link)) }
    }

    @Test("Parts that a run does not have are left out")
    func missingParts() {
        var report = SampleRun.report()
        report.seeds = [.init(seed: 0, updates: [])]
        report.summary.data = nil
        report.summary.seeds[0].heldOut = []
        report.summary.seeds[0].classes = []
        #expect(sections(report.html) == ["cost", "provenance", "glossary"])
        #expect(imbalance(report.html) == nil)
        report.summary.seeds = []
        #expect(imbalance(report.html) == nil)
    }

    @Test("Names from scripts are shown as text, whatever they contain")
    func escaping() {
        var report = SampleRun.report()
        let name = "<script>alert(\"x\")</script>&\u{0}"
        report.summary.task = name
        report.summary.seeds[0].heldOut[0].set = name
        report.summary.seeds[0].classes[0].label = name
        report.seeds[0].updates[0].terms = [.init(name, 1)]
        report.manifest.configuration[name] = .string(name)
        report.manifest.status = .failed
        report.manifest.reason = name
        let html = report.html
        let (hasScript, hasText) = (
            html.contains("<script"), html.contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;\u{FFFD}")
        )
        #expect(!hasScript && hasText)
        #expect(imbalance(report.html) == nil)
    }

    @Test("Groups have a chart of false positive rates and a table; what is undefined is a dash")
    func groups() {
        for seeds in [[0], [0, 1]] {
            let report = Report(
                manifest: SampleRun.manifest(seeds: seeds), summary: SampleRun.biasSummary(seeds: seeds),
                seeds: seeds.map { Report.Seed(seed: $0, updates: []) })
            let html = report.html
            #expect(imbalance(html) == nil)
            #expect(sections(html).contains("groups"))
            let parts = html.split(separator: "id=\"groups\"")
            guard parts.count == 2 else {
                Issue.record("no section of groups")
                return
            }
            let section = parts[1].prefix { _ in true }
            // Two groups with three stages, and the key; the third group has no mark but dashes in the table.
            #expect(section.matches(of: /<circle/).count == 9)
            #expect(section.contains("elderly &lt;aunt&gt;") && !section.contains("<aunt>"))
            // The group that was treated worst comes first.
            let rows = section.matches(of: /<td>(gay|deaf|elderly[^<]*)<\/td>/).map { String($0.1) }
            #expect(rows == ["deaf", "gay", "elderly &lt;aunt&gt;"])
            #expect(section.contains("50.0 → 40.0 %") && section.contains("0.700 → 0.800"))
            #expect(
                html.contains("for identity from the reward&#39;s set identity")
                    || html.contains("reward's set identity"))
        }
    }

    @Test("Odd numbers give a document all the same")
    func oddNumbers() {
        var report = SampleRun.report()
        report.seeds[0].updates = SampleRun.updates(count: 1)
        report.seeds[0].updates[0].bestReward = .nan
        report.seeds[0].updates[0].terms = [.init("flat", 0), .init("missing", .nan), .init("huge", 1e300)]
        report.seeds[0].candidates?.values[1] = Array(repeating: .infinity, count: 8192)
        report.seeds[0].edits = [EditMap(parameter: "w", rows: 1, columns: 2, original: [0, 0], edited: [0, 0])]
            .compactMap { $0 }
        report.summary.seeds[0].heldOut[0][.bestSeen] = [.init("loss", .infinity), .init("accuracy", .nan)]
        let html = report.html
        #expect(imbalance(html) == nil)
        let oddPlace = /\s(?:x|y|x1|y1|cx|cy|width|height|d)="[^"]*(?:nan|inf|–|∞)[^"]*"/
        let oddPlaces = html.matches(of: oddPlace).map { $0.0 }
        #expect(oddPlaces == [])
    }

    @Test("A large layer is drawn in cells that are the means of blocks")
    func largeLayer() throws {
        let map = try #require(SampleRun.edit(rows: 500, columns: 1000))
        #expect(map.cellRows == 4 && map.cellColumns == 4)
        #expect(map.cells.count == 125 * 250)
        let small = try #require(
            EditMap(parameter: "w", rows: 1, columns: 3, original: [1, 2, 2], edited: [1, 2.5, 1]))
        #expect(small.cells == [0, 0.5, -1])
        #expect(small.largest == 1 && small.norm == 1.25.squareRoot())
        #expect(abs(small.relativeNorm - 1.25.squareRoot() / 3) < 1e-12)
        #expect(EditMap(parameter: "w", rows: 2, columns: 2, original: [1], edited: [1]) == nil)
    }

    @Test("A picture is a PNG whose pixels an independent reader finds again")
    func picture() throws {
        var report = SampleRun.report()
        report.seeds[0].candidates = nil
        let map = try #require(EditMap(parameter: "w", rows: 1, columns: 2, original: [0, 0], edited: [1, -0.5]))
        report.seeds[0].edits = [map]
        let match = try #require(report.html.firstMatch(of: /class="cells"[^>]*base64,([A-Za-z0-9+\/=]+)"/))
        let png = try #require(Data(base64Encoded: String(match.1)))
        let folder = try TemporaryFolder()
        try folder.write(Array(png), "a.png")
        let script = """
            sys, zlib, struct = map(__import__, ['sys', 'zlib', 'struct'])
            b = open(sys.argv[1], 'rb').read()
            assert b[:8] == b'\\x89PNG\\r\\n\\x1a\\n'
            at, data = 8, b''
            while at < len(b):
                n, kind = struct.unpack('>I4s', b[at:at + 8])
                body = b[at + 8:at + 8 + n]
                assert struct.unpack('>I', b[at + 8 + n:at + 12 + n])[0] == zlib.crc32(kind + body)
                if kind == b'IHDR': print(struct.unpack('>IIBBBBB', body))
                if kind == b'IDAT': data += body
                at += 12 + n
            print(list(zlib.decompress(data)))
            """
        let python = Process()
        python.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        python.arguments = ["python3", "-c", script, folder.file("a.png")]
        let output = Pipe()
        python.standardOutput = output
        try python.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        python.waitUntilExit()
        // Orange for growth at full strength, blue for shrinking at half of it.
        #expect(text == "(2, 1, 8, 6, 0, 0, 0)\n[0, 213, 94, 0, 255, 0, 114, 178, 128]\n")
    }

    @Test("The report of a folder is the report of the run")
    func fromFolder() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder.create(at: folder.file("run"))
        var report = SampleRun.report(seeds: [0, 1])
        let layer = try EditedLayer(
            name: "fc2", parameterName: "fc2.weight", weight: Tensor((0..<12).map { Float($0) }, shape: [3, 4]))
        let delta = try Delta(
            world: "MaskWorld", layers: [layer], edits: [.mask(accumulated: Tensor.ones([3, 4]), factors: nil)])
        try report.manifest.write(to: run)
        try run.write(report.summary.detailedJSON.text, to: RunFolder.summaryName)
        for index in report.seeds.indices {
            let seed = try run.seedFolder(report.seeds[index].seed)
            let log = try AppendLog(creating: seed.file(RunFolder.metricsName))
            for record in report.seeds[index].updates { try log.append(record.json) }
            try log.flush()
            let table = SampleRun.candidates(count: 300)
            report.seeds[index].candidates = table
            try delta.write(to: seed.file(RunFolder.deltaName))
            report.seeds[index].edits = try delta.layers.compactMap { try $0.map() }
            #expect(report.seeds[index].edits.count == 1)
            let candidates = try CandidateLog(
                creating: seed.file(RunFolder.candidatesName), measures: Array(table.columns.dropFirst()))
            for row in table.evaluations.indices {
                try candidates.append(
                    evaluation: table.evaluations[row], reward: table.values[0][row],
                    values: [table.values[1][row], table.values[2][row]])
            }
            try candidates.flush()
        }
        #expect(try Report.read(fromRun: run.path) == report)
        try FileManager.default.removeItem(atPath: run.file("seed-1/metrics.jsonl"))
        #expect(try Report.read(fromRun: run.path).seeds[1].updates.isEmpty)
    }

    @Test("Models to compare with are in the table of results, many in rows, and not in the chart of classes")
    func compared() {
        var report = SampleRun.report()
        report.summary = SampleRun.comparison(models: 2)
        #expect(report.html.contains("<th class=\"number\">method 2</th>"))
        #expect(report.html.contains("#glossary-kfe"))
        report.summary = SampleRun.comparison(models: 5)
        #expect(report.html.contains("<td>method 5</td>"))
        #expect(!report.html.contains("<th class=\"number\">method 5</th>"))
    }

    @Test("Writes documents for looking at when a folder is named")
    func writesSamples() throws {
        guard let folder = ProcessInfo.processInfo.environment["RLEDIT_REPORT_SAMPLES"] else { return }
        try SampleRun.report().html.write(toFile: "\(folder)/one.html", atomically: true, encoding: .utf8)
        let clock = ContinuousClock()
        let report = SampleRun.report(seeds: [0, 1, 2, 3, 4])
        var html = ""
        let time = clock.measure { html = report.html }
        try html.write(toFile: "\(folder)/five.html", atomically: true, encoding: .utf8)
        print("five seeds: \(time), \(html.utf8.count) bytes")
    }
}

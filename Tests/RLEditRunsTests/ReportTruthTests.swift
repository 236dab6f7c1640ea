import Foundation
import RLEditCore
import RLEditRuns
import Testing

/// What titles and captions say holds for the run that is shown.
@Suite struct ReportTruthTests {
    private static func section(_ name: String, of html: String) -> String {
        let parts = html.components(separatedBy: "<section id=\"\(name)\">")
        return parts.count == 2 ? parts[1].components(separatedBy: "</section>")[0] : ""
    }

    private static func report(models: [String?]) -> String {
        var report = SampleRun.report(seeds: Array(models.indices))
        for index in models.indices { report.summary.seeds[index].model = models[index] }
        return section("result", of: report.html)
    }

    @Test("seeds have models of their own, share one, or nothing is said, according to the parameters' hashes")
    func models() {
        let phrase = "over 3 seeds, "
        #expect(Self.report(models: ["a", "b", "c"]).contains(phrase + "each with a model of its own."))
        #expect(Self.report(models: ["a", "a", "a"]).contains(phrase + "all of which edit the same model."))
        #expect(Self.report(models: ["a", "b", "a"]).contains(phrase + "with 2 different models."))
        for models in [[nil, nil, nil], ["a", nil, "b"]] {
            #expect(Self.report(models: models).contains("over 3 seeds."))
        }
        #expect(!Self.report(models: ["a"]).contains("seeds"))
    }

    @Test("data are named after the examples' source, and a model after its file", arguments: [true, false])
    func data(_ isKindKnown: Bool) throws {
        var report = SampleRun.report()
        report.manifest.data = [
            .init(name: "safetensors", file: "nets/lenet.safetensors", hash: "1", kind: .model),
            .init(name: "safetensors", file: "p.safetensors", hash: "2", kind: .policy),
        ]
        report.manifest.sets = [.init(name: "forget", heldOut: false, examples: 5, hash: "3", source: "script")]
        report.summary.data = nil
        func head() -> String { report.html.components(separatedBy: "</header>")[0] }
        #expect(head().contains("data <b>made by the script</b>"))
        #expect(head().contains("model <b>lenet.safetensors</b>") && head().contains("policy <b>p.safetensors</b>"))
        report.manifest.data += [
            .init(name: "generated", file: nil, hash: "4"), .init(name: "train", file: "x/cats.csv", hash: "5"),
            .init(name: "dogs.npz", file: "x/dogs.npz", hash: "6"),
        ]
        #expect(head().contains("data <b>generated digits, train (cats.csv), dogs.npz</b>"))
        #expect(!head().contains("safetensors</b> safetensors") && !head().contains("data <b>safetensors"))
        // Of a folder of an earlier version, whose manifest does not know the kinds.
        var json = try #require(report.manifest.json.object)
        guard !isKindKnown else { return #expect(try Manifest(json: .object(json)) == report.manifest) }
        json["data"] = .array([["name": "safetensors", "file": "old.safetensors", "hash": "7"]])
        #expect(try Manifest(json: .object(json)).data.map(\.kind) == [.model])
    }

    @Test("a caption tells of means over seeds only where they are drawn")
    func learningCurve() {
        var report = SampleRun.report(seeds: [0, 1])
        #expect(Self.section("learning", of: report.html).contains("of each of 2 seeds, and means over the seeds."))
        report.seeds[1].updates = SampleRun.updates(seed: 1).map { record in
            var record = record
            record.evaluations += 7
            return record
        }
        let apart = Self.section("learning", of: report.html)
        #expect(apart.contains("of each of 2 seeds.") && !apart.contains("mean over seeds"))
    }

    @Test("candidates without both measures are not counted among those that are drawn")
    func candidates() {
        var report = SampleRun.report()
        report.seeds[0].candidates = SampleRun.candidates(count: 300)
        #expect(Self.section("trade-off", of: report.html).contains("All 300 "))
        report.seeds[0].candidates?.values[1][7] = .nan
        let caption = Self.section("trade-off", of: report.html)
        #expect(caption.contains("The 299 ") && caption.contains(" of 300 that have both measures"))
    }

    @Test("the trade-off has the unedited point once it is known, one for each different model")
    func unedited() {
        var report = SampleRun.report(seeds: [0, 1, 2])
        func rings() -> Int { Self.section("trade-off", of: report.html).matches(of: /class="ring s7"/).count }
        #expect(rings() == 0)
        for (index, x) in [0.98, 0.97, 0.98].enumerated() {
            report.summary.seeds[index].unedited = [.init("forget.accuracy", x), .init("retain.accuracy", 0.9)]
        }
        #expect(rings() == 2)
        #expect(Self.section("trade-off", of: report.html).matches(of: />unedited</).count == 1)
        // A measure that the chart does not draw gives no point.
        for index in 0..<3 { report.summary.seeds[index].unedited = [.init("forget.accuracy", 0.9)] }
        #expect(rings() == 0)
    }

    @Test("the saved edit is the result in tiles and captions")
    func savedEdit() {
        var report = SampleRun.report()
        #expect(report.html.contains("mean policy, from\u{A0}98.00\u{A0}%"))
        #expect(report.html.contains("Shown is the edit of the mean policy."))
        report.manifest.options["edit"] = "best-seen"
        #expect(report.html.contains("best seen, from\u{A0}98.00\u{A0}%"))
        #expect(report.html.contains("Shown is the edit of the best seen."))
    }

    @Test("evaluations a second are those between the first update and the last, pauses between resumed runs left out")
    func rate() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder.create(at: folder.file("run"))
        let report = SampleRun.report()
        try report.manifest.write(to: run)
        try run.write(report.summary.detailedJSON.text, to: RunFolder.summaryName)
        let updates = Array(report.seeds[0].updates.prefix(4))
        try run.write(updates.map { $0.json.text + "\n" }.joined(), to: RunFolder.metricsName)
        func rate(_ seconds: [Double]) throws -> Double? {
            let lines = seconds.map { "{\"seconds\": \($0)}\n" }
            try run.write(lines.joined(), to: "timing.jsonl")
            return try Report.read(fromRun: run.path).seeds[0].rate
        }
        let evaluations = updates.map { Double($0.evaluations) }
        #expect(try rate([5, 6, 7, 8]) == (evaluations[3] - evaluations[0]) / 3)
        // The run was resumed after its second update.
        let parts = evaluations[1] - evaluations[0] + evaluations[3] - evaluations[2]
        #expect(try rate([5, 6, 2, 4]) == parts / 3)
        #expect(try rate([5, 6]) == nil && rate([]) == nil)
    }

    @Test("the large figures are what the reward reads, and of other sets the first measure")
    func headlines() {
        var report = SampleRun.report()
        func tiles() -> [String] {
            Self.section("result", of: report.html).matches(of: /<div class="name">([^<]*)/).map { String($0.1) }
        }
        #expect(tiles() == ["forget accuracy", "retain accuracy"])
        report.summary.seeds[0].unedited = [.init("forget.loss", 1), .init("retain.true_probability", 0.9)]
        #expect(tiles() == ["forget accuracy", "retain accuracy"])
        for stage in [Stage.before, .meanPolicy] {
            report.summary.seeds[0].heldOut[0][stage]?.append(.init("fped", 0.5))
        }
        report.summary.seeds[0].unedited.append(.init("forget.fped", 1))
        #expect(tiles() == ["forget FPED", "retain accuracy"])
    }

    @Test("a class has a star only where it makes up a held-out set, and the caption mentions no other")
    func starredHeldOutClass() {
        var report = SampleRun.report()
        #expect(report.html.contains("The class with a star makes up a held-out set by itself."))
        for index in report.summary.seeds[0].classes.indices { report.summary.seeds[0].classes[index].isTarget = false }
        #expect(!report.html.contains("with a star"))
    }

    @Test("the caption mentions starred classes where there are some")
    func starredClasses() throws {
        func html(isUnseen: Bool) throws -> String {
            var report = SampleRun.report()
            let folder = try TemporaryFolder()
            let rows = ["before,0.9", "mean_policy,0.001"].map { "heldout,n1,4,\(isUnseen ? 1 : 0),forget,\($0)\n" }
            let text = "purpose,network,class,unseen_class,set,stage,accuracy\n" + rows.joined()
            try folder.write(Array(text.utf8), "pairs.csv")
            report.seeds[0].transfer = Report.Transfer.read(folder.path)
            #expect(report.seeds[0].transfer?.pairs.count == 1)
            return Self.section("pairs", of: report.html)
        }
        let (with, without) = (try html(isUnseen: true), try html(isUnseen: false))
        #expect(with.contains("4*") && with.contains("with a star"))
        #expect(without.contains("No held-out network") && !without.contains("*") && !without.contains("star"))
    }

    @Test("what each step of a policy leaves is shown where it takes several, with the worst pair on either side")
    func stepByStep() throws {
        func html(_ stages: [String]) throws -> String {
            var report = SampleRun.report()
            let folder = try TemporaryFolder()
            var text = "purpose,network,class,unseen_class,set,stage,accuracy\n"
            for (network, shift) in [("n1", 0.0), ("n2", 0.02)] {
                for (set, values) in [("forget", [0.9, 0.5, 0.1, 0.05]), ("retain", [0.95, 0.93, 0.94, 0.96])] {
                    for (stage, value) in zip(stages, values) {
                        text += "heldout,\(network),4,0,\(set),\(stage),\(value + shift)\n"
                    }
                }
            }
            try folder.write(Array(text.utf8), "pairs.csv")
            report.seeds[0].transfer = Report.Transfer.read(folder.path)
            return report.html
        }
        let steps = Self.section("steps", of: try html(["before", "step_1", "mean_policy", "refined"]))
        let cells = steps.matches(of: /<td[^>]*>(.*?)<\/td>/).map { $0.output.1.replacing(/<[^>]*>/, with: "") }
        #expect(
            cells == [
                "before", "91.00 (92.00)", "96.00 (95.00)", "1", "51.00 (52.00)", "94.00 (93.00)", "2",
                "11.00 (12.00)", "95.00 (94.00)",
            ], "\(cells)")
        #expect(try !html(["before", "mean_policy"]).contains("Step by step"))
    }

    // MARK: - Again

    /// What a shell makes of a command.
    private static func words(_ command: String) throws -> [String] {
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", "for word in \(command); do printf '%s\\0' \"$word\"; done"]
        let output = Pipe()
        shell.standardOutput = output
        try shell.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        shell.waitUntilExit()
        return bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast().map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    @Test("the command that makes a run again gives a shell every word as it was")
    func command() throws {
        var manifest = SampleRun.manifest()
        #expect(manifest.command == "rledit-lua examples/unlearn_digit.lua --seed 0")
        manifest.seed = 3
        manifest.script.source = "my scripts/it's $HOME.lua"
        manifest.options = [
            "edit": "best-seen", "trust": true, "data": "/d a", "allow": ["a\nb", "*"], "examples": false,
            "on_invalid_reward": "worst",
            "set": ["digit": "7", "text": "\"; rm -rf ~ #", "empty": ""], "script_arguments": ["--x", "", "ü`ls`"],
        ]
        let words = [
            "rledit-lua", "my scripts/it's $HOME.lua", "--seed", "3", "--edit", "best-seen", "--data", "/d a", "--set",
            "digit=7", "--set", "text=\"; rm -rf ~ #", "--set", "empty=", "--allow", "a\nb", "--allow", "*",
            "--on-invalid-reward", "worst", "--trust",
            "--", "--x", "", "ü`ls`",
        ]
        #expect(try Self.words(manifest.command) == words)
        #expect(manifest.json["command"]?.string == manifest.command)
        var report = SampleRun.report(seeds: [0, 1, 2])
        #expect(report.manifest.command == "rledit-lua examples/unlearn_digit.lua --seeds 3")
        report.manifest.script.source = "<b>.lua"
        let html = report.html
        #expect(html.contains("<pre class=\"command\"><code>rledit-lua '&lt;b&gt;.lua' --seeds 3</code></pre>"))
    }
}

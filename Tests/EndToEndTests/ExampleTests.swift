import Foundation
import Testing

/// Every file in `examples/` through the built binary, on generated digits and in a home of its own.
@Suite("Examples", .serialized)
struct ExampleTests {
    /// Those that return a task, and so leave a run folder with a manifest.
    static let tasks = [
        "ablations", "bring_your_own", "custom_learner", "custom_reward", "custom_world", "debias_comments",
        "debias_encoder", "own_texts", "remove_backdoor", "schedules", "shift_unlearn_digit", "tour", "unlearn_digit",
    ]
    /// Those about pictures: with fewer of them.
    static let pictures = ["own_images", "unlearn_resnet"]
    /// Those that do their own loop.
    static let loops = ["apply_policy", "deep_unlearn", "hill_climb_by_hand"]
    /// Those that train a policy over many networks.
    static let policies = ["transfer"]
    /// That which compares with a retrained network.
    static let examples = ["forget_examples"]

    @Test("each example is run by a test")
    func allExamplesAreRun() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: ExampleRun.examples)
        let names = files.filter { $0.hasSuffix(".lua") }.map { String($0.dropLast(".lua".count)) }
        #expect(names.sorted() == (Self.tasks + Self.pictures + Self.loops + Self.policies + Self.examples).sorted())
    }

    @Test("an example that returns a task finishes on a small budget and leaves its results", arguments: tasks)
    func taskFinishes(_ name: String) throws {
        let run = try ExampleRun(name, ["--set", "steps=192"])
        #expect(run.exitCode == 0, "\(run.errors)")
        #expect(run.output.contains("held-out set"))
        #expect(run.output.contains("/report.html"))
        let manifest = try run.manifest()
        #expect(manifest["status"] as? String == "finished")
        let learner = (manifest["configuration"] as? [String: Any])?["learner"] as? [String: Any]
        #expect(learner?["steps"] as? Int == 192)
        for file in ["edited.safetensors", "delta.safetensors", "metrics.jsonl", "report.html", "script/\(name).lua"] {
            #expect(FileManager.default.fileExists(atPath: "\(run.folder)/\(file)"), "\(file)")
        }
    }

    @Test("an example about pictures fits a network to them and edits it", arguments: pictures)
    func picturesAreEdited(_ name: String) throws {
        let settings = ["steps=32", "epochs=1"] + (name == "unlearn_resnet" ? ["train=100", "examples=20"] : [])
        let run = try ExampleRun(name, settings.flatMap { ["--set", $0] })
        #expect(run.exitCode == 0, "\(run.errors)")
        #expect(run.output.contains("% right before the edit"))
        #expect(try run.manifest()["status"] as? String == "finished")
        for file in ["edited.safetensors", "delta.safetensors", "report.html"] {
            #expect(FileManager.default.fileExists(atPath: "\(run.folder)/\(file)"), "\(file)")
        }
    }

    @Test("a folder of one's own pictures is read inside the sandbox, and a class is forgotten by its name")
    func ownImages() throws {
        let folder = NSTemporaryDirectory() + "rledit-photos-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let corpus = "\(ExampleRun.root)/Sources/RLEditTestSupport/Corpus/picture"
        for (kind, file) in [("cat", "baseline.jpg"), ("dog", "progressive.jpg")] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(kind)", withIntermediateDirectories: true)
            for number in 1...10 {
                try FileManager.default.copyItem(atPath: "\(corpus)/\(file)", toPath: "\(folder)/\(kind)/\(number).jpg")
            }
        }
        try FileManager.default.copyItem(atPath: "\(corpus)/cut.jpg", toPath: "\(folder)/cat/99.jpg")
        let sets = ["steps=32", "epochs=1", "path=.", "forget=dog"].flatMap { ["--set", $0] }
        let run = try ExampleRun("own_images", ["--data", folder] + sets)
        #expect(run.exitCode == 0, "\(run.errors)")
        #expect(run.output.contains("passed over, since it is broken: cat/99.jpg"))
        #expect(try run.manifest()["task"] as? String == "forget-dog")
        let refused = try ExampleRun("own_images", ["--set", "path=\(folder)"])
        #expect(refused.exitCode == 1)
        #expect(refused.errors.contains("absolute paths need --allow FILE"))
    }

    @Test(
        "an example about single pictures says how far the network is from a retrained one, before and after",
        arguments: examples)
    func examplesAreForgotten(_ name: String) throws {
        let settings = ["steps=40", "epochs=1", "depth=8", "train=200"]
        let run = try ExampleRun(name, settings.flatMap { ["--set", $0] })
        #expect(run.exitCode == 0, "\(run.errors)")
        let gaps = run.output.split(separator: "\n").filter { $0.contains("average gap") }
        #expect(gaps.map { $0.prefix { $0 != " " } } == ["unedited", "edited"])
        #expect(try run.manifest()["status"] as? String == "finished")
    }

    @Test("an example with a loop of its own ends and saves its network", arguments: loops)
    func loopEnds(_ name: String) throws {
        let run = try ExampleRun(name, ["--set", "steps=192"])
        #expect(run.exitCode == 0, "\(run.errors)")
        let saved = try #require(run.output.split(separator: "\n").last { $0.hasPrefix("saved ") })
        #expect(FileManager.default.fileExists(atPath: String(saved.dropFirst("saved ".count))))
    }

    @Test("an example that trains a policy leaves it, what it did to each pair, and a report", arguments: policies)
    func policyTrains(_ name: String) throws {
        let options = ["steps=64", "networks=2", "heldout=1", "epochs=1"].flatMap { ["--set", $0] }
        let run = try ExampleRun(name, options)
        #expect(run.exitCode == 0, "\(run.errors)")
        #expect(run.output.contains("forget_seen_class"))
        for file in ["policy.safetensors", "pairs.csv", "units.csv", "metrics.jsonl", "report.html"] {
            #expect(FileManager.default.fileExists(atPath: "\(run.folder)/\(file)"), "\(file)")
        }
        let report = try String(contentsOfFile: "\(run.folder)/report.html", encoding: .utf8)
        for heading in ["Held-out pairs", "What the policy learned", "Which pairs were which"] {
            #expect(report.contains(heading))
        }
    }

    @Test("the policies that come with the examples make another network forget a digit at once")
    func shippedPolicy() throws {
        let run = try ExampleRun("apply_policy", ["--set", "steps=20"])
        for (start, place) in [("policy, zero-shot", 0), ("three, 5 + 50 images", 2)] {
            let line = try #require(run.output.split(separator: "\n").first { $0.hasPrefix(start) })
            let numbers = line.split(separator: " ").compactMap { Double($0) }
            #expect(numbers[place] <= 1, "\(line)")
            #expect(numbers[place + 1] >= 90, "\(line)")
        }
    }

    @Test("the rewards to choose from all run, and another name is refused", arguments: ["accuracy", "loss", "margin"])
    func rewards(_ name: String) throws {
        let run = try ExampleRun("custom_reward", ["--set", "steps=64", "--set", "reward=\(name)"])
        #expect(run.exitCode == 0, "\(run.errors)")
        #expect(try run.manifest()["task"] as? String == "reward-\(name)")
        let refused = try ExampleRun("custom_reward", ["--set", "reward=\(name)s"])
        #expect(refused.exitCode == 1)
        #expect(refused.errors.contains("--set reward=\(name)s: accuracy, loss or margin expected"))
    }

    @Test("a network leaves in a file and comes back from it with the same answers")
    func bringYourOwn() throws {
        let first = try ExampleRun("bring_your_own", ["--set", "steps=64", "--json"])
        let file = "\(first.folder)/my.safetensors"
        let options = ["--set", "steps=64", "--json", "--allow", file, "--set", "file=\(file)"]
        let second = try ExampleRun("bring_your_own", options)
        for set in ["forget", "retain"] {
            for stage in ["before", "mean_policy", "best_seen"] {
                #expect(try first.heldOut(set, stage) == second.heldOut(set, stage), "\(set) \(stage)")
            }
        }
        let refused = try ExampleRun("bring_your_own", ["--set", "file=\(file)"])
        #expect(refused.exitCode == 1)
        #expect(refused.errors.contains("--allow"))
    }

    @Test("texts of one's own come from a CSV file, whatever its labels are called")
    func ownTexts() throws {
        let run = try ExampleRun("own_texts", ["--json"])
        #expect(try run.heldOut("forget", "before") >= 0.95)
        #expect(try run.heldOut("forget", "mean_policy") <= 0.05)
        #expect(try run.heldOut("retain", "mean_policy") >= 0.95)
        let rows = (0..<300).map { "\($0 % 2 == 0 ? "a good day" : "a bad day") \($0 % 7),\($0 % 2 == 0 ? 5 : 1)\n" }
        let file = "\(run.folder)/reviews.csv"
        try Data(("review,stars\n" + rows.joined()).utf8).write(to: URL(fileURLWithPath: file))
        let own = try ExampleRun(
            "own_texts",
            [
                "--set", "steps=192", "--allow", file, "--set", "file=\(file)", "--set", "text=review", "--set",
                "label=stars",
            ])
        #expect(own.exitCode == 0, "\(own.errors)")
        #expect(own.output.contains("300 texts; labels 1: 150, 5: 150\t1, 5"), "\(own.output)")
    }

    @Test(
        "with their own budget the examples forget the digit and keep the rest",
        arguments: ["custom_learner", "custom_world", "shift_unlearn_digit", "unlearn_digit"])
    func forgets(_ name: String) throws {
        let run = try ExampleRun(name, ["--json"])
        #expect(try run.heldOut("forget", "before") >= 0.95)
        #expect(try run.heldOut("forget", "mean_policy") <= 0.01)
        #expect(try run.heldOut("retain", "mean_policy") >= 0.95)
    }
}

/// One run of an example. All runs share a home, so that a fit is done once.
struct ExampleRun {
    let exitCode: Int32
    let output: String
    let errors: String
    /// The run folder; the home when there is none.
    let folder: String

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    static let examples = "\(root)/examples"
    /// Tests and product are built into the same folder.
    static let binary = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appendingPathComponent("rledit-lua").path
    /// Gone when the tests are over.
    private static let home: String = {
        atexit { try? FileManager.default.removeItem(atPath: ExampleRun.home) }
        return FileManager.default.temporaryDirectory.appendingPathComponent("rledit-\(UUID().uuidString)").path
    }()

    init(_ name: String, _ options: [String]) throws {
        let work = "\(Self.home)/\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
        let run = "\(work)/run"
        // Files, since a pipe that nobody empties would stop the run.
        for stream in ["output", "errors"] {
            try Data().write(to: URL(fileURLWithPath: "\(work)/\(stream)"))
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.binary)
        process.arguments = ["\(Self.examples)/\(name).lua", "--out", run] + options
        process.currentDirectoryURL = URL(fileURLWithPath: work)
        process.environment = [
            "HOME": Self.home, "XDG_CACHE_HOME": "\(Self.home)/cache", "PATH": "/usr/bin:/bin",
        ]
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(work)/output"))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(work)/errors"))
        try process.run()
        process.waitUntilExit()
        exitCode = process.terminationStatus
        output = try String(contentsOfFile: "\(work)/output", encoding: .utf8)
        errors = try String(contentsOfFile: "\(work)/errors", encoding: .utf8)
        folder = FileManager.default.fileExists(atPath: run) ? run : work
    }

    func manifest() throws -> [String: Any] {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/manifest.json"))
        return try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
    }

    /// Accuracy on a held-out set, from the JSON line.
    func heldOut(_ set: String, _ stage: String) throws -> Double {
        let line = try #require(output.split(separator: "\n").last, "\(errors)")
        let summary = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        let seeds = try #require(summary["seeds"] as? [[String: Any]])
        let sets = try #require(seeds.first?["heldout"] as? [String: [String: [String: Double]]])
        return try #require(sets[set]?[stage]?["accuracy"])
    }
}

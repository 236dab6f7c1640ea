import Foundation
import LuaBridge
import RLEditCore
import RLEditLua
import RLEditNN
import RLEditRuns
import RLEditTensor
import Testing

/// What a run of a script leaves and says, without the command line around it.
@Suite struct ScriptRunTests {
    private struct Ended: Sendable {
        var notes: [String] = []
        var hasSummary = false
        var dataLine: String?
        var endLine: String?
    }

    /// A folder of the test's own for the script `toy.lua` and its run `out`.
    private final class Place: Sendable {
        let path = NSTemporaryDirectory() + "rledit-session-\(UUID().uuidString)"
        var script: String { "\(path)/toy.lua" }
        var out: String { "\(path)/out" }

        init(_ text: String) throws {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try Data((TaskScript.prelude + text).utf8).write(to: URL(fileURLWithPath: script))
        }
        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private func options(_ place: Place) -> RunOptions {
        var options = RunOptions(workers: 1)
        options.out = place.out
        options.usesCache = false
        return options
    }

    private func run(_ place: Place, clock: RunClock = RunClock(), quiet: Bool = false) throws -> Ended {
        var options = options(place)
        options.isQuiet = quiet
        let settings = options
        return try LuaThread.run {
            let notes = ModuleScript.Notes()
            let host = ScriptHost(options: settings, clock: clock, note: { notes.text += $0 + "\n" })
            let run = try ScriptRun(script: place.script, on: host)
            let summary = try run.run().summary
            return Ended(
                notes: notes.text.split(separator: "\n").map(String.init), hasSummary: summary != nil,
                dataLine: run.dataLine, endLine: run.endLine)
        }
    }

    @Test("a run on a model from an ONNX file writes that file with the edited tensor")
    func onnx() throws {
        let place = try Place(
            """
            local m = rledit.nn.load "m.onnx"
            return task { model = m, world = rledit.MaskWorld { layer = "fc", rank = 1 } }
            """)
        let bytes = ONNXModuleTests.bytes(outputs: 3)
        try Data(bytes).write(to: URL(fileURLWithPath: place.path + "/m.onnx"))
        var settings = options(place)
        settings.data = place.path
        let used = settings
        try LuaThread.run {
            _ = try ScriptRun(script: place.script, on: ScriptHost(options: used, note: { _ in })).run()
        }
        let edited = [UInt8](try Data(contentsOf: URL(fileURLWithPath: place.out + "/edited.onnx")))
        let changed = bytes.indices.filter { bytes[$0] != edited[$0] }
        let first = try #require(changed.first), last = try #require(changed.last)
        #expect(edited.count == bytes.count && last - first < 24)
        let model = try ModelFile(path: place.out + "/edited.onnx")
        let saved = try ModelFile(path: place.out + "/edited.safetensors")
        #expect(model.network.parameter("fc.weight") == saved.network.parameter("fc.weight"))
    }

    @Test("A task that is neither returned nor used is warned of, and an error for check")
    func forgottenTask() throws {
        let complaint =
            "the script made a task but neither returned nor ran it, so nothing was learned: "
            + "write 'return rledit.task { … }'"
        let place = try Place("task {}")
        #expect(try run(place).notes == ["warning: \(place.script): \(complaint)"])
        #expect(!FileManager.default.fileExists(atPath: place.out))
        let settings = options(place)
        let checked = try LuaThread.run {
            try TaskCheck(script: place.script, on: ScriptHost(options: settings)).run()
        }
        #expect(checked.errors == 1)
        #expect(checked.text.contains(complaint))
    }

    @Test(
        "A task that a script plays with by itself is not forgotten",
        arguments: ["rledit.env(task {})", "rledit.run.task(task {})", "rledit.check_environment(task {})", ""])
    func usedTask(_ text: String) throws {
        #expect(try run(Place(text)).notes.filter { $0.hasPrefix("warning") } == [])
    }

    @Test("A run names its data before it learns; with --quiet it does not")
    func data() throws {
        let text = "rledit.data.generated_digits { train = 20, test = 10 } return task {}"
        let ended = try run(Place(text))
        let line = try #require(ended.dataLine)
        #expect(line.wholeMatch(of: /data: generated digits \(SHA-256 [0-9a-f]{8}…\)/) != nil, "\(line)")
        #expect(ended.notes.first == line)
        #expect(ended.hasSummary && ended.endLine == nil)
        #expect(try run(Place(text), quiet: true).notes.isEmpty)
        #expect(try run(Place("return task {}")).dataLine == nil)
    }

    @Test("What a script without a task saves lies in a folder with a manifest and a copy of the script")
    func savedModel() throws {
        let place = try Place("model:save 'mine.safetensors'")
        #expect(try !run(place).hasSummary)
        let manifest = try Manifest.read(from: place.out)
        #expect(manifest.status == .finished)
        #expect(manifest.task == "toy" && manifest.learner.isEmpty)
        #expect(FileManager.default.fileExists(atPath: "\(place.out)/\(manifest.script.copy)"))
        #expect(FileManager.default.fileExists(atPath: "\(place.out)/mine.safetensors"))

        let failing = try Place("model:save 'mine.safetensors' error 'late'")
        #expect(throws: LuaError.self) { try run(failing) }
        let failed = try Manifest.read(from: failing.out)
        #expect(failed.status == .failed)
        #expect(failed.reason?.contains("late") == true)
    }

    @Test("A run that reached its target says so in its summary and report, and is finished")
    func stoppedAtTarget() throws {
        let place = try Place(
            """
            return task { reward = function(m) return m.retain.loss end, target = -1e9, stop_at_target = true,
              learner = rledit.RandomSearch { steps = 400, batch_size = 4 } }
            """)
        _ = try run(place)
        let manifest = try Manifest.read(from: place.out)
        #expect(manifest.status == .finished)
        #expect(manifest.configuration["stop_at_target"]?.bool == true)
        let report = try Report.read(fromRun: place.out)
        #expect(report.summary.seeds.map(\.ended) == [.target])
        #expect(report.summary.seeds.map(\.evaluations) == [4])
        #expect(report.html.contains("the target was reached"))
        #expect(ResultTable.text(report.summary).hasSuffix("ended before the budget was spent: the target was reached"))
    }

    @Test("A run of a constant reward warns once, and says so in its summary")
    func constantReward() throws {
        let place = try Place(
            """
            return task { reward = function(m) return 0.5 end,
              learner = rledit.RandomSearch { steps = 48, batch_size = 8 } }
            """)
        let warnings = try run(place).notes.filter { $0.contains("nothing to learn from") }
        #expect(warnings == ["warning: the reward was 0.5 for all of 16 candidates: there is nothing to learn from"])
        let summary = try Report.read(fromRun: place.out).summary
        #expect(summary.warnings == ["the reward was 0.5 for all of 48 candidates: there is nothing to learn from"])
    }

    @Test("A run whose edit fits the reward's examples only says where they part")
    func parting() throws {
        // Held out are the same points with other labels: what lowers one loss raises the other.
        let place = try Place(
            """
            local x, y, z = {}, {}, {}
            for i = 1, 12 do x[i] = { math.sin(i), math.cos(2 * i) } y[i] = 0 z[i] = 2 end
            return task {
              sets = { s = rledit.data.set { inputs = x, labels = y } },
              heldout = { s = rledit.data.set { inputs = x, labels = z } },
              reward = function(m) return -m.s.loss end,
              learner = rledit.SeparableCMAES { steps = 200, population_size = 10 } }
            """)
        let notes = try run(place).notes.filter { $0.contains("fits the reward's examples") }
        #expect(notes.count == 1, "\(notes)")
        #expect(notes.first?.contains("s loss went from ") == true)
        let report = try Report.read(fromRun: place.out)
        #expect(report.summary.warnings.count == 1)
        #expect(report.html.contains("on the reward&#39;s set") || report.html.contains("on the reward's set"))
    }

    @Test("check says when candidates tie, and which measure would tell them apart")
    func ties() throws {
        let place = try Place("return task { reward = function(m) return m.retain.accuracy end }")
        let settings = options(place)
        let text = try LuaThread.run {
            try TaskCheck(script: place.script, on: ScriptHost(options: settings)).run().text
        }
        #expect(text.contains("random candidates share their reward with others"), "\(text)")
        let softer = "'retain.loss', 'retain.true_probability', 'retain.margin' take 32 different values"
        #expect(text.contains(softer), "\(text)")
        let dense = try Place("return task { reward = function(m) return -m.retain.loss end }")
        let other = options(dense)
        let silent = try LuaThread.run {
            try TaskCheck(script: dense.script, on: ScriptHost(options: other)).run().text
        }
        #expect(!silent.contains("share their reward"), "\(silent)")
    }

    @Test("A run that its time ends says after how long and where")
    func stoppedByTime() throws {
        let place = try Place("return task { learner = rledit.RandomSearch { steps = 100000000, batch_size = 4 } }")
        let line = try #require(try run(place, clock: RunClock(maxSeconds: 0.5)).endLine)
        let form = /stopped by --max-time after [0-9.]+ s, at [0-9,]+ of 100,000,000 evaluations/
        #expect(line.wholeMatch(of: form) != nil, "\(line)")
    }
}

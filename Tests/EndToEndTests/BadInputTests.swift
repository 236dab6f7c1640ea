import Foundation
import Testing

/// One clear error and exit code 1 for each fault that a person can bring.
@Suite("Bad input, end to end")
struct BadInputTests {
    /// A script and the report it must end in.
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let script: String
        let report: String
        var testDescription: String { name }
    }

    static let scripts: [Case] = [
        Case(
            name: "unknown layer", script: Scripts.task(world: #"rledit.MaskWorld { layer = "fc3" }"#),
            report: "t.lua:11: unknown layer 'fc3' (did you mean 'fc1'?); layers that can be edited: fc1, fc2"),
        Case(
            name: "class that the test set does not hold",
            script: Scripts.task().replacing(
                "test:partition(function(label) return label == 1 end)",
                with: "test:partition(function(label) return label == 3 end)"),
            report: "t.lua:11: bad field 'heldout' in rledit.task (set 'forget' holds no example)"),
        Case(
            name: "rank larger than the layer",
            script: Scripts.task(world: #"rledit.MaskWorld { layer = "fc2", rank = 9 }"#),
            report: "t.lua:11: rank 9 does not fit layer 'fc2' of 3×8: expected 1 to 3"),
        Case(
            name: "reward of nil", script: Scripts.task(reward: "return nil"),
            report: "task 't', episode 1, step 1: t.lua:15: the reward must return a number, got nil "
                + "(is a 'return' missing?)"),
        Case(
            name: "reward of a string", script: Scripts.task(reward: #"return "high""#),
            report: "task 't', episode 1, step 1: t.lua:15: the reward must return a number, got string"),
        Case(
            name: "reward of NaN", script: Scripts.task(reward: "return 0/0"),
            report: "task 't', episode 1, step 1: t.lua:15: the reward must be a finite number, got nan"),
        Case(
            name: "reward of infinity", script: Scripts.task(reward: "return math.huge"),
            report: "task 't', episode 1, step 1: t.lua:15: the reward must be a finite number, got inf"),
        Case(
            name: "reward that raises", script: Scripts.task(reward: #"error("no idea")"#),
            report: "task 't', episode 1, step 1: t.lua:15: no idea"),
        Case(
            name: "misspelt set", script: Scripts.task(reward: "return m.forgt.accuracy"),
            report: "task 't', episode 1, step 1: t.lua:15: the task has no set 'forgt' (did you mean 'forget'?); "
                + "sets: forget, retain"),
        Case(
            name: "withheld name in a reward", script: Scripts.task(reward: #"return tonumber(io.read "n")"#),
            report:
                "task 't', episode 1, step 1: t.lua:15: attempt to index a nil value (global 'io'): not available in "
                + "the sandbox; --trust runs a script without it"),
        Case(
            name: "withheld function in a reward", script: Scripts.task(reward: #"return os.getenv("HOME") or 1"#),
            report:
                "task 't', episode 1, step 1: t.lua:15: attempt to call a nil value (field 'getenv'): not available in "
                + "the sandbox; --trust runs a script without it"),
        Case(
            name: "method by a dot",
            script: "local set = require 'rledit'.data.generated_digits { train = 2, test = 1 }.train\nset.take(1)\n",
            report: "t.lua:2: calling 'take' on bad self (rledit.Set expected, got number); call it with a colon: "
                + "set:take(1)"),
        Case(
            name: "beginning of a metric's name", script: Scripts.task(reward: "return m.forget.acc"),
            report:
                "task 't', episode 1, step 1: t.lua:15: set 'forget' has no metric 'acc' (did you mean 'accuracy'?); "
                + "metrics: accuracy, auc, loss, confidence, true_probability, margin, entropy, precision, recall, f1, "
                + "true_positive_rate, false_positive_rate, false_negative_rate, fped, fned, equality_difference, error_difference_at_eer, "
                + "equal_error_threshold, mean_subgroup_auc, mean_bpsn_auc and 15 more"),
        Case(
            name: "misspelt metric", script: Scripts.task(reward: "return m.forget.acuracy"),
            report: "task 't', episode 1, step 1: t.lua:15: set 'forget' has no metric 'acuracy' "
                + "(did you mean 'accuracy'?); metrics: accuracy, loss, confidence, true_probability, margin, entropy, "
                + "precision, recall, f1, auc, true_positive_rate, false_positive_rate, false_negative_rate, fped, fned, equality_difference, error_difference_at_eer, "
                + "equal_error_threshold, mean_subgroup_auc, mean_bpsn_auc and 15 more"),
        Case(
            name: "unknown field", script: Scripts.task(more: "tarrget = 1,"),
            report:
                "t.lua:11: unknown field 'tarrget' in rledit.task (did you mean 'target'?); fields: name, model, world, "
                + "sets, reward, observation, metrics, on_invalid_reward, heldout, measures, baselines, learner, target, "
                + "stop_at_target, state, on_update, on_episode, on_best, on_end"),
        Case(
            name: "misspelt field that is needed", script: Scripts.task(world: #"rledit.MaskWorld { layr = "fc2" }"#),
            report: "t.lua:12: unknown field 'layr' in rledit.MaskWorld (did you mean 'layer'?)"),
        Case(
            name: "missing field", script: Scripts.task(world: "nil"),
            report: "t.lua:11: missing field 'world' in rledit.task (world (rledit.MaskWorld, rledit.ShiftWorld, or a "
                + "table with action_size and apply) expected)"),
        Case(name: "syntax error", script: "local x =\n", report: "t.lua:2: unexpected symbol near <eof>"),
        Case(
            name: "unknown global", script: "prnt(1)\n",
            report: "t.lua:1: unknown global 'prnt' (did you mean 'print'?)"),
        Case(
            name: "plain table", script: "return {}\n",
            report: "t.lua: the script returned a plain table: return rledit.task { … } instead"),
        Case(
            name: "no task but a number", script: "return 5\n",
            report: "t.lua: the script must return a task of rledit.task, or nothing, got number"),
    ]

    @Test("A faulty script ends in one report that names the place", arguments: scripts)
    func faultyScript(_ fault: Case) throws {
        let workspace = try Workspace(["t.lua": fault.script])
        let ended = try workspace.run("t.lua", "--out", "o")
        #expect(ended.report == fault.report)
        #expect(ended.code == 1)
        #expect(ended.errors.components(separatedBy: "rledit-lua: ").count == 2)
        #expect(!ended.output.contains("held-out"))
    }

    @Test("Sets to forget and to retain that overlap are warned of once, with the count")
    func overlap() throws {
        let script = Scripts.task(steps: 64).replacing("retain = retain }", with: "retain = train }")
        let workspace = try Workspace(["t.lua": script])
        let warning = "warning: the sets 'forget' and 'retain' share 40 of 40 examples\n"
        for arguments in [
            ["t.lua", "--seeds", "2", "--quiet"],
            ["compare", "t.lua", "--methods", "RandomSearch,bias_edit", "--seeds", "2", "--budget", "64", "--quiet"],
        ] {
            let ended = try workspace.start(arguments).wait()
            #expect(ended.errors == warning, "\(arguments)")
        }
        let checked = try workspace.run("check", "t.lua", "--strict")
        #expect(checked.output.contains("the sets 'forget' and 'retain' share 40 of 40 examples"))
        #expect(checked.code == 1)
    }

    @Test("check warns of values that no network was trained on, and not of tokens")
    func rawValues() throws {
        let script = Scripts.task(steps: 64, heldOut: false).replacing(
            "return rledit.task",
            with:
                "forget = rledit.data.set { inputs = forget:inputs() * 255, labels = forget:labels() }\nreturn rledit.task"
        )
        let workspace = try Workspace(["raw.lua": script, "t.lua": Scripts.task(steps: 64, heldOut: false)])
        let sentence = "networks expect numbers around 0, which scale = 1 / 255 makes of bytes"
        #expect(try workspace.run("check", "raw.lua").output.contains(sentence))
        #expect(try !workspace.run("check", "t.lua").output.contains(sentence))
    }

    @Test("Held-out sets that hold examples of the reward's are warned of once, by every command and in what it leaves")
    func leaks() throws {
        // 14 + 20 and 26 + 60 examples, made again from the same numbers: only the contents tell.
        let heldOut = """
            heldout = {
                forget = rledit.data.set { inputs = forget:inputs(1, 20), labels = forget:labels(1, 20) }:concat(test_forget),
                retain = test_retain },
            """
        let script = Scripts.task(steps: 64, heldOut: false, more: heldOut).replacing(
            "local model", with: "local _ = rledit.args.rank\nlocal model")
        let workspace = try Workspace(["t.lua": script])
        let sentence =
            "held-out set 'forget' shares 20 of its 34 examples with the reward's set 'forget': figures on it are not held out"
        let warning = "warning: \(sentence)\n"
        for (arguments, out) in [
            (["t.lua", "--seeds", "2"], "r"),
            (["compare", "t.lua", "--methods", "RandomSearch,bias_edit", "--seeds", "2", "--budget", "64"], "c"),
            (["sweep", "t.lua", "--grid", "rank=1,2", "--seeds", "2"], "s"),
        ] {
            // What is remembered is warned of like what is new.
            for _ in 1...(out == "r" ? 1 : 2) {
                let ended = try workspace.start(arguments + ["--out", out, "--quiet"]).wait()
                #expect(ended.code == 0 && ended.errors == warning, "\(arguments): \(ended.errors)")
            }
            let report = workspace.text("\(out)/report.html")
            #expect(report.components(separatedBy: sentence).count == 2, "\(out)")
            #expect(!report.contains("which no method saw"))
        }
        for file in ["r/manifest.json", "r/seed-1/summary.json", "r/summary.json", "c/comparison.json", "s/sweep.json"]
        {
            #expect(workspace.text(file).contains(sentence), "\(file)")
        }
        #expect(try workspace.run("runs", "show", "r").output.contains("warning   \(sentence)"))
        let checked = try workspace.run("check", "t.lua", "--strict")
        #expect(checked.output.contains("warning: \(sentence)\n") && checked.code == 1)
    }

    @Test("A script that cannot be read is named")
    func unreadableScript() throws {
        let workspace = try Workspace(["folder/x": ""])
        let missing = try workspace.run("none.lua")
        #expect(missing.report == "cannot run 'none.lua': there is no such file")
        #expect(missing.code == 1)
        let folder = try workspace.run("folder")
        #expect(folder.report == "cannot run 'folder': it is a folder")
        #expect(folder.code == 1)
    }

    @Test("An error in the reward names what called what, and is written into the manifest")
    func rewardTraceback() throws {
        let script = Scripts.task(reward: "local r = helper(m) return r").replacing(
            "return rledit.task", with: #"local function helper() error("deep") end; return rledit.task"#)
        let workspace = try Workspace(["t.lua": script])
        let ended = try workspace.run("t.lua", "--out", "o")
        #expect(ended.report == "task 't', episode 1, step 1: t.lua:11: deep")
        #expect(ended.errors.contains("stack traceback:"))
        #expect(ended.errors.contains("t.lua:15: in function"))
        #expect(workspace.text("o/manifest.json").contains(#""status": "failed""#))
        #expect(workspace.text("o/manifest.json").contains("episode 1, step 1: t.lua:11: deep"))
    }

    // MARK: - Data files

    /// Ten images of 2 × 2 and their labels, as IDX.
    private static func idx(magic: UInt8 = 3, badLabel: Bool = false) -> (images: [UInt8], labels: [UInt8]) {
        let header: [UInt8] = [0, 0, 8, magic, 0, 0, 0, 10, 0, 0, 0, 2, 0, 0, 0, 2]
        var labels = (0..<10).map(UInt8.init)
        if badLabel { labels[3] = 12 }
        return (header + (0..<40).map(UInt8.init), [0, 0, 8, 1, 0, 0, 0, 10] + labels)
    }

    private func idxReport(images: [UInt8], labels: [UInt8], name: String = "images") throws -> String {
        let script = """
            local rledit = require "rledit"
            print(rledit.data.idx { images = "\(name)", labels = "labels", classes = 10 })
            """
        let workspace = try Workspace(["t.lua": script])
        try workspace.write(images, to: "data/images")
        try workspace.write(images, to: "data/images.gz")
        try workspace.write(labels, to: "data/labels")
        let ended = try workspace.run("t.lua")
        #expect(ended.code == (ended.report.isEmpty ? 0 : 1))
        return ended.report.replacing(workspace.path, with: "HERE")
    }

    @Test("Sound IDX files are read, and faults of others named")
    func idxFaults() throws {
        let sound = Self.idx()
        #expect(try idxReport(images: sound.images, labels: sound.labels) == "")
        let missing = try idxReport(images: sound.images, labels: sound.labels, name: "none")
        #expect(missing == "t.lua:2: no file 'none' under the data roots (searched HERE/.share/rledit, HERE/data)")
        let magic = try idxReport(images: Self.idx(magic: 7).images, labels: sound.labels)
        #expect(
            magic == "t.lua:2: 'HERE/data/images' is not a sound IDX file: wrong magic number: expected 0x00000803, "
                + "got 0x00000807")
        let label = try idxReport(images: sound.images, labels: Self.idx(badLabel: true).labels)
        #expect(
            label == "t.lua:2: 'HERE/data/labels': label 12 of example 4 is out of range: labels begin at 0 and go to 9"
        )
        // The beginning of a gzip file: its header and nothing else.
        let cut = try idxReport(
            images: [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0x63], labels: sound.labels, name: "images.gz")
        #expect(cut == "t.lua:2: 'HERE/data/images.gz' is not a sound gzip file: the compressed data is truncated")
    }

    @Test("Paths that lead out of the data folders are refused with the option that allows them")
    func refusedPaths() throws {
        let sound = Self.idx()
        let absolute = try idxReport(images: sound.images, labels: sound.labels, name: "/etc/passwd")
        #expect(absolute == "t.lua:2: path '/etc/passwd' is refused: absolute paths need --allow FILE")
        let parent = try idxReport(images: sound.images, labels: sound.labels, name: "../data/images")
        #expect(parent == "t.lua:2: path '../data/images' is refused: '..' needs --allow FILE")
    }
}

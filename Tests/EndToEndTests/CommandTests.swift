import Foundation
import RLEditCore
import RLEditRuns
import Testing

/// `check`, `new`, `report` and `doctor`.
@Suite("Commands beside run, end to end")
struct CommandTests {
    @Test("annotations, which help does not list, writes the files of library/")
    func annotations() throws {
        let library = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "library")
        let workspace = try Workspace(["file": ""])
        #expect(try workspace.run("annotations", "made/here").code == 0)
        for name in ["rledit.lua", "rledit/tensor.lua", "rledit/learners.lua"] {
            let expected = try String(contentsOf: library.appending(path: name), encoding: .utf8)
            #expect(workspace.text("made/here/\(name)") == expected, "\(name)")
        }
        let committed = try FileManager.default.contentsOfDirectory(atPath: library.path + "/rledit").sorted()
        #expect(workspace.names(in: "made/here/rledit") == committed)
        #expect(try !workspace.run("--help").output.contains("annotations"))
        let blocked = try workspace.run("annotations", "file")
        #expect(blocked.code == 1)
        #expect(blocked.report == "cannot create folder 'file': File exists")
    }

    @Test("check finds nothing wrong with a sound task, and leaves nothing behind")
    func soundTask() throws {
        let soft = Scripts.task(reward: "return -m.retain.loss - m.forget.true_probability")
        let workspace = try Workspace(["t.lua": soft])
        let ended = try workspace.run("check", "t.lua", "--strict")
        #expect(ended.code == 0, "\(ended.output)")
        let lines = ended.output.split(separator: "\n").map(String.init)
        #expect(lines.first == "task 't': MaskWorld on fc2, PPO")
        #expect(lines.contains("sets: forget 40, retain 80; held out: forget 14, retain 26"))
        #expect(lines.last == "no errors, no warnings")
        #expect(workspace.names(in: ".").filter { !$0.hasPrefix(".") } == ["t.lua"])
    }

    @Test(
        "check says what looks wrong",
        arguments: [
            (
                Scripts.task(reward: "return 1 + 0 * m.forget.accuracy * m.retain.accuracy"),
                "warning: the reward was 1.0 for all of"
            ),
            (Scripts.task(reward: "return m.retain.accuracy"), "warning: the reward never reads the set 'forget'"),
            (
                Scripts.task(reward: "return m.edit.norm"),
                "warning: the reward reads none of the sets"
            ),
            (Scripts.task(heldOut: false), "warning: the task has no held-out sets"),
            (
                Scripts.task().replacing("test_retain }", with: "retain }"),
                "warning: held-out set 'retain' shares 80 of its 80 examples with the reward's set 'retain': figures on it are not "
                    + "held out"
            ),
            (
                Scripts.task(reward: "for i = 1, 3000000 do end return m.retain.accuracy - m.forget.accuracy"),
                "warning: the reward is slow: "
            ),
            (
                Scripts.task(more: "metrics = { twice = function(set) return 2 * set.accuracy end },"),
                "warning: the metric 'twice' is never read"
            ),
            (
                Scripts.task(reward: "return m.retain.accuracy - m.forget.accuracy + math.random()"),
                "warning: the reward of an action differs from time to time"
            ),
            (Scripts.task(more: "target = -5,"), "warning: every random candidate reaches the target of -5 already"),
        ] as [(String, String)])
    func suspicious(_ script: String, _ warning: String) throws {
        let workspace = try Workspace(["t.lua": script])
        let ended = try workspace.run("check", "t.lua", "--quiet")
        #expect(ended.code == 2, "check has no --quiet")
        let lax = try workspace.run("check", "t.lua")
        #expect(lax.code == 0, "\(lax.errors)")
        #expect(lax.output.contains("\n\(warning)"), "\(lax.output)")
        #expect(try workspace.run("check", "t.lua", "--strict").code == 1)
    }

    @Test("check ends like a run when the task cannot run")
    func faultyTask() throws {
        let nan = try Workspace(["t.lua": Scripts.task(reward: "return 0/0")]).run("check", "t.lua")
        #expect(nan.report == "task 't', episode 1, step 1: t.lua:15: the reward must be a finite number, got nan")
        #expect(nan.code == 1)
        let unread = try Workspace(["t.lua": Scripts.task()]).run("check", "t.lua", "--set", "digit=1")
        #expect(unread.report == "t.lua: --set digit=1: the script never reads rledit.args.digit")
        #expect(unread.code == 1)
        let callback = Scripts.task(more: "on_update = function() error('oh') end,")
        let late = try Workspace(["t.lua": callback]).run("check", "t.lua")
        #expect(late.report == "t.lua:17: oh")
        #expect(late.code == 1)
        let none = try Workspace(["t.lua": "print 'done'"]).run("check", "t.lua")
        #expect(none.output.hasPrefix("done\nt.lua returned no task"))
        #expect(none.code == 0)
    }

    @Test("Each template of new runs unchanged", arguments: ["unlearn", "custom-reward", "custom-world", "by-hand"])
    func templates(_ name: String) throws {
        let workspace = try Workspace()
        let written = try workspace.run("new", "mine.lua", "--template", name)
        #expect(written.output == "wrote mine.lua; run it with: rledit-lua mine.lua\n")
        #expect(workspace.text("mine.lua").contains("rledit-lua mine.lua"))
        // The same text on fewer examples and evaluations: what counts here is that every name and call is right.
        var text = workspace.text("mine.lua")
        text = text.replacing("rledit.data.digits()", with: "rledit.data.generated_digits { train = 3000, test = 200 }")
        text = text.replacing("steps = 8192", with: "steps = 256").replacing("steps = 2048", with: "steps = 256")
        text = text.replacing("take(500)", with: "take(50)").replacing("take(2000)", with: "take(100)")
        text = text.replacing("epochs = 2", with: "epochs = 1")
        try workspace.write(Array(text.utf8), to: "small.lua")
        let ended = try workspace.run("small.lua", "--out", "o")
        #expect(ended.code == 0, "\(ended.errors)")
        #expect(name == "by-hand" ? ended.output.contains("round 20") : ended.output.contains("report: o/report.html"))
        let again = try workspace.run("new", "mine.lua")
        #expect(again.report == "'mine.lua' exists already and is left as it is")
        #expect(again.code == 1)
    }

    @Test("new refuses other endings and folders that are not there")
    func newFaults() throws {
        let workspace = try Workspace()
        #expect(try workspace.run("new", "mine.txt").report == "'mine.txt' does not end in .lua")
        let folder = try workspace.run("new", "none/mine.lua")
        #expect(folder.report == "cannot write 'none/mine.lua': no such file or directory")
        #expect(folder.code == 1)
    }

    @Test("report makes the same report again, and refuses a folder without results")
    func report() throws {
        let workspace = try Workspace(["t.lua": Scripts.task(steps: 64)])
        #expect(try workspace.run("t.lua", "--out", "o").code == 0)
        let first = workspace.text("o/report.html")
        try workspace.write([], to: "o/report.html")
        let ended = try workspace.run("report", "o")
        #expect(ended.output == "o/report.html\n")
        #expect(workspace.text("o/report.html") == first)
        #expect(!first.contains("http://") && !first.contains("https://"))
        let none = try workspace.run("report", "nothing")
        #expect(none.report == "'nothing' is not a run folder: there is no such folder")
        #expect(none.code == 1)
        try FileManager.default.removeItem(atPath: "\(workspace.path)/o/summary.json")
        let unfinished = try workspace.run("report", "o")
        #expect(
            unfinished.report
                == "the run in 'o' has not ended: there is nothing to report yet; --resume o goes on with it")
        #expect(unfinished.code == 1)
    }

    @Test("the command of a manifest makes the run again, to the byte")
    func commandAgain() throws {
        let script = Scripts.task(
            reward: "return m.retain.accuracy - args.weight * m.forget.accuracy", steps: 128
        ).replacing(
            "local points",
            with: "local args = { weight = tonumber(rledit.args[\"weight\"]), name = ... }\nlocal points")
        let workspace = try Workspace(["my task's.lua": script])
        #expect(
            try workspace.run(
                "my task's.lua", "--out", "first", "--seeds", "2", "--set", "weight=0.5", "--edit", "best-seen",
                "--quiet",
                "--", "$HOME"
            ).code == 0)
        let command = try JSONValue(parsing: workspace.bytes("first/manifest.json") ?? [])["command"]?.string
        #expect(
            command
                == "rledit-lua 'my task'\\''s.lua' --seeds 2 --edit best-seen --set weight=0.5 -- '$HOME'")
        #expect(workspace.text("first/report.html").contains("--edit best-seen --set weight=0.5 -- '$HOME'"))
        try workspace.write(
            Array("rledit-lua() { \"\(Binary.path)\" \"$@\"; }\n\(command ?? "")\n".utf8), to: "again.sh")
        let again = try workspace.start([], through: ["/bin/bash", "again.sh"]).wait()
        #expect(again.code == 0, "\(again.errors)")
        let folder = "runs/\(try #require(workspace.names(in: "runs").first))"
        for name in ["metrics.jsonl", "candidates.csv", "edited.safetensors"] {
            for seed in ["seed-0", "seed-1"] {
                #expect(workspace.bytes("\(folder)/\(seed)/\(name)") == workspace.bytes("first/\(seed)/\(name)"))
            }
        }
    }

    @Test("seeds that edit one model's file are said to, and neither report nor terminal calls that file the data")
    func sharedModel() throws {
        let workspace = try Workspace([
            "make.lua": Scripts.setting + "model:save 'net.safetensors'",
            "edit.lua": Scripts.task(steps: 64).replacing(
                "return rledit.task", with: "model = rledit.nn.load 'made/net.safetensors'\nreturn rledit.task"),
            "own.lua": Scripts.task(steps: 64),
        ])
        #expect(try workspace.run("make.lua", "--out", "made").code == 0)
        let ended = try workspace.run("edit.lua", "--data", ".", "--seeds", "2", "--out", "o")
        #expect(ended.code == 0, "\(ended.errors)")
        let line = ended.output.split(separator: "\n").first { $0.contains("SHA-256") }
        #expect(line?.hasPrefix("model: made/net.safetensors (SHA-256 ") == true, "\(ended.output)")
        let html = workspace.text("o/report.html")
        #expect(html.contains("over 2 seeds, all of which edit the same model."))
        #expect(html.contains("data <b>made by the script</b>") && html.contains("model <b>net.safetensors</b>"))
        #expect(try JSONValue(parsing: workspace.bytes("o/summary.json") ?? [])["data"] == nil)
        #expect(try workspace.run("own.lua", "--seeds", "2", "--out", "p", "--quiet").code == 0)
        #expect(workspace.text("p/report.html").contains("over 2 seeds, each with a model of its own."))
    }

    @Test("--no-examples keeps examples out of folder and report, of a resumed run too")
    func noExamples() throws {
        let comments = """
            local rledit = require "rledit"
            local texts = rledit.data.texts {
              texts = { "bad <b>secret</b> one", "good day", "bad thing", "good one", "bad day", "good thing" },
              labels = { 1, 0, 1, 0, 1, 0 },
            }
            local words = rledit.data.vocabulary(texts, { minimum_count = 1 })
            local model = rledit.models.bag_of_words { vocabulary = words, seed = 1 }
            local set = words:encode(texts)
            model:fit(set, { epochs = 60, batch_size = 2, learning_rate = 0.05 })
            return rledit.task {
              name = "t", model = model, world = rledit.ShiftWorld { layer = "fc2", bias = true, scale = 20 },
              sets = { all = set }, heldout = { all = set },
              reward = function(m) return 1 - m.all.accuracy end, learner = rledit.PPO { steps = 512, rollout_length = 64 },
            }
            """
        let workspace = try Workspace(["t.lua": comments])
        #expect(try workspace.run("t.lua", "--out", "with", "--edit", "best-seen", "--quiet").code == 0)
        let html = workspace.text("with/report.html")
        #expect(html.contains("<bdi>bad &lt;b&gt;secret&lt;/b&gt; one</bdi>") && !html.contains("<b>secret"))
        #expect(
            try workspace.run("t.lua", "--out", "without", "--no-examples", "--max-time", "0.4", "--quiet").code != 1)
        _ = try workspace.run("--resume", "without", "--quiet")
        #expect(try workspace.run("t.lua", "--out", "none", "--no-examples", "--quiet").code == 0)
        for folder in ["without", "none"] {
            #expect(!workspace.exists("\(folder)/examples.json"))
            #expect(!workspace.text("\(folder)/report.html").contains("secret"))
        }
        #expect(workspace.bytes("none/metrics.jsonl") == workspace.bytes("with/metrics.jsonl"))
    }

    @Test("doctor shows versions, kernels, cores, data, cache and walls; --json has the documented shape")
    func doctor() throws {
        let workspace = try Workspace()
        let text = try workspace.run("doctor")
        #expect(text.code == 0)
        for word in ["rledit ", "lua ", "kernels ", "cores ", "data ", "cache ", "sandbox "] {
            #expect(text.output.split(separator: "\n").contains { $0.hasPrefix(word) }, "\(word)")
        }
        let ended = try workspace.run("doctor", "--json")
        let object = try JSONValue(parsing: Array(ended.output.utf8))
        #expect(
            object.object?.keys == ["versions", "numeric_kernels", "architecture", "cores", "data", "cache", "walls"])
        #expect(object["versions"]?.object?.keys == ["rledit", "lua", "library"])
        #expect(object["numeric_kernels"]?.object?.keys == ["library", "loops"])
        #expect(object["cache"]?.object?.keys == ["path", "enabled", "fits", "bytes", "capacity"])
        #expect(object["cache"]?["path"]?.string == "\(workspace.path)/.cache/rledit/fits")
        #expect(
            object["walls"]?.object?.keys == [
                "library", "limits", "landlock", "landlock_abi", "seccomp", "missing",
            ])
        #expect(object["walls"]?["library"] == true)
        let roots = (object["data"]?.array ?? []).compactMap { $0["path"]?.string }
        #expect(roots == ["\(workspace.path)/.share/rledit", "\(workspace.path)/data"])
    }

    @Test("doctor names data that is damaged, with exit code 1")
    func damagedData() throws {
        let workspace = try Workspace(["data/mnist/train-images-idx3-ubyte": "x"])
        let ended = try workspace.run("doctor")
        #expect(ended.code == 1)
        #expect(ended.output.contains("train-labels-idx1-ubyte"))
    }
}

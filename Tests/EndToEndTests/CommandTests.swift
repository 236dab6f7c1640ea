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
        let workspace = try Workspace(["t.lua": Scripts.task()])
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
                "warning: held-out set 'retain' holds the examples of set 'retain', which the reward sees"
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

    @Test("Each template of new runs as it stands", arguments: ["unlearn", "custom-reward", "custom-world", "by-hand"])
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
        #expect(none.report == "'nothing' is not a run folder: it has no manifest.json")
        #expect(none.code == 1)
        try FileManager.default.removeItem(atPath: "\(workspace.path)/o/summary.json")
        let unfinished = try workspace.run("report", "o")
        #expect(
            unfinished.report
                == "the run in 'o' has not come to its end: there is nothing to report yet; --resume o goes on with it")
        #expect(unfinished.code == 1)
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

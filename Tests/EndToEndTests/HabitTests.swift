import Foundation
import Testing

/// Habits of people who begin: folders that can only be read, settings that are read late, names of files and words.
@Suite("Habits, end to end", .serialized)
struct HabitTests {
    // MARK: - Folders

    @Test(
        "A session and a script that only prints work in a folder that can only be read",
        .enabled(if: DiskFaultTests.mayMount, DiskFaultTests.unmountable))
    func readOnly() throws {
        let workspace = try Workspace()
        let mount = try DiskFaultTests.Mount(at: "\(workspace.path)/m", kilobytes: 1024)
        try workspace.write(Array("print 'hello'".utf8), to: "m/p.lua")
        try workspace.write(Array(Scripts.task(steps: 64).utf8), to: "m/t.lua")
        try workspace.write(
            Array("require('rledit').models.mlp { widths = { 2, 2 } }:save 'm.safetensors'".utf8), to: "m/s.lua")
        try mount.change("ro")
        let inside = ["/bin/sh", "-c", #"cd m && exec "$@""#, "sh"]
        let home = ["HOME": "\(workspace.path)/m", "XDG_CACHE_HOME": "\(workspace.path)/m/.cache"]
        for option in [[], ["--trust"]] {
            let printed = try workspace.start(["p.lua"] + option, environment: home, through: inside).wait()
            #expect(printed.output == "hello\n" && printed.code == 0, "\(printed.errors)")
            let typed = try workspace.start(
                ["repl"] + option, environment: home, input: Array("1 + 1".utf8), through: inside
            ).wait()
            #expect(typed.output == "2\n" && typed.code == 0, "\(typed.errors)")
            let checked = try workspace.start(["check", "t.lua"] + option, environment: home, through: inside).wait()
            #expect(checked.code == 0, "\(checked.errors)")
        }
        let reason = "cannot create folder 'runs': Read-only file system; --out names another place"
        let task = try workspace.start(["t.lua", "--quiet"], environment: home, through: inside).wait()
        #expect(task.report == reason && task.code == 1)
        let saved = try workspace.start(["s.lua"], environment: home, through: inside).wait()
        #expect(saved.report.hasSuffix(reason) && saved.code == 1, "\(saved.errors)")
    }

    @Test("Nothing empty is left by what saves nothing, is killed at a limit, or is refused")
    func nothingLeft() throws {
        let endless = #"(("a"):rep(60)):find(("a*"):rep(60) .. "b")"#
        let workspace = try Workspace([
            "p.lua": "print 'hello'", "limit.lua": "while true do end", "kill.lua": endless,
            "memory.lua": "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1000) .. i end", "e.lua": "error 'no'",
            "t.lua": Scripts.task(steps: 64).replacing("retain = retain }", with: "keep = retain }").replacing(
                "m.retain.accuracy", with: "m.keep.accuracy"),
        ])
        for command in [
            ["p.lua"], ["limit.lua", "--lua-time", "0.2"], ["kill.lua", "--lua-time", "0.2"],
            ["memory.lua", "--lua-memory", "20"], ["e.lua"], ["repl", "e.lua"],
            ["compare", "kill.lua", "--lua-time", "0.2"], ["sweep", "kill.lua", "--grid", "a=1", "--lua-time", "0.2"],
            ["compare", "p.lua"], ["compare", "e.lua"], ["compare", "e.lua", "--trust"],
            ["compare", "t.lua", "--methods", "scrub"], ["sweep", "t.lua", "--grid", "a=1"],
            ["compare", "kill.lua", "--lua-time", "0.2", "--out", "deep/c"],
        ] {
            _ = try workspace.start(command + ["--no-cache"]).wait()
            #expect(!workspace.exists("runs") && !workspace.exists("deep"), "\(command)")
        }
    }

    // MARK: - Arguments

    private static let lazy = Scripts.task(
        reward: "return -m.retain.loss * (rledit.args.k or 1) - m.forget.true_probability", steps: 64)

    @Test("An argument that is read in the reward alone counts as read, and a misspelt one is refused at once")
    func lazyArguments() throws {
        let workspace = try Workspace(["t.lua": Self.lazy])
        let ended = try workspace.run("t.lua", "--set", "k=2", "--quiet")
        #expect(ended.code == 0 && ended.errors.isEmpty, "\(ended.errors)")
        #expect(try workspace.run("check", "t.lua", "--set", "k=2", "--strict").code == 0)
        let compared = try workspace.run(
            "compare", "t.lua", "--set", "k=2", "--methods", "task,bias_edit", "--seeds", "1", "--quiet", "--strict")
        #expect(compared.code == 0, "\(compared.errors)")
        let swept = try workspace.run("sweep", "t.lua", "--grid", "k=1,2", "--quiet")
        #expect(swept.code == 0, "\(swept.errors)")
        for command in ["run", "check"] {
            let wrong = try workspace.run(command, "t.lua", "--set", "kk=2")
            #expect(
                wrong.report == "t.lua: --set kk=2: the script never reads rledit.args.kk (did you mean 'k'?)",
                "\(wrong.errors)")
            #expect(wrong.code == 1)
        }
    }

    @Test("An argument that could be read but is not is noted after the first update and warned of at the end")
    func unreadArgument() throws {
        let script = Self.lazy.replacing(
            "return -m.retain", with: "if m.progress > 2 then print(rledit.args.late) end return -m.retain")
        let workspace = try Workspace(["t.lua": script, "lines": ""])
        let lax = try workspace.run("t.lua", "--set", "late=2", "--quiet", "--out", "o")
        #expect(
            lax.errors == """
                note: --set late=2: the script has not read rledit.args.late so far
                warning: --set late=2: the script never reads rledit.args.late

                """)
        #expect(lax.code == 0)
        let strict = try workspace.run("t.lua", "--set", "late=2", "--quiet", "--strict")
        #expect(strict.code == 1 && strict.report == "the warning is an error with --strict")
        let typed = try workspace.run("repl", "t.lua", "--set", "other=2", input: "rledit.args.other\n")
        #expect(typed.output == "2\n" && typed.code == 0, "\(typed.errors)")
    }

    // MARK: - Names of files

    @Test("A path that is not UTF-8 is named as such, wherever it is")
    func latinPaths() throws {
        let workspace = try Workspace(["t.lua": Scripts.task(steps: 64)])
        for arguments in [
            "$x", "t.lua --data $x", "t.lua --out $x", "predict $x", "t.lua --set name=$x", "--resume $x",
        ] {
            let launcher = ["/bin/bash", "-c", "x=$'caf\\xe9.lua'; echo 'print(1)' > \"$x\"; \"$0\" \(arguments)"]
            let ended = try workspace.start([], through: launcher).wait()
            #expect(
                ended.errors.contains(/^Error: the argument '(name=)?caf\\xE9.lua' is not UTF-8: rename the file/),
                "\(ended.errors)")
            #expect(ended.code == 2)
        }
        // Files of such names beside a script are none of its business, and one that it names is named as such.
        let script = #"print(select(2, pcall(require 'rledit'.nn.load, "caf\xe9.safetensors")))"#
        try workspace.write(Array(script.utf8), to: "p.lua")
        let beside = try workspace.run("p.lua")
        #expect(beside.code == 0)
        #expect(beside.output.contains("is refused: it is not UTF-8: rename the file"), "\(beside.output)")
    }

    @Test("--allow of a folder says which option takes one")
    func allowedFolder() throws {
        let workspace = try Workspace(["t.lua": "", "folder/x": ""])
        let ended = try workspace.run("t.lua", "--allow", "folder")
        #expect(ended.errors.hasPrefix("Error: --allow: 'folder' is a folder: name each file, or use --data folder.\n"))
        #expect(ended.code == 2)
    }

    // MARK: - Words

    @Test(
        "Words that name nothing, and values that make no sense, get a message that says what would",
        arguments: [
            (["rum", "x.lua"], "'rum' is neither a command nor a file: did you mean 'run'?"),
            (["chek", "my.lua"], "'chek' is neither a command nor a file: did you mean 'check'?"),
            (["swep"], "'swep' is neither a command nor a file: did you mean 'sweep'?"),
            (
                ["frobnicate", "t.lua"],
                "'frobnicate' is neither a command nor a file: the commands are run, check, new, compare, "
                    + "sweep, runs, pack, show, verify, rescore, repl, apply, predict, report, doctor."
            ),
            (["runs", "shwo", "o"], "'shwo' is neither a command nor a folder: did you mean 'show'?"),
            (["t.lua", "--out", ""], "--out is empty: name a folder, or leave it out."),
            (["compare", "t.lua", "--out", ""], "--out is empty: name a folder, or leave it out."),
            (["sweep", "t.lua", "--grid", "a=1", "--out", ""], "--out is empty: name a folder, or leave it out."),
            (["repl", "--out", ""], "--out is empty: name a folder, or leave it out."),
            (["--resume", ""], "--resume is empty: name the folder of a run."),
            (["t.lua", "--seed", "-1"], "--seed must be 0 or more, got -1."),
            (["check", "t.lua", "--seed", "-1"], "--seed must be 0 or more, got -1."),
            (["repl", "--seed=-1"], "--seed must be 0 or more, got -1."),
            (["t.lua", "--seeds", "-1"], "--seeds must be from 1 to 10000, got -1."),
            (["t.lua", "--workers", "-2"], "--workers must be from 1 to 1024, got -2."),
            (["t.lua", "--max-time", "-1"], "--max-time must be above 0 seconds, got -1.0."),
            (["t.lua", "--lua-time", "-1"], "--lua-time must not be negative, got -1.0."),
            (["compare", "t.lua", "--budget", "-1"], "--budget must be from 1 to 1000000000 evaluations, got -1."),
        ] as [([String], String)])
    func words(_ arguments: [String], _ message: String) throws {
        let ended = try Workspace(["t.lua": ""]).start(arguments).wait()
        #expect(ended.errors.hasPrefix("Error: \(message)\n"), "\(ended.errors)")
        #expect(ended.code == 2)
    }

    @Test("--resume of what is not a run says what it is")
    func resumed() throws {
        let workspace = try Workspace(["t.lua": Scripts.task(steps: 64), "file": "", "empty/x": ""])
        let script = Scripts.task(steps: 64).replacing("return rledit", with: "local a = rledit.args.a; return rledit")
        try workspace.write(Array(script.utf8), to: "s.lua")
        #expect(try workspace.run("sweep", "s.lua", "--grid", "a=1", "--out", "s", "--quiet").code == 0)
        let compare = ["compare", "t.lua", "--methods", "RandomSearch", "--seeds", "1", "--budget", "64"]
        #expect(try workspace.start(compare + ["--out", "c", "--quiet"]).wait().code == 0)
        for (name, reason) in [
            ("none", "there is no such folder"), ("file", "it is a file"), ("empty", "it has no manifest.json"),
            (
                "s",
                "it holds a sweep, which goes on when its command is given again: rledit-lua sweep SCRIPT --out s; "
                    + "each of its trials/ is a run"
            ),
            (
                "c",
                "it holds a comparison, which goes on when its command is given again: rledit-lua compare SCRIPT --out c"
            ),
        ] {
            for command in [["--resume", name], ["report", name], ["runs", "show", name]] {
                let ended = try workspace.start(command).wait()
                #expect(ended.report == "'\(name)' is not a run folder: \(reason)", "\(command): \(ended.errors)")
                #expect(ended.code == 1)
            }
        }
    }

    // MARK: - Warnings

    @Test("--strict makes the warnings of run, compare and sweep errors")
    func strict() throws {
        let overlap = Scripts.task(steps: 64).replacing("retain = retain }", with: "retain = train }")
        let workspace = try Workspace([
            "forgotten.lua": Scripts.task(steps: 64).replacing("return rledit.task", with: "local task = rledit.task"),
            "t.lua": overlap,
            "s.lua": overlap.replacing("return rledit", with: "local a = rledit.args.a; return rledit"),
        ])
        #expect(try workspace.run("forgotten.lua").code == 0)
        let message = "rledit-lua: the warning is an error with --strict\n"
        let forgotten = try workspace.run("forgotten.lua", "--strict")
        #expect(forgotten.code == 1 && forgotten.errors.hasSuffix(message), "\(forgotten.errors)")
        let warned = try workspace.run("t.lua", "--strict", "--out", "o")
        #expect(warned.code == 1 && warned.errors.hasSuffix(message))
        #expect(!workspace.exists("o"))
        let compare = ["compare", "t.lua", "--methods", "RandomSearch", "--seeds", "1", "--budget", "64", "--quiet"]
        #expect(try workspace.start(compare + ["--strict"]).wait().code == 1)
        #expect(try workspace.run("sweep", "s.lua", "--grid", "a=1", "--strict", "--quiet").code == 1)
    }

    @Test(
        "A learner's actions that do not fit are refused at once, with sizes",
        arguments: [
            ("{ { 1, 2, 3 } }", "the learner's actions hold 3 numbers each, but the world 'MaskWorld' takes 11"),
            (
                "rledit.tensor.zeros { 1, 160 }",
                "the learner's actions hold 160 numbers each, but the world 'MaskWorld' takes 11"
            ),
            (
                "{ rledit.tensor.zeros(3) }",
                "the learner's actions hold 3 numbers each, but the world 'MaskWorld' takes 11"
            ),
            (
                "{ 1, 2, 3 }",
                "list of actions expected, got a list of 3 numbers: each action is a list of its own, { { … }, … }"
            ),
            ("{}", "1 action expected (the batch size), got 0"),
            ("rledit.tensor.zeros { 2, 11 }", "1 action expected (the batch size), got 2"),
            ("nil", "list of actions expected (a table or a tensor), got nil"),
            (
                "{ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0/0 } }",
                "action 1 holds nan at position 11: finite numbers expected"
            ),
            (
                "rledit.tensor.full({ 1, 11 }, math.huge)", "action 1 holds inf at position 1: finite numbers expected"
            ),
        ])
    func learnerActions(_ actions: String, _ reason: String) throws {
        let learner = "{ name = 'mine', steps = 8, ask = function() return \(actions) end, tell = function() end }"
        let script = Scripts.task().replacing("rledit.PPO { steps = 256, rollout_length = 64 }", with: learner)
        let workspace = try Workspace(["t.lua": script])
        for command in ["run", "check"] {
            let ended = try workspace.run(command, "t.lua")
            #expect(ended.report == "t.lua:16: 'ask' of the learner 'mine': \(reason)")
            #expect(ended.code == 1)
        }
    }
}

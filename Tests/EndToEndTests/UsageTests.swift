import Foundation
import Testing

/// Exit code 2 for wrong usage, 3 for limits, and what a run shows where.
@Suite("Usage and limits, end to end")
struct UsageTests {
    @Test(
        "Wrong usage is exit code 2 and says what was wrong",
        arguments: [
            ([], "Error: Missing expected argument '<script>': name a Lua file, or --resume a run."),
            (["t.lua", "--resume", "r"], "Error: --resume takes its script from the run: name no other."),
            (["t.lua", "--seed", "1", "--seeds", "2"], "Error: --seed and --seeds cannot be combined."),
            (["t.lua", "--seeds", "0"], "Error: --seeds must be from 1 to 10000, got 0."),
            (
                ["t.lua", "--trust", "--require-sandbox"],
                "Error: --trust runs without the sandbox that --require-sandbox asks for: give one of them."
            ),
            (["t.lua", "--workers", "0"], "Error: --workers must be from 1 to 1024, got 0."),
            (["t.lua", "--max-time=-1"], "Error: --max-time must be above 0 seconds, got -1.0."),
            (["t.lua", "--max-time", "nan"], "Error: --max-time must be above 0 seconds, got nan."),
            (["t.lua", "--set", "x"], "Error: --set expects name=value, got 'x'."),
            (["t.lua", "--set", "x=1", "--set", "x=2"], "Error: --set names 'x' twice."),
            (["t.lua", "--lua-time=-1"], "Error: --lua-time must not be negative, got -1.0."),
            (["t.lua", "--lua-memory=-1"], "Error: --lua-memory must be from 0 to 1073741824 megabytes, got -1."),
            (["t.lua", "--edit", "worst"], "Error: The value 'worst' is invalid for '--edit <which>'"),
            (["t.lua", "--data", "none"], "Error: --data: there is no folder 'none'."),
            (["t.lua", "--data", "t.lua"], "Error: --data: 't.lua' is not a folder."),
            (["t.lua", "--allow", "none"], "Error: --allow: there is no file 'none' that can be read."),
            (["t.lua", "--sede", "1"], "Error: Unknown option '--sede'. Did you mean '--seed'?"),
            (["new"], "Error: Missing expected argument '<file>'"),
            (
                ["compare", "t.lua", "--methods", "PPOO"],
                "Error: --methods: there is no method 'PPOO' (did you mean 'PPO'?)"
            ),
            (["compare", "t.lua", "--methods", "PPO,"], "Error: --methods: there is no method ''; methods: all, PPO"),
            (
                ["compare", "t.lua", "--methods", "PPO", "--reference", "scrub"],
                "Error: --reference scrub: that method is not compared."
            ),
            (
                ["compare", "t.lua", "--budget", "0"],
                "Error: --budget must be from 1 to 1000000000 evaluations, got 0."
            ),
            (["sweep", "t.lua"], "Error: nothing to sweep: name a setting and its values by --grid or --range."),
            (["sweep", "t.lua", "--grid", "rank"], "Error: --grid wants name=value,value,…, got 'rank'."),
            (["sweep", "t.lua", "--grid", "rank="], "Error: --grid rank=: a value is missing."),
            (
                ["sweep", "t.lua", "--grid", "rank=1", "--shard", "3/2"],
                "Error: --shard 3/2: the shards of 2 are 1 to 2."
            ),
            (
                ["sweep", "t.lua", "--grid", "rank=1", "--shard", "x"],
                "Error: --shard wants i/n, for example 2/8, got 'x'."
            ),
            (
                ["sweep", "t.lua", "--grid", "a=1", "--range", "b=1:2"],
                "Error: --range needs --random: how many trials?"
            ),
            (
                ["sweep", "t.lua", "--random", "2", "--range", "b=0:2:log"],
                "Error: --range b=0:2:log: a logarithmic range begins above 0."
            ),
            (["sweep", "t.lua", "--grid", "a=1,2", "--set", "a=3"], "Error: 'a' is swept: --set cannot fix it."),
            (["new", "t.lua", "--template", "x"], "Error: The value 'x' is invalid for '--template <name>'"),
        ] as [([String], String)])
    func wrongUsage(_ arguments: [String], _ message: String) throws {
        let ended = try Workspace(["t.lua": ""]).start(arguments).wait()
        #expect(ended.errors.hasPrefix(message))
        #expect(ended.code == 2)
        #expect(ended.output.isEmpty)
    }

    @Test(
        "Help and version go to standard output, with examples in each",
        arguments: ["", "run", "check", "new", "compare", "sweep", "runs", "report", "doctor"])
    func help(_ command: String) throws {
        let workspace = try Workspace()
        let ended = try workspace.start(command.isEmpty ? ["--help"] : [command, "--help"]).wait()
        #expect(ended.code == 0)
        #expect(ended.output.contains("EXAMPLES:\n  rledit-lua "))
        #expect(ended.errors.isEmpty)
        let takesScript = ["run", "check", "compare", "sweep"].contains(command)
        #expect(ended.output.contains("--checkpoint-every") == takesScript)
    }

    @Test("The version is a number of three parts")
    func version() throws {
        let ended = try Workspace().run("--version")
        #expect(ended.output.trimmingCharacters(in: .newlines).split(separator: ".").count == 3)
        #expect(ended.code == 0)
    }

    // MARK: - Limits

    @Test(
        "A limit that is reached is exit code 3 and names the option that raises it",
        arguments: [
            (
                "while true do end", ["--lua-time", "0.2"],
                "t.lua:1: time limit of 0.2 s for the main chunk reached (raise it with --lua-time SECONDS)"
            ),
            (
                "local s = {} for i = 1, 1e9 do s[i] = ('x'):rep(1000) .. i end", ["--lua-memory", "20"],
                "t.lua:1: memory limit of 20 MB reached (raise it with --lua-memory MB)"
            ),
            (
                "require 'rledit'.tensor.zeros(1e8)", ["--lua-memory", "20"],
                "t.lua:1: not enough memory: a tensor of 100000000 elements needs 381 MB, 0 of 20 MB are in use "
                    + "(option --lua-memory sets the limit)"
            ),
            (
                "for i = 1, 1e9 do print(('x'):rep(1000)) end", ["--max-output", "1"],
                "t.lua:1: output limit of 1 MB reached (raise it with --max-output MB)"
            ),
            (
                "pcall(function() while true do end end) print 'after'", ["--lua-time", "0.2"],
                "t.lua:1: time limit of 0.2 s for the main chunk reached (raise it with --lua-time SECONDS)"
            ),
            (
                "while true do end", ["--max-time", "0.3"],
                "the time of --max-time (0.3 s) has passed before the script was done"
            ),
        ] as [(String, [String], String)])
    func limits(_ script: String, _ options: [String], _ report: String) throws {
        let ended = try Workspace(["t.lua": script]).start(["t.lua"] + options).wait()
        #expect(ended.report == report)
        #expect(ended.code == 3)
        #expect(!ended.output.contains("after"))
        #expect(ended.seconds < 10)
    }

    @Test("A reward that never returns reaches the limit of callbacks")
    func callbackLimit() throws {
        let workspace = try Workspace(["t.lua": Scripts.task(reward: "while true do end")])
        let ended = try workspace.run("t.lua", "--callback-time", "0.2", "--out", "o")
        #expect(
            ended.report
                == "t.lua:15: time limit of 0.2 s for a callback reached (raise it with --callback-time SECONDS)")
        #expect(ended.code == 3)
        #expect(workspace.text("o/manifest.json").contains(#""status": "failed""#))
    }

    @Test("A run that its time ends has results, exit code 3, and can be continued")
    func maxTime() throws {
        let workspace = try Workspace(["t.lua": Scripts.task(steps: 100_000_000)])
        let ended = try workspace.run("t.lua", "--max-time", "1", "--out", "o", "--json")
        #expect(ended.code == 3)
        #expect(ended.seconds < 10)
        #expect(ended.output.contains(#""mean_policy""#))
        for name in ["edited.safetensors", "delta.safetensors", "report.html", "summary.json"] {
            #expect(workspace.exists("o/\(name)"), "\(name)")
        }
        #expect(workspace.text("o/manifest.json").contains("the time of --max-time has passed"))
        let before = workspace.bytes("o/metrics.jsonl") ?? []
        let resumed = try workspace.run("--resume", "o", "--max-time", "1", "--quiet")
        #expect(resumed.code == 3)
        let after = workspace.bytes("o/metrics.jsonl") ?? []
        #expect(after.count > before.count)
        #expect(after.starts(with: before))
    }

    @Test("A run that has written as much as it may stops")
    func folderLimit() throws {
        let workspace = try Workspace(["t.lua": Scripts.task(steps: 100_000)])
        let ended = try workspace.run("t.lua", "--max-folder", "0", "--out", "o", "--checkpoint-every", "0")
        #expect(ended.report.contains("--max-folder raises it"))
        #expect(ended.code == 3)
    }

    // MARK: - What is shown where

    @Test("What a script prints, the table and the report's place go to standard output, progress elsewhere")
    func streams() throws {
        let script = "print('hello', 1)\n" + Scripts.task()
        let workspace = try Workspace(["t.lua": script])
        let ended = try workspace.run("t.lua", "--out", "o")
        #expect(ended.code == 0)
        #expect(ended.output.hasPrefix("hello\t1\n"))
        #expect(ended.output.contains("held-out set"))
        #expect(ended.output.hasSuffix("report: o/report.html\n"))
        // Not a terminal: whole lines, never redrawn.
        #expect(ended.errors.contains("t  256/256  100%"))
        #expect(!ended.errors.contains("\r"))
    }

    @Test("--quiet leaves what the script prints, and --json one line at the end of standard output")
    func quiet() throws {
        let workspace = try Workspace(["t.lua": "print 'hello'\n" + Scripts.task()])
        let quiet = try workspace.run("t.lua", "--out", "o", "--quiet")
        #expect(quiet.output == "hello\n")
        #expect(quiet.errors.isEmpty)
        let json = try workspace.run("t.lua", "--out", "p", "--json")
        #expect(json.output.hasPrefix(#"{"task":"t","run":"p","#))
        #expect(json.output.split(separator: "\n").count == 1)
        #expect(json.errors.contains("hello\n"))
        #expect(json.errors.contains("held-out set"))
    }

    @Test("A closed standard output does not end a run")
    func closedPipe() throws {
        let workspace = try Workspace(["t.lua": "print 'hello'\n" + Scripts.task()])
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", "\"$0\" t.lua --out o --no-cache | true; exit 0", Binary.path]
        shell.currentDirectoryURL = URL(fileURLWithPath: workspace.path)
        shell.standardError = FileHandle.nullDevice
        try shell.run()
        shell.waitUntilExit()
        #expect(workspace.exists("o/report.html"))
    }

    // MARK: - Scripts

    @Test("A first line for the shell is passed over, and lines keep their numbers")
    func shebang() throws {
        let ended = try Workspace(["t.lua": "#!/usr/bin/env rledit-lua\nprint(...)\nerror('here')"])
            .run("t.lua", "--", "a", "--b")
        #expect(ended.output == "a\t--b\n")
        #expect(ended.report == "t.lua:3: here")
    }

    @Test("A script without a task is simply run, and leaves no run folder")
    func withoutTask() throws {
        let workspace = try Workspace(["t.lua": "print(require('rledit').args.x + 1)"])
        let ended = try workspace.run("t.lua", "--set", "x=2")
        #expect(ended.output == "3\n")
        #expect(ended.code == 0)
        #expect(workspace.names(in: ".").filter { !$0.hasPrefix(".") } == ["t.lua"])
    }

    @Test("A value that the script never reads is an error")
    func unreadValue() throws {
        let workspace = try Workspace(["t.lua": "print(require('rledit').args.digit)"])
        let ended = try workspace.run("t.lua", "--set", "digt=2")
        #expect(
            ended.report
                == "t.lua: --set digt=2: the script never reads rledit.args.digt (did you mean 'digit'?)")
        #expect(ended.code == 1)
    }

    @Test("--out is refused when it holds a run or other files")
    func usedFolder() throws {
        let workspace = try Workspace(["t.lua": Scripts.task(steps: 64), "full/x": ""])
        #expect(try workspace.run("t.lua", "--out", "o").code == 0)
        let again = try workspace.run("t.lua", "--out", "o")
        #expect(again.report == "'o' already holds a run; continue it with --resume o, or choose another --out")
        #expect(again.code == 1)
        let full = try workspace.run("t.lua", "--out", "full")
        #expect(full.report == "'full' is not empty (it holds 'x'); choose an empty or a new folder for --out")
        let resumed = try workspace.run("--resume", "o")
        #expect(resumed.report == "'o' is finished: there is nothing to resume")
        let none = try workspace.run("--resume", "full")
        #expect(none.report == "'full' is not a run folder: it has no manifest.json")
    }

    @Test(
        "A run that a launcher starts several times is refused; one copy is not",
        arguments: ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"])
    func copies(name: String) throws {
        let workspace = try Workspace(["t.lua": "print('ran')"])
        let refused = try workspace.run("t.lua", environment: [name: "4"])
        #expect(refused.code == 2)
        #expect(refused.errors.contains("a launcher started 4 copies of this program (\(name)=4)"))
        #expect(refused.output.isEmpty)
        #expect(try workspace.run("t.lua", environment: [name: "1"]).output == "ran\n")
    }
}

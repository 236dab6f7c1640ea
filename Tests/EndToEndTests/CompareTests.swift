import Foundation
import RLEditCore
import RLEditRuns
import Testing

/// `compare`, `sweep` and `runs` through the built binary.
@Suite("Comparisons and sweeps, end to end")
struct CompareTests {
    private static let script = Scripts.task(steps: 128, more: "target = 0.5,")

    private static func json(_ ended: Ended) throws -> JSONValue {
        let line = try #require(ended.output.split(separator: "\n").last, "\(ended.errors)")
        return try JSONValue(parsing: String(line))
    }

    @Test("compare and sweep name the command that makes them again, and a sweep over tasks its script")
    func again() throws {
        let script = Scripts.task(
            reward: "return m.retain.accuracy - weight * m.forget.accuracy", steps: 64, more: "name = 'w-' .. weight,"
        ).replacing("local points", with: "local weight = rledit.args.weight or 2\nlocal points")
        let workspace = try Workspace(["t.lua": script])
        let compared = try workspace.run(
            "compare", "t.lua", "--methods", "RandomSearch,fine_tune", "--seeds", "1", "--budget", "32", "--set",
            "weight=3",
            "--json", "--out", "c", "--quiet", "--workers", "1")
        let comparison = try Self.json(compared)["command"]?.string
        #expect(
            comparison
                == "rledit-lua compare t.lua --methods RandomSearch,fine_tune --seeds 1 --budget 32 --set weight=3")
        #expect(workspace.text("c/report.html").contains("<code>\(comparison ?? "")</code>"))
        #expect(workspace.text("c/report.html").contains("<h2>What class 1 is called</h2>"))
        let swept = try workspace.run("sweep", "t.lua", "--grid", "weight=1,2", "--json", "--out", "s", "--quiet")
        #expect(try Self.json(swept)["command"]?.string == "rledit-lua sweep t.lua --grid weight=1,2 --seeds 1")
        #expect(try Self.json(swept)["task"]?.string == "t")
        #expect(workspace.text("s/report.html").contains("<h1>t</h1>"))
    }

    @Test("every learner and baseline runs, with the task's budget and held-out measures")
    func allMethods() throws {
        let workspace = try Workspace(["t.lua": Self.script])
        let ended = try workspace.run("compare", "t.lua", "--seeds", "2", "--depth", "--json", "--out", "c")
        #expect(ended.code == 0, "\(ended.errors)")
        let json = try Self.json(ended)
        let methods = try #require(json["methods"]?.array)
        let learners = methods.count { $0["kind"]?.string == "learner" }
        // The control is one more, and one learner trains policies alone.
        let names =
            "for name in pairs(require('rledit').learners) do if name ~= 'PathwiseGradient' then print(name) end end"
        try workspace.write(Array(names.utf8), to: "n.lua")
        #expect(learners == (try workspace.run("n.lua").output.split(separator: "\n").count) + 1)
        #expect(methods.count == learners + 21)
        #expect(json["skipped"]?.array?.compactMap { $0["method"]?.string } == ["adversarial_neuron_pruning"])
        for method in methods {
            let name = method["method"]?.string ?? ""
            let seeds = try #require(method["seeds"]?.array)
            #expect(seeds.map { $0["seed"]?.integer } == [0, 1])
            let stages = try #require(seeds[0]["heldout"]?["forget"]?.object?.keys)
            if method["kind"]?.string == "learner" {
                #expect(stages == ["before", "mean_policy", "best_seen"], "\(name)")
                // A learner spends its budget, and at most a generation more.
                #expect((128..<192).contains(seeds[0]["evaluations"]?.integer ?? 0), "\(name)")
            } else {
                #expect(stages == ["before", name])
            }
            #expect(method["depth"]?.array?.allSatisfy { $0["probe_recall"]?.double != nil } == true, "\(name)")
            for measure in ["lowest_class", "relearn_steps_best_rate", "prediction_entropy", "weight_distance"] {
                #expect(method["depth"]?.array?.allSatisfy { $0[measure]?.double != nil } == true, "\(name) \(measure)")
            }
            #expect(method["costs"]?.array?.allSatisfy { $0["kfe"]?.double != nil } == true, "\(name)")
        }
        #expect(methods.first { $0["method"]?.string == "retrain" }?["depth"]?.array?.first?["total_variation"] == 0.0)
        #expect(workspace.text("c/comparison.csv").split(separator: "\n").count == 1 + 2 * (learners * 2 + 21))
        #expect(workspace.text("c/report.html").contains("<section id=\"depth\""))
        #expect(ended.errors.contains("difference to PPO"))
    }

    @Test("the same command computes nothing twice, and a new method or seed only what is new")
    func remembered() throws {
        let workspace = try Workspace(["t.lua": Self.script])
        func compare(_ more: String...) throws -> Ended {
            let ended = try workspace.start(["compare", "t.lua", "--out", "c", "--json"] + more).wait()
            #expect(ended.code == 0, "\(ended.errors)")
            return ended
        }
        _ = try compare("--methods", "RandomSearch,scrub", "--seeds", "1")
        let cell = "c/cells/RandomSearch/seed-0.json"
        let first = try #require(workspace.bytes(cell))
        // A mark that a computed cell would not have.
        let marked = String(decoding: first, as: UTF8.self).replacing("\"seconds\": ", with: "\"seconds\":  ")
        try workspace.write(Array(marked.utf8), to: cell)
        let more = try compare("--methods", "RandomSearch,scrub,HillClimber", "--seeds", "2")
        #expect(workspace.text(cell) == marked)
        #expect(workspace.names(in: "c/cells") == ["HillClimber", "RandomSearch", "scrub"])
        #expect(!more.errors.contains("RandomSearch seed 0") && more.errors.contains("RandomSearch seed 1"))
        #expect(try Self.json(more)["methods"]?.array?.count == 3)
        // Another budget is another cell.
        let other = try compare("--methods", "RandomSearch", "--seeds", "1", "--budget", "64")
        #expect(other.errors.contains("cells in 'c' are computed again"))
        #expect(try Self.json(other)["methods"]?.array?[0]["seeds"]?.array?[0]["evaluations"]?.integer == 64)
    }

    @Test("results are the same bytes for any number of workers")
    func workers() throws {
        let workspace = try Workspace(["t.lua": Self.script])
        func results(_ workers: String) throws -> [JSONValue?] {
            let ended = try workspace.run(
                "compare", "t.lua", "--methods", "PPO,CMAES,salun", "--seeds", "2", "--json", "--no-cache", "--out",
                "c\(workers)", "--workers", workers)
            return try #require(try Self.json(ended)["methods"]?.array).flatMap { method in
                ["seeds", "summary", "differences"].map { method[$0] }
            }
        }
        #expect(try results("1") == results("3"))
    }

    @Test("a task without sets to forget and retain skips baselines, and refuses one that is named")
    func noSets() throws {
        let script = Self.script.replacing(
            "sets = { forget = forget, retain = retain }", with: "sets = { all = train }"
        )
        .replacing("m.retain.accuracy - m.forget.accuracy", with: "m.all.accuracy")
        let workspace = try Workspace(["t.lua": script])
        let named = try workspace.run("compare", "t.lua", "--methods", "scrub", "--seeds", "1")
        #expect(named.code == 1)
        #expect(named.report == "the method 'scrub' needs a set named 'forget'; the task has all")
        let all = try workspace.run("compare", "t.lua", "--seeds", "1")
        #expect(all.code == 0, "\(all.errors)")
        #expect(all.output.contains("skipped: scrub: the method 'scrub' needs a set named 'forget'; the task has all"))
        let none = try Workspace(["t.lua": "print 'done'"]).run("compare", "t.lua")
        #expect(none.report == "'t.lua' returned no task: only tasks can be compared")
        #expect(none.code == 1)
    }

    @Test("the control searches as the task does, over an offset of each score and nothing else")
    func logitBias() throws {
        let script = """
            local rledit = require "rledit"
            local model = rledit.models.mlp { widths = { 2, 3, 2 }, seed = 1 }
            if rledit.args.silent then
              model = rledit.nn.sequential { input = { 2 }, { "fc1", rledit.nn.linear(2, 2) }, rledit.nn.relu() }
            end
            local set = rledit.data.set { inputs = { { 1, 2 }, { 1, 2 }, { 0, 1 } }, labels = { 1, 1, 0 } }
            return rledit.task {
              model = model, world = rledit.MaskWorld { layer = "fc1" }, sets = { all = set }, heldout = { all = set },
              reward = function(m) return m.all.accuracy end, learner = rledit.HillClimber { steps = 64 },
            }
            """
        let workspace = try Workspace(["t.lua": script])
        let ended = try workspace.run(
            "compare", "t.lua", "--methods", "task,logit_bias", "--seeds", "1", "--json", "--out", "c")
        #expect(ended.code == 0, "\(ended.errors)")
        let methods = try #require(JSONValue(parsing: workspace.text("c/comparison.json"))["methods"]?.array)
        #expect(methods.map { $0["kind"]?.string } == ["learner", "learner"])
        let evaluations = methods.map { $0["seeds"]?.array?.first?["evaluations"]?.integer }
        #expect(evaluations[0] == evaluations[1])
        #expect(methods[1]["settings"]?["bias_scale"]?.double == 10)
        // Unedited 1 of 3 are right; an offset that calls all of them class 1 makes it 2.
        #expect(methods[1]["seeds"]?.array?.first?["heldout"]?["all"]?["best_seen"]?["accuracy"]?.double ?? 0 >= 0.66)
        #expect(workspace.text("c/report.html").contains("logit_bias is a control: the task's search"))
        let silent = try workspace.run(
            "compare", "t.lua", "--methods", "logit_bias", "--seeds", "1", "--set", "silent=1", "--out", "d")
        #expect(silent.code == 1, "\(silent.output)")
        #expect(
            silent.report
                == "the method 'logit_bias' moves the biases of the network's last layer, and 'relu1' has none")
    }

    @Test("methods that do not fit the task's layers or world are skipped, and refused when named")
    func unfitting() throws {
        let script = Scripts.task(steps: 64).replacing("fc2", with: "fc1").replacing(
            "rledit.MaskWorld", with: "rledit.ShiftWorld")
        let workspace = try Workspace(["t.lua": Scripts.task(steps: 64), "u.lua": script])
        let policy = "\(ExampleRun.examples)/forget_class.policy.safetensors"
        let named = try workspace.run(
            "compare", "t.lua", "--methods", "policy", "--policy", policy, "--seeds", "1", "--out", "a")
        #expect(named.code == 1)
        #expect(
            named.report
                == "the method 'policy': the policy of --policy is one for ShiftWorld, and the task is in MaskWorld")
        for (name, reason) in [
            ("policy@x", "'policy@x' needs --policy FILE, and after an @ a number of evaluations from 1 to 10000")
        ] {
            let ended = try workspace.run("compare", "t.lua", "--methods", name, "--policy", policy)
            #expect(ended.code == 2 && ended.errors.contains(reason), "\(ended.errors)")
        }
        let fits = try workspace.run(
            "compare", "u.lua", "--methods", "policy,erasure", "--policy", policy, "--seeds", "1", "--json", "--out",
            "b")
        #expect(fits.code == 0, "\(fits.errors)")
        let methods = try JSONValue(parsing: workspace.text("b/comparison.json"))["methods"]?.array
        #expect(methods?.first?["settings"]?.object?.keys == ["policy", "refine"])
        #expect(methods?.first?["settings"]?["policy"]?.string?.count == 64)
        #expect(methods?.last?["settings"]?["bias_amount"]?.double == 30)
    }

    @Test("a method that fails is named and tried again, and the others go on")
    func failure() throws {
        let script = Self.script.replacing(
            "return m.retain.accuracy - m.forget.accuracy",
            with: "if bad then return 0/0 end return m.retain.accuracy - m.forget.accuracy"
        ).replacing("return rledit.task", with: "local bad = rledit.args.bad\nreturn rledit.task")
        let workspace = try Workspace(["t.lua": script])
        let ended = try workspace.run(
            "compare", "t.lua", "--methods", "HillClimber,bias_edit", "--seeds", "1", "--set", "bad=true", "--out", "c")
        #expect(ended.code == 1)
        #expect(ended.output.contains("failed: HillClimber, seed 0: task 't', episode 1, step 1: t.lua:16: "))
        #expect(ended.output.contains("bias_edit"))
        #expect(workspace.names(in: "c/cells") == ["bias_edit"])
    }

    @Test("a task's own baselines replace the method of their name")
    func ownBaseline() throws {
        let script = Self.script.replacing(
            "target = 0.5,",
            with:
                "target = 0.5, baselines = { rledit.baselines.retrain { model = model, retain = retain, epochs = 40 } },"
        )
        let workspace = try Workspace(["t.lua": script])
        let ended = try workspace.run(
            "compare", "t.lua", "--methods", "retrain", "--seeds", "1", "--json", "--out", "c")
        let method = try #require(try Self.json(ended)["methods"]?.array?.first)
        // 40 epochs of 80 examples, forwards and twice backwards.
        #expect(method["costs"]?.array?.first?["kfe"]?.double == 9.6)
        #expect(
            try JSONValue(parsing: workspace.text("c/comparison.json"))["methods"]?.array?[0]["settings"]?["settings"]
                == "the task's own")
    }

    @Test("a comparison that is killed goes on where it was")
    func killed() throws {
        let workspace = try Workspace(["t.lua": Scripts.task(steps: 60_000)])
        let arguments = ["compare", "t.lua", "--methods", "RandomSearch,HillClimber,EvolutionStrategy", "--seeds", "3"]
        let running = try workspace.start(arguments + ["--out", "c", "--json"])
        let deadline = ContinuousClock.now + .seconds(20)
        while !workspace.exists("c/cells/RandomSearch/seed-0.json"), ContinuousClock.now < deadline { usleep(2000) }
        running.send(SIGKILL)
        _ = running.wait()
        let kept = try #require(workspace.bytes("c/cells/RandomSearch/seed-0.json"))
        let ended = try workspace.start(arguments + ["--out", "c", "--json"]).wait()
        #expect(ended.code == 0, "\(ended.errors)")
        #expect(workspace.bytes("c/cells/RandomSearch/seed-0.json") == kept)
        #expect(try Self.json(ended)["methods"]?.array?.map { $0["seeds"]?.array?.count } == [3, 3, 3])
    }
}

@Suite("Sweeps and lists of runs, end to end")
struct SweepCommandTests {
    private static let script = Scripts.task(
        world: #"rledit.MaskWorld { layer = "fc2", rank = rledit.args.rank or 1 }"#, steps: 64
    ).replacing("steps = 64", with: "steps = rledit.args.steps or 64")

    @Test("a sweep runs every trial once, sums up by value, and the same command has nothing to do")
    func grid() throws {
        let workspace = try Workspace(["t.lua": Self.script])
        let arguments = [
            "sweep", "t.lua", "--grid", "rank=1,2", "--grid", "steps=64,128", "--seeds", "2", "--out", "s",
        ]
        let ended = try workspace.start(arguments).wait()
        #expect(ended.code == 0, "\(ended.errors)")
        #expect(ended.output.contains("4 of 4 trials finished"))
        let csv = workspace.text("s/sweep.csv").split(separator: "\n")
        #expect(csv.count == 1 + 4 * 2)
        #expect(csv[0].hasPrefix("trial,rank,steps,seed,evaluations,seconds,forget.accuracy"))
        #expect(workspace.names(in: "s/trials").count == 4)
        let ledger = workspace.bytes("s/ledger.jsonl")
        let again = try workspace.start(arguments + ["--json"]).wait()
        #expect(workspace.bytes("s/ledger.jsonl") == ledger)
        let json = try JSONValue(parsing: again.output)
        #expect(json["trials"]?.array?.count == 4)
        #expect(json["summary"]?.array?.map { $0["trials"]?.integer } == [2, 2, 2, 2])
        let report = workspace.text("s/report.html")
        #expect(report.contains("<section id=\"setting-rank\""))
        // The pictures of one setting tell the values of the other apart.
        #expect(["rank 1", "rank 2", "steps 64", "steps 128"].allSatisfy(report.contains))
        // A further value runs only what is new.
        let more = try workspace.run(
            "sweep", "t.lua", "--grid", "rank=1,2,3", "--grid", "steps=64,128", "--seeds", "2", "--out", "s")
        #expect(more.output.contains("6 of 6 trials finished"))
        #expect(workspace.names(in: "s/trials").count == 6)
    }

    @Test("shards share the work, and the last one has the whole summary")
    func shards() throws {
        let workspace = try Workspace(["t.lua": Self.script])
        func shard(_ text: String) throws -> Ended {
            try workspace.run("sweep", "t.lua", "--grid", "rank=1,2,3", "--out", "s", "--shard", text)
        }
        #expect(try shard("1/2").output.contains("2 of 3 trials finished, 1 to do"))
        #expect(try shard("2/2").output.contains("3 of 3 trials finished"))
        #expect(
            workspace.names(in: "s").filter { $0.hasPrefix("ledger") } == [
                "ledger-1-of-2.jsonl", "ledger-2-of-2.jsonl",
            ])
    }

    @Test("a trial that fails is named, left out the next time, and tried again when asked for")
    func retry() throws {
        let script = Self.script.replacing(
            "return rledit.task", with: "if rledit.args.rank == 2 then error 'no rank 2' end\nreturn rledit.task")
        let workspace = try Workspace(["t.lua": script])
        let arguments = ["sweep", "t.lua", "--grid", "rank=1,2", "--out", "s"]
        let ended = try workspace.start(arguments).wait()
        #expect(ended.code == 1)
        #expect(ended.output.contains("failed: rank=2: t.lua:11: no rank 2"))
        #expect(ended.output.contains("1 of 2 trials finished, 1 failed (--retry tries them again)"))
        let again = try workspace.start(arguments).wait()
        #expect(again.errors.contains("rank=2 failed before and is left out; --retry tries it again"))
        let lines = workspace.text("s/ledger.jsonl").split(separator: "\n").count
        #expect(lines == 2)
        #expect(try workspace.start(arguments + ["--retry"]).wait().code == 1)
        #expect(workspace.text("s/ledger.jsonl").split(separator: "\n").count == 3)
    }

    @Test("a setting that the script does not read ends the sweep at once")
    func unknownSetting() throws {
        let workspace = try Workspace(["t.lua": Self.script])
        let ended = try workspace.run("sweep", "t.lua", "--grid", "rnk=1,2", "--out", "s")
        #expect(
            ended.report
                == "t.lua: setting 'rnk' of the sweep: the script never reads rledit.args.rnk (did you mean 'rank'?)")
        #expect(ended.code == 1)
        #expect(!workspace.exists("s/ledger.jsonl"))
    }

    @Test("runs lists and shows what lies in a folder")
    func runs() throws {
        let workspace = try Workspace(["t.lua": Self.script, "u.lua": Self.script])
        _ = try workspace.run("t.lua", "--quiet", "--out", "runs/a")
        _ = try workspace.run("u.lua", "--quiet", "--out", "runs/b")
        let list = try workspace.run("runs")
        let lines = list.output.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[2...].allSatisfy { $0.contains("finished") && $0.contains("forget accuracy 100.0 → ") })
        let json = try JSONValue(parsing: try workspace.run("runs", "--json", "--task", "u").output)
        #expect(json.array?.map { $0["run"]?.string } == ["runs/b"])
        for (option, some, none) in [
            ("--world", "MaskWorld", "ShiftWorld"), ("--learner", "PPO", "CMAES"), ("--status", "finished", "failed"),
        ] {
            #expect(try workspace.run("runs", option, some).output.split(separator: "\n").count == 4)
            let left = try workspace.run("runs", option, none, "--task", "t")
            #expect(left.output.isEmpty && left.errors.hasPrefix("no runs of task 't' "), "\(left.errors)")
            #expect(left.code == 0)
        }
        let shown = try workspace.run("runs", "show", "runs/a")
        #expect(shown.output.contains("task      t\nstatus    finished\n") && shown.output.contains("held-out set"))
        // What a stranger's folder says does not act on the terminal.
        let manifest = workspace.text("runs/a/manifest.json").replacing(
            #""task": "t""#, with: #""task": "\u001b[31mt""#)
        try workspace.write(Array(manifest.utf8), to: "runs/a/manifest.json")
        for arguments in [["runs"], ["runs", "show", "runs/a"]] {
            let output = try workspace.start(arguments).wait().output
            #expect(output.contains("[31mt") && !output.unicodeScalars.contains("\u{1b}"), "\(arguments)")
        }
        let none = try workspace.run("runs", "nowhere")
        #expect(none.report == "cannot read 'nowhere': No such file or directory")
        #expect(none.code == 1)
        #expect(try workspace.run("runs", "show", "runs").report.contains("is not a run folder"))
    }
}

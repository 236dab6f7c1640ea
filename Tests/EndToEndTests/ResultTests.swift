import Foundation
import RLEditCore
import RLEditRuns
import Testing

/// What a finished run leaves, and says of itself.
@Suite("Results, end to end")
struct ResultTests {
    /// Keys in their order and kinds of values, without the values.
    private static func shape(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "boolean"
        case .integer, .number: "number"
        case .string: "string"
        case .array(let items): "[" + (items.first.map(shape) ?? "") + "]"
        case .object(let object):
            "{" + object.members.map { "\($0.key):\(shape($0.value))" }.joined(separator: ",") + "}"
        }
    }

    private static func json(_ ended: Ended) throws -> JSONValue {
        try JSONValue(parsing: Array(ended.output.utf8))
    }

    @Test("The line of --json has the documented shape")
    func jsonShape() throws {
        let script = Scripts.setting.replacing(
            #"rledit.data.set { inputs = points, labels = labels, name = "points" }:split(0.75)"#,
            with: #"rledit.data.set { inputs = points, labels = labels, name = "points" }:split(0.75)"#
                + "\nlocal used = rledit.data.generated_digits { train = 10, test = 10 }")
        let task = Scripts.task(more: "target = 0.5, name = 'points',").replacing(Scripts.setting, with: script)
        let workspace = try Workspace(["t.lua": task])
        let ended = try workspace.run("t.lua", "--json", "--seeds", "2", "--out", "o")
        let measures = "{accuracy:number,loss:number}"
        let stages = "{before:\(measures),mean_policy:\(measures),best_seen:\(measures)}"
        let spread = "{mean:number,sd:number}"
        let rows = ["forget", "retain"].flatMap { set in
            ["accuracy", "loss"].flatMap { measure in
                ["before", "mean_policy", "best_seen"].map { "\(set).\(measure).\($0):\(spread)" }
            }
        }
        let expected =
            "{task:string,run:string,world:string,learner:string,seconds:number,data:{name:string,hash:string},"
            + "seeds:[{seed:number,evaluations:number,evaluations_to_target:number,"
            + "heldout:{forget:\(stages),retain:\(stages)}}],summary:{\(rows.joined(separator: ","))}}"
        let object = try Self.json(ended)
        #expect(Self.shape(object) == expected)
        #expect(object["task"] == "points")
        #expect(object["run"] == "o")
        #expect(object["world"] == "MaskWorld")
        #expect(object["learner"] == "PPO")
        #expect(object["seeds"]?.array?.map { $0["seed"]?.integer } == [0, 1])
        #expect(object["seeds"]?.array?.first?["evaluations"] == 256)
    }

    @Test("A learner without a mean policy leaves it out of the JSON")
    func withoutMeanPolicy() throws {
        let script = Scripts.task().replacing(
            "rledit.PPO { steps = 256, rollout_length = 64 }",
            with: """
                {
                  steps = 64, batch_size = 16,
                  ask = function()
                    local actions = {}
                    for i = 1, 16 do
                      actions[i] = {}
                      for j = 1, 11 do actions[i][j] = 2 * math.random() - 1 end
                    end
                    return actions
                  end,
                  tell = function(actions, rewards) end,
                }
                """)
        let ended = try Workspace(["t.lua": script]).run("t.lua", "--json")
        #expect(ended.code == 0)
        let seed = try #require(try Self.json(ended)["seeds"]?.array?.first)
        #expect(seed["heldout"]?["forget"]?.object?.keys == ["before", "best_seen"])
    }

    @Test("Several seeds: mean and deviation over seeds that each trained their own network")
    func seeds() throws {
        let workspace = try Workspace(["t.lua": Scripts.task()])
        let ended = try workspace.run("t.lua", "--json", "--seeds", "2", "--out", "o")
        let object = try Self.json(ended)
        let losses = (object["seeds"]?.array ?? []).compactMap { $0["heldout"]?["retain"]?["before"]?["loss"]?.double }
        #expect(losses.count == 2)
        let (a, b) = (losses[0], losses[1])
        #expect(a != b)
        let spread = object["summary"]?["retain.loss.before"]
        #expect(abs((spread?["mean"]?.double ?? .nan) - (a + b) / 2) < 1e-12)
        #expect(abs((spread?["sd"]?.double ?? .nan) - abs(a - b) / 2) < 1e-12)
        #expect(ended.errors.contains("±"))
        for name in ["manifest.json", "summary.json", "report.html"] {
            #expect(workspace.exists("o/\(name)"), "\(name)")
        }
        for seed in 0..<2 {
            for name in ["manifest.json", "metrics.jsonl", "edited.safetensors", "report.html"] {
                #expect(workspace.exists("o/seed-\(seed)/\(name)"), "\(name)")
            }
        }
        // The first of several seeds is what it would be alone.
        #expect(try workspace.run("t.lua", "--out", "alone", "--seed", "1").code == 0)
        #expect(workspace.bytes("alone/metrics.jsonl") == workspace.bytes("o/seed-1/metrics.jsonl"))
    }

    /// Loads the edited network of a run and measures it again.
    private static let reload =
        Scripts.setting + """
            local given = rledit.models.mlp { widths = { 2, 8, 3 }, seed = 99 }
            given:load(rledit.args.file)
            local a, b = given:evaluate(test_forget), given:evaluate(test_retain)
            print(("%.17g %.17g %.17g"):format(a.accuracy, b.accuracy, a.loss))
            """

    @Test(
        "The edited file gives the reported figures, and --edit chooses which edit it is",
        arguments: ["mean-policy", "best-seen"])
    func reloaded(_ edit: String) throws {
        let workspace = try Workspace(["t.lua": Scripts.task(), "reload.lua": Self.reload])
        let run = try Self.json(try workspace.run("t.lua", "--json", "--edit", edit, "--out", "o", "--seed", "3"))
        let heldOut = run["seeds"]?.array?.first?["heldout"]
        let stage = edit == "best-seen" ? "best_seen" : "mean_policy"
        let ended = try workspace.run(
            "reload.lua", "--seed", "3", "--set", "file=o/edited.safetensors", "--allow", "o/edited.safetensors")
        #expect(ended.code == 0, "\(ended.errors)")
        let numbers = ended.output.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        #expect(numbers.count == 3)
        #expect(numbers.first == heldOut?["forget"]?[stage]?["accuracy"]?.double)
        #expect(numbers.dropFirst().first == heldOut?["retain"]?[stage]?["accuracy"]?.double)
        let loss = heldOut?["forget"]?[stage]?["loss"]?.double ?? .nan
        #expect(abs((numbers.last ?? .nan) - loss) < 1e-4 * max(1, loss))
        // The edit did something.
        let before = heldOut?["forget"]?["before"]?["loss"]?.double ?? .nan
        #expect(abs(before - loss) > 0.01)
    }

    @Test("The original model is what it was after its task has run")
    func originalUnchanged() throws {
        let script =
            Scripts.task().replacing("return rledit.task", with: "local task = rledit.task") + """
                local before = model:evaluate(test_forget)
                local result = rledit.run.task(task)
                local after, edited = model:evaluate(test_forget), result.model:evaluate(test_forget)
                print(before.accuracy == after.accuracy, before.loss == after.loss, before.loss == edited.loss)
                print(result.heldout.forget.mean_policy.accuracy == edited.accuracy)
                """
        let ended = try Workspace(["t.lua": script]).run("t.lua", "--quiet")
        #expect(ended.output == "true\ttrue\tfalse\ntrue\n", "\(ended.errors)")
    }

    @Test("A network brought as safetensors keeps its names and metadata through an edit")
    func broughtAlong() throws {
        let save = Scripts.setting + "model:save('model.safetensors')\n" + "return " + "nil\n"
        let edit = Scripts.task().replacing(
            "return rledit.task", with: "model:load('model.safetensors')\nreturn rledit.task")
        let workspace = try Workspace(["save.lua": save, "t.lua": edit])
        #expect(try workspace.run("save.lua", "--out", "saved", "--quiet").code == 0)
        let original = try #require(workspace.bytes("saved/model.safetensors"))
        let ended = try workspace.run("t.lua", "--data", "saved", "--out", "o", "--quiet")
        #expect(ended.code == 0, "\(ended.errors)")
        let edited = try #require(workspace.bytes("o/edited.safetensors"))
        #expect(workspace.bytes("saved/model.safetensors") == original)
        #expect(edited != original)
        func names(_ file: [UInt8]) throws -> [String] {
            let length = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
            let header = try JSONValue(parsing: Array(file.dropFirst(8).prefix(length)))
            return (header.object?.keys ?? []).filter { $0 != "__metadata__" }
        }
        #expect(try names(edited) == names(original))
    }

    @Test("Callbacks see the run, and one that returns false ends it cleanly")
    func callbacks() throws {
        let script = Scripts.task(
            steps: 6400,
            more: """
                on_update = function(e) print("update", e.update, e.evaluations); return e.update < 2 end,
                on_end = function(e) print("end", e.reason, e.evaluations) end,
                """)
        let workspace = try Workspace(["t.lua": script])
        let ended = try workspace.run("t.lua", "--out", "o", "--quiet")
        #expect(ended.code == 0, "\(ended.errors)")
        #expect(ended.output == "update\t1\t64\nupdate\t2\t128\nend\tcallback\t128\n")
        #expect(workspace.exists("o/edited.safetensors"))
    }

    @Test("The manifest names script, modules, seed, versions, kernels, sets and walls")
    func manifest() throws {
        let workspace = try Workspace([
            "t.lua": "local h = require 'helper'\n" + Scripts.task(), "helper.lua": "return {}",
        ])
        #expect(try workspace.run("t.lua", "--out", "o", "--seed", "4", "--quiet").code == 0)
        let manifest = try JSONValue(parsing: workspace.bytes("o/manifest.json") ?? [])
        #expect(manifest["status"] == "finished")
        #expect(manifest["seed"] == 4)
        #expect(manifest["script"]?["copy"] == "script/t.lua")
        #expect(manifest["modules"]?.array?.first?["copy"] == "script/helper.lua")
        #expect(workspace.bytes("o/script/t.lua") == workspace.bytes("t.lua"))
        #expect(workspace.bytes("o/script/helper.lua") == workspace.bytes("helper.lua"))
        #expect(manifest["versions"]?.object?.keys == ["rledit", "lua", "library"])
        #expect(manifest["walls"]?.array?.contains("limits") == true)
        let sets = (manifest["sets"]?.array ?? []).compactMap { $0["examples"]?.integer }
        #expect(sets.reduce(0, +) == 160)
    }
}

import Foundation
import RLEditCore
import Testing

/// `rescore` and `--tensorboard` on the built program.
@Suite("Rescoring and event files, end to end", .serialized)
struct RescoreTests {
    private static func task(steps: Int = 256) -> String {
        Scripts.task(reward: "return m.retain.accuracy - m.forget.accuracy - 0.01 * m.forget.loss", steps: steps)
    }

    @Test("Another reward over the recorded candidates equals rescoring candidates.csv by hand")
    func byHand() throws {
        let workspace = try Workspace([
            "t.lua": Self.task(),
            "r.lua": """
            local weight = require "weight"
            return function(m)
              assert(m.forget.count == 40 and m.base.retain.accuracy > 0.5)
              return m.retain.accuracy - weight * m.forget.loss
            end
            """,
            "weight.lua": "return require('rledit').args.weight",
        ])
        #expect(try workspace.run("t.lua", "--out", "r", "--seeds", "2", "--quiet").code == 0)
        let ended = try workspace.run("rescore", "r", "r.lua", "--set", "weight=-0.5", "--json")
        #expect(ended.code == 0 && ended.seconds < 5, "\(ended.errors)")
        let seeds = try JSONValue(parsing: Array(ended.output.utf8)).array ?? []
        #expect(seeds.count == 2)
        for (index, seed) in seeds.enumerated() {
            let lines = workspace.text("r/seed-\(index)/candidates.csv").split(separator: "\n").map {
                $0.split(separator: ",")
            }
            let columns = try ["retain.accuracy", "forget.loss"].map { name in
                try #require(lines[0].firstIndex { $0 == name })
            }
            let rewards = lines.dropFirst().map {
                (Double($0[columns[0]]) ?? .nan) + 0.5 * (Double($0[columns[1]]) ?? .nan)
            }
            let best = try #require(rewards.max())
            #expect(seed["candidates"]?.integer == rewards.count && rewards.count >= 256)
            #expect(seed["best"]?["reward"]?.double == best)
            #expect(seed["best"]?["evaluation"]?.integer == rewards.firstIndex(of: best).map { $0 + 1 })
        }
        let shown = try workspace.run("rescore", "r", "r.lua", "--set", "weight=0.5")
        #expect(shown.code == 0 && shown.output.contains("Spearman correlation of the rewards"))
    }

    @Test("A reward that reads what was not recorded says so, and so does one that is none")
    func notRecorded() throws {
        let workspace = try Workspace([
            "t.lua": Self.task(steps: 64), "a.lua": "return function(m) return m.retain.confidence end",
            "b.lua": "return function(m) return m.edit.norm end", "c.lua": "return 7",
            "d.lua": "return function(m) return m.retain.accuracy / 0 end",
            "e.lua": "return function(m) return m.retain.accuracy.x end",
            "io.lua": "return function(m) return #io.open('t.lua'):read('a') end",
        ])
        #expect(try workspace.run("t.lua", "--out", "r", "--quiet").code == 0)
        let recorded =
            "was not recorded: a run records of its candidates what its own reward has read of the first ones, "
            + "here forget.accuracy, forget.loss, retain.accuracy"
        for (script, report) in [
            ("a.lua", "candidate of evaluation 1: a.lua:1: 'retain.confidence' \(recorded)"),
            ("b.lua", "candidate of evaluation 1: b.lua:1: 'edit' \(recorded)"),
            ("c.lua", "c.lua: the script must return a reward, function(m) … end, got number"),
            ("d.lua", "candidate of evaluation 1: d.lua:1: the reward must be a finite number, got inf"),
        ] {
            let ended = try workspace.run("rescore", "r", script)
            #expect(ended.code == 1 && ended.report == report, "\(ended.errors)")
        }
        for script in ["e.lua", "io.lua"] { #expect(try workspace.run("rescore", "r", script).code == 1) }
        #expect(try workspace.run("rescore", "nowhere", "a.lua").report.hasPrefix("'nowhere' is not a run folder"))
    }

    @Test("--tensorboard leaves an event file, also of a run that is resumed, and changes no other file")
    func events() throws {
        let workspace = try Workspace(["t.lua": Self.task()])
        #expect(try workspace.run("t.lua", "--out", "a", "--quiet", "--tensorboard").code == 0)
        #expect(try workspace.run("t.lua", "--out", "b", "--quiet").code == 0)
        #expect(!workspace.exists("b/run.tfevents"))
        for name in ["metrics.jsonl", "candidates.csv", "edited.safetensors"] {
            #expect(workspace.bytes("a/\(name)") == workspace.bytes("b/\(name)"), "\(name)")
        }
        let text = workspace.text("a/run.tfevents")
        for part in [
            "brain.Event:2", "reward/mean", "learner/policy_loss", "heldout/forget.accuracy/", "return rledit.task",
        ] {
            #expect(text.contains(part), "\(part)")
        }
    }
}

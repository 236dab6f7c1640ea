import Foundation
import RLEditRuns
import Testing

/// A reward that fails late in a run: what was found is kept, and the run can go on.
@Suite("Rewards that fail, end to end")
struct InvalidRewardTests {
    /// A task of 256 candidates whose reward does something else at its 150th call, in the fifth batch of eight.
    private static func script(_ fault: String, more: String = "") -> String {
        Scripts.task(
            reward: """
                state.calls = state.calls + 1
                if state.calls == 150 then \(fault) end
                return m.retain.accuracy - m.forget.accuracy
                """, more: "state = state, \(more)"
        )
        .replacing("return rledit.task", with: "local state = { calls = 0 }\nreturn rledit.task")
        .replacing(
            "rledit.PPO { steps = 256, rollout_length = 64 }",
            with: "rledit.RandomSearch { steps = 256, batch_size = 32 }")
    }

    private static let goOn =
        "continue with: rledit-lua --resume o --on-invalid-reward worst, which counts such a candidate as the worst so far"

    private static func expectEqual(_ workspace: Workspace, _ run: String, _ reference: String) {
        for name in ResumeTests.results {
            #expect(workspace.bytes("\(run)/\(name)") != nil, "\(run)/\(name)")
            #expect(workspace.bytes("\(run)/\(name)") == workspace.bytes("\(reference)/\(name)"), "\(run)/\(name)")
        }
    }

    @Test(
        "The best edit so far is saved, measured, reported and named, with the way on and exit code 1",
        arguments: [
            ("return 0/0", "the reward must be a finite number, got nan"),
            ("return math.huge", "the reward must be a finite number, got inf"),
            ("error 'no idea'", "no idea"), ("return 'high'", "the reward must return a number, got string"),
            ("return 1, { term = 0/0 }", "term 'term' of the reward must be a finite number, got nan"),
        ])
    func stops(fault: String, reason: String) throws {
        let workspace = try Workspace(["t.lua": Self.script(fault)])
        let ended = try workspace.run("t.lua", "--out", "o")
        #expect(ended.code == 1)
        #expect(ended.report.hasPrefix("task 't', episode 150, step 1: t.lua:") && ended.report.hasSuffix(reason))
        #expect(
            ended.errors.contains(
                /the best edit so far \(reward [0-9.]+, evaluation [0-9]+\) is measured and saved in 'o'\n/))
        #expect(ended.errors.hasSuffix(Self.goOn + "\n"), "\(ended.errors)")
        #expect(ended.output.contains("held-out set") && ended.output.contains("report: o/report.html"))
        let best = try #require(RunSummary.read(in: "\(workspace.path)/o")?.seeds.first?.bestReward)
        let rows = try CandidateTable.read("\(workspace.path)/o/candidates.csv")
        #expect(rows.evaluations.count == 128)
        #expect(best >= rows["reward"]?.max() ?? .infinity)
        for name in ["edited.safetensors", "delta.safetensors", "delta-best-seen.safetensors"] {
            #expect(workspace.exists("o/\(name)"), "\(name)")
        }
        let manifest = workspace.text("o/manifest.json")
        #expect(manifest.contains(#""status": "failed""#) && manifest.contains("episode 150, step 1"))
        #expect(workspace.text("o/report.html").contains("The run ended early: "))
        // Without a choice the same candidate ends it again.
        let again = try workspace.run("--resume", "o", "--quiet")
        #expect(again.code == 1 && again.errors.hasSuffix(Self.goOn + "\n"))
    }

    @Test("A candidate of the failing batch that is better than all before counts as the best so far")
    func bestOfTheLastBatch() throws {
        let script = Self.script("return 0/0").replacing(
            "return m.retain.accuracy - m", with: "if state.calls == 149 then return 7 end return m.retain.accuracy - m"
        )
        let workspace = try Workspace(["t.lua": script])
        let ended = try workspace.run("t.lua", "--out", "o", "--quiet")
        #expect(ended.errors.contains("the best edit so far (reward 7, evaluation 149) is measured"), "\(ended.errors)")
        #expect(RunSummary.read(in: "\(workspace.path)/o")?.seeds.first?.bestReward == 7)
    }

    @Test("Counted as the worst so far, by the task, by the command line or on --resume, a run has the same bytes")
    func worst() throws {
        let workspace = try Workspace([
            "t.lua": Self.script("return 0/0"),
            "own.lua": Self.script("return 0/0", more: #"name = "t", on_invalid_reward = "worst","#),
        ])
        let ended = try workspace.run("t.lua", "--out", "reference", "--on-invalid-reward", "worst")
        #expect(ended.code == 0, "\(ended.errors)")
        #expect(ended.output.contains("\ninvalid rewards: 1 candidate, counted as the worst so far\n"))
        #expect(try workspace.run("own.lua", "--out", "own", "--quiet", "--workers", "1").code == 0)
        Self.expectEqual(workspace, "own", "reference")
        #expect(try workspace.run("t.lua", "--out", "o", "--quiet").code == 1)
        let resumed = try workspace.run("--resume", "o", "--on-invalid-reward", "worst", "--json", "--quiet")
        #expect(resumed.code == 0, "\(resumed.errors)")
        #expect(resumed.output.contains(#""invalid_rewards":1"#))
        Self.expectEqual(workspace, "o", "reference")

        let rows = try CandidateTable.read("\(workspace.path)/o/candidates.csv")
        let rewards = try #require(rows["reward"])
        #expect(rewards.count == 256 && rewards[149] == rewards[..<160].min())
        let updates = try UpdateRecord.read("\(workspace.path)/o/metrics.jsonl")
        #expect(updates.reduce(0) { $0 + $1.invalidRewards } == 1)
        #expect(workspace.text("o/report.html").contains("1 candidate, counted as the worst so far"))
        #expect(workspace.text("o/manifest.json").contains(#""on_invalid_reward": "worst""#))
        // It goes on to be so: the manifest keeps the choice.
        #expect(!workspace.text("o/metrics.jsonl").contains(#""invalid_rewards":0"#))
    }

    @Test("The task's own choice can be taken back, and a word that is none is refused")
    func words() throws {
        let own = Self.script("return 0/0", more: #"on_invalid_reward = "worst","#)
        let workspace = try Workspace([
            "own.lua": own, "t.lua": own.replacing(#""worst""#, with: #""wurst""#), "s.lua": Self.script("return 0/0"),
        ])
        #expect(try workspace.run("own.lua", "--quiet", "--on-invalid-reward", "stop").code == 1)
        let task = try workspace.run("t.lua")
        #expect(task.report.contains("bad field 'on_invalid_reward' in rledit.task ("), "\(task.report)")
        let option = try workspace.run("s.lua", "--on-invalid-reward", "best")
        #expect(option.errors.hasPrefix("Error: --on-invalid-reward must be stop or worst, got 'best'."))
        #expect(option.code == 2)
    }

    @Test("Where no candidate has a valid reward there is no worst one, and the run ends with the first reason")
    func noneValid() throws {
        let workspace = try Workspace(["t.lua": Scripts.task(reward: "return 0/0")])
        let ended = try workspace.run("t.lua", "--out", "o", "--on-invalid-reward", "worst")
        #expect(
            ended.report.wholeMatch(
                of:
                    /none of the first [0-9]+ candidates has a valid reward, so there is no worst one to count them as; the first: task 't', episode 1, step 1: t.lua:15: the reward must be a finite number, got nan/
            ) != nil, "\(ended.report)")
        #expect(ended.code == 1)
        #expect(!ended.errors.contains("continue with"))
    }

    @Test("A limit that a reward reaches is not an invalid reward, and the best edit so far is kept all the same")
    func limit() throws {
        let workspace = try Workspace(["t.lua": Self.script("while true do end")])
        let ended = try workspace.run(
            "t.lua", "--out", "o", "--quiet", "--on-invalid-reward", "worst", "--callback-time", "0.2")
        #expect(ended.code == 3)
        #expect(ended.errors.contains("is measured and saved in 'o'\ncontinue with: rledit-lua --resume o\n"))
        #expect(workspace.exists("o/edited.safetensors"))
    }

    @Test("compare, sweep and check count such candidates and say how many there were")
    func commands() throws {
        let workspace = try Workspace([
            "t.lua": Self.script("return 0/0").replacing("== 150", with: "% 20 == 0"),
            "s.lua": Self.script("return 0/0").replacing(
                "return rledit.task", with: "local a = rledit.args.a\nreturn rledit.task"),
        ])
        let compare = ["compare", "t.lua", "--methods", "task", "--seeds", "1", "--quiet"]
        let stopped = try workspace.start(compare + ["--out", "c"]).wait()
        #expect(stopped.code == 1)
        #expect(stopped.errors.contains("; --on-invalid-reward worst counts such a candidate as the worst so far"))
        let counted = try workspace.start(
            ["compare", "t.lua", "--methods", "task", "--seeds", "1", "--out", "c", "--on-invalid-reward", "worst"]
        ).wait()
        #expect(counted.code == 0, "\(counted.errors)")
        #expect(counted.output.contains("invalid rewards: task: 12 candidates, each counted as the worst so far"))
        #expect(workspace.text("c/report.html").contains("12 candidates, each counted as the worst so far"))
        let sweep = try workspace.run("sweep", "s.lua", "--grid", "a=1", "--out", "s", "--on-invalid-reward", "worst")
        #expect(sweep.code == 0, "\(sweep.errors)")
        #expect(
            sweep.output.contains("invalid rewards: a=1: 1 candidate, counted as the worst so far"), "\(sweep.output)")
        let check = try workspace.run("check", "t.lua", "--on-invalid-reward", "worst")
        #expect(check.output.contains("warning: 1 of 32 random candidates have no valid reward"), "\(check.output)")
    }

    @Test("The environment by hand marks such a candidate, and never takes it for the best")
    func byHand() throws {
        let workspace = try Workspace([
            "t.lua": Scripts.setting + """
                local env = rledit.env {
                  model = model, world = rledit.MaskWorld { layer = "fc2" }, sets = { retain = retain },
                  on_invalid_reward = "worst",
                  reward = function(m)
                    n = (rawget(_G, "n") or 0) + 1
                    if n == 1 or n == 4 then error "no" end
                    return n
                  end,
                }
                local action = {}
                for i = 1, env.action_size do action[i] = 0 end
                for i, r in ipairs(env:evaluate { action, action, action }) do print(r.reward, r.invalid) end
                env:reset()
                local _, reward, _, _, info = env:step(action)
                print(reward, info.invalid, env:best().reward)
                """
        ])
        let ended = try workspace.run("t.lua")
        #expect(ended.output == "2.0\ttrue\n2.0\tnil\n3.0\tnil\n2.0\ttrue\t3.0\n", "\(ended.errors)")
    }
}

import LuaBridge
import RLEditCore
import RLEditLua
import RLEditRuns
import RLEditWorlds
import Testing

@Suite struct ScriptRewardTests {
    @Test("a reward reads every metric of its sets, the base, the edit and where the run is")
    func metrics() throws {
        let text = """
            local seen
            return task {
              reward = function(m)
                local f = m.forget
                if not seen then
                  seen = true
                  for _, name in ipairs { "accuracy", "loss", "confidence", "true_probability", "margin", "entropy" } do
                    assert(math.type(f[name]) == "float" and math.type(m.base.forget[name]) == "float", name)
                  end
                  assert(f.count == 9 and #f.labels == 9 and #f.predictions == 9)
                  assert(f.logits.shape[1] == 9 and f.logits.shape[2] == 3)
                  local right = 0
                  for i = 1, 9 do if f.labels[i] == f.predictions[i] then right = right + 1 end end
                  assert(math.abs(right / 9 - f.accuracy) < 1e-9)
                  assert(m.edit.norm > 0 and m.edit.mean_abs > 0 and m.edit.relative_norm > 0)
                  assert(m.step == 1 and m.episode == 1 and m.progress == 0)
                  assert(f.class_accuracy[1] >= 0 and f.class_accuracy[7] == nil)
                end
                return f.accuracy
              end,
              on_end = function(e) print(seen, e.reason, e.evaluations) end,
            }
            """
        #expect(try TaskScript.printed(text) == "true\tfinished\t8")
    }

    @Test("a set's scores are compared with those of another set, and with the unedited network's")
    func changes() throws {
        let text = """
            local metrics, seen = require("rledit").metrics
            local forget = sets.forget:take(4)
            return task {
              sets = { forget = forget, retain = sets.retain:take(4) },
              reward = function(m)
                local f, r, base = m.forget, m.retain, m.base.forget
                assert(f:margin_gap(r) == metrics.margin_gap(f.scores, r.scores) and f:margin_gap(f) == 0)
                assert(f:flip_rate(r) == metrics.flip_rate(f.scores, r.scores) and f:flip_rate(f) == 0)
                assert(base:margin_gap(m.base.retain) == metrics.margin_gap(base.scores, m.base.retain.scores))
                assert(f.margin_drift == metrics.margin_drift(f.scores, base.scores) and base.margin_drift == 0)
                seen = f.margin_drift > 0
                return 1
              end,
              on_end = function() print(seen) end,
            }
            """
        #expect(try TaskScript.printed(text) == "true")
        let other = "return task { name = 't',\nreward = function(m) return m.forget:margin_gap(m.retain) end }"
        #expect(TaskScript.message(other).contains("both need one shape, got [9, 3] and "))
    }

    @Test("an undefined measure reads as nil, with one warning for the run")
    func undefined() throws {
        let outcome = try TaskScript.run("return task { reward = function(m) return m.forget.auc or 0.5 end }") {
            _ = try TaskScript.loop($0, $1)
        }
        #expect(outcome.warnings.count == 1)
        #expect(outcome.warnings.first?.contains("'auc' of set 'forget' is undefined") == true)
    }

    @Test(
        "a faulty reward stops the run and says task, episode, step and line",
        arguments: [
            ("return nil", "the reward must return a number, got nil (is a 'return' missing?)"),
            ("return 'x'", "the reward must return a number, got string"),
            ("return 0/0", "the reward must be a finite number, got "),
            ("return 1/0", "the reward must be a finite number, got inf"),
            ("return 1, 3", "second result of the reward: table of named numbers expected, got number"),
            ("return 1, { a = 'x' }", "second result of the reward: 'a': number expected, got string"),
            ("return 1, { a = 1/0 }", "term 'a' of the reward must be a finite number, got inf"),
            ("return 1, nil, 3", "third result of the reward: boolean expected, got number"),
            ("return m.forgte.loss", "the task has no set 'forgte' (did you mean 'forget'?)"),
            ("return m.forget.los", "set 'forget' has no metric 'los' (did you mean 'loss'?)"),
            ("return m.x.y + z", "the task has no set 'x'; sets: "),
            ("return m.forget.acc", "set 'forget' has no metric 'acc' (did you mean 'accuracy'?); metrics: accuracy, "),
            (
                "return m.copy()",
                "calling 'copy' on bad self (rledit.Metrics expected, got no value); call it with a colon"
            ),
            ("error 'own words'", "own words"),
        ])
    func faults(_ body: String, _ reason: String) throws {
        let message = TaskScript.message("return task { name = 't',\nreward = function(m) \(body) end }")
        #expect(message.hasPrefix("task 't', episode 1, step 1: examples/toy.lua:3: " + reason))
    }

    @Test("metrics that a reward kept cannot be read later, and a copy can")
    func copies() throws {
        let kept = """
            local kept
            return task { reward = function(m)
              if kept then return kept.retain.accuracy end
              kept = m
              return m.retain.accuracy
            end }
            """
        #expect(
            TaskScript.message(kept).contains("can be read during its call only; keep what m:copy() returns instead"))
        let copied = """
            local kept
            return task {
              reward = function(m)
                if not kept then
                  local loss, edit = m.retain.loss, m.edit.norm
                  kept = m:copy()
                  assert(kept.retain.loss == loss and kept.edit.norm == edit and kept.step == 1)
                  assert(kept.retain.accuracy == nil)
                end
                return kept.retain.loss
              end,
              on_end = function() print(pcall(function() kept.retain.loss = 1 end)) end,
            }
            """
        #expect(try TaskScript.printed(copied).hasPrefix("false\texamples/toy.lua:13: "))
    }

    @Test("terms are logged in order of names, whatever order the table has")
    func terms() throws {
        let text = "return task { reward = function(m) return 3, { zeta = 1, alpha = 2, mid = m.step } end }"
        try TaskScript.run(text) { session, task in
            let loop = try TaskScript.loop(session, task)
            #expect(loop.best?.reward.terms == [.init("alpha", 2), .init("mid", 1), .init("zeta", 1)])
        }
    }

    @Test("metrics of the author's own are fields of each set")
    func customMetrics() throws {
        let text = """
            return task {
              metrics = { twice = function(set) return 2 * set.accuracy + 0 * set.scores.count end },
              reward = function(m)
                assert(m.retain.twice == 2 * m.retain.accuracy and m.base.retain.twice == 2 * m.base.retain.accuracy)
                return m.retain.twice
              end,
              on_end = function() print "ok" end,
            }
            """
        #expect(try TaskScript.printed(text) == "ok")
        #expect(
            TaskScript.message(
                "return task { metrics = { own = function() return 'x' end }, reward = function(m) return m.retain.own end }"
            ).hasSuffix("metric 'own' of set 'retain': number expected, got string"))
        let circle = """
            return task {
              metrics = { own = function(set) return set.other end, other = function(set) return set.own end },
              reward = function(m) return m.retain.own end,
            }
            """
        #expect(TaskScript.message(circle).contains("metric 'own' of set 'retain' reads itself"))
    }

    @Test("a reward that returns true as its third result ends the episode")
    func terminated() throws {
        let text = """
            local ends = {}
            return task {
              world = rledit.MaskWorld { layer = "fc1", horizon = 4 },
              reward = function(m) return m.step, nil, m.step == 2 end,
              on_episode = function(e) ends[#ends + 1] = e.reward .. (e.terminated and "t" or "") end,
              learner = rledit.RandomSearch { steps = 4, batch_size = 4 },
              on_end = function() print(table.concat(ends, " ")) end,
            }
            """
        #expect(try TaskScript.printed(text) == "2.0t 2.0t")
    }

    @Test("the same script gives the same rewards with one worker and with two")
    func determinism() throws {
        let text = """
            return task {
              reward = function(m) print(m.retain.loss, m.forget.margin, math.random()) return m.retain.loss end
            }
            """
        #expect(try TaskScript.printed(text, workers: 1) == TaskScript.printed(text, workers: 2))
    }
}

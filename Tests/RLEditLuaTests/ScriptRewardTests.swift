import Foundation
import LuaBridge
import RLEditLua
import RLEditRuns
import RLEditWorlds
import Synchronization
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
            ("return m.x.y + z", "the task has no set 'x'"),
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

@Suite struct GroupMetricsTests {
    /// A network of two classes on a set with two groups; the last of them of one class only.
    static let prelude = """
        local two = rledit.models.mlp { widths = { 2, 4, 2 }, seed = 3 }
        local x, y, a, b, c = {}, {}, {}, {}, {}
        for i = 1, 40 do
          x[i] = { math.sin(i), math.cos(2 * i) } y[i] = i % 2
          if i <= 20 then a[#a + 1] = i elseif i <= 36 then b[#b + 1] = i elseif y[i] == 1 then c[#c + 1] = i end
        end
        local all = rledit.data.set { inputs = x, labels = y }:with_groups { a = a, b = b, c = c }
        local good = all:in_groups { "a", "b" }
        """

    @Test("a reward reads the measures of the set, of its groups and of the base")
    func reads() throws {
        let text =
            Self.prelude + """

                local names = { "precision", "recall", "f1", "auc", "true_positive_rate", "false_positive_rate",
                  "false_negative_rate", "fped", "fned", "equality_difference", "error_difference_at_eer",
                  "equal_error_threshold", "mean_subgroup_auc", "mean_bpsn_auc", "mean_bnsp_auc", "final_auc",
                  "demographic_parity_difference", "equalised_odds_difference" }
                local kept
                return task {
                  model = two, sets = { identity = good }, world = rledit.ShiftWorld { layer = "fc2" },
                  reward = function(m)
                    local f = m.identity
                    for _, name in ipairs(names) do
                      assert(f[name] == nil or math.type(f[name]) == "float", name)
                      assert(m.base.identity[name] == nil or math.type(m.base.identity[name]) == "float", name)
                    end
                    assert(table.concat(f.group_names, " ") == "a b" and #f.groups == 2)
                    local sum = 0
                    for _, name in ipairs(f.group_names) do
                      local g = f.groups[name]
                      assert(g.auc and g.bpsn_auc and g.bnsp_auc and g.accuracy and g.positive_rate)
                      sum = sum + math.abs(g.false_positive_rate - f.false_positive_rate)
                    end
                    assert(math.abs(sum - f.fped) < 1e-12)
                    assert(math.abs(f.fped + f.fned - f.equality_difference) < 1e-12)
                    assert(f.groups.a.count == 20 and f.groups.b.count == 16)
                    kept = kept or m:copy()
                    return 1 - f.fped
                  end,
                  on_end = function()
                    print(kept.identity.fped ~= nil, kept.identity.groups.b.false_positive_rate ~= nil,
                      kept.base.identity.fped ~= nil, kept.identity.loss)
                  end,
                }
                """
        let outcome = try TaskScript.run(text) { _ = try TaskScript.loop($0, $1) }
        #expect(outcome.printed == "true\ttrue\ttrue\tnil\n")
        // Some candidate, or the base, predicts nothing positive; everything else has a value.
        #expect(outcome.warnings.allSatisfy { $0.contains("'precision'") })
    }

    @Test("a group of one class reads as nil, with one warning for each measure")
    func undefined() throws {
        let text =
            Self.prelude + """

                return task { model = two, sets = { identity = all }, reward = function(m)
                  assert(m.identity.groups.c.false_positive_rate == nil and m.identity.groups.c.true_positive_rate)
                  return m.identity.fped or m.identity.fned
                end }
                """
        let outcome = try TaskScript.run(text) { _ = try TaskScript.loop($0, $1) }
        #expect(
            outcome.warnings == [
                "'groups.c.false_positive_rate' of set 'identity' is undefined: group 'c' holds no example of class 0; "
                    + "it reads as nil",
                "'fped' of set 'identity' is undefined: group 'c' holds no example of class 0; it reads as nil",
            ])
    }

    @Test(
        "groups and measures that there are not are errors",
        arguments: [
            ("return m.identity.groups.d.auc", "set 'identity' has no group 'd'"),
            ("return m.identity.groups.a.ac", "rledit.GroupMetrics has no field 'ac'"),
            ("return m.identity.fpe", "set 'identity' has no metric 'fpe' (did you mean 'fped'?)"),
        ])
    func faults(body: String, message: String) {
        let text =
            Self.prelude + "\nreturn task { model = two, sets = { identity = good }, reward = function(m) \(body) end }"
        #expect(TaskScript.message(text).contains(message))
    }

    @Test("names of measures follow the rule from Swift's names")
    func names() {
        for metric in BinaryMetric.allCases { #expect(metric.name == LuaName.snakeCase("\(metric)")) }
        for metric in GroupMetric.allCases { #expect(metric.name == LuaName.snakeCase("\(metric)")) }
        for metric in Metric.allCases { #expect(SetMetric.plain(metric).name == LuaName.snakeCase("\(metric)")) }
    }

    @Test("the glossary has every measure of two classes, and no other")
    func glossary() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/metrics.md"), encoding: .utf8)
        let start = try #require(page.range(of: "## Measures of two classes and of groups"))
        let keys = page[start.upperBound...].split(separator: "\n").filter { $0.hasPrefix("| `") }.flatMap { line in
            line.dropFirst(2).prefix { $0 != "|" }.matches(of: /`(\w+)`/).map { String($0.1) }
        }
        #expect(keys.sorted() == BinaryMetric.allCases.map(\.name).sorted())
    }

    @Test("metrics.fairness gives the same outside of rewards, with a row for each group")
    func fairness() throws {
        let text =
            Self.prelude + """

                local f = rledit.metrics.fairness(two, good)
                local scores = two:forward(good)
                local same = rledit.metrics.fairness(scores, good)
                assert(f.fped == same.fped and f.groups.a.auc == same.groups.a.auc and f.count == 36)
                assert(f.accuracy == rledit.metrics.accuracy(scores, good:labels()))
                assert(f.groups.b.count == 16 and f.groups.b.bpsn_auc)
                local moved = rledit.metrics.fairness { model = two, set = good, tuning = all:group("a") }
                print(moved.fped == f.fped, moved.equal_error_threshold ~= f.equal_error_threshold)
                local one = rledit.metrics.fairness(two, all)
                print(one.fped, one.groups.c.false_positive_rate, one.groups.c.false_negative_rate ~= nil, one.auc ~= nil)
                print(pcall(rledit.metrics.fairness, model, sets.forget))
                """
        let printed = try TaskScript.run(text).printed
        #expect(printed.hasPrefix("true\ttrue\nnil\tnil\ttrue\ttrue\nfalse\t"))
        #expect(printed.contains("it takes a network of two classes, and this one has 3"))
    }

    @Test("a task chooses which measures its held-out table shows")
    func shown() throws {
        func measures(_ field: String) throws -> [String] {
            let text =
                Self.prelude + """

                    return task { model = two, sets = { identity = good }, heldout = { identity = good, plain = all:without_groups() },
                      reward = function(m) return m.identity.accuracy end, \(field) }
                    """
            let names = Mutex<[String]>([])
            try TaskScript.run(text) { session, task in
                let outcome = try RunOutcome(of: TaskScript.loop(session, task), pool: session.context.pool)
                names.withLock {
                    $0 = outcome.heldOut.map { "\($0.set): \(($0[.before] ?? []).map(\.name).joined(separator: " "))" }
                }
            }
            return names.withLock { $0 }
        }
        #expect(
            try measures("") == [
                "identity: accuracy auc fped fned error_difference_at_eer final_auc", "plain: accuracy loss",
            ])
        #expect(try measures("measures = { 'f1', 'loss' }") == ["identity: f1 loss", "plain: f1 loss"])
        #expect(
            try measures("measures = { plain = { 'recall' } }") == [
                "identity: accuracy auc fped fned error_difference_at_eer final_auc", "plain: recall",
            ])
        #expect(
            TaskScript.message("return task { measures = { 'fpd' } }").contains(
                "bad field 'measures' in rledit.task"))
    }
}

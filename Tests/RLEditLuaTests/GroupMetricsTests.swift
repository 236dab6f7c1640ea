import Foundation
import LuaBridge
import RLEditCore
import RLEditLua
import RLEditRuns
import RLEditWorlds
import Synchronization
import Testing

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
        "unknown groups and measures are errors",
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
        for metric in BinaryMetric.allCases { #expect(metric.name == "\(metric)".snakeCased) }
        for metric in GroupMetric.allCases { #expect(metric.name == "\(metric)".snakeCased) }
        for metric in Metric.allCases { #expect(SetMetric.plain(metric).name == "\(metric)".snakeCased) }
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

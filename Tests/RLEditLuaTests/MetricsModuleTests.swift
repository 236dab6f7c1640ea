import LuaBridge
import Testing

@Suite struct MetricsModuleTests {
    @Test("figures of scores follow their definitions")
    func figures() throws {
        // Softmax of (0, ln 3) is (1/4, 3/4); of (ln 4, 0) it is (4/5, 1/5).
        let printed = try ModuleScript.printed(
            """
            local scores = { {0, math.log(3)}, {math.log(4), 0} }
            local labels = { 1, 1 }
            local function show(name) print(name, string.format("%.5f", metrics[name](scores, labels))) end
            show "accuracy" show "loss" show "confidence" show "true_probability" show "margin" show "entropy"
            print(metrics.confusion(scores, labels))
            print(metrics.per_class_accuracy(scores, tensor.new { 1, 0 })[0], metrics.per_class_accuracy(scores, labels)[0])
            """)
        #expect(
            printed == """
                accuracy\t0.50000
                loss\t0.94856
                confidence\t0.77500
                true_probability\t0.47500
                margin\t-0.14384
                entropy\t0.53137
                Tensor [2, 2]:
                  0.0, 0.0
                  1.0, 1.0
                1.0\tnil
                """)
    }

    @Test("a score that is NaN names no class: nothing is right, the rest of the figures is NaN")
    func notANumber() throws {
        let printed = try ModuleScript.printed(
            """
            for _, scores in ipairs { {{0/0, 1}}, {{1, 0/0}} } do
              for label = 0, 1 do
                local row = { metrics.accuracy(scores, { label }), metrics.per_class_accuracy(scores, { label })[label] }
                for _, name in ipairs { "loss", "confidence", "true_probability", "margin", "entropy" } do
                  local figure = metrics[name](scores, { label })
                  row[#row + 1] = figure ~= figure
                end
                for i, value in ipairs(row) do row[i] = tostring(value) end
                print(table.concat(row, " "), metrics.confusion(scores, { label }):sum())
              end
            end
            """)
        let line = "0.0 0.0 true true true true true\t0.0"
        #expect(printed == [line, line, line, line].joined(separator: "\n"))
    }

    @Test("a network that overflows predicts no class, and its loss is NaN")
    func overflow() throws {
        let printed = try ModuleScript.printed(
            """
            local model = models.mlp { widths = { 2, 2, 2 } }
            model:set_parameter("fc1.weight", {{ 3e38, 3e38 }, { 3e38, 3e38 }})
            model:set_parameter("fc2.weight", {{ 1, -1 }, { 1, 1 }})
            local set = data.set { inputs = {{ 3, 3 }, { 0, 0 }}, labels = { 1, 1 } }
            local own = model:evaluate(set)
            print(model:predict(set)[1], model:predict({{ 3, 3 }})[1], own.accuracy <= 0.5, own.loss ~= own.loss)
            """)
        #expect(printed == "-1\t-1\ttrue\ttrue")
    }

    @Test("the area under the curve counts ordered pairs, ties half")
    func areaUnderCurve() throws {
        let printed = try ModuleScript.printed(
            """
            print(metrics.auc({ 0.1, 0.4, 0.35, 0.8 }, { 0, 0, 1, 1 }), metrics.auc({ 1, 1 }, { 0, 1 }))
            print(metrics.false_positive_rate({ -1, 2, 3, 1 }, { 0, 0, 1, 1 }))
            """)
        #expect(printed == "0.75\t0.5\n0.5")
    }

    @Test("rates of two classes count scores above 0")
    func rates() throws {
        let printed = try ModuleScript.printed(
            """
            local scores, labels = { -1, 2, 3, 1, 0, 4 }, { 0, 0, 1, 1, 1, 1 }
            print(metrics.precision(scores, labels), metrics.recall(scores, labels), metrics.f1(scores, labels))
            print(metrics.true_positive_rate(scores, labels), metrics.false_negative_rate(scores, labels))
            """)
        #expect(printed == "0.75\t0.75\t0.75\n0.75\t0.25")
    }

    @Test(
        "wrong scores and labels raise",
        arguments: [
            (
                "metrics.accuracy({1, 2}, {0})",
                "bad argument #1 to 'accuracy' (scores [examples, classes] expected, got shape [2])"
            ),
            (
                "metrics.accuracy({{1, 2}}, {0, 1})",
                "bad argument #2 to 'accuracy' (1 labels expected, one per row, got 2)"
            ),
            ("metrics.loss({{1, 2}}, {2})", "bad argument #2 to 'loss' (label 2 of row 1 is outside 0 to 1)"),
            ("metrics.auc({1, 2}, {0, 0})", "bad argument #2 to 'auc' (both labels must occur)"),
            (
                "metrics.precision({-1, -2}, {0, 1})",
                "bad argument #2 to 'precision' ('precision' is undefined: no example is predicted positive)"
            ),
            ("metrics.auc({1, 0/0}, {0, 1})", "bad argument #1 to 'auc' (score 2 is NaN)"),
        ])
    func errors(script: String, message: String) { #expect(ModuleScript.message(script) == "task.lua:1: " + message) }
}

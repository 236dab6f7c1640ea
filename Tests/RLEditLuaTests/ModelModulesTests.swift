import Foundation
import LuaBridge
import RLEditNN
import RLEditRuns
import RLEditTensor
import Testing

@Suite struct ModelModulesTests {
    @Test("sequential builds a network of named layers that prints its table")
    func sequential() throws {
        let printed = try ModuleScript.printed(
            """
            local model = nn.sequential {
              input = { 1, 8, 8 }, seed = 3,
              { "conv", nn.conv2d { inputs = 1, outputs = 2, kernel = 3, padding = 1 } },
              nn.relu(), nn.max_pool2d(2), nn.flatten(), { "out", nn.linear(32, 4) },
            }
            print(model)
            print(model.parameter_count, model.output_shape[1], table.concat(model:layers(), " "))
            print(table.concat(model:parameter_names(), " "), model:parameter("out.bias").shape[1])
            print(nn.linear { inputs = 2, outputs = 3, bias = false }, nn.conv2d { inputs = 1, outputs = 1, kernel = {1, 3} })
            """)
        let lines = printed.split(separator: "\n").map(String.init)
        #expect(lines[0].hasPrefix("layer"))
        #expect(
            lines[1...6].map { $0.split(separator: " ")[0] } == ["input", "conv", "relu1", "pool1", "flatten1", "out"])
        #expect(lines[7].hasPrefix("total") && lines[7].hasSuffix("152"))
        #expect(lines[8] == "152\t4\tconv relu1 pool1 flatten1 out")
        #expect(lines[9] == "conv.weight conv.bias out.weight out.bias\t4")
        #expect(lines[10] == "Linear (2 → 3, no bias)\tConv2D (1 → 1, kernel 1×3)")
    }

    @Test("parameters are copies until they are set, and clones are independent")
    func parameters() throws {
        let printed = try ModuleScript.printed(
            """
            local model = models.mlp { widths = { 2, 2 } }
            local copy = model:clone()
            model:parameter("fc1.weight"):fill_(9)
            print(model:parameter("fc1.weight"):equal(copy:parameter("fc1.weight")))
            print(model:set_parameter("fc1.weight", { {1, 2}, {3, 4} }):set_parameter("fc1.bias", { 0, 1 }) == model)
            print(model:forward { {1, 1}, {0, 1} }, model:predict { {1, 1} }[1])
            print(model:parameters()["fc1.bias"], copy:parameter("fc1.bias"):equal(model:parameter("fc1.bias")))
            """)
        #expect(
            printed == """
                true
                true
                Tensor [2, 2]:
                  3.0, 8.0
                  2.0, 5.0\t1
                Tensor [2]: 0.0, 1.0\tfalse
                """)
    }

    @Test("the seed of the run decides initial parameters, unless a model has its own")
    func seeds() throws {
        let text =
            "print(models.digit_cnn():parameter('fc3.bias'), models.digit_cnn { seed = 7 }:parameter('fc3.bias'))"
        var (first, second) = (ModuleScript(), ModuleScript())
        defer {
            first.remove()
            second.remove()
        }
        (first.seed, second.seed) = (0, 1)
        let one = try first.run(text).printed.split(separator: "\t")
        let two = try second.run(text).printed.split(separator: "\t")
        #expect(one[0] != two[0])
        #expect(one[1] == two[1])
    }

    static let learning = """
        local digits = data.generated_digits { train = 2000, test = 200 }
        local model = models.digit_cnn { seed = 1 }
        model:fit(digits.train, { epochs = 3, batch_size = 32, learning_rate = schedule.linear(4e-3, 0) })
        local result = model:evaluate(digits.test)
        print(result.accuracy > 0.5, result.loss < 2, model:parameter("fc3.bias"))
        """

    @Test("fit trains, and a remembered fit gives the same bytes as a new one")
    func fits() throws {
        var script = ModuleScript()
        defer { script.remove() }
        let unremembered = try script.run(Self.learning)
        script.remembersFits = true
        let first = try script.run(Self.learning)
        let second = try script.run(Self.learning)
        #expect(first.printed.hasPrefix("true\ttrue\t"))
        #expect(first.printed == unremembered.printed)
        #expect(first.printed == second.printed)
        #expect(!first.notes.contains("remembered"))
        #expect(second.notes.contains("fit digit_cnn: remembered"))
        #expect(first.usedData.map(\.name) == ["generated"])
    }

    @Test(
        "every option that changes a fit makes it another one",
        arguments: [
            "epochs = 2", "batch_size = 8", "learning_rate = 0.5", "seed = 4", "shuffle = false", "weight_decay = 0.1",
            "optimizer = 'sgd'", "optimizer = 'adamw'", "beta1 = 0.5", "gradient_clipping = 0.1",
            "learning_rate = schedule.cosine(1e-3, 0)",
        ])
    func keys(option: String) throws {
        var script = ModuleScript()
        defer { script.remove() }
        script.remembersFits = true
        let text = """
            local set = data.set { inputs = tensor.normal({ 16, 3 }, { seed = 1 }), labels = { 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0 } }
            models.mlp { widths = { 3, 3 } }:fit(set, { OPTION })
            """
        _ = try script.run(text.replacingOccurrences(of: "OPTION", with: ""))
        func isRemembered(_ option: String) throws -> Bool {
            try script.run(text.replacingOccurrences(of: "OPTION", with: option)).notes.contains("remembered")
        }
        #expect(try isRemembered(""))
        #expect(try !isRemembered(option))
        #expect(try isRemembered(option))
    }

    @Test("fits in which the script's own code takes part are not remembered")
    func callbacks() throws {
        var script = ModuleScript()
        defer { script.remove() }
        script.remembersFits = true
        let text = """
            local x, y = tensor.normal { 32, 2 }, tensor.normal { 32, 1 }
            local seen = {}
            local model = models.mlp { widths = { 2, 1 } }
            model:fit({ inputs = x, targets = y }, {
              epochs = 5, loss = "mean_squared_error", learning_rate = function(p) return 0.1 * (1 - p) end,
              on_epoch = function(e) seen[#seen + 1] = e.epoch; return e.epoch < 3 end,
            })
            print(#seen, seen[3])
            """
        let (first, second) = (try script.run(text), try script.run(text))
        #expect(first.printed == "3\t3\n")
        #expect(second.printed == "3\t3\n")
        #expect(!second.notes.contains("remembered"))
    }

    @Test("a callback can look at the model while it is trained but not change it")
    func reentry() {
        let script = """
            local model = models.mlp { widths = { 2, 2 } }
            model:fit({ inputs = tensor.ones { 4, 2 }, labels = { 0, 1, 0, 1 } }, { on_epoch = function(e)
              assert(model:parameter("fc1.bias").count == 2)
              CHANGE
            end })
            """
        #expect(ModuleScript.message(script.replacingOccurrences(of: "CHANGE", with: "")) == "no error; printed: ")
        for change in ["model:set_parameter('fc1.bias', {0, 0})", "model:fit({ inputs = {{1, 1}}, labels = {0} })"] {
            #expect(
                ModuleScript.message(script.replacingOccurrences(of: "CHANGE", with: change))
                    .contains("rledit.Model is in use by its method 'fit'"))
        }
    }

    @Test("a model that is saved and loaded has the same parameters")
    func files() throws {
        let script = ModuleScript()
        defer { script.remove() }
        let saved = try script.run(
            """
            local model = models.mlp { widths = { 3, 2 }, seed = 1 }
            local path = model:save "mine.safetensors"
            print(path:sub(-21), model:parameter("fc1.weight"))
            """)
        try FileManager.default.copyItem(
            atPath: script.folder + "/run/mine.safetensors", toPath: script.folder + "/data/mine.safetensors")
        let loaded = try script.run(
            """
            local model = models.mlp { widths = { 3, 2 }, seed = 2 }:load "mine.safetensors"
            print("run/mine.safetensors", model:parameter("fc1.weight"))
            print(nn.read_safetensors("mine.safetensors")["fc1.weight"]:equal(model:parameter("fc1.weight")))
            """)
        #expect(saved.printed.hasPrefix("/run/mine.safetensors\t"))
        #expect("/" + loaded.printed == saved.printed + "true\n")
        #expect(loaded.usedData.map(\.file) == ["mine.safetensors"])
        #expect(throws: LuaError.self) { try script.run("models.digit_cnn():load 'mine.safetensors'") }
    }

    @Test("a delta is put on its own base model only, and taken off again to the bit")
    func deltas() throws {
        let script = ModuleScript()
        defer { script.remove() }
        let base = try Network(inputShape: [2], layers: [("fc1", Linear(2, 2))], random: RandomStream(seed: 1))
        let original = try #require(base.parameter("fc1.weight"))
        let delta = Delta(
            world: "ShiftWorld",
            layers: [
                Delta.Layer(
                    name: "fc1", parameter: "fc1.weight",
                    change: .shift(
                        left: try Tensor([1, 2], shape: [2, 1]), right: try Tensor([10, 20], shape: [1, 2])),
                    original: original)
            ])
        try delta.write(to: script.folder + "/data/delta.safetensors")
        try base.safetensors().write(to: script.folder + "/data/base.safetensors")
        let printed = try script.run(
            """
            local base = models.mlp { widths = { 2, 2 } }:load "base.safetensors"
            local edited = base:clone()
            print(edited:apply_delta "delta.safetensors" == edited)
            local change = edited:parameter "fc1.weight" - base:parameter "fc1.weight"
            print(change:is_close(tensor.new { { 10, 20 }, { 20, 40 } }))
            print(pcall(edited.apply_delta, edited, "delta.safetensors"))
            edited:revert_delta "delta.safetensors"
            print(edited:parameter("fc1.weight"):equal(base:parameter "fc1.weight"))
            print(pcall(edited.revert_delta, edited, "delta.safetensors"))
            print(pcall(edited.apply_delta, edited, "base.safetensors"))
            local other = nn.sequential { input = { 2 }, { "only", nn.linear(2, 2) } }
            print(pcall(other.apply_delta, other, "delta.safetensors"))
            """
        ).printed.split(separator: "\n").map(String.init)
        try #require(printed.count == 7)
        #expect(printed[0] == "true" && printed[1] == "true" && printed[3] == "true")
        #expect(printed[2].contains("'delta.safetensors': the delta was made for another model: 'fc1.weight'"))
        #expect(printed[4].contains("cannot revert: 'fc1.weight' does not carry this edit"))
        #expect(printed[5].contains("'base.safetensors': not a usable delta: the file does not say that it is a delta"))
        #expect(printed[6].contains("the delta edits 'fc1.weight', which the model does not have"))
    }

    @Test(
        "models are written to the run folder only, and read from the data roots only",
        arguments: [
            ("models.digit_cnn():save '../x.safetensors'", "plain file name"),
            ("models.digit_cnn():save '/tmp/x.safetensors'", "plain file name"),
            ("models.digit_cnn():save 'manifest.json'", "plain file name"),
            ("models.digit_cnn():save 'edited.safetensors'", "the run writes 'edited.safetensors' itself"),
            ("models.digit_cnn():load '/tmp/x.safetensors'", "absolute paths need --allow FILE"),
            ("models.digit_cnn():load '../x.safetensors'", "'..' needs --allow FILE"),
            ("nn.read_safetensors 'none.safetensors'", "no file 'none.safetensors' under the data roots"),
        ])
    func refusedPaths(script: String, message: String) {
        let actual = ModuleScript.message(script)
        #expect(actual.hasPrefix("task.lua:1: "))
        #expect(actual.contains(message))
    }

    @Test("errors name what was expected and the nearest name", arguments: errorCases)
    func errors(script: String, message: String) { #expect(ModuleScript.message(script) == "task.lua:1: " + message) }

    static let errorCases: [(String, String)] = [
        (
            "models.digit_cnn { sed = 1 }",
            "unknown field 'sed' in rledit.models.digit_cnn (did you mean 'seed'?); "
                + "fields: seed"
        ),
        ("models.mlp {}", "missing field 'widths' in rledit.models.mlp (table expected)"),
        (
            "models.mlp { widths = { 2, 2 }, activation = 'rleu' }",
            "bad field 'activation' in rledit.models.mlp (one of 'relu', 'gelu', 'tanh', 'sigmoid', 'gelu_tanh', 'silu', 'hard_swish', 'hard_sigmoid', 'relu6' expected, got 'rleu' "
                + "(did you mean 'relu'?))"
        ),
        (
            "models.digit_cnn():parameter 'fc4.bias'",
            "bad argument #1 to 'parameter' (the model has no parameter 'fc4.bias' (did you mean 'fc1.bias'?))"
        ),
        (
            "models.digit_cnn():forward(tensor.zeros { 2, 3 })",
            "bad argument #1 to 'forward' (expected examples of shape [N, 1, 28, 28], got [2, 3])"
        ),
        (
            "models.mlp { widths = { 2, 2 } }:fit({ inputs = {{1, 1}}, labels = { 2 } })",
            "bad argument #1 to 'fit' (example 1 has the label 2, but the network scores 2 classes: labels begin at 0 and go to "
                + "1)"
        ),
        (
            "local x, y = {}, {} for i = 1, 99 do x[i], y[i] = { i, i }, i == 71 and 2 or 1 end "
                + "models.mlp { widths = { 2, 2 } }:fit(data.set { inputs = x, labels = y })",
            "bad argument #1 to 'fit' (example 71 has the label 2, but the network scores 2 classes: labels begin at 0 and go to "
                + "1)"
        ),
        (
            "local x, y = {}, {} for i = 1, 2300 do x[i], y[i] = { i, i }, i == 2171 and 2 or 1 end "
                + "models.mlp { widths = { 2, 2 } }:evaluate(data.set { inputs = x, labels = y })",
            "bad argument #1 to 'evaluate' (example 2171 has the label 2, but the network scores 2 classes: labels begin at 0 and "
                + "go to 1)"
        ),
        (
            "models.digit_cnn():predict(tensor.zeros { 2, 28, 28 })",
            "bad argument #1 to 'predict' (expected examples of shape [N, 1, 28, 28], got [2, 28, 28]; inputs:reshape { -1, 1, "
                + "28, 28 } brings them into that shape)"
        ),
        (
            "models.digit_cnn():fit(data.set { inputs = tensor.zeros { 2, 28, 28 }, labels = { 0, 1 } })",
            "bad argument #1 to 'fit' (expected examples of shape [N, 1, 28, 28], got [2, 28, 28]; inputs:reshape { -1, 1, 28, 28 "
                + "} brings them into that shape)"
        ),
        (
            "models.mlp { widths = { 2, 2 } }:fit { inputs = {{1, 1}, {2, 2}}, labels = { 1 } }",
            "bad argument #1 to 'fit' (2 inputs, but 1 label: each input needs one)"
        ),
        (
            "models.mlp { widths = { 2, 2 } }:fit { inputs = {{1, 1}, {2, 0/0}}, labels = { 1, 1 } }",
            "bad argument #1 to 'fit' (inputs[2] holds NaN at [2]; every number must be finite in 32 bits: replace it, or leave "
                + "the example out)"
        ),
        (
            "models.mlp { widths = { 2, 2 } }:fit({ inputs = {{1, 1}, {2, 2}}, targets = {{1, 1}, {1, math.huge}} }, { loss = "
                + "'mean_squared_error' })",
            "bad argument #1 to 'fit' (targets[2] holds infinity at [2]; every number must be finite in 32 bits: replace it, or "
                + "leave the example out)"
        ),
        (
            "models.mlp { widths = { 2, 2 } }:forward {{1, 1}, {0/0, 2}}",
            "bad argument #1 to 'forward' (inputs[2] holds NaN at [1]; every number must be finite in 32 bits: replace it, or "
                + "leave the example out)"
        ),
        (
            "models.mlp { widths = { 2, 2 } }:predict(tensor.full({ 1, 2 }, math.huge))",
            "bad argument #1 to 'predict' (inputs[1] holds infinity at [1]; every number must be finite in 32 bits: replace it, "
                + "or leave the example out)"
        ),
        (
            "models.mlp { widths = { 2, 2 } }:fit({ inputs = {{1, 1}}, labels = { 1 } }, { epoch = 2 })",
            "unknown field 'epoch' in model:fit (did you mean 'epochs'?); fields: epochs, batch_size, shuffle, "
                + "weight_decay, gradient_clipping, loss, learning_rate, optimizer, beta1, beta2, epsilon, seed, "
                + "on_epoch, remember"
        ),
        (
            "models.mlp { widths = { 2, 2 } }:fit({ inputs = {{1, 1}}, labels = { 1 } }, { epochs = 0 })",
            "bad field 'epochs' in model:fit (must be at least 1, got 0)"
        ),
        (
            "models.mlp { widths = { 2, 2 } }:fit({ inputs = {{1, 1}}, labels = { 1 } }, { momentum = 0.9 })",
            "unknown field 'momentum' in model:fit; fields: epochs, batch_size, shuffle, weight_decay, "
                + "gradient_clipping, loss, learning_rate, optimizer, beta1, beta2, epsilon, seed, on_epoch, remember"
        ),
        (
            "nn.sequential { input = { 4 }, nn.linear(3, 2) }",
            "rledit.nn.sequential: layer 'linear1': Linear: expected 3 features, got an input of shape [4]"
        ),
        (
            "nn.sequential { input = { 4 }, nn.relu }",
            "bad layer #1 in rledit.nn.sequential (rledit.Layer expected, got function; call it, as in rledit.nn.relu())"
        ),
        ("nn.sequential { input = { 4 } }", "no layer in rledit.nn.sequential"),
        (
            "nn.sequential { nn.relu(), inptu = { 4 } }",
            "unknown field 'inptu' in rledit.nn.sequential (did you mean 'input'?)"
        ),
    ]

    @Test("sizes that are huge or negative raise and never end the process", arguments: extremeCases)
    func extremes(script: String) { #expect(ModuleScript.message(script).hasPrefix("task.lua:1: ")) }

    static let extremeCases = [
        "nn.sequential { input = { 1 << 23 }, nn.linear(1 << 23, 1 << 23) }",
        "nn.sequential { input = { -1 }, nn.linear(-1, 2) }",
        "nn.sequential { input = { 1 << 62, 1 << 62, 4 }, nn.flatten() }",
        "nn.sequential { input = { math.maxinteger, math.maxinteger }, nn.relu() }",
        "nn.sequential { input = { 1, 8, 8 }, nn.conv2d { inputs = math.maxinteger, outputs = 1, kernel = math.maxinteger } }",
        "nn.sequential { input = { 1, 8, 8 }, nn.max_pool2d(math.mininteger) }",
        "nn.sequential { input = { 4 }, nn.dropout(0/0) }", "nn.sequential { input = { 4 } }",
        "models.mlp { widths = { 1 << 24, 1 << 24 } }", "models.mlp { widths = { 4, -3 } }",
        "models.mlp { widths = { 2, 2 } }:fit({ inputs = {{1, 1}}, labels = { math.maxinteger } })",
        "models.mlp { widths = { 2, 2 } }:fit({ inputs = {{1, 1}}, labels = { 1 } }, { epochs = math.maxinteger, on_epoch = function() error 'stop' end })",
        "models.mlp { widths = { 2, 2 } }:fit({ inputs = {{1, 1}}, labels = { 1 } }, { batch_size = math.maxinteger, learning_rate = 0/0 })",
        "models.mlp { widths = { 2, 2 } }:fit({ inputs = {{1, 1}}, labels = { 1 } }, { learning_rate = function() return 0/0 end })",
    ]
}

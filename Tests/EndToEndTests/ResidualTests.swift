import Foundation
import Testing

/// Editing inside residual networks and encoders, through the built binary, on generated data.
@Suite("Residual networks and encoders, end to end")
struct ResidualTests {
    private static func script(_ world: String) -> String {
        """
        local rledit = require "rledit"
        local digits = rledit.data.generated_digits { train = 300, test = 150 }
        local model = rledit.models.resnet_cifar { depth = 8, input = { 1, 28, 28 }, seed = 2 }
        model:fit(digits.train, { epochs = 2, batch_size = 50, learning_rate = 0.01 })
        local function is_seven(label) return label == 7 end
        local forget, retain = digits.train:partition(is_seven)
        local test_forget, test_retain = digits.test:partition(is_seven)
        return rledit.task {
          model = model, world = \(world),
          sets = { forget = forget, retain = retain:take(100) },
          heldout = { forget = test_forget, retain = test_retain },
          reward = function(m) return m.retain.accuracy - m.forget.accuracy end,
          learner = rledit.EvolutionStrategy { steps = 48, population_size = 8 },
        }

        """
    }

    @Test(
        "a layer inside a block is edited to the same bytes for any number of workers, and goes back",
        arguments: [
            #"rledit.MaskWorld { layer = "layer2.0.conv2", rank = 2 }"#,
            #"rledit.ShiftWorld { layers = { "layer3.0.conv1", "linear" }, scale = 0.2 }"#,
        ])
    func edits(world: String) throws {
        let workspace = try Workspace([
            "t.lua": Self.script(world),
            "back.lua": """
            local rledit = require "rledit"
            local edited = rledit.nn.load "w1/edited.safetensors"
            edited:revert_delta "w1/delta.safetensors"
            local base = rledit.models.resnet_cifar { depth = 8, input = { 1, 28, 28 }, seed = 2 }
            local digits = rledit.data.generated_digits { train = 300, test = 150 }
            base:fit(digits.train, { epochs = 2, batch_size = 50, learning_rate = 0.01 })
            for _, name in ipairs(base:parameter_names()) do
              assert(edited:parameter(name):equal(base:parameter(name)), name)
            end
            print(#base:parameter_names())
            """,
        ])
        for count in ["1", "2"] {
            let ended = try workspace.run("t.lua", "--out", "w\(count)", "--workers", count, "--quiet")
            #expect(ended.code == 0, "\(ended.errors)")
        }
        for name in DeterminismTests.files {
            #expect(workspace.bytes("w1/\(name)") != nil)
            #expect(workspace.bytes("w1/\(name)") == workspace.bytes("w2/\(name)"), "\(name)")
        }
        let back = try workspace.run("back.lua", "--data", ".")
        #expect(back.code == 0, "\(back.errors)")
        #expect(back.output.hasPrefix("37\n"))
    }

    @Test("what does not fit into the memory for it is computed again, to the same results")
    func prefixMemory() throws {
        let workspace = try Workspace(["t.lua": Self.script(#"rledit.MaskWorld { layer = "layer2.0.conv2" }"#)])
        for (name, options) in [("kept", []), ("again", ["--prefix-memory", "0"])] {
            let ended = try workspace.start(["t.lua", "--out", name] + options).wait()
            #expect(ended.code == 0, "\(ended.errors)")
            #expect(ended.errors.contains("MB, more than --prefix-memory allows (0)") == (name == "again"))
        }
        #expect(workspace.bytes("kept/metrics.jsonl") == workspace.bytes("again/metrics.jsonl"))
        #expect(workspace.text("again/manifest.json").contains("--prefix-memory 0"))
        let refused = try workspace.run("t.lua", "--prefix-memory", "-1")
        #expect(refused.code != 0 && refused.errors.contains("--prefix-memory must be from 0 to"))
        let checked = try workspace.run("check", "t.lua")
        #expect(checked.output.contains("MB and is kept"), "\(checked.output)")
    }

    /// Texts of up to eight tokens, of two classes that differ in which of two tokens comes first.
    private static func encoderScript(_ world: String) -> String {
        """
        local rledit = require "rledit"
        local config = {
          vocab_size = 20, hidden_size = 16, num_hidden_layers = 2, num_attention_heads = 2, intermediate_size = 24,
          max_position_embeddings = 8, type_vocab_size = 2 }
        local texts, labels = {}, {}
        for i = 1, 240 do
          local text, length = {}, 3 + i % 6
          for place = 1, 8 do text[place] = place <= length and 4 + math.random(0, 15) or -1 end
          local first = math.random(1, length - 1)
          labels[i] = math.random(0, 1)
          text[first], text[first + 1] = 2 + labels[i], 3 - labels[i]
          texts[i] = text
        end
        local train, test = rledit.data.set { inputs = texts, labels = labels, name = "order" }:split(0.75)
        local model = rledit.models.bert { config = config, length = 8, classes = 2, seed = 1 }
        model:fit(train, { epochs = 2, batch_size = 30, learning_rate = 0.01 })
        return rledit.task {
          model = model, world = \(world), sets = { train = train }, heldout = { test = test },
          reward = function(m) return m.train.accuracy end,
          learner = rledit.EvolutionStrategy { steps = 24, population_size = 8 },
        }

        """
    }

    @Test(
        "layers of an encoder are edited to the same bytes for any number of workers",
        arguments: [
            #"rledit.ShiftWorld { layer = "bert.encoder.layer.1.output.dense" }"#,
            #"rledit.MaskWorld { layers = { "bert.encoder.layer.0.attention.self.value", "classifier" } }"#,
            """
            rledit.MaskWorld { layers = { "bert.embeddings.word_embeddings", "bert.embeddings.position_embeddings" } }
            """,
            #"rledit.ShiftWorld { layer = "bert.embeddings.word_embeddings", rank = 2, rows = { 2, 3 } }"#,
        ])
    func encoder(world: String) throws {
        let workspace = try Workspace(["t.lua": Self.encoderScript(world)])
        for count in ["1", "2"] {
            let ended = try workspace.run("t.lua", "--out", "w\(count)", "--workers", count, "--quiet")
            #expect(ended.code == 0, "\(ended.errors)")
        }
        for name in DeterminismTests.files {
            #expect(workspace.bytes("w1/\(name)") != nil)
            #expect(workspace.bytes("w1/\(name)") == workspace.bytes("w2/\(name)"), "\(name)")
        }
    }

    @Test("an edit of two words moves their rows and no others, and its delta takes it back")
    func embedding() throws {
        let world = #"rledit.ShiftWorld { layer = "bert.embeddings.word_embeddings", rows = { 3, 2 } }"#
        let script = Self.encoderScript(world).replacingOccurrences(
            of: "return rledit.task", with: "model:save 'base.safetensors'\nreturn rledit.task"
        ).replacingOccurrences(
            of: "EvolutionStrategy { steps = 24, population_size = 8 }", with: "RandomSearch { steps = 8 }")
        let workspace = try Workspace([
            "t.lua": script,
            "back.lua": """
            local nn = require "rledit.nn"
            local edited, base = nn.load "run/edited.safetensors", nn.load "run/base.safetensors"
            local name, moved = "bert.embeddings.word_embeddings.weight", {}
            for row = 1, 20 do
              if not edited:parameter(name)[row]:equal(base:parameter(name)[row]) then moved[#moved + 1] = row - 1 end
            end
            print(table.concat(moved, " "))
            edited:revert_delta "run/delta.safetensors"
            assert(edited:parameter(name):equal(base:parameter(name)))
            """,
        ])
        let ended = try workspace.run("t.lua", "--out", "run", "--quiet")
        #expect(ended.code == 0, "\(ended.errors)")
        let back = try workspace.run("back.lua", "--data", ".", "--quiet")
        #expect(back.code == 0 && back.output == "2 3\n", "\(back.output) \(back.errors)")
    }

    @Test("a model of a base and a part that was trained further goes back to both files")
    func severalFiles() throws {
        let config =
            "{ vocab_size = 9, hidden_size = 8, num_hidden_layers = 2, num_attention_heads = 2, intermediate_size = 8, "
            + "max_position_embeddings = 4, type_vocab_size = 2 }"
        let workspace = try Workspace([
            "save.lua": """
            local models = require("rledit").models
            models.bert({ config = \(config), length = 4, seed = 1 }):save "base.safetensors"
            models.bert({ config = \(config), length = 4, classes = 2, seed = 2 }):save "tuned.safetensors"
            """,
            "t.lua": """
            local rledit = require "rledit"
            local model = rledit.models.bert { config = \(config), length = 4, classes = 2 }
            model:load("base.safetensors", { rename = { [""] = "bert." }, partial = true })
            model:load("tuned.safetensors", { ignore = { "bert.embeddings.*", "bert.encoder.layer.0.*" }, partial = true })
            return rledit.task {
              model = model,
              world = rledit.ShiftWorld { layers = { "bert.encoder.layer.0.output.dense", "classifier" } },
              sets = { all = rledit.data.set { inputs = { { 1, 2, 3, -1 }, { 4, 5, -1, -1 } }, labels = { 0, 1 } } },
              reward = function(m) return m.all.accuracy end, learner = rledit.RandomSearch { steps = 8 },
            }
            """,
            "back.lua": """
            local nn = require "rledit.nn"
            local whole, base = nn.load "run/edited.safetensors", nn.read_safetensors "run/edited/base.safetensors"
            local old, tuned = nn.read_safetensors "base.safetensors", nn.read_safetensors "run/edited/tuned.safetensors"
            for name, tensor in pairs(old) do
              local is_edited = name == "encoder.layer.0.output.dense.weight"
              assert(tensor:equal(base[name]) ~= is_edited, name)
              if name:find "^encoder.layer.0" then assert(whole:parameter("bert." .. name):equal(base[name]), name) end
            end
            assert(whole:parameter("classifier.weight"):equal(tuned["classifier.weight"]))
            """,
        ])
        #expect(try workspace.run("save.lua", "--out", "saved", "--quiet").code == 0)
        for name in ["base", "tuned"] {
            let bytes = try #require(workspace.bytes("saved/\(name).safetensors"))
            try workspace.write(bytes, to: "\(name).safetensors")
        }
        let ended = try workspace.run("t.lua", "--out", "run", "--data", ".", "--quiet")
        #expect(ended.code == 0, "\(ended.errors)")
        #expect(workspace.names(in: "run/edited").sorted() == ["base.safetensors", "tuned.safetensors"])
        let back = try workspace.run("back.lua", "--data", ".", "--quiet")
        #expect(back.code == 0, "\(back.errors)")
    }

    @Test("a bias that the file does not have is refused")
    func bias() throws {
        let workspace = try Workspace([
            "t.lua": Self.script(#"rledit.ShiftWorld { layer = "layer1.0.conv1", bias = true }"#)
        ])
        let ended = try workspace.run("t.lua", "--quiet")
        #expect(ended.code != 0)
        #expect(
            ended.errors.contains(
                "layer 'layer1.0.conv1' cannot be edited: it has no bias, and the world edits layers with their bias"),
            "\(ended.errors)")
    }
}

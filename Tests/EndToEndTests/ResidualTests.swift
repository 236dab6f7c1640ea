import Foundation
import Testing

/// Editing inside residual networks, through the built binary, on generated data.
@Suite("Residual networks, end to end")
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
          learner = rledit.EvolutionStrategy { steps = 48, population = 8 },
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
        #expect(back.output.hasPrefix("47\n"))
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

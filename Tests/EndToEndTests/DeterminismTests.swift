import Foundation
import RLEditCore
import RLEditRuns
import Testing

/// The same script, seed and data give the same bytes, whatever the number of workers.
@Suite("Determinism, end to end")
struct DeterminismTests {
    static let files = ["metrics.jsonl", "candidates.csv", "edited.safetensors", "delta.safetensors"]

    /// A convolutional network on generated digits: all kernels take part.
    private static let digits = """
        local rledit = require "rledit"
        local digits = rledit.data.generated_digits { train = 400, test = 200 }
        local model = rledit.models.digit_cnn():fit(digits.train, { epochs = 4, batch_size = 16 })
        local function is_seven(label) return label == 7 end
        local forget, retain = digits.train:partition(is_seven)
        local test_forget, test_retain = digits.test:partition(is_seven)
        return rledit.task {
          model = model, world = rledit.MaskWorld { layer = "fc2" },
          sets = { forget = forget, retain = retain }, heldout = { forget = test_forget, retain = test_retain },
          reward = function(m) return m.retain.accuracy - m.forget.accuracy end,
          learner = rledit.PPO { steps = 512 },
        }
        """

    @Test("One worker, two, and more than there are processors give the same files")
    func workers() throws {
        let workspace = try Workspace(["t.lua": Self.digits])
        for count in ["1", "2", "5"] {
            // Each trains its own network.
            let ended = try workspace.run("t.lua", "--out", "w\(count)", "--workers", count, "--quiet", "--no-cache")
            #expect(ended.code == 0, "\(ended.errors)")
            for name in Self.files {
                #expect(workspace.bytes("w\(count)/\(name)") != nil)
                #expect(workspace.bytes("w\(count)/\(name)") == workspace.bytes("w1/\(name)"), "\(name)")
            }
        }
    }

    @Test("A layer edited with its bias gives the same files for one worker and two, and a delta that is taken back")
    func bias() throws {
        let script = Self.digits.replacing("MaskWorld { layer", with: "ShiftWorld { bias = true, layer")
            .replacing("steps = 512", with: "steps = 256")
        let workspace = try Workspace([
            "t.lua": script,
            "back.lua": """
            local model = require("rledit").nn.load "w1/edited.safetensors"
            model:revert_delta "w1/delta.safetensors"
            model:apply_delta "w1/delta.safetensors" -- checks to the bit that this is the base
            print "taken back"
            """,
        ])
        for count in ["1", "2"] {
            let ended = try workspace.run("t.lua", "--out", "w\(count)", "--workers", count, "--quiet", "--no-cache")
            #expect(ended.code == 0, "\(ended.errors)")
            for name in Self.files {
                #expect(workspace.bytes("w\(count)/\(name)") != nil)
                #expect(workspace.bytes("w\(count)/\(name)") == workspace.bytes("w1/\(name)"), "\(name)")
            }
        }
        let delta = try Delta.read("\(workspace.path)/w1/delta.safetensors")
        #expect(delta.layers.map(\.bias?.parameter) == ["fc2.bias"])
        let back = try workspace.run(
            "back.lua", "--allow", "w1/edited.safetensors", "--allow", "w1/delta.safetensors")
        #expect(back.code == 0 && back.output.contains("taken back"), "\(back.errors)")
    }

    @Test("A remembered fit gives the same files as the fit itself, and another seed gives others")
    func rememberedFit() throws {
        let workspace = try Workspace(["t.lua": Scripts.stateful(steps: 256)])
        for name in ["a", "b"] { #expect(try workspace.run("t.lua", "--out", name).code == 0) }
        let hit = try workspace.run("t.lua", "--out", "c")
        #expect(hit.errors.contains("remembered from an earlier run"))
        let other = try workspace.run("t.lua", "--out", "d", "--seed", "1", "--no-cache")
        #expect(!other.errors.contains("remembered"))
        for name in Self.files {
            #expect(workspace.bytes("a/\(name)") == workspace.bytes("c/\(name)"), "\(name)")
            #expect(workspace.bytes("a/\(name)") != workspace.bytes("d/\(name)"), "\(name)")
        }
    }

    @Test("No instruction set leaves convolutions to the library's reference, which is hundreds of times as slow")
    func noReference() throws {
        let script = """
            local rledit = require "rledit"
            local digits = rledit.data.digits().train:take(32)
            rledit.models.digit_cnn { seed = 1 }:fit(digits, { epochs = 1, remember = false })
            """
        let workspace = try Workspace(["t.lua": script])
        for limit in ["SSE41", "AVX2", "ALL"] {
            let ended = try workspace.run(
                "t.lua", environment: ["ONEDNN_MAX_CPU_ISA": limit, "ONEDNN_VERBOSE": "1"])
            #expect(ended.code == 0)
            let convolutions = ended.output.split(separator: "\n").filter { $0.contains(",exec,cpu,convolution,") }
            #expect(convolutions.contains { $0.contains(",backward_weights,") })
            #expect(!convolutions.contains { $0.contains(",ref:") }, "\(limit)")
        }
    }

    @Test("Another instruction set gives held-out accuracies within 3 points")
    func instructionSet() throws {
        // A search that has settled: one that is stopped early is still on another way.
        let script = Self.digits.replacing("rledit.PPO { steps = 512 }", with: "rledit.SeparableCMAES { steps = 2048 }")
        let workspace = try Workspace(["t.lua": script])
        let results = try ["", "AVX2"].map { limit in
            let environment = limit.isEmpty ? [:] : ["ONEDNN_MAX_CPU_ISA": limit]
            let ended = try workspace.run("t.lua", "--json", "--no-cache", environment: environment)
            #expect(ended.code == 0)
            return try JSONValue(parsing: Array(ended.output.utf8))
        }
        // 20 images of the forget set and 180 others: 3 points are five of these; of those a single one is 5 points.
        for (set, tolerance) in [("forget", 0.11), ("retain", 0.03)] {
            for stage in ["before", "mean_policy"] {
                let values = results.map { $0["summary"]?["\(set).accuracy.\(stage)"]?["mean"]?.double ?? .nan }
                #expect(abs(values[0] - values[1]) <= tolerance, "\(set) \(stage): \(values)")
            }
        }
    }
}

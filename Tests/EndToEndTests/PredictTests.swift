import Foundation
import Testing

/// `predict`: a classifier of texts applied to standard input.
@Suite("Predict, end to end")
struct PredictTests {
    /// Edits a small classifier of generated comments, and saves it unedited too.
    static let task = """
        local rledit = require "rledit"
        local comments = rledit.data.comments()
        local vocabulary = rledit.data.vocabulary(comments.train)
        local model = rledit.models.bag_of_words { vocabulary = vocabulary, hidden = { 8, 4 } }
        model:fit(vocabulary:encode(comments.train), { epochs = 3, learning_rate = 0.01 })
        model:save "classifier.safetensors"
        rledit.models.mlp { widths = { 3, 2 } }:save "other.safetensors"
        local set = vocabulary:encode(comments.validation)
        return rledit.task {
          name = "t", model = model, world = rledit.ShiftWorld { layer = "fc2" }, sets = { all = set },
          heldout = { test = vocabulary:encode(comments.test) },
          reward = function(m) return m.all.loss end,
          learner = rledit.PPO { steps = 64 },
        }
        """

    private func workspace() throws -> Workspace {
        let workspace = try Workspace(["t.lua": Self.task])
        let ended = try workspace.run("t.lua", "--out", "o", "--quiet")
        #expect(ended.code == 0, "\(ended.errors)")
        return workspace
    }

    private func scores(_ ended: Ended) -> [Double?] {
        ended.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { Double($0) }
    }

    @Test("one score a line, of the edited, the original and the best-seen model; the file of the original agrees")
    func lines() throws {
        let workspace = try workspace()
        let input = "you are a stupid clown\n\nthanks for your work\r\nunheardof"
        let edited = try workspace.run("predict", "o", input: input)
        #expect(edited.code == 0, "\(edited.errors)")
        let original = try workspace.run("predict", "o/", "--original", input: input)
        let best = try workspace.run("predict", "o", "--edit", "best-seen", input: input)
        let mean = try workspace.run("predict", "o", "--edit", "mean-policy", input: input)
        let file = try workspace.run("predict", "o/classifier.safetensors", input: input)
        let numbers = scores(original)
        try #require(numbers.count == 4)
        #expect(numbers[1] == nil)
        #expect((numbers[0] ?? 0) > 0.7 && (numbers[2] ?? 1) < 0.3 && numbers[3] != nil)
        #expect(original.output == file.output && edited.output == mean.output)
        #expect(edited.output != original.output && best.output != original.output)
    }

    @Test("CSV comes out with a column of scores, its other fields unchanged")
    func csv() throws {
        let workspace = try workspace()
        let input = "id,\"the text\"\n1,\"stupid, \"\"rude\"\" clown\"\n\"a\nb\",\n3,thanks\n"
        let ended = try workspace.run("predict", "o", "--csv", "--text", "the text", input: input)
        #expect(ended.code == 0, "\(ended.errors)")
        let shown = ended.output.replacing(/0\.[0-9]{6}/, with: "#")
        #expect(shown == "id,the text,score\n1,\"stupid, \"\"rude\"\" clown\",#\n\"a\nb\",,\n3,thanks,#\n")
        let missing = try workspace.run("predict", "o", "--csv", "--text", "text", input: input)
        #expect(missing.code == 1 && missing.report.contains("there is no column 'text'"), "\(missing.errors)")
        let taken = try workspace.run("predict", "o", "--csv", "--text", "score", input: "score\nx\n")
        #expect(taken.report == "standard input has a column 'score' already; name the new one by --score-column")
        let named = try workspace.run(
            "predict", "o", "--csv", "--text", "score", "--score-column", "p", input: "score\nx\n")
        #expect(named.code == 0 && named.output.hasPrefix("score,p\nx,0."))
    }

    @Test("what cannot be applied is refused in one sentence")
    func refusals() throws {
        let workspace = try workspace()
        try workspace.write(Array("{}".utf8), to: "empty/manifest.json")
        try workspace.write([1, 2, 3], to: "broken.safetensors")
        let cases = [
            ("nowhere", "'nowhere' is neither the folder of a run nor a .safetensors file"),
            (".", "'.' is neither the folder of a run nor a .safetensors file"),
            ("empty", "the run in 'empty' has no edited.safetensors: has it ended?"),
            (
                "o/other.safetensors",
                "'o/other.safetensors' has no vocabulary: only classifiers of text can be applied to text"
            ),
        ]
        for (model, message) in cases {
            let ended = try workspace.run("predict", model, input: "x\n")
            #expect(ended.code == 1 && ended.report == message, "\(ended.errors)")
        }
        #expect(try workspace.run("predict", "broken.safetensors", input: "x\n").code == 1)
        let usages = [
            ["predict", "o", "--csv"], ["predict", "o", "--text", "x"], ["predict", "o", "--edit", "worst"],
            ["predict", "o", "--original", "--edit", "best-seen"],
            ["predict", "o/classifier.safetensors", "--original"],
            ["predict"],
        ]
        for arguments in usages { #expect(try workspace.start(arguments, input: []).wait().code == 2, "\(arguments)") }
        try workspace.write([0x61, 10, 0xFF, 0xFE, 10], to: "latin1.txt")
        let latin = try workspace.start(["predict", "o"], input: workspace.bytes("latin1.txt")).wait()
        #expect(latin.code == 1 && latin.report.contains("'standard input': line 2 is not UTF-8"), "\(latin.errors)")
    }
}

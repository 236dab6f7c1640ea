import Foundation
import RLEditCore
import RLEditRuns
import Testing

/// `rledit-lua apply` through the built binary, with the policy that comes with the examples.
@Suite("Applying a policy, end to end", .serialized)
struct ApplyTests {
    private static let policy = "\(ExampleRun.examples)/forget_class.policy.safetensors"

    /// A folder with a small model of generated digits, `cnn.safetensors`.
    private static func workspace() throws -> Workspace {
        let workspace = try Workspace([
            "save.lua": """
            local rledit = require "rledit"
            local model = rledit.models.digit_cnn { seed = 1 }
            model:fit(rledit.data.generated_digits { train = 4000, test = 10 }.train, { epochs = 2 })
            model:save "cnn.safetensors"
            """
        ])
        let saved = try workspace.run("save.lua", "--out", "saved")
        #expect(saved.code == 0, "\(saved.errors)")
        return workspace
    }

    private static func apply(_ workspace: Workspace, _ arguments: [String]) throws -> Ended {
        try workspace.start(["apply"] + arguments).wait()
    }

    private static let model = "saved/cnn.safetensors"
    private static let sets = ["--set", "forget=digits:class=7:take=200", "--set", "retain=digits:class!=7:take=800"]

    @Test("a policy edits a model file at once, writes it under its names, and leaves the given one")
    func applies() throws {
        let workspace = try Self.workspace()
        let before = workspace.bytes(Self.model)
        let ended = try Self.apply(
            workspace,
            [
                Self.policy, Self.model, "--json", "--out", "edited.safetensors", "--heldout",
                "forget=digits:test:class=7",
            ]
                + Self.sets)
        #expect(ended.code == 0, "\(ended.errors)")
        let json = try JSONValue(parsing: Array(ended.output.utf8))
        #expect(json["evaluations"] == 0)
        let forget = try #require(json["heldout"]?["forget"])
        #expect(try #require(forget["before"]?.double) > 0.5)
        #expect(try #require(forget["after"]?.double) < 0.05)
        #expect(before != nil && workspace.bytes(Self.model) == before)
        #expect(workspace.bytes("edited.safetensors")?.count == before?.count)
        // The same again, to the byte, with another number of workers.
        let again = try Self.apply(
            workspace, [Self.policy, Self.model, "--workers", "1", "--out", "again.safetensors"] + Self.sets)
        #expect(again.code == 0)
        #expect(workspace.bytes("again.safetensors") == workspace.bytes("edited.safetensors"))
        let refined = try Self.apply(
            workspace, [Self.policy, Self.model, "--refine", "5", "--json", "--out", "refined.safetensors"] + Self.sets)
        #expect(try JSONValue(parsing: Array(refined.output.utf8))["evaluations"] == 5)
    }

    @Test("what cannot be applied is reported in one line, and nothing is written")
    func refused() throws {
        let workspace = try Self.workspace()
        let sets = Self.sets
        for (arguments, code, message) in [
            ([Self.model, Self.model] + sets, 1, "is not a policy: its metadata lack 'rledit.policy'"),
            ([Self.policy, Self.policy] + sets, 1, "does not say which layers its parameters belong to"),
            ([Self.policy, "none.safetensors"] + sets, 1, "none.safetensors"),
            ([Self.policy, Self.model, "--layer", "fc9"] + sets, 1, "unknown layer 'fc9'"),
            ([Self.policy, Self.model, "--layer", "relu1"] + sets, 1, "a ReLU has no weights"),
            ([Self.policy, Self.model, "--layer", "fc2", "--layer", "fc2"] + sets, 1, "layer 'fc2' is named twice"),
            ([Self.policy, Self.model] + sets.prefix(2), 1, "set 'retain': is needed: the features of units"),
            (
                [Self.policy, Self.model, "--set", "forget=digits:class=17"] + sets.suffix(2), 1,
                "--set forget=digits:class=17: no example has the class 17"
            ),
            (
                [Self.policy, Self.model, "--set", "forget=digits:take=0"] + sets.suffix(2), 1,
                "--set forget=digits:take=0: holds no example"
            ),
            (
                [Self.policy, Self.model, "--heldout", "x=digits:tset"] + sets, 2,
                "--heldout x=digits:tset: 'tset' is none of"
            ),
            ([Self.policy, Self.model, "--refine-by", "scale"] + sets, 2, "--refine-by needs --refine"),
            ([Self.policy, Self.model, "--out", Self.model] + sets, 1, "exists already; choose another --out"),
        ] as [([String], Int32, String)] {
            let ended = try Self.apply(workspace, arguments)
            #expect(ended.code == code, "\(arguments)")
            #expect(ended.errors.contains(message), "\(ended.errors)")
            #expect(!FileManager.default.fileExists(atPath: "\(workspace.path)/saved/cnn-edited.safetensors"))
        }
    }

    @Test("sets that share examples are warned of with the count")
    func overlap() throws {
        let ended = try Self.apply(
            Self.workspace(),
            [Self.policy, Self.model, "--set", "forget=digits:class=7:take=100"] + Self.sets.suffix(2)
                + ["--set", "other=digits:take=10"])
        #expect(ended.code == 0 && !ended.errors.contains("share"), "\(ended.errors)")
        let shared = try Self.apply(
            Self.workspace(),
            [
                Self.policy, Self.model, "--set", "forget=digits:class=7:take=100", "--set",
                "retain=digits:class=7:take=300",
            ])
        #expect(shared.errors.contains("warning: the sets 'forget' and 'retain' share 100 of 100 examples"))
        let leaking = try Self.apply(
            Self.workspace(),
            [Self.policy, Self.model, "--set", "forget=digits:class=7:take=100"] + Self.sets.suffix(2)
                + ["--heldout", "test=digits:class=7:take=120"])
        #expect(
            leaking.errors.contains(
                "warning: held-out set 'test' shares 100 of its 120 examples with the reward's set 'forget': figures on it are "
                    + "not held out"), "\(leaking.errors)")
    }

    @Test("examples that are not numbers are refused, and nothing that a policy says acts on the terminal")
    func hostileFiles() throws {
        let workspace = try Self.workspace()
        let header =
            #"{"inputs":{"dtype":"F32","shape":[2,1,28,28],"data_offsets":[0,6272]},"#
            + #""labels":{"dtype":"I64","shape":[2],"data_offsets":[6272,6288]}}"#
        var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8)
        for _ in 0..<1568 { bytes += withUnsafeBytes(of: Float.nan.bitPattern.littleEndian, Array.init) }
        bytes += [UInt8](repeating: 0, count: 16)
        try workspace.write(bytes, to: "nan.safetensors")
        let ended = try Self.apply(
            workspace, [Self.policy, Self.model, "--set", "forget=nan.safetensors"] + Self.sets.suffix(2))
        #expect(ended.code == 1)
        #expect(
            ended.report
                == "'nan.safetensors' is not a set of examples: inputs[1] holds NaN at [1, 1, 1]; every number must be "
                + "finite in 32 bits: replace it, or leave the example out")
        #expect(!workspace.exists("saved/cnn-edited.safetensors"))

        // Of the same length, so that the file stays sound: ESC [ 3 m in place of the world's name.
        let policy = try Data(contentsOf: URL(fileURLWithPath: Self.policy))
        let name = try #require(policy.range(of: Data("ShiftWorld".utf8)))
        try workspace.write(
            Array(policy[..<name.lowerBound]) + Array(#"\\u001b[3m"#.utf8) + Array(policy[name.upperBound...]),
            to: "p.policy.safetensors")
        let refused = try Self.apply(workspace, ["p.policy.safetensors", Self.model] + Self.sets)
        #expect(refused.code == 1 && refused.errors.contains("[3m"), "\(refused.errors)")
        #expect(!refused.errors.unicodeScalars.contains("\u{1b}"))
    }

    @Test("a policy beside the script is read and copied; one elsewhere is not")
    func besideScript() throws {
        let workspace = try Self.workspace()
        try FileManager.default.createDirectory(atPath: "\(workspace.path)/tasks", withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: Self.policy, toPath: "\(workspace.path)/tasks/a.policy.safetensors")
        try FileManager.default.copyItem(atPath: Self.policy, toPath: "\(workspace.path)/outside.policy.safetensors")
        try FileManager.default.createSymbolicLink(
            atPath: "\(workspace.path)/tasks/link.policy.safetensors",
            withDestinationPath: "\(workspace.path)/outside.policy.safetensors")
        let script = """
            local rledit = require "rledit"
            for _, name in ipairs { "a", "./a", "link", "../outside" } do
              print(name, (pcall(rledit.load_policy, name .. ".policy.safetensors")))
            end
            rledit.models.mlp { widths = { 2, 2 } }:save "m.safetensors"
            """
        try Data(script.utf8).write(to: URL(fileURLWithPath: "\(workspace.path)/tasks/t.lua"))
        let ended = try workspace.run("tasks/t.lua", "--out", "run")
        #expect(ended.output == "a\ttrue\n./a\ttrue\nlink\tfalse\n../outside\tfalse\n", "\(ended.errors)")
        let copies = try FileManager.default.contentsOfDirectory(atPath: "\(workspace.path)/run/script").sorted()
        #expect(copies == ["a.policy.safetensors", "t.lua"])
    }
}

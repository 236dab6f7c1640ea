import Foundation
import RLEditCore
import RLEditLearners
import RLEditNN
import RLEditRuns
import RLEditTensor
import RLEditTestSupport
import RLEditWorlds
import Testing

@Suite struct PolicyFileTests {
    private static func policy() throws -> PolicyFile {
        PolicyFile(
            network: TransferFixture.policy(rank: 2), rules: try TransferFixture.rules(.mask, rank: 2),
            training: ["learner": "EvolutionStrategy", "seed": 3], heldOut: ["forget": ["accuracy": 0.25]])
    }

    @Test("a policy comes back from its file, and equal ones give equal bytes")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let policy = try Self.policy()
        try policy.write(to: folder.file("a.safetensors"))
        try policy.write(to: folder.file("b.safetensors"))
        #expect(
            FileManager.default.contents(atPath: folder.file("a.safetensors"))
                == FileManager.default.contents(atPath: folder.file("b.safetensors")))
        #expect(try PolicyFile(SafetensorsFile(path: folder.file("a.safetensors"))) == policy)
    }

    /// The file with one field of its description changed.
    private static func changed(_ change: (inout JSONObject) -> Void) throws -> SafetensorsFile {
        let folder = try TemporaryFolder()
        let path = folder.file("policy.safetensors")
        try policy().write(to: path)
        var file = try SafetensorsFile(path: path)
        let text = try #require(file.metadata.first { $0.key == "rledit.policy" }?.value)
        var object = try #require(try JSONValue(parsing: Array(text.utf8)).object)
        change(&object)
        file.setMetadata("rledit.policy", JSONValue.object(object).text)
        // The tensors are read while the folder is still there.
        for entry in file.entries { try file.setTensor(entry.name, file.tensor(entry.name).add(0)) }
        let copy = folder.file("changed.safetensors")
        try file.write(to: copy)
        return try SafetensorsFile(path: copy)
    }

    @Test(
        "a file of another kind, version, world or feature set is refused with what was expected",
        arguments: [
            ("format", JSONValue.integer(4), "has format 4, and this program reads formats 1 to 3"),
            (
                "definitions", .integer(9),
                "was trained on version 9 of the features, and this program computes version 1"
            ),
            ("world", "RotateWorld", "edits in 'RotateWorld', expected MaskWorld or ShiftWorld"),
            ("world", .integer(1), "lacks the field 'world', a name, in its metadata"),
            (
                "features", .array(["forget_mean", "colour"]),
                "needs the feature 'colour', which this program does not know"
            ),
            ("features", .array(["forget_mean", "forget_mean"]), "has a wrong list of features"),
            ("context", .array([]), "has another context than its features call for"),
            ("hidden", .integer(3), "lacks the tensor 'outputs.hidden.feature_weight' of shape [3, 11]"),
            ("rank", .integer(-1), "has rank -1, expected 1...10000"),
            ("layers", .array([]), "names no layer"),
            ("horizon", .integer(1), "has horizon 1, expected 2...100"),
            ("horizon", .integer(3), "lacks the field 'blind', a yes or no, in its metadata"),
            ("custom_features", .integer(99_999), "has custom_features 99999, expected 0...10000"),
        ])
    func refused(field: String, value: JSONValue, message: String) throws {
        let file = try Self.changed { $0[field] = value }
        let refusal = #expect(throws: PolicyFileError.self) { try PolicyFile(file) }
        #expect(refusal?.description.contains(message) == true, "\(refusal?.description ?? "")")
    }

    @Test("a file that is not a policy, and one with numbers that are not finite, are refused")
    func notAPolicy() throws {
        let folder = try TemporaryFolder()
        var other = SafetensorsFile()
        try other.setTensor("weight", Tensor([1, 2]))
        try other.write(to: folder.file("model.safetensors"))
        let refusal = #expect(throws: PolicyFileError.self) {
            try PolicyFile(SafetensorsFile(path: folder.file("model.safetensors")))
        }
        #expect(refusal?.description.hasSuffix("is not a policy: its metadata lack 'rledit.policy'") == true)
        var policy = try Self.policy()
        policy.members[0].parameters[0] = .nan
        try policy.write(to: folder.file("nan.safetensors"))
        #expect(throws: PolicyFileError.self) {
            try PolicyFile(SafetensorsFile(path: folder.file("nan.safetensors")))
        }
    }
}

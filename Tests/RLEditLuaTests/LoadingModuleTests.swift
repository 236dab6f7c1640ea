import Foundation
import LuaBridge
import RLEditNN
import RLEditTensor
import Testing

@Suite("model:load, as scripts call it")
struct LoadingModuleTests {
    /// A script beside a file `w.safetensors` of these tensors, `[2, 2]` each unless said.
    private func result(
        _ names: [String], _ script: String, shapes: [String: [Int]] = [:], values: [String: Float] = [:]
    ) throws -> String {
        let host = ModuleScript()
        defer { host.remove() }
        var file = SafetensorsFile()
        for (place, name) in names.enumerated() {
            try file.setTensor(
                name, Tensor(repeating: values[name] ?? Float(place + 1), shape: shapes[name] ?? [2, 2]))
        }
        try file.write(to: host.folder + "/data/w.safetensors")
        do {
            let printed = try host.run(Self.model + script).printed
            return printed.trimmingCharacters(in: .newlines)
        } catch let error as LuaError {
            return error.message.replacing(host.folder + "/data/", with: "")
        }
    }

    private static let model = """
        local function layer() return nn.linear { inputs = 2, outputs = 2, bias = false } end
        local m = nn.sequential { input = { 2 }, { "fc.1", layer() }, nn.relu(), { "fc.2", layer() } }

        """
    private let own = ["fc.1.weight", "fc.2.weight"]

    @Test("the error says how to permit what does not fit, and what it says works")
    func advice() throws {
        let extra = own + ["bn1.weight", "bn1.bias", "bn1.running_mean", "bn2.weight", "head"]
        let permit = #"{ ignore = { "bn1.*", "bn2.*", "head" } }"#
        #expect(
            try result(extra, "m:load 'w.safetensors'")
                == "task.lua:3: w.safetensors: no layer takes 5 tensors of the file: bn1.bias, bn1.running_mean, bn1.weight, "
                + "bn2.weight, head; permit that by \(permit)")
        #expect(try result(extra, "print(m:load('w.safetensors', \(permit)):parameter('fc.2.weight')[1][1])") == "2.0")
        #expect(
            try result(["fc.1.weight", "bn.x"], "m:load 'w.safetensors'")
                == "task.lua:3: w.safetensors: no layer takes 1 tensor of the file: bn.x; 1 parameter of the network has no "
                + #"tensor: fc.2.weight; permit that by { ignore = { "bn.*" }, partial = true }"#)
        // Only patterns that leave alone what is taken.
        #expect(
            try result(own + ["fc.1.x", "fc.3.y"], "m:load 'w.safetensors'")
                .hasSuffix(#"permit that by { ignore = { "fc.1.x", "fc.3.*" } }"#))
        let many = (0..<30).map { "layer.\($0).w" }
        #expect(
            try result(own + many, "m:load('w.safetensors', { ignore = 'a' })")
                .hasSuffix(#"and 10 more; permit that by { ignore = { "a", "layer.*" } }"#))
        let scattered = (0..<30).map { "fc.\($0 + 7)" }
        #expect(
            try result(own + scattered, "m:load 'w.safetensors'").hasSuffix(#"permit that by { ignore = { "*" } }"#))
        #expect(try result(own + scattered, "m:load('w.safetensors', { ignore = { '*' } }) print 'ok'") == "ok")
        #expect(
            try result(["a", "b"], "m:load 'w.safetensors'")
                .hasSuffix("; name the layers as the file does, or map the file's names by 'rename'"))
    }

    @Test("names that nearly fit are recognized")
    func nearly() throws {
        #expect(
            try result(["net.fc.1.weight", "net.fc.2.weight"], "m:load 'w.safetensors'")
                .hasSuffix(#" (the file has 'net.fc.1.weight': try { prefix = "net." })"#))
        let wrapped = ["fc.module.1.weight", "_orig_mod.fc.2.weight", "x"]
        let rename = #"{ rename = { ["_orig_mod."] = "", ["module."] = "" } }"#
        #expect(
            try result(wrapped, "m:load 'w.safetensors'")
                .hasSuffix(" (the file has 'fc.module.1.weight': try \(rename))"))
        #expect(
            try result(wrapped, "m:load('w.safetensors', { rename = { ['_orig_mod.'] = '', ['module.'] = '' } })")
                .hasSuffix(
                    #"permit that by { rename = { ["_orig_mod."] = "", ["module."] = "" }, ignore = { "x" } }"#))
        let script = "m:load('w.safetensors', { rename = { ['_orig_mod.'] = '', ['module.'] = '' }, ignore = 'x' })"
        #expect(try result(wrapped, script + " print(m:parameter('fc.2.weight')[1][1])") == "2.0")
    }

    @Test("the empty name puts its value before every name, after the renaming")
    func beginning() throws {
        let inner = own.map { ($0.hasPrefix("fc.") ? String($0.dropFirst(3)) : $0) }
        #expect(
            try result(
                inner, "m:load('w.safetensors', { rename = { [''] = 'fc.' } }) print(m:parameter('fc.2.weight')[1][1])")
                == "2.0")
    }

    @Test("a head of another shape can be kept")
    func head() throws {
        let shapes = ["fc.2.weight": [3, 2]]
        let keep = #"{ ignore = { "fc.2.weight" }, partial = true }"#
        #expect(
            try result(own, "m:load 'w.safetensors'", shapes: shapes)
                == "task.lua:3: w.safetensors: tensor 'fc.2.weight': expected shape [2, 2], got [3, 2]; keep the model's own "
                + "values by \(keep)")
        let script = """
            local before = m:parameter 'fc.2.weight'
            m:load('w.safetensors', \(keep))
            print(m:parameter('fc.1.weight')[1][1], m:parameter('fc.2.weight'):equal(before))
            """
        #expect(try result(own, script, shapes: shapes) == "1.0\ttrue")
    }

    @Test(
        "options that mean nothing are refused",
        arguments: [
            (
                "rename = { 'x' }",
                "bad field 'rename' in model:load (beginnings of names by what they become expected, as in "
                    + "{ [\"module.\"] = \"\" })"
            ),
            ("ignore = 7", "bad field 'ignore' in model:load (name or list of names expected, got number)"),
            (
                "ignore = { bn = true }",
                "bad field 'ignore' in model:load (list of names expected, as in { \"bn1.*\", \"bn2.*\" })"
            ),
            (
                "partal = true",
                "unknown field 'partal' in model:load (did you mean 'partial'?); fields: prefix, rename, ignore, partial"
            ),
        ])
    func options(_ field: String, _ message: String) throws {
        #expect(try result(own, "m:load('w.safetensors', { \(field) })") == "task.lua:3: " + message)
    }

    @Test("values that are not finite are refused, from files and from scripts")
    func notFinite() throws {
        let finite = "and networks take finite numbers only"
        #expect(
            try result(own, "m:load 'w.safetensors'", values: ["fc.2.weight": .nan])
                == "task.lua:3: w.safetensors: tensor 'fc.2.weight': element [1, 1] (counted from 1) is nan, \(finite)")
        #expect(
            try result(own, "m:set_parameter('fc.1.weight', { { 1, 2 }, { 3, 0/0 } })")
                == "task.lua:3: bad argument #2 to 'set_parameter' (finite numbers expected: element [2, 2] (counted from 1) "
                + "is nan, \(finite))")
        #expect(
            try result(own, "m:set_parameter('fc.1.weight', tensor.ones { 2, 2 } * 1e38 * 100)")
                .contains("element [1, 1] (counted from 1) is inf"))
        #expect(
            try result(
                own, "print(nn.read_safetensors('w.safetensors')['fc.1.weight'][1][1])",
                values: ["fc.1.weight": .infinity]) == "inf")
    }

    @Test("layer names have the dots of PyTorch's, and a model that was saved opens by itself")
    func dots() throws {
        let script = """
            m:load('w.safetensors', { ignore = { 'bn.*' } })
            print(m:layers()[1], m:parameter_names()[2])
            m:save 'copy.safetensors'
            """
        let host = ModuleScript()
        defer { host.remove() }
        var file = SafetensorsFile()
        for name in own + ["bn.x"] { try file.setTensor(name, .ones([2, 2])) }
        try file.write(to: host.folder + "/data/w.safetensors")
        #expect(try host.run(Self.model + script).printed == "fc.1\tfc.2.weight\n")
        try FileManager.default.copyItem(
            atPath: host.folder + "/run/copy.safetensors", toPath: host.folder + "/data/copy.safetensors")
        #expect(
            try host.run("print(nn.load('copy.safetensors'):parameter('fc.2.weight')[2][2])").printed == "1.0\n")
        #expect(
            ModuleScript.message("nn.sequential { input = { 2 }, { 'a.', nn.relu() } }")
                == "task.lua:1: rledit.nn.sequential: 'a.' is not a layer name: it begins or ends with a dot")
    }
}

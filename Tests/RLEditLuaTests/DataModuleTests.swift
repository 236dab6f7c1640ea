import Foundation
import LuaBridge
import RLEditData
import RLEditRuns
import RLEditTestSupport
import Testing

@Suite struct DataModuleTests {
    @Test("digits fall back to generated ones, and say so")
    func fallback() throws {
        let script = ModuleScript()
        defer { script.remove() }
        let outcome = try script.run(
            """
            local digits = data.generated_digits { train = 50, test = 20 }
            print(digits, digits.source, #digits.train, #digits.hash, digits.train == digits.train)
            """)
        #expect(outcome.printed == "pictures (generated): train 50, test 20, 10 classes\tgenerated\t50\t64\ttrue\n")
        #expect(ModuleScript.message("data.mnist()").contains("fetch it with scripts/fetch-data"))
    }

    @Test(
        "MNIST is read where it is found, and named",
        .enabled(if: ProcessInfo.processInfo.environment["RLEDIT_DATA"] != nil))
    func mnist() throws {
        var script = ModuleScript()
        defer { script.remove() }
        script.dataFolder = ProcessInfo.processInfo.environment["RLEDIT_DATA"]
        let outcome = try script.run(
            """
            local digits = data.digits()
            print(digits.source, #digits.train, #digits.test, digits.hash == data.mnist().hash)
            print(digits.test:take(3):labels()[1], digits.train:take(5))
            """)
        #expect(outcome.printed.hasPrefix("mnist\t60000\t10000\ttrue\n7\ttrain (mnist): 5 examples of [1, 28, 28]"))
        #expect(outcome.usedData.map(\.name) == ["mnist"])
    }

    @Test("sets are selected from without changing them")
    func selections() throws {
        let printed = try ModuleScript.printed(
            """
            local set = data.set { inputs = tensor.range(12):reshape { 6, 2 }, labels = { 0, 1, 2, 0, 1, 2 }, name = "six" }
            print(set)
            local ones, rest = set:partition(function(label) return label == 1 end)
            print(#ones, #rest, table.concat(ones:labels(), " "), ones:inputs())
            print(table.concat(set:take(2):labels(), " "), table.concat(set:drop(4):labels(), " "))
            local a, b = set:split(0.5)
            local c, d, e = set:split { 1, 2, 3 }
            print(#a, #b, #c, #d, #e, #a:concat(b), a:concat(b).hash == set.hash)
            print(table.concat(set:subset { 6, -2, 1 }:labels(), " "), set:inputs(2, 2), set:inputs { 6 })
            print(set:class_counts()[2], set.name, set:named("x").name, set.example_shape[1], set.count)
            print(set:shuffle(1).hash == set:shuffle(1).hash, set:shuffle(1).hash == set.hash)
            """)
        #expect(
            printed == """
                six (script): 6 examples of [2], values 1 … 12; labels 0: 2, 1: 2, 2: 2
                2\t4\t1 1\tTensor [2, 2]:
                  3.0, 4.0
                  9.0, 10.0
                0 1\t1 2
                3\t3\t1\t2\t3\t6\ttrue
                2 1 0\tTensor [1, 2]:
                  3.0, 4.0\tTensor [1, 2]:
                  11.0, 12.0
                2\tsix\tx\t2\t6
                true\tfalse
                """)
    }

    @Test("groups are set, counted and selected by, and follow the examples")
    func groups() throws {
        let printed = try ModuleScript.printed(
            """
            local function words(list) return table.concat(list, " ") end
            local plain = data.set { inputs = tensor.range(6):reshape { 6, 1 }, labels = { 0, 1, 0, 1, 0, 1 } }
            print(#plain.groups, next(plain:group_counts()))
            local set = plain:with_groups { old = { 1, 2, -1 }, deaf = { 2, 3 }, none = {} }
            print(words(set.groups), set:group_counts().old, set:group_counts().none, words(set:group_members "old"))
            print(set)
            local two = set:in_groups { "old", "deaf" }
            print(#two, words(two.groups), words(two:group_members "deaf"), words(set:group("deaf"):inputs():to_table()[1]))
            print(words(set:drop(1):group_members "old"), words(set:shuffle(3).groups), #set:without_groups().groups)
            print(set.hash == plain.hash, set:without_groups().hash == plain.hash)
            """)
        #expect(
            printed == """
                0\tnil
                deaf none old\t3\t0\t1 2 6
                set (script): 6 examples of [1], values 1 … 6; labels 0: 3, 1: 3; 3 groups
                4\told deaf\t2 3\t2.0
                1 5\tdeaf none old\t0
                false\ttrue
                """)
    }

    @Test("IDX files are read from the data roots")
    func idx() throws {
        let script = ModuleScript()
        defer { script.remove() }
        let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 255, 51, 0]
        let labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 2, 3, 4]
        try Data(images).write(to: URL(fileURLWithPath: script.folder + "/data/images"))
        try Data(labels).write(to: URL(fileURLWithPath: script.folder + "/data/labels"))
        let outcome = try script.run(
            """
            local set = data.idx { images = "images", labels = "labels", name = "two" }
            print(set, set:inputs())
            """)
        #expect(
            outcome.printed == "two (images): 2 examples of [1, 1, 2], values 0 … 1; labels 3: 1, 4: 1\t"
                + "Tensor [2, 1, 1, 2]: 0.0, 1.0, 0.2, 0.0\n")
        #expect(outcome.usedData.map(\.file) == ["images"])
        #expect(outcome.usedData[0].hash.count == 64)
    }

    /// Bytes of a `.npy` file.
    private func npy(_ type: String, shape: String, _ data: [UInt8]) -> [UInt8] {
        let header = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }\n".utf8)
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count), 0] + header + data
    }

    @Test("arrays that NumPy saved are read as tensors, and named in the manifest")
    func numPy() throws {
        let script = ModuleScript()
        defer { script.remove() }
        func write(_ bytes: [UInt8], _ name: String) throws {
            try Data(bytes).write(to: URL(fileURLWithPath: "\(script.folder)/data/\(name)"))
        }
        try write(npy("|u1", shape: "(2, 2)", [1, 2, 3, 255]), "grid.npy")
        try write(npy("<i4", shape: "(2,)", [7, 0, 0, 0, 3, 0, 0, 0]), "labels.npy")
        let archive = try Corpus.bytes(.npz, "deflated.npz")
        try write(archive, "three.npz")
        let axes = String(repeating: "1,", count: 33)
        try write(npy("|u1", shape: "(\(axes))", [1]), "deep.npy")
        #expect(
            try script.run("print(pcall(data.npy, 'deep.npy'))").printed.contains(
                "deep.npy' has 33 axes; a tensor has at most 32"))
        let outcome = try script.run(
            """
            print(data.npy "grid.npy", data.set { inputs = data.npy "grid.npy", labels = data.npy "labels.npy" })
            local arrays = data.npz "three.npz"
            print(arrays.weight, arrays.labels, arrays["a/b"], arrays.other)
            """)
        #expect(
            outcome.printed == """
                Tensor [2, 2]:
                  1.0, 2.0
                  3.0, 255.0\tset (script): 2 examples of [2], values 1 … 255; labels 3: 1, 7: 1
                Tensor [2, 3]:
                  0.0, 0.5, 1.0
                  1.5, 2.0, 2.5\tTensor [3]: 3.0, 1.0, 2.0\tTensor [2, 3]:
                  0.0, 1.0, 2.0
                  3.0, 4.0, 5.0\tnil

                """)
        #expect(outcome.usedData.map(\.file) == ["grid.npy", "labels.npy", "three.npz"])
        #expect(outcome.usedData.map(\.name) == ["grid", "labels", "three"])
        #expect(outcome.usedData[2].hash == SHA256Digest.hex(of: archive))
        for (call, message) in [
            ("data.npy '../x.npy'", "path '../x.npy' is refused: '..' needs --allow FILE"),
            ("data.npz 'none.npz'", "no file 'none.npz' under the data roots"),
            ("data.npy {}", "bad argument #1 to 'npy' (string expected, got table)"),
        ] {
            #expect(ModuleScript.message(call).contains(message))
        }
    }

    @Test("an array that no tensor can hold is refused when a script asks for it, by name and type, and no other")
    func unneededArrays() throws {
        let script = ModuleScript()
        defer { script.remove() }
        var stored = try Corpus.bytes(.npz, "stored.npz")
        let type = try #require(stored.firstRange(of: Array("<f4".utf8)))
        stored.replaceSubrange(type, with: Array("<U5".utf8))
        try Data(stored).write(to: URL(fileURLWithPath: "\(script.folder)/data/words.npz"))
        let outcome = try script.run(
            """
            local arrays = data.npz "words.npz"
            local names = {}
            for name in pairs(arrays) do names[#names + 1] = name end
            table.sort(names)
            print(table.concat(names, " "), arrays.labels, arrays.other)
            print(select(2, pcall(function() return arrays.weight end)))
            """)
        #expect(
            outcome.printed.replacing(script.folder, with: "HERE") == """
                a/b labels\tTensor [3]: 3.0, 1.0, 2.0\tnil
                task.lua:6: array 'weight' of 'HERE/data/words.npz' is not a NumPy array that can be read: its elements are \
                texts, of type '<U5'; only numbers are read (np.unique(words, return_inverse=True)[1] numbers words)

                """)
    }

    @Test("inputs that NumPy saved are refused by example and place when they are not finite")
    func notFiniteNumPy() throws {
        let script = ModuleScript()
        defer { script.remove() }
        try Data(npy("<f4", shape: "(2, 2)", [0, 0, 128, 63, 0, 0, 0, 0, 0, 0, 192, 127, 0, 0, 0, 0])).write(
            to: URL(fileURLWithPath: "\(script.folder)/data/x.npy"))
        #expect(
            throws: LuaError.self,
            performing: { try script.run("data.set { inputs = data.npy 'x.npy', labels = {0, 1} }") })
        #expect(
            try script.run("print(select(2, pcall(data.set, { inputs = data.npy 'x.npy', labels = {0, 1} })))").printed
                == "task.lua:1: bad field 'inputs' in rledit.data.set (inputs[2] holds NaN at [1]; every number must be finite "
                + "in 32 bits: replace it, or leave the example out)\n")
        // Ten to the power of 300 in 64 bits.
        try Data(npy("<f8", shape: "(1, 1)", [0x9C, 0x75, 0, 0x88, 0x3C, 0xE4, 0x37, 0x7E])).write(
            to: URL(fileURLWithPath: "\(script.folder)/data/x.npy"))
        #expect(
            try script.run("print(select(2, pcall(data.npy, 'x.npy')))").printed.contains(
                "element 1 is 1e+300: a 32-bit float holds at most 3.4028235e+38"))
    }

    @Test("an array that passes the memory limit is refused before memory is taken")
    func largeArray() throws {
        var script = ModuleScript()
        defer { script.remove() }
        script.limits.memoryBytes = 4 << 20
        let bytes = npy("|u1", shape: "(2000000,)", [UInt8](repeating: 0, count: 2_000_000))
        try Data(bytes).write(to: URL(fileURLWithPath: script.folder + "/data/large.npy"))
        #expect(throws: (any Error).self) { try script.run("data.npy 'large.npy'") }
        #expect(try script.run("print(pcall(data.npy, 'large.npy'))").printed.contains("not enough memory"))
    }

    @Test("paths out of the data roots are refused, naming the option that allows them")
    func refusedPaths() {
        #expect(
            ModuleScript.message("data.idx { images = '/etc/passwd', labels = 'x' }")
                == "task.lua:1: path '/etc/passwd' is refused: absolute paths need --allow FILE")
        #expect(
            ModuleScript.message("data.idx { images = '../x', labels = 'x' }")
                == "task.lua:1: path '../x' is refused: '..' needs --allow FILE")
    }

    @Test("wrong arguments raise with what was expected", arguments: errorCases)
    func errors(call: String, message: String) {
        let set = "local set = data.set { inputs = {{1}, {2}}, labels = {0, 1} } "
        #expect(ModuleScript.message(set + call) == "task.lua:1: " + message)
    }

    static let errorCases: [(String, String)] = [
        ("set:take(3)", "bad argument #1 to 'take' (3 examples asked for, but set 'set' holds 2)"),
        ("set:take(-1)", "bad argument #1 to 'take' (a count must not be negative, got -1)"),
        (
            "set:take(math.maxinteger)",
            "bad argument #1 to 'take' (9223372036854775807 examples asked for, but set 'set' holds 2)"
        ),
        ("set:split(1.5)", "bad argument #1 to 'split' (a fraction must be within 0 and 1, got 1.5)"),
        (
            "set:split { math.maxinteger, math.maxinteger }",
            "bad argument #1 to 'split' (sizes must not be negative, got [9223372036854775807, 9223372036854775807])"
        ),
        ("set:subset { 3 }", "bad argument #1 to 'subset' (index 3 is outside a set of 2 examples)"),
        ("set:inputs(0, 1)", "range 0 to 1 is outside a set of 2 examples"),
        (
            "set:inputs(math.mininteger, math.maxinteger)",
            "range -9223372036854775808 to 9223372036854775807 is outside a set of 2 examples"
        ),
        (
            "set:partition(function() return 1 end)",
            "bad argument #1 to 'partition' (for label 0: boolean expected, got number)"
        ),
        ("set:partition(function() error 'mine' end)", "mine"),
        ("set:group 'old'", "bad argument #1 to 'group' (set 'set' has no groups, so none named 'old')"),
        (
            "set:with_groups { old = {1} }:in_groups { 'odl' }",
            "bad argument #1 to 'in_groups' (set 'set' has no group 'odl' (did you mean 'old'?))"
        ),
        (
            "set:with_groups { old = {3} }",
            "bad argument #1 to 'with_groups' (group 'old': place 3 is outside a set of 2 examples)"
        ),
        (
            "set:with_groups { old = {1, 1} }",
            "bad argument #1 to 'with_groups' (groups: group 'old': example 1 is listed twice)"
        ),
        (
            "set:with_groups { old = 1 }",
            "bad argument #1 to 'with_groups' (group 'old': table of places expected, got number)"
        ),
        ("set:with_groups { {1} }", "bad argument #1 to 'with_groups' (a group's name must be a string, got number)"),
        (
            "set.take(10)",
            "calling 'take' on bad self (rledit.Set expected, got number); call it with a colon: set:take(10)"
        ),
        (
            "set:partitoin()",
            "rledit.Set has no field 'partitoin' (did you mean 'partition'?); fields and methods: "
                + "partition, name, source, count, example_shape, classes, hash, take, drop, shuffle, split, concat, subset, "
                + "named, groups, group_counts, group_members, group, in_groups, with_groups and 7 more"
        ),
        (
            "data.generated_digits { train = -1 }",
            "bad field 'train' in rledit.data.generated_digits (between 0 and 10000000 expected, got -1)"
        ),
        (
            "data.set { inputs = {{1}}, labels = {0, 1} }",
            "rledit.data.set: 1 input, but 2 labels: each input needs one"
        ),
        (
            "data.set { inputs = {{1}, {2}}, labels = {0} }",
            "rledit.data.set: 2 inputs, but 1 label: each input needs one"
        ),
        (
            "data.texts { texts = {'a', 'b'}, labels = {0} }",
            "rledit.data.texts: 2 texts, but 1 label: each text needs one"
        ),
        (
            "data.set { inputs = {1, 2}, labels = {0, 1} }",
            "bad field 'inputs' in rledit.data.set (inputs of shape [2]: the examples come first, then the dimensions of one; "
                + "inputs:reshape { 2, 1 } has one number for each example)"
        ),
        (
            "data.set { inputs = {{1}, {2}}, labels = {0, -1} }",
            "bad field 'labels' in rledit.data.set (label -1 of example 2 is out of range: labels begin at 0)"
        ),
        (
            "data.set { inputs = {{1}, {2}}, labels = {0, 'cat'} }",
            "bad field 'labels' in rledit.data.set (label 2 is the word 'cat': labels are whole numbers from 0 on; a table makes "
                + "them, ({ [\"cat\"] = 0, … })[word])"
        ),
        (
            "data.texts { texts = {'a'}, labels = {'good'} }",
            "bad field 'labels' in rledit.data.texts (label 1 is the word 'good': labels are whole numbers from 0 on; a table "
                + "makes them, ({ [\"good\"] = 0, … })[word])"
        ),
        (
            "data.set { inputs = {{1, 2}, {3, 0/0}}, labels = {0, 1} }",
            "bad field 'inputs' in rledit.data.set (inputs[2] holds NaN at [2]; every number must be finite in 32 bits: replace "
                + "it, or leave the example out)"
        ),
        (
            "data.set { inputs = tensor.zeros { 4, 1, 3, 2 } / tensor.zeros { 4, 1, 3, 2 }, labels = {0, 1, 0, 1} }",
            "bad field 'inputs' in rledit.data.set (inputs[1] holds NaN at [1, 1, 1]; every number must be finite in 32 bits: "
                + "replace it, or leave the example out)"
        ),
        (
            "data.set { inputs = {{1, 2}, {-math.huge, 1}}, labels = {0, 1} }",
            "bad field 'inputs' in rledit.data.set (inputs[2] holds -infinity at [1]; every number must be finite in 32 bits: "
                + "replace it, or leave the example out)"
        ),
        (
            "data.set { inputs = {{1, 2}, {1, 1e39}}, labels = {0, 1} }",
            "bad field 'inputs' in rledit.data.set (bad element #2 (1e+39 is too large: 32 bits hold at most 3.4028235e+38) in "
                + "[2])"
        ),
        (
            "data.set { inputs = {{1}}, labels = {0.5} }",
            "bad field 'labels' in rledit.data.set (bad element #1 (number has no integer representation))"
        ),
    ]
}

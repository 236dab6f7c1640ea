import Foundation
import RLEditTestSupport
import Testing

@Suite("Tables and arrays in Lua")
struct TableModuleTests {
    private static let files: [String: String] = [
        "civil.csv": "target,text,male,female\n0.2,fine,0.0,0.0\n0.7,bad,0.6,0.4\n0.9,worse,,\n",
        "iris.txt": "kind;length;width\nb;1.5;2\na;3;4\nb;5;6.25\n",
        "celeba.txt": "2\nMale Smiling\n1.jpg -1  1\n2.jpg  1 -1\n",
        "weighted.csv": "x,kind,w,text\n1,b,2,\n-1,a,0.5,fine\n",
        "rows.jsonl": "{\"text\": \"good\", \"stars\": 4}\n{\"text\": \"bad\", \"stars\": 0}\n",
    ]

    private func run(_ text: String) throws -> String {
        let script = ModuleScript()
        defer { script.remove() }
        for (name, contents) in Self.files {
            try Data(contents.utf8).write(to: URL(fileURLWithPath: "\(script.folder)/data/\(name)"))
        }
        for (name, file) in [
            ("u1.npy", "u1.npy"), ("vector.npy", "vector.npy"), ("i8.npy", "i8.npy"), ("f4.npy", "f4.npy"),
        ] {
            try Data(try Corpus.bytes(.npy, file)).write(to: URL(fileURLWithPath: "\(script.folder)/data/\(name)"))
        }
        // An array of no rows of three numbers.
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }"
        let padded = header + String(repeating: " ", count: 117 - header.utf8.count) + "\n"
        try Data([0x93] + "NUMPY".utf8 + [1, 0, 118, 0] + padded.utf8)
            .write(to: URL(fileURLWithPath: "\(script.folder)/data/none.npy"))
        try Data(try Corpus.bytes(.npz, "stored.npz")).write(to: URL(fileURLWithPath: "\(script.folder)/data/a.npz"))
        try Data(try Corpus.bytes(.npz, "pairs.npz")).write(to: URL(fileURLWithPath: "\(script.folder)/data/pairs.npz"))
        return try script.run(text).printed
    }

    @Test("tables of texts and of numbers load in one call")
    func tables() throws {
        let printed = try run(
            """
            print(data.csv { path = "civil.csv", text = "text", label = { column = "target", at_least = 0.5 },
              groups = { "male", "female" } })
            print(data.csv { path = "civil.csv", text = "text", label = { column = "target", at_least = 0.5 },
              groups = { columns = { "male", "female" }, at_least = 0.3 } }:group_counts().female)
            local set, words = data.csv { path = "iris.txt", separator = ";", inputs = { "length", "width" }, label = "kind",
              classes = "sorted" }
            print(set, table.concat(words, " "), set:inputs(3, 3))
            print(data.csv { path = "iris.txt", separator = ";", inputs = { "width" }, label = "kind", classes = { "b", "a" } })
            local faces = data.csv { path = "celeba.txt", separator = " ", text = "file", label = "Smiling", groups = { "Male" } }
            print(faces, faces:text(2))
            print(data.jsonl { path = "rows.jsonl", text = "text", label = "stars", classes = 5 })
            """)
        #expect(
            printed == """
                civil (civil.csv): 3 texts; labels 0: 1, 1: 2; 2 groups
                1
                iris (iris.txt): 3 examples of [2], values 1.5 … 6.25; labels a: 1, b: 2\ta b\tTensor [1, 2]:
                  5.0, 6.25
                iris (iris.txt): 3 examples of [1], values 2 … 6.25; labels b: 2, a: 1
                celeba (celeba.txt): 2 texts; labels 0: 1, 1: 1; 1 group\t2.jpg
                rows (rows.jsonl): 2 texts; labels 0: 1, 4: 1

                """)
    }

    @Test("arrays become a set in one call, scaled, counted from one")
    func arrays() throws {
        let printed = try run(
            """
            local set = data.arrays { path = "pairs.npz", inputs = "x", labels = "y", scale = 1 / 255, labels_from = 1, classes = 2 }
            print(set, set:inputs(2, 2))
            """)
        #expect(
            printed == """
                pairs (pairs.npz): 2 examples of [3], values 0 … 1; labels 0: 1, 1: 1\tTensor [1, 3]:
                  0.6, 0.8, 1.0

                """)
    }

    @Test("weights come from a column, an array or a list, and count in training whatever their scale")
    func weights() throws {
        let printed = try run(
            """
            local models = require "rledit.models"
            local rows = data.csv { path = "weighted.csv", inputs = { "x" }, label = "kind", classes = "sorted", weight = "w" }
            print(rows, table.concat(rows:weights(), " "), table.concat(rows.classes, " "))
            print(data.arrays { path = "pairs.npz", inputs = "x", labels = "y", labels_from = 1, weights = "y" })
            local function trained(weights)
              local set = data.set { inputs = { { 1 }, { -1 }, { 1 } }, labels = { 0, 1, 1 }, weights = weights }
              local model = models.mlp { widths = { 1, 2 } }
              model:fit(set, { epochs = 200, learning_rate = 0.1, optimizer = "sgd", remember = false, shuffle = false })
              return model:predict({ { 1 } })[1]
            end
            print(trained { 4, 1, 1 }, trained { 1, 1, 4 }, trained { 40, 10, 10 }, data.set { inputs = { { 1 } }, labels = { 0 } }:weights())
            print(#data.csv { path = "weighted.csv", text = "text", label = "kind", classes = "sorted", skip_empty = true })
            """)
        #expect(
            printed == """
                weighted (weighted.csv): 2 examples of [1], values -1 … 1; labels a: 1, b: 1; weighted\t2.0 0.5\ta b
                pairs (pairs.npz): 2 examples of [3], values 0 … 255; labels 0: 1, 1: 1; weighted
                0\t1\t0\tnil
                1

                """)
    }

    @Test("a table or a function replaces labels")
    func relabel() throws {
        let printed = try run(
            """
            local set = data.set { inputs = { { 1 }, { 2 }, { 3 } }, labels = { 7, 1, 7 } }
            print(set:relabel { [7] = 0, [1] = 1 }, set:relabel(function(label) return label // 2 end))
            local texts = data.texts { texts = { "a", "b" }, labels = { 1, 2 } }
            print(texts:relabel(function(label) return label - 1 end))
            """)
        #expect(
            printed == """
                set (script): 3 examples of [1], values 1 … 3; labels 0: 2, 1: 1\tset (script): 3 examples of [1], values 1 … 3; labels 0: 1, 3: 2
                texts (script): 2 texts; labels 0: 1, 1: 1

                """)
    }

    @Test(
        "errors name what is wrong",
        arguments: [
            (
                "data.csv { path = 'iris.txt', separator = ';', inputs = { 'length' }, label = 'kind', classes = { 'a' } }",
                "row 2, column 'kind': label 'b' is not one of 'a'; add \"b\" to classes"
            ),
            (
                "data.csv { path = 'civil.csv', text = 'text', label = { column = 'target' } }",
                "missing field 'at_least' in rledit.data.csv.label (number expected)"
            ),
            (
                "data.csv { path = 'civil.csv', text = 'text', inputs = { 'male' }, label = 'target' }",
                "bad field 'inputs' in rledit.data.csv (columns of numbers instead of 'text' expected, not both)"
            ),
            (
                "data.csv { path = 'civil.csv', text = 'text', label = { column = 'target', at_least = 0.5 }, classes = 2 }",
                "bad field 'label' in rledit.data.csv (one of 'at_least', 'labels' and 'classes' expected, not several)"
            ),
            (
                "data.csv { path = 'civil.csv', text = 'text', label = 'target', group = 'male', groups = { 'male' } }",
                "bad field 'groups' in rledit.data.csv ('group' or 'groups' expected, not both)"
            ),
            (
                "data.csv { path = 'civil.csv', text = 'text', label = 'target', groups = {} }",
                "bad field 'groups' in rledit.data.csv (a list of names expected, got an empty one)"
            ),
            (
                "data.csv { path = 'civil.csv', text = 'text', label = 'target', groups = { 'male', 'male' } }",
                "bad field 'groups' in rledit.data.csv ('male' is named twice)"
            ),
            (
                "data.csv { path = 'civil.csv', text = 'text', label = 'target', encoding = 'latin1' }",
                "bad field 'encoding' in rledit.data.csv (one of 'utf-8', 'latin-1', 'utf-16' expected, got 'latin1'"
            ),
            (
                "data.csv { path = 'civil.csv', text = 'text', label = 'target', skip_lines = -1 }",
                "bad field 'skip_lines' in rledit.data.csv (between 0 and 1000 expected, got -1)"
            ),
            (
                "data.csv { path = 'civil.csv', text = 'text', label = 'target', classes = 1 }",
                "bad field 'classes' in rledit.data.csv (between 2 and 65536 expected, got 1)"
            ),
            (
                "data.csv { path = 'civil.csv', inputs = { 'male' }, label = 'female', classes = 'sorted' }",
                "row 4, column 'male': a number expected, got ''"
            ),
            (
                "data.jsonl { path = 'rows.jsonl', text = 'text', label = 'stars' }",
                "line 1, field 'stars': label '4' is not one of '0', '1'; labels = { [\"4\"] = 0, … } says which class each label is"
            ),
            (
                "data.jsonl { path = 'rows.jsonl', text = 'text', label = 'stars', separator = ';' }",
                "unknown field 'separator' in rledit.data.jsonl"
            ),
            (
                "data.arrays { inputs = 'u1.npy', labels = 'vector.npy' }",
                "rledit.data.arrays: 2 inputs, but 5 labels: each input needs one"
            ),
            (
                "data.arrays { inputs = 'none.npy', labels = 'vector.npy' }",
                "bad field 'inputs' in rledit.data.arrays ('none.npy' has the shape [0, 3]: at least one example expected)"
            ),
            (
                "data.arrays { inputs = 'u1.npy', labels = 'u1.npy' }",
                "bad field 'labels' in rledit.data.arrays ('u1.npy' has the shape [2, 3]: one label for each example expected)"
            ),
            (
                "data.arrays { path = 'pairs.npz', inputs = 'x', labels = 'y', classes = 2 }",
                "bad field 'labels' in rledit.data.arrays (label 2 of example 2 is out of range: 0 to 1 expected)"
            ),
            (
                "data.arrays { path = 'pairs.npz', inputs = 'x', labels = 'y', labels_from = 2 }",
                "bad field 'labels' in rledit.data.arrays (label 1 of example 1 is out of range: 2 on expected)"
            ),
            (
                "data.arrays { path = 'pairs.npz', inputs = 'z', labels = 'y' }",
                "bad field 'inputs' in rledit.data.arrays ('pairs.npz' has no array 'z'; it has 'x', 'y')"
            ),
            (
                "data.arrays { inputs = 'u1.npy', labels = 'y.npy', scale = 0 }",
                "bad field 'scale' in rledit.data.arrays (a number other than 0 expected, got 0.0)"
            ),
            (
                "data.set { inputs = { { 1 } }, labels = { 3 }, weights = { 1, 2 } }",
                "bad field 'weights' in rledit.data.set (2 weights for 1 examples)"
            ),
            (
                "data.set { inputs = { { 1 } }, labels = { 3 }, weights = { -1 } }",
                "bad field 'weights' in rledit.data.set (weight -1.0 of example 1: a finite number, 0 or more, expected)"
            ),
            (
                "data.csv { path = 'weighted.csv', text = 'text', label = 'kind', classes = 'sorted' }",
                "row 2, column 'text': the text is empty; skip_empty = true leaves such rows out"
            ),
            (
                "data.csv { path = 'weighted.csv', inputs = { 'x' }, label = 'kind', labels_from = 1 }",
                "bad field 'labels_from' in rledit.data.csv ('classes', a number of classes, expected, too)"
            ),
            (
                "data.set { inputs = { { 1 } }, labels = { 3 } }:relabel { [2] = 1 }",
                "bad argument #1 to 'relabel' (for label 3: a whole number from 0 on expected, got nil)"
            ),
            (
                "data.set { inputs = { { 1 } }, labels = { 3 } }:relabel(function() return -1 end)",
                "bad argument #1 to 'relabel' (for label 3: a whole number from 0 on expected, got -1)"
            ),
        ])
    func faults(_ line: String, _ message: String) throws {
        var said = "no error"
        do { _ = try run(line) } catch { said = "\(error)" }
        #expect(said.contains(message), "\(said)")
    }
}

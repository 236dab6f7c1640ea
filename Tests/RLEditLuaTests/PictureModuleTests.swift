import Foundation
import RLEditRuns
import RLEditTestSupport
import Testing

@Suite("Pictures in rledit.data") struct PictureModuleTests {
    /// Runs a script whose data root holds these pictures.
    private func run(
        _ pictures: [String: String], tables: [String: String] = [:], _ text: String
    ) throws -> ModuleScript.Outcome {
        let script = ModuleScript()
        defer { script.remove() }
        for (path, name) in pictures {
            let file = URL(fileURLWithPath: "\(script.folder)/data/\(path)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            let reader: FuzzedReader = name.contains(".tar") ? .tar : .picture
            try Data(Corpus.bytes(reader, name)).write(to: file)
        }
        for (name, table) in tables {
            try Data(table.utf8).write(to: URL(fileURLWithPath: "\(script.folder)/data/\(name)"))
        }
        return try script.run(text)
    }

    static let cats = [
        "photos/cat/1.jpg": "baseline.jpg", "photos/ape/2.png": "colour8.png", "photos/cat/3.jpg": "cut.jpg",
    ]

    @Test("a folder and an archive of pictures become sets, with classes and what was passed over")
    func imageFolder() throws {
        let outcome = try run(
            Self.cats.merging(["a.tar.gz": "ustar.tar.gz"]) { one, _ in one },
            """
            local set, classes, skipped = data.image_folder {
              path = "photos", size = 8, normalize = "imagenet", skip_broken = true, name = "pets" }
            print(set, table.concat(classes, " "), table.concat(skipped, " "))
            local low = set:inputs(1, 1):min()
            print(low < -1 and low > -2.2, set:take(1):concat(set:drop(1)).hash == set.hash)
            local grey = data.image_folder { path = "photos", size = 8, grey = true, classes = { "cat" }, skip_broken = true,
              normalize = { mean = { 0.5 }, std = { 0.25 } } }
            print(grey, #grey.example_shape)
            local tar, names = data.image_folder { path = "a.tar.gz", folder = "photos" }
            print(tar, table.concat(names, " "))
            """)
        #expect(
            outcome.printed == """
                pets (photos): 2 examples of [3, 8, 8], values -2.101 … 2.198; labels ape: 1, cat: 1\tape cat\tcat/3.jpg
                true\ttrue
                pictures (photos): 1 example of [1, 8, 8], values -1.247 … 0.902; labels cat: 1\t3
                pictures (a.tar.gz): 3 examples of [3, 6, 6], values 0 … 1; labels a: 2, b: 1\ta b

                """)
        #expect(outcome.usedData.map(\.name) == ["pets", "pictures", "pictures"])
        #expect(outcome.usedData.first?.file == "photos")
    }

    @Test("pictures are joined to a table, whose rows give the order, the labels and the groups")
    func table() throws {
        var files = Self.cats
        files["photos/4.jpg"] = "grey.jpg"
        let attributes = "3\nSmiling Male Young\ncat/1.jpg -1 1 -1\nape/2.png  1 1  1\ncat/3.jpg 1 -1 1\n"
        let tables = [
            "list.txt": attributes, "words.csv": "path;kind\nape/2.png;ape\n4.jpg;cat\n",
            "other.csv": "file,label\n9.jpg,1\n4.jpg,0\n", "odd.csv": "file,label\n4.jpg,yes\n",
        ]
        let outcome = try run(
            files, tables: tables,
            """
            local set, classes, skipped, unlisted = data.image_folder { path = "photos", table = "list.txt", file = "file",
              label = "Smiling", groups = { "Male", "Young" }, size = 8, skip_broken = true, name = "faces" }
            print(set, #classes, table.concat(skipped, " "), table.concat(unlisted, " "))
            print(table.concat(set.groups, " "), set:group_counts().Male, set:group_counts().Young)
            local kinds, words = data.image_folder { path = "photos", table = "words.csv", file = "path", separator = ";",
              label = "kind", classes = { "ape", "bee", "cat" }, size = 8 }
            print(kinds, table.concat(words, " "), (kinds:inputs(1, 1) - set:inputs(2, 2)):abs():max())
            for _, options in ipairs { { table = "other.csv" }, { table = "odd.csv" } } do
              options.path, options.label, options.size = "photos", "label", 4
              print(select(2, pcall(data.image_folder, options)))
            end
            """)
        let folder = outcome.printed.split(separator: "'").first { $0.hasSuffix("/odd.csv") }?.dropLast(8) ?? ""
        #expect(
            outcome.printed.replacing(folder.isEmpty ? "?" : folder, with: "…") == """
                faces (photos): 2 examples of [3, 8, 8], values 0 … 0.988; labels 0: 1, 1: 1; 2 groups\t0\tcat/3.jpg\t4.jpg
                Male Young\t2\t1
                pictures (photos): 2 examples of [3, 8, 8], values 0 … 0.988; labels ape: 1, cat: 1\tape bee cat\t0.0
                task.lua:10: 'photos' holds no picture '9.jpg', which row 2 of 'other.csv' names: add the picture, or remove the row
                task.lua:10: '…/odd.csv': row 2, column 'label': label 'yes' is not one of '0', '1'; labels = { ["yes"] = 0, … } says which class each label is

                """)
        #expect(outcome.usedData.map(\.name) == ["faces", "pictures"])
    }

    @Test("a network sees the values that the set shows")
    func network() throws {
        let outcome = try run(
            Self.cats,
            """
            local set = data.image_folder {
              path = "photos", size = 4, classes = { "ape" }, normalize = "cifar10" }
            local model = nn.sequential { input = { 3, 4, 4 }, nn.flatten(), { "out", nn.linear(48, 2) } }
            local rows = set:inputs():reshape { #set, 48 }
            local scores = rows:matmul(model:parameter("out.weight"):transpose()) + model:parameter "out.bias"
            print((model:forward(set) - scores):abs():max() < 1e-5)
            """)
        #expect(outcome.printed == "true\n")
    }

    @Test("objects fall back to generated ones, and say so")
    func generated() throws {
        let outcome = try run(
            [:],
            """
            local small = data.generated_objects { train = 40, test = 20, normalize = "imagenet" }
            print(small, small.source, #small.classes, small.classes[1], #small.hash, small.train == small.train)
            print(small.test)
            print(data.generated_objects { train = 50, test = 20 }.test.hash == small.test.hash)
            """)
        #expect(
            outcome.printed.hasPrefix(
                "pictures (generated objects): train 40, test 20, 10 classes\tgenerated objects\t10\tarrow\t64\ttrue\n"
                    + "test (generated objects): 20 examples of [3, 32, 32]"))
        #expect(outcome.printed.hasSuffix("\nfalse\n"))
    }

    @Test("CIFAR is read where it is found", .enabled(if: ProcessInfo.processInfo.environment["RLEDIT_DATA"] != nil))
    func cifar() throws {
        let data = ProcessInfo.processInfo.environment["RLEDIT_DATA"] ?? ""
        guard FileManager.default.fileExists(atPath: data + "/cifar10/resnet20.safetensors") else { return }
        var script = ModuleScript()
        defer { script.remove() }
        script.dataFolder = data
        let outcome = try script.run(
            """
            local test, classes = data.image_folder {
              path = "cifar10/cifar10-jpeg.tar.gz", folder = "cifar10/test", normalize = "imagenet" }
            local model = models.resnet_cifar { depth = 20 }
            model:load "cifar10/resnet20.safetensors"
            print(#test, classes[10], model:evaluate(test).accuracy)
            local objects = data.objects { normalize = "imagenet" }
            print(objects.source, #objects.train, objects.test.hash == test.hash)
            """)
        let lines = outcome.printed.split(separator: "\n")
        #expect(lines.first?.hasPrefix("10000\ttruck\t") == true)
        // PyTorch says 81.03 %.
        let accuracy = try #require(lines.first?.split(separator: "\t").last.flatMap { Double($0) })
        #expect(abs(accuracy - 0.8103) < 0.0005)
        #expect(lines.last?.hasPrefix("cifar10") == true && lines.last?.hasSuffix("true") == true)
    }

    @Test("wrong arguments raise with what was expected", arguments: errorCases)
    func errors(call: String, message: String) {
        #expect(ModuleScript.message(call) == "task.lua:1: " + message)
    }

    static let errorCases: [(String, String)] = [
        ("data.image_folder { }", "missing field 'path' in rledit.data.image_folder (string expected)"),
        (
            "data.image_folder { path = 'x', size = 0 }",
            "bad field 'size' in rledit.data.image_folder (between 1 and 4096 expected, got 0)"
        ),
        (
            "data.image_folder { path = 'x', classes = {} }",
            "bad field 'classes' in rledit.data.image_folder (at least one name expected)"
        ),
        (
            "data.image_folder { path = 'x', normalise = 'imagenet' }",
            "unknown field 'normalise' in rledit.data.image_folder (did you mean 'normalize'?); "
                + "fields: path, folder, size, grey, skip_broken, normalize, table, file, label, labels, labels_from, group, "
                + "groups, weight, skip_empty, separator, encoding, skip_lines, classes, name"
        ),
        (
            "data.image_folder { path = 'x', normalize = 'imagnet' }",
            "bad field 'normalize' in rledit.data.image_folder (unknown normalization 'imagnet' (did you mean 'imagenet'?); "
                + "names: imagenet, cifar10)"
        ),
        (
            "data.image_folder { path = 'x', normalize = 3 }",
            "bad field 'normalize' in rledit.data.image_folder (a name or a table with mean and std expected, got number)"
        ),
        (
            "data.image_folder { path = 'x', normalize = { mean = { 0, 0, 0 }, std = { 1, 1, 0 } } }",
            "bad field 'normalize' in rledit.data.image_folder (means must be finite and deviations positive, "
                + "got [0.0, 0.0, 0.0] and [1.0, 1.0, 0.0])"
        ),
        (
            "data.image_folder { path = 'x', normalize = { mean = { 0 } } }",
            "missing field 'std' in rledit.data.image_folder.normalize (table expected)"
        ),
        (
            "data.image_folder { path = 'x', grey = true, normalize = 'imagenet' }",
            "bad field 'normalize' in rledit.data.image_folder (the pictures have 1 channel, and the mean has 3)"
        ),
        (
            "data.image_folder { path = 'x', label = 'Smiling' }",
            "bad field 'label' in rledit.data.image_folder ('table', the file that it is about, expected, too)"
        ),
        (
            "data.image_folder { path = 'x', table = 'y.csv' }",
            "missing field 'label' in rledit.data.image_folder (string expected)"
        ),
        (
            "data.image_folder { path = 'x', table = 'y.csv', label = 'z', text = 'file' }",
            "unknown field 'text' in rledit.data.image_folder; fields: path, folder, size, grey, skip_broken, normalize, "
                + "table, file, label, labels, labels_from, classes, group, groups, weight, skip_empty, skip_lines, encoding, separator, name"
        ),
        ("data.image_folder { path = '/x' }", "path '/x' is refused: absolute paths need --allow FILE"),
        (
            "data.generated_objects { train = -1 }",
            "bad field 'train' in rledit.data.generated_objects (between 0 and 1000000 expected, got -1)"
        ),
        ("data.objects { size = 3 }", "unknown field 'size' in rledit.data.objects; fields: normalize"),
    ]

    @Test("data that are not found, or not whole, are named with what to do")
    func absentData() throws {
        #expect(
            ModuleScript.message("data.cifar10()").hasSuffix(
                "fetch it with scripts/fetch-data --cifar10, or name its folder with --data"))
        #expect(ModuleScript.message("data.cifar100()").hasSuffix("name its folder with --data"))
        let script = ModuleScript()
        defer { script.remove() }
        let file = URL(fileURLWithPath: "\(script.folder)/data/cifar10/test_batch.bin")
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data([1]).write(to: file)
        let message = try #require(throws: (any Error).self) { _ = try script.run("data.objects()") }
        #expect("\(message)".contains("is incomplete: missing data_batch_1.bin, data_batch_2.bin"))
    }
}

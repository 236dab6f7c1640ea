import RLEditData
import RLEditNN
import RLEditRuns
import RLEditTensor
import Testing

@Suite("Models in files of their own")
struct ModelFileTests {
    private let random = RandomStream(seed: 3)

    private func texts() throws -> TextSet {
        try TextSet(
            name: "t", source: "test", texts: ["good day", "bad day", "good good night", "\"quoted\" über 3"],
            labels: [0, 1, 0, 1])
    }

    private func classifier(classes: Int = 2, weights: Vocabulary.Weights = .tfidf) throws -> Network {
        let vocabulary = try Vocabulary(of: texts(), weights: weights)
        return try Models.bagOfWords(widths: [vocabulary.count, 4, classes], random: random).with(vocabulary)
    }

    @Test("a classifier of texts comes back with its layers, parameters and vocabulary", arguments: [1, 2, 3])
    func roundTrip(classes: Int) throws {
        let folder = try TemporaryFolder()
        let network = try classifier(classes: classes)
        try ModelFile.file(network).write(to: folder.file("a.safetensors"))
        let model = try ModelFile(path: folder.file("a.safetensors"))
        #expect(model.network.description == network.description)
        for name in network.parameterNames { #expect(model.network.parameter(name) == network.parameter(name)) }
        #expect(model.vocabulary == (try Vocabulary(of: texts(), weights: .tfidf)))
        #expect(try model.network.vocabulary() == model.vocabulary)
        // And again, to the same bytes.
        try ModelFile.file(model.network, basedOn: model.source).write(to: folder.file("b.safetensors"))
        #expect(folder.bytes("a.safetensors") == folder.bytes("b.safetensors"))
    }

    @Test("every kind of layer is described, graphs that branch too")
    func layers() throws {
        let folder = try TemporaryFolder()
        let layers: [(String, any Layer)] = [
            ("conv1", Conv2D(2, 4, kernel: (3, 2), stride: (1, 2), padding: (1, 0), dilation: (1, 2), bias: false)),
            ("gelu", Activation.gelu), ("max", MaxPool2D(2)), ("tanh", Activation.tanh),
            ("mean", AveragePool2D(2, stride: 1, padding: 1, countsPadding: false)), ("sigmoid", Activation.sigmoid),
            ("conv2", Conv2D(4, 3, kernel: 1)), ("drop", Dropout(0.25)), ("relu", Activation.relu),
            ("flatten", Flatten()), ("out", Linear(3 * 5 * 4, 2, bias: false)),
        ]
        let network = try Network(inputShape: [2, 8, 16], layers: layers, random: random)
        try ModelFile.file(network, basedOn: ParameterSource(prefix: "net.")).write(to: folder.file("a.safetensors"))
        let model = try ModelFile(path: folder.file("a.safetensors"))
        #expect(model.network.description == network.description)
        #expect(model.source.prefix == "net." && model.vocabulary == nil)
        let images = try Tensor((0..<512).map { Float($0 % 7) }, shape: [2, 2, 8, 16])
        #expect(try model.network.forward(images) == network.forward(images))

        let branches = try Network(
            inputShape: [3],
            nodes: [
                Network.Node(name: "a", layer: Linear(3, 3), inputs: [-1]),
                Network.Node(name: "b", layer: Linear(3, 2), inputs: [-1]),
                Network.Node(name: "c", layer: Linear(3, 2), inputs: [0]),
            ], random: random)
        try ModelFile.file(branches).write(to: folder.file("b.safetensors"))
        #expect(try ModelFile(path: folder.file("b.safetensors")).network.nodes.map(\.inputs) == [[-1], [-1], [0]])
    }

    @Test("descriptions and vocabularies that cannot be are refused, naming the part")
    func faults() throws {
        let file = try ModelFile.file(try classifier())
        let folder = try TemporaryFolder()
        func fault(_ key: String, _ change: (String) -> String) throws -> String? {
            var changed = file
            changed.setMetadata(key, change(file.metadata.first { $0.key == key }?.value ?? ""))
            let path = folder.file("x.safetensors")
            try changed.write(to: path)
            return failure { _ = try ModelFile(path: path) }.map { $0.replacing(path, with: "x") }
        }
        let (network, words) = (NetworkDescription.key, Vocabulary.key)
        #expect(try fault(network) { $0 } == nil)
        #expect(try fault(network) { _ in "{" }?.contains("'rledit.network' cannot be used: not JSON") == true)
        #expect(try fault(network) { _ in "[]" }?.hasSuffix("its format is not 1 or 2") == true)
        let changes = [
            ("\"input\":[7]", "\"input\":[99999999999999999999]"), ("\"input\":[7]", "\"input\":[0]"),
            ("\"input\":[7]", "\"input\":[9]"), ("\"kind\":\"ReLU\"", "\"kind\":\"Magic\""),
            ("\"outputs\":4", "\"outputs\":16777216"), ("\"outputs\":4", "\"outputs\":-4"),
            ("\"name\":\"fc1\"", "\"name\":\"embedding\""), ("\"name\":\"fc1\"", "\"name\":\"fc..1\""),
            ("\"name\":\"fc1\"", "\"reads\":[2],\"name\":\"fc1\""),
            ("\"name\":\"fc1\"", "\"reads\":[],\"name\":\"fc1\""),
        ]
        for (old, new) in changes {
            let message = try fault(network) { text in
                #expect(text.contains(old), "\(old)")
                return text.replacing(old, with: new)
            }
            #expect(message != nil, "\(new)")
        }
        for (old, new) in [
            ("words-1", "words-2"), ("tfidf", "magic"), ("\"day\"", "\"good\""), ("\"day\"", "\"Day\""),
            ("\"day\"", "7"), ("\"documents\":4", "\"documents\":0"), ("\"day\",", ""),
            ("\"format\":1", "\"format\":2"),
        ] {
            let message = try fault(words) { text in
                #expect(text.contains(old), "\(old)")
                return text.replacing(old, with: new)
            }
            #expect(message?.hasPrefix("'x': 'rledit.vocabulary' cannot be used: ") == true, "\(new): \(message ?? "")")
        }
        var bare = file
        bare.removeMetadata(network)
        try bare.write(to: folder.file("bare.safetensors"))
        #expect(failure { _ = try ModelFile(path: folder.file("bare.safetensors")) }?.contains("model:load") == true)
        #expect(throws: ModelFileError.otherVocabulary(words: 7, input: [9])) {
            try Models.bagOfWords(widths: [9, 2, 2], random: random).with(try Vocabulary(of: try texts()))
        }
    }

    @Test("predictions are the network's probabilities, whatever the batches, and come in the order of the texts")
    func prediction() throws {
        let folder = try TemporaryFolder()
        let network = try classifier(classes: 3, weights: .counts)
        try ModelFile.file(network).write(to: folder.file("a.safetensors"))
        let classifier = try TextClassifier(path: folder.file("a.safetensors"))
        let texts = (0..<1300).map { "good \($0 % 3 == 0 ? "bad" : "night") \($0 % 2 == 0 ? "" : "day") zzz" }
        let set = try TextSet(name: "t", source: "", texts: texts, labels: texts.map { _ in 0 })
        let encoded = try #require(try network.vocabulary()).encode(set)
        let expected = try network.forward(encoded.allInputs()).softmax().scalars
        var output: [UInt8] = []
        let source = MemorySource(Array((texts.joined(separator: "\n") + "\n").utf8), path: "x")
        try TextPrediction(classifier, form: .lines) { output += $0 }.run(from: source)
        let rows = String(decoding: output, as: UTF8.self).split(separator: "\n").map { line in
            line.split(separator: "\t").compactMap { Double($0) }
        }
        #expect(rows.count == 1300 && rows.allSatisfy { $0.count == 3 })
        #expect(zip(rows.flatMap { $0 }, expected).allSatisfy { abs($0 - Double($1)) < 2e-6 })
        // Of one output it is the logistic function of it.
        let single = try self.classifier(classes: 1)
        try ModelFile.file(single).write(to: folder.file("b.safetensors"))
        let one = try #require(try single.vocabulary()).encode(set.take(1))
        let score = try single.forward(one.allInputs()).sigmoid().scalars[0]
        let probabilities = try TextClassifier(path: folder.file("b.safetensors")).probabilities([Array(texts[0].utf8)])
        #expect(probabilities[0].count == 2 && abs(probabilities[0][1] - Double(score)) < 1e-6)
    }
}

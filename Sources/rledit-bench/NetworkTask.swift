internal import Foundation
internal import LuaBridge
internal import RLEditData
internal import RLEditLua
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// A network and its sets as a script makes them.
struct NetworkTask {
    let network: Network
    let sets: [NamedSet]

    /// - Returns: nil where the data roots lack `weights`.
    init?(_ script: String, weights: String) throws {
        // The encoder is among Python's packages.
        let locations = DataLocations(isUnrestricted: true)
        guard (try? locations.resolve(weights)) != nil else { return nil }
        let context = ScriptContext(
            seed: 0, pool: WorkerPool(workers: 2), locations: locations, fits: FitCache(folder: ".", isEnabled: false))
        let session = try ScriptSession(context: context)
        defer { session.close() }
        guard
            let scripted = try session.run(Array(script.utf8), path: "bench.lua")?
                .editingOneNetwork(script: "bench.lua")
        else { return nil }
        let problem = try scripted.makeEditTask().problem
        (network, sets) = (problem.network, problem.sets)
    }

    static func pictures() throws -> NetworkTask? {
        try NetworkTask(picturesScript, weights: "cifar10/resnet20-jpeg.safetensors")
    }

    /// - Parameter encoder: a folder of Hugging Face's.
    static func texts(_ encoder: String, length: Int) throws -> NetworkTask? {
        try NetworkTask(textsScript(encoder, length), weights: "minilm/comments-layer5.safetensors")
    }

    private static let picturesScript = """
        local rledit = require "rledit"
        local pictures = rledit.data.cifar10 { normalize = "imagenet" }
        local model = rledit.models.resnet_cifar { depth = 20 }
        model:load "cifar10/resnet20-jpeg.safetensors"
        return rledit.task {
          name = "bench", model = model, world = rledit.ShiftWorld { layer = "layer3.2.conv2", rank = 1 },
          sets = { images = pictures.test:shuffle(1):take(2500), training = pictures.train:shuffle(1):take(10000) },
          reward = function() return 0 end, learner = rledit.RandomSearch { steps = 1 },
        }
        """

    private static func textsScript(_ encoder: String, _ length: Int) -> String {
        """
        local rledit = require "rledit"
        local comments = rledit.data.comments()
        local tokenizer = rledit.data.wordpiece "\(encoder)/vocab.txt"
        local model = rledit.models.bert { config = "\(encoder)/config.json", length = \(length), classes = 2 }
        local ignore = { "pooler.*", "embeddings.position_ids" }
        model:load("\(encoder)/model.safetensors", { rename = { [""] = "bert." }, ignore = ignore, partial = true })
        model:load("minilm/comments-layer5.safetensors", { partial = true })
        local function encode(texts) return tokenizer:encode(texts, { maximum_length = \(length) }) end
        local texts, tokens, count = encode(comments.train), 0, 0
        while tokens < 84000 and count < #texts do
          count = count + 1
          for _, token in ipairs(texts:inputs(count, count):reshape { -1 }:to_table()) do if token >= 0 then tokens = tokens + 1 end end
        end
        return rledit.task {
          name = "bench", model = model, world = rledit.ShiftWorld { layer = "classifier", rank = 1 },
          sets = { texts = texts:take(count), first = texts:take(3050) },
          reward = function() return 0 end, learner = rledit.RandomSearch { steps = 1 },
        }
        """
    }

    func set(_ name: String) throws -> NamedSet {
        guard let set = sets.first(where: { $0.name == name }) else {
            throw ProcessFailure(description: "the benchmark's task has no set '\(name)'")
        }
        return set
    }

    func evaluator(_ layer: String, sets names: [String], examples: Int? = nil, workers: Int = 1) throws -> Evaluator {
        let sets = try names.map { name in
            let set = try set(name)
            return try examples.map { NamedSet(name: name, examples: try set.examples.take($0)) } ?? set
        }
        return try Evaluator(network: network, layers: [layer], sets: sets, pool: WorkerPool(workers: workers))
    }

    /// The first texts without padding.
    func fullTexts(_ count: Int) throws -> Tensor {
        let texts = try set("first").examples
        let length = texts.exampleShape[0]
        let tokens = try texts.allInputs().scalars
        let full = (0..<texts.count).filter { tokens[($0 + 1) * length - 1] >= 0 }.prefix(count)
        return try Tensor(full.flatMap { tokens[($0 * length)..<(($0 + 1) * length)] }, shape: [full.count, length])
    }
}

extension Network {
    /// An encoder up to the mean of its tokens.
    func withoutHead() throws -> Network { try computing([nodes.count - 2]) }
}

extension Evaluator {
    /// Candidates of a world, from uniform actions.
    func edits(_ world: any EditWorld, _ count: Int) throws -> [[LayerEdit]] {
        let bound = try world.bind(to: layers, random: RandomStream(seed: 2))
        var stream = RandomStream(seed: 3, name: "actions")
        return try (0..<count).map { _ in
            let action = (0..<bound.actionSize).map { _ in stream.uniform(-1, 1) }
            return try action.withUnsafeBufferPointer { try bound.apply($0, to: [.unchanged], progress: 0) }
        }
    }

    /// Of the first set.
    func accuracies(_ edits: [[LayerEdit]]) throws -> [Float] {
        let source = MetricSource(evaluator: self)
        source.selection.insert(.accuracy, set: 0)
        let batch = try source.evaluate(edits)
        return try edits.indices.map { Float(try batch.value(.plain(.accuracy), candidate: $0, set: 0)) }
    }
}

extension SafetensorsFile {
    /// The factors of candidates of rank 1, `[candidates, outputs, 1]` and `[candidates, 1, inputs]`.
    mutating func setFactors(_ prefix: String, _ edits: [[LayerEdit]]) throws {
        let factors = edits.compactMap { edit -> LowRankFactors? in
            switch edit.first {
            case .shift(let factors)?, .mask(_, let factors?)?: factors
            default: nil
            }
        }
        guard let first = factors.first else { return }
        try setTensor(
            "\(prefix)left", try Tensor(factors.flatMap(\.left.scalars), shape: [factors.count] + first.left.shape))
        try setTensor(
            "\(prefix)right", try Tensor(factors.flatMap(\.right.scalars), shape: [factors.count] + first.right.shape))
    }
}

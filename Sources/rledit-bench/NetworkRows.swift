internal import Foundation
internal import RLEditCore
internal import RLEditData
internal import RLEditLua
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// Networks that people have, with trained weights, against PyTorch: ResNet-20 on pictures of CIFAR-10 and MiniLM on
/// comments. Both sides get the same weights, inputs and edits, one thread and turns of their own; times are the processor's.
struct NetworkRows {
    let python: String
    let script: String
    let rounds: Int

    private static let group = "networks"
    /// Candidates of one measurement: of masks, whose products are dense, and of all others.
    private static let (masks, shifts) = (8, 64)

    /// ResNet-20; none without its weights in a data root.
    func pictures() throws -> [Row] {
        guard let task = try NetworkTask.pictures() else { return [] }
        return try measured { folder, peer in
            try write(task, to: folder)
            _ = try peer.ask("load pictures \(folder.path)")
            return try pictureRows(task, peer)
        }
    }

    /// MiniLM; none without its weights in a data root and among Python's packages.
    func texts() throws -> [Row] {
        try measured { folder, peer in
            let encoder = try peer.ask("encoder")
            guard !encoder.isEmpty, let task = try NetworkTask.texts(encoder, length: 64),
                let other = try NetworkTask.texts(encoder, length: 32)
            else { return [] }
            let short = (network: try other.network.withoutHead(), tokens: try other.fullTexts(256))
            // What enters the layers takes a pass through the encoder: once for each.
            let dense = try task.evaluator(NetworkRows.dense, sets: ["texts"])
            let head = try task.evaluator("classifier", sets: ["first"])
            try write(task, short: short.tokens, dense, head, config: encoder + "/config.json", to: folder)
            _ = try peer.ask("load texts \(folder.path)")
            return try textRows(task, short, dense, head, peer)
        }
    }

    /// Rows that are measured beside PyTorch, with a folder for what both sides read.
    private func measured(_ rows: (_ folder: URL, _ peer: Peer) throws -> [Row]) throws -> [Row] {
        let peer = try Peer(python: python, script: script)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("rledit-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let rows = try rows(folder, peer)
        _ = try peer.process.finish()
        return rows
    }

    // MARK: Pictures

    private static let convolution = "layer3.2.conv2"

    private func write(_ task: NetworkTask, to folder: URL) throws {
        var weights = SafetensorsFile()
        for name in task.network.parameterNames {
            if let value = task.network.parameter(name) { try weights.setTensor(name, value) }
        }
        try weights.write(to: folder.appendingPathComponent("resnet.safetensors").path)
        var data = SafetensorsFile()
        let (images, training) = (try task.set("images").examples, try task.set("training").examples)
        try data.setTensor("images", try images.allInputs())
        try data.setTensor("labels", try Tensor(images.labels.map { Float($0) }, shape: [images.count]))
        try data.setTensor("training", try training.allInputs())
        try data.setTensor("training_labels", try Tensor(training.labels.map { Float($0) }, shape: [training.count]))
        let evaluator = try task.evaluator(NetworkRows.convolution, sets: ["images"])
        try data.setFactors("", try evaluator.edits(ReferenceTask.shift(rank: 1), NetworkRows.shifts))
        try data.setFactors("mask_", try evaluator.edits(ReferenceTask.mask(rank: 1), NetworkRows.masks))
        try data.write(to: folder.appendingPathComponent("pictures.safetensors").path)
    }

    private func pictureRows(_ task: NetworkTask, _ peer: Peer) throws -> [Row] {
        let set = try task.set("images").examples
        let one = WorkerPool(workers: 1)
        var rows = try compared(
            "ResNet-20, batches of 250", "images/s", count: Double(set.count), peer, "pictures.forward", 1, 1
        ) {
            try (0..<set.count / 250).flatMap {
                try task.network.forward(try set.inputs($0 * 250..<($0 + 1) * 250), pool: one).scalars
            }
        }
        let evaluator = try task.evaluator(NetworkRows.convolution, sets: ["images"])
        let masks = try evaluator.edits(ReferenceTask.mask(rank: 1), NetworkRows.masks)
        let shifts = try evaluator.edits(ReferenceTask.shift(rank: 1), NetworkRows.shifts)
        // 64 × 576 multiply-adds at each of 8 × 8 positions.
        let rate = try Ceilings.productRate(m: 256, k: 576, n: 1024, rounds: rounds)
        let ceiling = rate / (2 * 64 * 576 * 64 * Double(set.count))
        rows += try compared(
            "masks of layer3.2.conv2, 2,500 images", "candidates/s", count: Double(masks.count), peer, "pictures.mask",
            masks.count, 1.5, ceiling: (ceiling, "stacked products", 0.7)
        ) { try evaluator.accuracies(masks) }
        rows += try compared(
            "shifts of layer3.2.conv2, the dense candidate there", "candidates/s", count: Double(shifts.count), peer,
            "pictures.shift_dense", NetworkRows.masks, 10, peerCount: Double(NetworkRows.masks)
        ) { try evaluator.accuracies(shifts) }
        rows += try compared(
            "shifts of layer3.2.conv2, the same shortcut there", "candidates/s", count: Double(shifts.count), peer,
            "pictures.shift_factors", shifts.count, 4
        ) { try evaluator.accuracies(shifts) }
        let half = try task.evaluator(NetworkRows.convolution, sets: ["images"], examples: set.count / 2)
        rows += try growth(
            "layer3.2.conv2, mask", evaluator, { ReferenceTask.mask(rank: $0) }, NetworkRows.masks, half: half)
        rows += try growth(
            "layer3.2.conv2, shift", evaluator, { ReferenceTask.shift(rank: $0) }, NetworkRows.shifts, half: half)
        let two = try task.evaluator(NetworkRows.convolution, sets: ["images"], workers: 2)
        var timing = PairedTiming()
        for _ in 0..<2 * rounds {
            timing.add(
                try seconds { _ = try two.accuracies(shifts) }, try seconds { _ = try evaluator.accuracies(shifts) })
        }
        rows.append(
            row(
                "growth of layer3.2.conv2, shift, workers 1 → 2", timing.bestFirst / timing.bestSecond, "× the time"))
        rows += try training(task, peer)
        return rows
    }

    private func training(_ task: NetworkTask, _ peer: Peer) throws -> [Row] {
        let set = try task.set("training").examples
        let source = try TensorBatchSource(inputs: try set.allInputs(), targets: .classes(set.labels))
        var options = TrainingOptions()
        options.optimizer = .sgd(SGD(momentum: 0.9))
        options.learningRate = 0.01
        options.shuffle = false
        let one = WorkerPool(workers: 1)
        var timing = PairedTiming()
        for _ in 0..<max(1, rounds / 2) {
            var network = task.network
            timing.add(
                try processorSeconds { try network.fit(source, options: options, pool: one) },
                try peer.number("run pictures.train 1"))
        }
        return [
            row("PyTorch, training ResNet-20, 10,000 images", timing.bestSecond, "s"),
            row("our time against it", timing.bestFirst / timing.bestSecond, "×", .atMost(0.7)),
        ]
    }

    // MARK: Texts

    private static let dense = "bert.encoder.layer.5.output.dense"

    private func write(
        _ task: NetworkTask, short: Tensor, _ dense: Evaluator, _ head: Evaluator, config: String, to folder: URL
    ) throws {
        var weights = SafetensorsFile()
        for name in task.network.parameterNames {
            if let value = task.network.parameter(name) { try weights.setTensor(name, value) }
        }
        try weights.write(to: folder.appendingPathComponent("encoder.safetensors").path)
        try FileManager.default.copyItem(
            at: URL(fileURLWithPath: config), to: folder.appendingPathComponent("config.json"))
        var data = SafetensorsFile()
        let texts = try task.set("first").examples
        try data.setTensor("count", try Tensor([Float(dense.sets[0].examples.count)], shape: [1]))
        try data.setTensor("tokens", try texts.allInputs())
        try data.setTensor("labels", try Tensor(texts.labels.map { Float($0) }, shape: [texts.count]))
        try data.setTensor("short", short)
        let shift = ReferenceTask.shift(rank: 1)
        try data.setFactors("", try dense.edits(shift, NetworkRows.shifts))
        try data.setFactors("classifier_", try head.edits(shift, 16 * NetworkRows.shifts))
        try data.write(to: folder.appendingPathComponent("texts.safetensors").path)
    }

    private func textRows(
        _ task: NetworkTask, _ short: (network: Network, tokens: Tensor), _ dense: Evaluator, _ head: Evaluator,
        _ peer: Peer
    ) throws -> [Row] {
        let one = WorkerPool(workers: 1)
        var rows = try compared(
            "MiniLM, 32 tokens", "sentences/s", count: Double(short.tokens.shape[0]), peer, "texts.forward", 1, 1
        ) { try short.network.forward(short.tokens, pool: one).scalars }
        let shifts = try dense.edits(ReferenceTask.shift(rank: 1), NetworkRows.shifts)
        let tokens = try task.set("texts").examples.allInputs().scalars.filter { $0 >= 0 }.count
        rows += try compared(
            "shifts of layer.5.output.dense, \(tokens) tokens", "candidates/s", count: Double(shifts.count), peer,
            "texts.shift_factors", shifts.count, 1.2
        ) { try dense.accuracies(shifts) }
        rows += try growth(
            "layer.5.output.dense, shift", dense, { ReferenceTask.shift(rank: $0) }, NetworkRows.shifts,
            half: try task.evaluator(NetworkRows.dense, sets: ["texts"], examples: dense.sets[0].examples.count / 2))
        let heads = try head.edits(ReferenceTask.shift(rank: 1), 16 * NetworkRows.shifts)
        rows += try compared(
            "classifier of MiniLM, 3,050 sentences", "candidates/s", count: Double(heads.count), peer,
            "texts.classifier", heads.count, 2
        ) { try head.accuracies(heads) }
        return rows
    }

    // MARK: Parts

    private func row(_ what: String, _ figure: Double, _ unit: String, _ target: Row.Target? = nil) -> Row {
        Row(group: NetworkRows.group, what: what, figure: figure, unit: unit, target: target)
    }

    /// Rates of both sides, their ratio, and how far their numbers are apart, relative to the largest.
    private func compared(
        _ what: String, _ unit: String, count: Double, _ peer: Peer, _ job: String, _ jobCount: Int, _ least: Double,
        peerCount: Double? = nil, ceiling: (rate: Double, name: String, share: Double)? = nil,
        _ own: () throws -> [Float]
    ) throws -> [Row] {
        let numbers = try own()
        let theirs = try peer.ask("numbers \(job) \(jobCount)").split(separator: " ").compactMap { Float($0) }
        let scale = theirs.reduce(1e-6) { max($0, abs($1)) }
        let distance = zip(numbers, theirs).reduce(0) { max($0, abs($1.0 - $1.1)) } / scale
        guard !theirs.isEmpty, numbers.count >= theirs.count, distance < 2e-3 else {
            throw ProcessFailure(description: "\(what): the peer's \(theirs.count) numbers are \(distance) off ours")
        }
        var timing = PairedTiming()
        for _ in 0..<rounds {
            timing.add(try processorSeconds { _ = try own() }, try peer.number("run \(job) \(jobCount)"))
        }
        let (rate, other) = (count / timing.bestFirst, (peerCount ?? count) / timing.bestSecond)
        var ours = row(what, rate, unit)
        if let ceiling {
            (ours.ceiling, ours.ceilingName, ours.target) = (ceiling.rate, ceiling.name, .reached(ceiling.share))
        }
        return [
            ours, row("\(what), PyTorch", other, unit), row("\(what), against it", rate / other, "×", .atLeast(least)),
        ]
    }

    /// How a candidate's time grows with examples and rank.
    /// - Parameter half: on half of the examples.
    private func growth(
        _ what: String, _ evaluator: Evaluator, _ world: (Int) -> any EditWorld, _ count: Int, half: Evaluator
    ) throws -> [Row] {
        func time(_ evaluator: Evaluator, rank: Int) throws -> Double {
            let edits = try evaluator.edits(world(rank), count)
            return try (0..<max(2, rounds)).map { _ in
                try processorSeconds { _ = try evaluator.accuracies(edits) }
            }.min() ?? 0
        }
        let base = try time(evaluator, rank: 1)
        return [
            row("growth of \(what), examples × 2", base / (try time(half, rank: 1)), "× the time"),
            row("growth of \(what), rank × 4", try time(evaluator, rank: 4) / base, "× the time"),
        ]
    }
}

/// PyTorch at work in a process of its own.
private struct Peer {
    let process: ChildProcess

    init(python: String, script: String) throws {
        process = try ChildProcess(
            [python, script], environment: ["OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"])
    }

    func ask(_ question: String) throws -> String { try process.ask(question) }

    func number(_ question: String) throws -> Double {
        let answer = try ask(question)
        guard let value = Double(answer) else {
            throw ProcessFailure(description: "the peer answered '\(answer)' to '\(question)'")
        }
        return value
    }
}

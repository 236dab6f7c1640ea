internal import RLEditData
internal import RLEditNN
internal import RLEditTensor
internal import RLEditWorlds

/// Small networks, sets and edits that the suites share.
enum Fixture {
    static let pool = WorkerPool(workers: 2)

    /// Normal inputs and uniform labels.
    static func set(_ name: String, _ count: Int, shape: [Int], classes: Int) throws -> NamedSet {
        var stream = RandomStream(seed: 11, name: "set \(name)")
        let size = shape.reduce(1, *)
        let inputs = try Tensor((0..<count * size).map { _ in stream.normal() }, shape: [count] + shape)
        let labels = (0..<count).map { _ in stream.index(below: classes) }
        return NamedSet(
            name: name, examples: try ExampleSet(name: name, source: "random", inputs: inputs, labels: labels))
    }

    /// 6 → 20 → 12 → `outputs`, with an activation after each hidden layer.
    static func mlp(_ activation: Activation = .relu, outputs: Int = 4) throws -> Network {
        try Network(
            inputShape: [6],
            layers: [
                ("fc1", Linear(6, 20)), ("act1", activation), ("fc2", Linear(20, 12)), ("act2", activation),
                ("fc3", Linear(12, outputs)),
            ], random: RandomStream(seed: 1, name: "mlp"))
    }

    /// Two convolutions and two linear layers on 2×8×8 images, 5 classes.
    static func cnn() throws -> Network {
        try Network(
            inputShape: [2, 8, 8],
            layers: [
                ("conv1", Conv2D(2, 4, kernel: 3, padding: 1)), ("relu1", Activation.relu), ("pool1", MaxPool2D(2)),
                ("conv2", Conv2D(4, 6, kernel: 3)), ("relu2", Activation.relu), ("flatten", Flatten()),
                ("fc1", Linear(24, 9)), ("drop", Dropout(0.5)), ("relu3", Activation.relu), ("fc2", Linear(9, 5)),
            ], random: RandomStream(seed: 2, name: "cnn"))
    }

    /// Two sets that end within a block, one of them of several blocks; of vectors, which are quick, longer than a segment.
    static func sets(for network: Network, classes: Int) throws -> [NamedSet] {
        [
            try set("forget", 37, shape: network.inputShape, classes: classes),
            try set("retain", network.inputShape.count == 1 ? 2_400 : 600, shape: network.inputShape, classes: classes),
        ]
    }

    static func tensor(_ shape: [Int], _ name: String, scale: Float = 1) throws -> Tensor {
        var stream = RandomStream(seed: 21, name: name)
        return try Tensor((0..<shape.reduce(1, *)).map { _ in scale * stream.normal() }, shape: shape)
    }

    static func factors(_ layer: EditedLayer, rank: Int, _ name: String, scale: Float = 0.3) throws -> LowRankFactors {
        try LowRankFactors(
            left: tensor([layer.rows, rank], "left \(name)", scale: scale),
            right: tensor([rank, layer.columns], "right \(name)", scale: scale))
    }

    /// Candidates repeat after as many: there are eight kinds of edits.
    static let candidatePeriod = 8

    /// One edit of each kind for a layer.
    static func edits(_ layer: EditedLayer, _ name: String) throws -> [LayerEdit] {
        let mask = try tensor([layer.rows, layer.columns], "mask \(name)")
        return [
            .unchanged,
            .mask(accumulated: nil, factors: try factors(layer, rank: 1, "a\(name)")),
            .shift(try factors(layer, rank: 1, "b\(name)")),
            .mask(accumulated: mask, factors: try factors(layer, rank: 2, "c\(name)")),
            .shift(try factors(layer, rank: 2, "d\(name)")),
            .shift(try factors(layer, rank: min(layer.rows, layer.columns), "e\(name)", scale: 0.1)),
            .mask(accumulated: mask, factors: nil),
            .weights(try tensor([layer.rows, layer.columns], "weights \(name)", scale: 0.2)),
        ]
    }

    /// Candidates that mix all kinds of edits over several layers.
    static func candidates(_ layers: [EditedLayer], count: Int) throws -> [[LayerEdit]] {
        let kinds = try layers.map { try edits($0, $0.name) }
        return (0..<count).map { index in
            kinds.enumerated().map { position, edits in edits[(index * (position + 1) + position) % edits.count] }
        }
    }

    /// All metrics of an edited network from its scores on whole sets, in double precision.
    static func reference(_ network: Network, _ set: NamedSet) throws -> SoftmaxReference {
        let output = try network.forward(set.examples.allInputs())
        let scores = output.scalars.map(Double.init)
        let classes = output.shape[1]
        var sums = SoftmaxReference()
        for (row, label) in set.examples.labels.enumerated() {
            let own = Array(scores[row * classes..<(row + 1) * classes])
            sums.add(classes == 1 ? [0] + own : own, label: label)
        }
        return sums
    }
}

extension SoftmaxReference {
    func mean(_ metric: Metric, _ count: Int) -> Double {
        let sum =
            switch metric {
            case .accuracy: correct
            case .loss: loss
            case .confidence: confidence
            case .trueProbability: trueProbability
            case .margin: margin
            case .entropy: entropy
            }
        return sum / Double(count)
    }
}

public import RLEditCore
public import RLEditData
public import RLEditNN
public import RLEditTensor

/// Training on of the last layer alone on a rebalanced set: the method that edits against bias were compared with.
///
/// An epoch is as long as the set and shows each class, or each group's each class, equally often: examples of a small
/// one come several times, those of a large one in turn. What enters the layer is computed once.
public struct FineTuneLastLayer: Configurable, Sendable {
    /// What is shown equally often.
    public enum Balance: String, Sendable, CaseIterable {
        case label
        /// Each label of each group; what belongs to no group counts as one more.
        case group
    }

    public var balance = Balance.label
    public var epochs = 5
    public var batchSize = 128
    public var learningRate = 1e-3

    public init() {}
    public static let name = "fine_tune_last_layer"

    public var owner: String { Self.name }

    public var settings: [Setting<Self>] {
        [
            .word("balance", \.balance, "what is shown equally often: each label, or each label of each group"),
            .integer("epochs", \.epochs, .count(upTo: mostCounted), "as many examples as the set has, each"),
            .integer("batchSize", \.batchSize, .count(upTo: mostCounted), "examples of a step"),
            .number("learningRate", \.learningRate, .positive, "Adam's step size"),
        ]
    }

    /// The network with its last layer trained on; the given one is not changed.
    public func run(
        _ network: Network, on examples: ExampleSet, seed: UInt64, pool: WorkerPool,
        watch: @escaping (_ share: Double) -> Bool = { _ in true }
    ) throws -> BaselineResult {
        try validate()
        try UnlearningProblem(network: network, forget: examples, retain: examples, seed: seed, pool: pool)
            .validate(needs: [.retain], names: [.retain: "set"])
        let passes = PassCounter(watch: watch)
        let random = RandomStream(seed: seed, name: "baselines").split(Self.name)
        let clock = ContinuousClock()
        let began = clock.now
        let last = network.nodes.lastIndex { !$0.layer.parameters.isEmpty } ?? 0
        let suffix = try EditedSuffix(of: network, at: [last])
        let source = try suffix.source(examples, pool: pool, passes: passes)
        let cells = try cells(of: examples)
        let descent = try Descent(
            suffix.network, .adam(Adam()), random: random, passes: passes, pool: pool, share: suffix.share)
        for epoch in 0..<epochs {
            try passes.report(epoch, of: epochs)
            let order = Self.balancedOrder(cells, length: examples.count, random: random.split("balance", epoch))
            for start in stride(from: 0, to: order.count, by: batchSize) {
                let rows = order[start..<min(start + batchSize, order.count)]
                try descent.step([.init(source, rows, Loss.crossEntropy)], learningRate: learningRate)
            }
        }
        let result = try network.taking(try descent.network())
        var cost = passes.cost
        cost.seconds = (clock.now - began) / .seconds(1)
        return BaselineResult(name: Self.name, network: result, cost: cost)
    }

    /// The examples of each cell that is to come equally often; an example may be in several.
    package func cells(of examples: ExampleSet) throws -> [[Int]] {
        let labels = examples.labels
        let classes = examples.classCounts.map(\.label)
        func byLabel(_ members: [Int]) -> [[Int]] {
            classes.map { label in members.filter { labels[$0] == label } }.filter { !$0.isEmpty }
        }
        guard balance == .group else { return byLabel(Array(labels.indices)) }
        guard let groups = examples.groups else {
            throw BaselineError.unsuitableSet(
                "set", reason: "has no groups to balance; give it some, or balance labels")
        }
        let ofNone = labels.indices.filter { groups.groups(of: $0).isEmpty }
        return (groups.names.indices.map { groups.members(of: $0) } + [ofNone]).flatMap(byLabel)
    }

    /// `length` examples, the cells in equal parts (to within one), in a random order. Each cell deals its examples in a
    /// random order, and shuffles again when all have been used.
    package static func balancedOrder(_ cells: [[Int]], length: Int, random: RandomStream) -> [Int] {
        guard !cells.isEmpty else { return [] }
        var order: [Int] = []
        for (index, cell) in cells.enumerated() {
            var stream = random.split("cell", index)
            let wanted = (index + 1) * length / cells.count - index * length / cells.count
            var dealt: [Int] = []
            while dealt.count < wanted {
                dealt += stream.permutation(cell.count).prefix(wanted - dealt.count).map { cell[$0] }
            }
            order += dealt
        }
        var stream = random.split("order")
        return stream.permutation(order.count).map { order[$0] }
    }
}

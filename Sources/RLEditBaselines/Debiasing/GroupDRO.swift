internal import Foundation
public import RLEditCore
internal import RLEditData
public import RLEditNN
public import RLEditTensor

/// Distributionally robust optimization over groups (Sagawa et al., *Distributionally robust neural networks for group
/// shifts*, ICLR 2020, algorithm 1): descends the loss of the groups that fare worst. With ℓ_g the mean loss of the
/// examples of group g in a batch, in which each group is drawn equally often,
///
///     q_g ← q_g exp(η ℓ_g) / Σ q_g′ exp(η ℓ_g′),      θ ← θ − step(Σ q_g ∇ℓ_g).
///
/// A group is one label of one group of the set, as their pairs of label and attribute; what belongs to no group counts as
/// one more.
public struct GroupDRO: DebiasingMethod {
    public var layer: String?
    public var epochs = 5
    public var batchSize = 128
    public var learningRate = 1e-3
    public var groupRate = 0.01

    public init(layer: String? = nil) { self.layer = layer }
    public var name: String { "group_dro" }

    public var documentation: String {
        "Group DRO (Sagawa et al. 2020): trains on the groups of a set, each label of each, with weights that grow where "
            + "the loss is highest."
    }

    public var sets: [DebiasingSet] { [DebiasingSet(.set, "with groups")] }

    public var settings: [Setting<Self>] {
        [
            .integer("epochs", \.epochs, .count(upTo: mostCounted), "as many examples as the set has, each"),
            .integer("batchSize", \.batchSize, .count(upTo: mostCounted), "examples of a step"),
            .number("learningRate", \.learningRate, .positive, "Adam's step size"),
            .number("groupRate", \.groupRate, .notNegative, "η: how fast the weights of the groups change"),
        ]
    }

    public func debias(_ problem: DebiasingProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        let examples = try problem.set(.set)
        var balance = FineTuneLastLayer()
        balance.balance = .group
        let cells = try balance.cells(of: examples)
        // An example of two groups is a member of each.
        let members = cells.enumerated().flatMap { cell, rows in rows.map { (cell: cell, row: $0) } }
        let byCell = cells.indices.map { cell in members.indices.filter { members[$0].cell == cell } }
        let training = try SuffixTraining(problem, from: layer, random: random, passes: passes)
        let source = try training.suffix.source(examples, pool: problem.pool, passes: passes)
        var shares = [Double](repeating: 1 / Double(cells.count), count: cells.count)
        for epoch in 0..<epochs {
            try passes.report(epoch, of: epochs)
            let order = FineTuneLastLayer.balancedOrder(
                byCell, length: examples.count, random: random.split("balance", epoch))
            for start in stride(from: 0, to: order.count, by: batchSize) {
                let drawn = order[start..<min(start + batchSize, order.count)].map { members[$0] }
                let batch = try source.examples(ArraySlice(drawn.map(\.row)))
                let scores = try training.descent.network().forward(batch.inputs, pool: problem.pool)
                passes.forward(drawn.count, share: training.suffix.share)
                let losses = Self.losses(scores, labels: drawn.map { examples.labels[$0.row] })
                let counts = cells.indices.map { cell in drawn.count { $0.cell == cell } }
                for cell in cells.indices where counts[cell] > 0 {
                    let sum = zip(drawn, losses).reduce(0.0) { $0 + ($1.0.cell == cell ? $1.1 : 0) }
                    shares[cell] *= exp(groupRate * sum / Double(counts[cell]))
                }
                let total = shares.reduce(0, +)
                guard total.isFinite else { throw BaselineError.scoresNotFinite(set: "set") }
                shares = shares.map { $0 / total }
                // The mean over the batch is then Σ q_g ℓ_g.
                let weights = drawn.map { Float(shares[$0.cell] * Double(drawn.count) / Double(counts[$0.cell])) }
                let weighted = DrawnSource(base: source, rows: drawn.map(\.row), weights: weights, of: examples.labels)
                try training.descent.step(
                    [.init(weighted, ArraySlice(0..<drawn.count), Loss.crossEntropy)], learningRate: learningRate)
            }
        }
        return try training.network()
    }

    /// Cross entropy of each row of scores `[rows, classes]`; a single score is a decision between two classes.
    private static func losses(_ scores: Tensor, labels: [Int]) -> [Double] {
        let classes = scores.shape[1]
        let values = scores.scalars.map(Double.init)
        return labels.enumerated().map { row, label in
            let own = classes == 1 ? [0, values[row]] : Array(values[(row * classes)..<((row + 1) * classes)])
            let highest = own.max() ?? 0
            return highest + log(own.reduce(0) { $0 + exp($1 - highest) }) - own[label]
        }
    }
}

/// Examples of a source in an order that may repeat them, each with a weight.
private struct DrawnSource: BatchSource {
    private let base: any BatchSource
    private let rows: [Int]
    private let labels: [Int]
    private let weights: [Float]
    var count: Int { rows.count }

    init(base: any BatchSource, rows: [Int], weights: [Float], of labels: [Int]) {
        self.base = base
        self.rows = rows
        self.weights = weights
        self.labels = rows.map { labels[$0] }
    }

    func batch(_ indices: ArraySlice<Int>) throws -> (inputs: Tensor, targets: Targets) {
        (try base.batch(ArraySlice(indices.map { rows[$0] })).inputs, targets(indices))
    }

    func examples(_ indices: ArraySlice<Int>) throws -> (inputs: ExampleInputs, targets: Targets) {
        (try base.examples(ArraySlice(indices.map { rows[$0] })).inputs, targets(indices))
    }

    private func targets(_ indices: ArraySlice<Int>) -> Targets {
        .weightedClasses(indices.map { labels[$0] }, weights: indices.map { weights[$0] })
    }
}

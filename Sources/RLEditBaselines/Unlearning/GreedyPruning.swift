public import RLEditCore
internal import RLEditData
public import RLEditNN
public import RLEditTensor
internal import RLEditWorlds

/// The simplest search there is: zero the row or column of the layers' weights whose loss gains the most reward,
/// retain + (1 − forget) accuracy, and go on until none gains any.
public struct GreedyPruning: LayerUnlearningMethod {
    /// Names of the pruned layers.
    public var layers: [String]
    public var maximumRemoved = 64

    public init(layers: [String]) { self.layers = layers }
    public var name: String { "greedy_pruning" }

    public var documentation: String {
        "Zeroes the row or column of the layers that gains the most retain + (1 − forget) accuracy, until "
            + "none gains any."
    }

    public var settings: [Setting<Self>] {
        [
            .integer("maximumRemoved", \.maximumRemoved, .count(upTo: mostCounted), "rows and columns that may go")
        ]
    }

    public func unlearn(_ problem: UnlearningProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        let suffix = try EditedSuffix(of: problem.network, layers: layers)
        let evaluator = try Evaluator(
            network: problem.network, layers: layers,
            sets: [
                NamedSet(name: "forget", examples: problem.forget), NamedSet(name: "retain", examples: problem.retain),
            ], pool: problem.pool)
        let examples = problem.forget.count + problem.retain.count
        passes.forward(examples, share: 1 - suffix.share)
        let source = MetricSource(evaluator: evaluator)
        func rewards(_ candidates: [[LayerEdit]]) throws -> [Double] {
            passes.forward(candidates.count * examples, share: suffix.share)
            let batch = try source.evaluate(candidates)
            return try candidates.indices.map { candidate in
                try batch.value(.accuracy, candidate: candidate, set: 1)
                    + 1 - batch.value(.accuracy, candidate: candidate, set: 0)
            }
        }

        var removed: [Line] = []
        var candidates = evaluator.layers.enumerated().flatMap { index, layer in
            (0..<layer.rows).map { Line(layer: index, isRow: true, index: $0) }
                + (0..<layer.columns).map { Line(layer: index, isRow: false, index: $0) }
        }
        var best = try rewards([evaluator.layers.map { _ in .unchanged }])[0]
        while removed.count < maximumRemoved, !candidates.isEmpty {
            try passes.report(removed.count, of: maximumRemoved)
            let gained = try rewards(try candidates.map { try edits(evaluator.layers, without: removed + [$0]) })
            // The first of the best, so that ties are settled the same way everywhere.
            var choice = 0
            for index in gained.indices where gained[index] > gained[choice] { choice = index }
            guard gained[choice] > best else { break }
            best = gained[choice]
            removed.append(candidates.remove(at: choice))
        }
        return try evaluator.editedNetwork(try edits(evaluator.layers, without: removed))
    }

    /// A row or a column of a layer's weights.
    struct Line: Equatable {
        let layer: Int
        let isRow: Bool
        let index: Int
    }

    /// The masks that zero these lines.
    private func edits(_ layers: [EditedLayer], without lines: [Line]) throws -> [LayerEdit] {
        try layers.enumerated().map { index, layer in
            let own = lines.filter { $0.layer == index }
            guard !own.isEmpty else { return .unchanged }
            let mask = try Tensor(shape: [layer.rows, layer.columns]) { buffer in
                for entry in buffer.indices { buffer[entry] = 1 }
                for line in own {
                    if line.isRow {
                        for column in 0..<layer.columns { buffer[line.index * layer.columns + column] = 0 }
                    } else {
                        for row in 0..<layer.rows { buffer[row * layer.columns + line.index] = 0 }
                    }
                }
            }
            return .mask(accumulated: mask, factors: nil)
        }
    }
}

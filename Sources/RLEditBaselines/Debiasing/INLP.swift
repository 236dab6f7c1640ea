public import RLEditCore
package import RLEditData
internal import RLEditNN
package import RLEditTensor

/// Iterative nullspace projection (Ravfogel et al., *Null it out: guarding protected attributes by iterative nullspace
/// projection*, ACL 2020, algorithm 1): a linear classifier learns to tell the groups of a set from what enters a layer; what
/// enters is projected onto the nullspace of its weights; again, until the rounds are done,
///
///     x ← x − P (x − μ),      P the projection onto the rows of all classifiers.
///
/// The classifier is a multinomial logistic regression with the groups as classes, and one more for what belongs to none; an
/// example of several groups counts in each.
public struct INLP: ErasureMethod {
    public var layer: String?
    public var rounds = 2
    public var inversePenalty = 1.0
    public var iterations = 100
    public var refit = Refit()

    public init(layer: String? = nil) { self.layer = layer }
    public var name: String { "inlp" }

    public var documentation: String {
        "INLP (Ravfogel et al. 2020): again and again fits a linear classifier of the groups of a set to what enters a "
            + "linear layer, and projects onto the nullspace of its weights; then trains the layer on with what is left."
    }

    public var settings: [Setting<Self>] {
        [
            .integer(
                "rounds", \.rounds, .count(upTo: 10_000), "classifiers; each takes as many directions as groups, less 1"
            ),
            .number("inversePenalty", \.inversePenalty, .positive, "C of the logistic regression"),
            .integer("iterations", \.iterations, .count(upTo: mostCounted), "of each regression, at most"),
        ] + Refit.settings(at: \.refit)
    }

    /// - Parameters:
    ///   - inputs: `[examples, width]`.
    ///   - report: told before each round.
    package func erasure(
        _ inputs: Tensor, groups: ExampleGroups, report: (_ round: Int, _ rounds: Int) throws -> Void = { _, _ in }
    ) throws -> LinearErasure {
        let width = inputs.shape[1]
        // A row for each group of each example.
        let members = (0..<inputs.shape[0]).flatMap { row -> [(row: Int, label: Int)] in
            let own = groups.groups(of: row)
            return own.isEmpty ? [(row, groups.names.count)] : own.map { (row, $0) }
        }
        let labels = members.map(\.label)
        let present = Set(labels).sorted()
        guard present.count > 1 else {
            throw BaselineError.unsuitableSet("set", reason: "has all examples in one group: nothing tells them apart")
        }
        let classOf = Dictionary(uniqueKeysWithValues: present.enumerated().map { ($1, $0) })
        let mean = LinearErasure.mean(of: inputs.scalars.map(Double.init), width: width)
        let centred = try inputs.sub(Tensor(mean.map { Float($0) }, shape: [1, width])).scalars.map(Double.init)
        let features = members.flatMap { centred[($0.row * width)..<(($0.row + 1) * width)] }
        var probe = LinearProbe()
        (probe.inversePenalty, probe.iterations) = (inversePenalty, iterations)
        var basis = DirectionBasis(tolerance: 1e-9)
        for round in 0..<rounds where basis.parts.count < width {
            try report(round, rounds)
            let projected = Self.withoutDirections(basis, features, width: width)
            let model = probe.fit(
                projected, labels: labels.compactMap { classOf[$0] }, width: width, classes: present.count)
            let found = basis.parts.count
            // Only differences of rows decide: the rows of a penalized regression sum to 0.
            let last = (present.count - 1) * width
            basis.add(
                (0..<present.count - 1).map { index in
                    let row = (0..<width).map { model.values[index * width + $0] - model.values[last + $0] }
                    return (row, row)
                })
            // Nothing is left that a classifier could tell groups by.
            if basis.parts.count == found { break }
        }
        return LinearErasure(mean: mean, projection: basis.projection(width: width))
    }

    /// The rows, each less what it has of the basis.
    private static func withoutDirections(_ basis: DirectionBasis, _ rows: [Double], width: Int) -> [Double] {
        guard !basis.parts.isEmpty else { return rows }
        var result = rows
        for part in basis.parts {
            for start in stride(from: 0, to: rows.count, by: width) {
                var along = 0.0
                for column in 0..<width { along += result[start + column] * part.direction[column] }
                for column in 0..<width { result[start + column] -= along * part.direction[column] }
            }
        }
        return result
    }
}

public import RLEditCore
internal import RLEditData
public import RLEditNN
public import RLEditTensor

/// Fisher forgetting (Golatkar, Achille and Soatto, *Eternal sunshine of the spotless net*, CVPR 2020): noise on every
/// weight, the more the less the retain set needs it,
///
///     w ← w + √(α / F) ⊙ n,   n ~ N(0, 1),   F the diagonal of the Fisher information of the retain set     (eq. 9)
///
/// with what its published form adds: 1/F is bounded (by 1e3, by 1e2 in the output layer) and averaged over the inputs
/// of a unit, the output layer and biases get ten times the variance, and to forget a whole class, its row of the output
/// layer is redrawn around 0 with variance 1e-4. With α as small as it has to be here, that row is what forgets.
public struct FisherForgetting: UnlearningMethod {
    public var noise = 1e-9

    public init() {}
    public var name: String { "fisher_forgetting" }

    public var documentation: String {
        "Fisher forgetting (Golatkar et al. 2020): noise where `retain` does not need a weight, and the rows "
            + "of the forgotten classes in the output layer redrawn."
    }

    public var settings: [Setting<Self>] {
        [
            .number("noise", \.noise, .positive, "α: the variance of the noise is α / Fisher information")
        ]
    }

    public func unlearn(_ problem: UnlearningProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        let fisher = try problem.network.squaredGradients(
            ExampleSetSource(problem.retain), rows: Array(0..<problem.retain.count), labels: .expected,
            pool: problem.pool)
        passes.forward(problem.retain.count)
        passes.backward(problem.retain.count * problem.classes)
        var network = problem.network
        let forgotten = Set(problem.forgetLabels)
        for (name, information) in zip(network.parameterNames, fisher) {
            guard let value = network.parameter(name) else { continue }
            // A parameter of the output layer has a row per class.
            let isOutput = value.shape.first == problem.classes
            let variances = variances(information, isOutput: isOutput)
            let width = value.count / value.shape[0]
            var stream = random.split("noise").split(name)
            let old = value.scalars
            let new = old.indices.map { index -> Float in
                let draw = stream.normal()
                guard isOutput, forgotten.contains(index / width) else {
                    return old[index] + draw * Float(variances[index].squareRoot())
                }
                return draw * Float((10 * 1e-4).squareRoot())
            }
            try network.setParameter(name, try Tensor(new, shape: value.shape))
        }
        return network
    }

    /// The variance of the noise on each weight.
    package func variances(_ information: Tensor, isOutput: Bool) -> [Double] {
        let bound = isOutput ? 1e2 : 1e3
        var variances = information.scalars.map { noise * min(1 / (Double($0) + 1e-8), bound) }
        if information.rank > 1 {
            // Mean over what comes first after the units, as published: the inputs of a unit, or the input channels
            // of a kernel's place.
            let (rows, columns) = (information.shape[0], information.shape[1])
            let places = information.count / (rows * columns)
            for row in 0..<rows {
                for place in 0..<places {
                    let indices = (0..<columns).map { (row * columns + $0) * places + place }
                    let mean = indices.reduce(0.0) { $0 + variances[$1] } / Double(columns)
                    for index in indices { variances[index] = mean }
                }
            }
        }
        return isOutput || information.rank == 1 ? variances.map { 10 * $0 } : variances
    }
}

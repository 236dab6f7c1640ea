public import RLEditCore
internal import RLEditData
public import RLEditNN
public import RLEditTensor

/// Selective synaptic dampening, SSD (Foster, Schoepf and Brintrup, *Fast machine unlearning without retraining*,
/// AAAI 2024): weights that matter more to the forget set than to the data as a whole are shrunk, without any training,
///
///     w ← β w where I_forget > α I_all,   β = min(λ I_all / I_forget, 1),                         (eqs. 6, 7)
///
/// I the diagonal of the empirical Fisher information. Fragile in α: a little more, and nothing is forgotten.
public struct SelectiveSynapticDampening: UnlearningMethod {
    public var selection = 2.0
    public var dampening = 0.5
    public var groupSize = 64

    public init() {}
    public var name: String { "ssd" }

    public var documentation: String {
        "Selective synaptic dampening (Foster et al. 2024): shrinks the weights that matter most to `forget`, "
            + "without training."
    }

    public var settings: [Setting<Self>] {
        [
            .number(
                "selection", \.selection, .positive,
                "α: a weight is dampened where its importance to `forget` is more than α times that to all"),
            .number("dampening", \.dampening, .positive, "λ: to λ times the ratio of the importances"),
            .integer(
                "groupSize", \.groupSize, .count(upTo: mostCounted),
                "examples whose mean gradient is squared; a batch, as in the published code"),
        ]
    }

    public func unlearn(_ problem: UnlearningProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        let network = problem.network
        func importances(_ source: ExampleSetSource) throws -> [Tensor] {
            passes.forward(source.count)
            passes.backward(source.count)
            return try network.squaredGradients(
                source, rows: Array(0..<source.count), labels: .observed(groupSize: groupSize), pool: problem.pool)
        }
        let forget = try importances(ExampleSetSource(problem.forget))
        let retain = try importances(ExampleSetSource(problem.retain))
        // All data are both sets: the mean over them is the weighted mean of the two.
        let forgetShare = Double(problem.forget.count) / Double(problem.forget.count + problem.retain.count)
        var dampened = network
        for (index, name) in network.parameterNames.enumerated() {
            guard let value = network.parameter(name) else { continue }
            let factors = zip(forget[index].scalars, retain[index].scalars).map { inForget, inRetain in
                factor(
                    forget: Double(inForget),
                    all: forgetShare * Double(inForget) + (1 - forgetShare) * Double(inRetain))
            }
            try dampened.setParameter(
                name, try Tensor(zip(value.scalars, factors).map { $0 * Float($1) }, shape: value.shape))
        }
        return dampened
    }

    /// What a weight of these importances is multiplied by.
    package func factor(forget: Double, all: Double) -> Double {
        forget > selection * all ? min(dampening * all / forget, 1) : 1
    }
}

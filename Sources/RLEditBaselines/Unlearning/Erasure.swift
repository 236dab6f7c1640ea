public import RLEditCore
public import RLEditNN
public import RLEditTensor
internal import RLEditWorlds

/// Erasure of a direction in closed form, after LEACE (Belrose et al., *LEACE: Perfect linear concept erasure in closed
/// form*, arXiv 2306.03819), for the one direction that tells the forget set from the retain set:
///
///     a = x/(δᵀx),  x = (Σ_r + 0.1 · mean diag Σ_r · I)⁻¹δ,      h ← h − δ aᵀ(h − μ_r)
///
/// so that both sets have the same mean in every direction of the layer's input; as an edit of the layer that reads it,
/// W ← W − Wδ aᵀ and w₀ ← w₀ + Wδ aᵀμ_r. What is left of the classes to forget is then hidden by lowering their output
/// bias (``BiasEdit``). It changes what a linear probe of later layers finds, which an edit of a late layer does not.
public struct Erasure: LayerUnlearningMethod {
    /// Names of the layers whose inputs lose the direction.
    public var layers: [String]
    public var biasAmount: Double? = 30

    public init(layers: [String]) { self.layers = layers }
    public var name: String { "erasure" }
    public var editsLinearLayersOnly: Bool { true }

    public var documentation: String {
        "Erases the direction that tells `forget` from `retain` at the input of the layers, in closed form "
            + "(after LEACE, Belrose et al. 2023), and lowers the output bias of the classes in `forget`."
    }

    public var settings: [Setting<Self>] {
        [
            .number(
                "biasAmount", \.biasAmount, .positive,
                "what the output biases of the classes to forget are lowered by")
        ]
    }

    public func unlearn(_ problem: UnlearningProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        var network = problem.network
        for name in layers {
            // Each layer as the earlier ones have left it.
            let (activations, parts) = try problem.with(network).unitFeatures(of: name, passes: passes)
            let layer = try EditedLayer(named: name, of: network, includingBias: activations.biasName != nil)
            let length = parts.inputSquaredDistance
            guard length > 0 else {
                throw WorldError.layerNotEditable(
                    layer: name, reason: "what enters it is the same on average for both sets: nothing can be erased")
            }
            let delta = Tensor(parts.inputDifference.map { Float($0) })
            let image = try delta.reshaped([1, delta.count]).matmul(activations.layer.base, transposeOther: true)
            let a = parts.inputDiscriminant.map { $0 / length }
            let offset = zip(a, parts.inputRetainMean).reduce(0) { $0 + $1.0 * $1.1 }
            let right = a.map { Float($0) } + (layer.includesBias ? [Float(-offset)] : [])
            let edit = LayerEdit.shift(
                try LowRankFactors(
                    left: image.mul(-1).reshaped([layer.rows, 1]), right: Tensor(right, shape: [1, layer.columns])))
            try network.apply(edit, to: layer)
        }
        guard let biasAmount else { return network }
        var bias = BiasEdit()
        bias.amount = biasAmount
        return try bias.unlearn(problem.with(network), random: random, passes: passes)
    }
}

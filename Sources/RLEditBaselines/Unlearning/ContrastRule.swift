public import RLEditCore
internal import RLEditData
public import RLEditNN
public import RLEditTensor
internal import RLEditWorlds

/// A rule made by hand from the features that a unit policy sees, with one constant: what such a policy has to beat.
///
/// W ← W + s·u·b aᵀ, centred at the retain mean, where a = (Σ_r + 0.1 · mean diag Σ_r · I)⁻¹δ is the linear discriminant of
/// what enters the layer, and b = −∂(z_y − mean_k z_k)/∂z the direction that lowers the label's score; lengths and u are
/// those of a unit policy's edit (`UnitFrame`). For each layer by itself.
public struct ContrastRule: LayerUnlearningMethod {
    /// Names of the edited layers.
    public var layers: [String]
    public var strength = 1.0

    public init(layers: [String]) { self.layers = layers }
    public var name: String { "contrast_rule" }
    public var editsLinearLayersOnly: Bool { true }

    public var documentation: String {
        "A rule made by hand from the features that a policy over units sees: along the linear discriminant "
            + "of what enters the layers, against the label's score."
    }

    public var settings: [Setting<Self>] {
        [
            .number(
                "strength", \.strength, .within(0.02, 50),
                "deviations that the edit moves the layer's outputs by on the forget set")
        ]
    }

    public func unlearn(_ problem: UnlearningProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        var network = problem.network
        for name in layers {
            let (activations, parts) = try problem.unitFeatures(of: name, passes: passes)
            let frame = try UnitFrame(
                activations, bias: activations.biasName.flatMap(problem.network.parameter), world: .shift, rank: 1)
            let edit = try frame.edit(
                UnitFactors(
                    outputs: activations.outputGradient.scalars.map { -$0 },
                    inputs: parts.inputDiscriminant.map { Float($0) }, logScale: PortableMath.log(strength)))
            try network.apply(edit, to: frame.layer)
        }
        return network
    }
}

extension UnlearningProblem {
    /// What unit features of a layer are made of.
    func unitFeatures(
        of layer: String, passes: PassCounter
    ) throws -> (activations: LayerActivations, parts: UnitFeatureParts) {
        let activations = try activations(of: layer, readsLabels: true, passes: passes)
        return (activations, try UnitFeatureParts(activations))
    }

    /// What enters and leaves a layer, and what computing it costs: the sets through the layers before it and, where labels
    /// are read, the forget set forward and back through those after it.
    func activations(of layer: String, readsLabels: Bool, passes: PassCounter) throws -> LayerActivations {
        let activations = try LayerActivations(
            network: network, layer: layer, forget: NamedSet(name: SetRole.forget.rawValue, examples: forget),
            retain: NamedSet(name: SetRole.retain.rawValue, examples: retain), readsLabels: readsLabels, pool: pool)
        // The closed forms move a matrix with a row for each output and a column for each input.
        guard activations.isVector else {
            throw WorldError.layerNotEditable(
                layer: layer, reason: "this method needs a linear layer on vectors, and this is not one")
        }
        let share = try EditedSuffix(of: network, layers: [layer]).share
        passes.forward(forget.count + retain.count, share: 1 - share)
        if readsLabels {
            passes.forward(forget.count, share: share)
            passes.backward(forget.count, share: share)
        }
        return activations
    }
}

internal import CKernels
internal import RLEditNN
internal import RLEditTensor

/// The part of a network from its first edited layer on, when that part is a chain of linear layers and activations:
/// the case in which thousands of candidates a second can be measured.
///
/// Activations are feature-major (`[units, examples]`), so that every loop runs along examples however few units or
/// classes there are, and the weights of several candidates stack into one wide product.
struct DenseSuffix: Sendable {
    enum Step: Sendable {
        /// `activation(W x + bias)`: weights `[outputs, inputs]`, or those of an edited layer. In the first step, a bias
        /// that is edited is a column of `W`, and no bias is left.
        case linear(outputs: Int, inputs: Int, weights: Tensor, edited: Int?, bias: Tensor?, activation: Int32)
        /// An activation that does not follow a linear layer.
        case activation(Int32)
    }

    let steps: [Step]
    /// Output units of the widest step.
    let widest: Int
    /// How the first step reads the activations before it.
    let inputLayout: ExampleBlocks.Layout

    /// - Parameter layers: the edited layers, in the order of the action.
    /// - Returns: nil when the suffix holds anything else, or is not a chain.
    init?(_ suffix: Network, layers: [EditedLayer]) {
        var steps: [Step] = []
        for (index, node) in suffix.nodes.enumerated() {
            guard node.inputs == [index - 1] else { return nil }
            switch node.layer {
            case let linear as Linear where suffix.outputShape(ofNode: index).count == 1:
                guard let weights = suffix.parameter("\(node.name).weight") else { return nil }
                steps.append(
                    .linear(
                        outputs: linear.outFeatures, inputs: linear.inFeatures, weights: weights,
                        edited: layers.firstIndex { $0.name == node.name }, bias: suffix.parameter("\(node.name).bias"),
                        activation: Int32(RL_IDENTITY)))
            case let activation as Activation:
                let code = activation.function.code
                if case .linear(let outputs, let inputs, let weights, let edited, let bias, Int32(RL_IDENTITY))? =
                    steps.last
                {
                    steps[steps.count - 1] = .linear(
                        outputs: outputs, inputs: inputs, weights: weights, edited: edited, bias: bias, activation: code
                    )
                } else {
                    steps.append(.activation(code))
                }
            case is Dropout:
                continue
            case is Flatten where suffix.outputShape(ofNode: index).count == 1:
                // Flattening a vector changes nothing; an image would arrive in another order.
                guard index > 0 else { return nil }
                continue
            default:
                return nil
            }
        }
        guard case .linear(let outputs, _, _, .some(let edited), _, let activation)? = steps.first else { return nil }
        let layer = layers[edited]
        if layer.includesBias {
            steps[0] = .linear(
                outputs: outputs, inputs: layer.columns, weights: layer.base, edited: edited, bias: nil,
                activation: activation)
        }
        inputLayout = layer.includesBias ? .featureMajorWithOnes : .featureMajor
        self.steps = steps
        widest = steps.reduce(0) { widest, step in
            if case .linear(let outputs, _, _, _, _, _) = step { max(widest, outputs) } else { widest }
        }
    }
}

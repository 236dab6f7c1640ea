public import RLEditCore
public import RLEditNN
public import RLEditTensor

/// The trivial edit: lower the output bias of the classes to forget so far that they never win. It needs no data and
/// leaves all that the network knows in place, which any claim of forgetting has to be measured against.
public struct BiasEdit: UnlearningMethod {
    public var amount = 30.0

    public init() {}
    public var name: String { "bias_edit" }
    public var needs: Set<SetRole> { [.forget] }

    public var documentation: String {
        "The trivial edit: lowers the output bias of the classes in `forget`. `retain` is not used."
    }

    public var settings: [Setting<Self>] {
        [
            .number("amount", \.amount, .positive, "what is taken from the output biases, in units of scores")
        ]
    }

    public func unlearn(_ problem: UnlearningProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        let (parameter, values) = try problem.network.outputBias()
        guard problem.forgetLabels.count < problem.classes else {
            throw BaselineError.noOtherClass(classes: problem.classes)
        }
        var biases = values.scalars
        for label in problem.forgetLabels { biases[label] -= Float(amount) }
        var network = problem.network
        try network.setParameter(parameter, try Tensor(biases, shape: values.shape))
        return network
    }
}

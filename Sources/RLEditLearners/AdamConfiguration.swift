internal import RLEditCore

/// Settings of a learner whose parameters move by Adam; defaults are the learner's own.
protocol AdamConfiguration: LearnerConfiguration {
    var adamBeta1: Double { get set }
    var adamBeta2: Double { get set }
    var adamEpsilon: Double { get set }
}

extension AdamConfiguration {
    /// - Parameter count: steps taken, this one included.
    func adamStep(count: Int, learningRate: Double) -> AdamStep {
        var step = AdamStep(count: count, learningRate: learningRate)
        (step.beta1, step.beta2, step.epsilon) = (adamBeta1, adamBeta2, adamEpsilon)
        return step
    }
}

extension Setting where Owner: AdamConfiguration {
    /// The last settings of such a learner.
    static var adam: [Setting] {
        [
            .number("adamBeta1", \.adamBeta1, .decay, "decay of Adam's mean gradient"),
            .number("adamBeta2", \.adamBeta2, .decay, "decay of Adam's mean squared gradient"),
            .number("adamEpsilon", \.adamEpsilon, .positive, "Adam's ε"),
        ]
    }
}

internal import CKernels
public import RLEditTensor

/// An optimizer at work: its configuration, and what it remembers between steps for each parameter.
///
/// Parameters are seen as one flat run of floats; several tensors follow one another.
public struct Optimizer: Sendable {
    public let configuration: OptimizerConfiguration
    public let parameterCount: Int
    /// Steps taken.
    public private(set) var steps = 0
    /// `velocity`, or first and second moment: `[parameterCount]` each.
    private var memory: [Tensor]

    /// - Throws: `ConfigurationError`, or `TensorError` for an impossible count.
    public init(_ configuration: OptimizerConfiguration, parameterCount: Int) throws {
        try configuration.validate()
        self.configuration = configuration
        self.parameterCount = parameterCount
        memory = try configuration.memoryNames.map { _ in try Tensor.zeros([parameterCount]) }
    }

    /// Everything to save so that training continues as if it had not stopped.
    public struct State: Sendable {
        public let steps: Int
        /// Name and values `[parameterCount]`, in a fixed order.
        public let tensors: [(name: String, values: Tensor)]

        public init(steps: Int, tensors: [(name: String, values: Tensor)]) {
            self.steps = steps
            self.tensors = tensors
        }
    }

    public var state: State {
        State(steps: steps, tensors: zip(configuration.memoryNames, memory).map { (name: $0, values: $1) })
    }

    /// - Throws: ``NetworkError/optimizerState(expected:actual:)``.
    public mutating func restore(_ state: State) throws(NetworkError) {
        let fits =
            state.steps >= 0 && state.tensors.map(\.name) == configuration.memoryNames
            && state.tensors.allSatisfy { $0.values.shape == [parameterCount] }
        guard fits else {
            let shapes = state.tensors.map { "\($0.name) \($0.values.shape)" }
            throw .optimizerState(
                expected: "\(configuration.memoryNames.joined(separator: ", ")) of shape [\(parameterCount)]",
                actual: "\(state.steps) steps and \(shapes.joined(separator: ", "))")
        }
        steps = state.steps
        memory = state.tensors.map(\.values)
    }

    /// One step on a list of tensors, always the same list in the same order.
    /// - Throws: ``NetworkError/parameterShape(name:expected:actual:)`` when a gradient does not fit its parameter,
    ///   ``NetworkError/optimizerState(expected:actual:)`` when their sizes do not add up to `parameterCount`.
    public mutating func step(
        _ parameters: inout [Tensor], gradients: [Tensor], learningRate: Float, weightDecay: Float = 0
    ) throws(NetworkError) {
        let total = parameters.reduce(0) { $0 + $1.count }
        guard total == parameterCount, gradients.count == parameters.count else {
            throw .optimizerState(
                expected: "\(parameterCount) values", actual: "\(total) values, \(gradients.count) gradients")
        }
        for (index, gradient) in gradients.enumerated() where gradient.shape != parameters[index].shape {
            throw .parameterShape(name: "\(index)", expected: parameters[index].shape, actual: gradient.shape)
        }
        let step = beginStep(learningRate: learningRate, weightDecay: weightDecay)
        var offset = 0
        for index in parameters.indices {
            let count = parameters[index].count
            parameters[index].withUnsafeMutableBufferPointer { values in
                gradients[index].withUnsafeBufferPointer { gradient in
                    guard let values = values.baseAddress, let gradient = gradient.baseAddress else { return }
                    step.apply(values, gradient: gradient, stateOffset: offset, count: count)
                }
            }
            offset += count
        }
    }

    /// Counts a step and lends the memory for it. The caller applies the step to every parameter once before it calls
    /// this again; blocks may be applied on several threads.
    package mutating func beginStep(
        learningRate: Float, weightDecay: Float = 0, gradientScale: Float = 1
    ) -> OptimizerStep {
        steps += 1
        var pointers: [UnsafeMutablePointer<Float>] = []
        for index in memory.indices {
            // Takes a copy first when the memory is shared with a saved state.
            memory[index].withUnsafeMutableBufferPointer { buffer in
                if let base = buffer.baseAddress { pointers.append(base) }
            }
        }
        return OptimizerStep(
            configuration: configuration, steps: steps, pointers: pointers, owners: memory, learningRate: learningRate,
            weightDecay: weightDecay, gradientScale: gradientScale)
    }
}

/// One step of an optimizer, ready to be applied block by block.
///
/// Sendable though it holds pointers: `owners` keep the memory alive, and threads apply it to disjoint blocks.
package struct OptimizerStep: @unchecked Sendable {
    fileprivate let configuration: OptimizerConfiguration
    fileprivate let steps: Int
    fileprivate let pointers: [UnsafeMutablePointer<Float>]
    fileprivate let owners: [Tensor]
    fileprivate let learningRate: Float
    fileprivate let weightDecay: Float
    fileprivate let gradientScale: Float

    /// Updates `count` parameters whose state starts at `stateOffset`.
    package func apply(
        _ parameters: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>, stateOffset: Int, count: Int
    ) {
        switch configuration {
        case .sgd(let settings):
            rl_optimizer_sgd(
                parameters, gradient, pointers.first.map { $0 + stateOffset }, Int64(count), learningRate,
                Float(settings.momentum), Float(settings.dampening), settings.nesterov ? 1 : 0, weightDecay,
                gradientScale,
                steps == 1 ? 1 : 0)
        case .adam(let settings): adam(settings, decoupled: false, parameters, gradient, stateOffset, count)
        case .adamW(let settings): adam(settings, decoupled: true, parameters, gradient, stateOffset, count)
        }
    }

    private func adam(
        _ settings: Adam, decoupled: Bool, _ parameters: UnsafeMutablePointer<Float>,
        _ gradient: UnsafePointer<Float>, _ stateOffset: Int, _ count: Int
    ) {
        let (beta1, beta2) = (Float(settings.beta1), Float(settings.beta2))
        rl_optimizer_adam(
            parameters, gradient, pointers[0] + stateOffset, pointers[1] + stateOffset, Int64(count), learningRate,
            beta1, beta2, Float(settings.epsilon), weightDecay, decoupled ? 1 : 0,
            1 - OptimizerStep.power(beta1, steps), 1 - OptimizerStep.power(beta2, steps), gradientScale)
    }

    /// βᵗ by squaring: multiplications only, so the same bits everywhere.
    private static func power(_ base: Float, _ exponent: Int) -> Double {
        var (result, factor, remaining) = (1.0, Double(base), exponent)
        while remaining > 0 {
            if remaining & 1 == 1 { result *= factor }
            factor *= factor
            remaining >>= 1
        }
        return result
    }
}

extension OptimizerConfiguration {
    fileprivate var memoryNames: [String] {
        switch self {
        case .sgd(let settings): settings.momentum > 0 ? ["velocity"] : []
        case .adam, .adamW: ["first_moment", "second_moment"]
        }
    }
}

public import RLEditTensor

/// A loss and its gradient with respect to every parameter of a network.
public struct NetworkGradient: Sendable {
    /// The mean loss of the batch.
    public let loss: Float
    /// Share of right answers, in 0 ... 1; nil for losses where that has no meaning.
    public let accuracy: Double?
    /// One gradient per parameter, in the order of ``Network/parameterNames`` and of the parameters' shapes.
    public let parameters: [Tensor]
}

extension Network {
    /// The loss of one batch in training mode, and its gradient.
    /// - Parameter random: what layers such as `Dropout` draw from.
    public func gradient(
        _ inputs: Tensor, _ targets: Targets, loss: Loss,
        random: RandomStream = RandomStream(seed: 0, name: "gradient"),
        pool: WorkerPool? = nil
    ) throws -> NetworkGradient {
        try gradient(.dense(inputs), targets, loss: loss, random: random, pool: pool)
    }

    /// The same for inputs that may be sparse.
    public func gradient(
        _ inputs: ExampleInputs, _ targets: Targets, loss: Loss,
        random: RandomStream = RandomStream(seed: 0, name: "gradient"),
        pool: WorkerPool? = nil
    ) throws -> NetworkGradient {
        let rows = try batchRows(inputs.shape, shape: inputShape, layout: .channelsFirst)
        let source: any BatchSource
        switch inputs {
        case .dense(let tensor): source = try TensorBatchSource(inputs: tensor, targets: targets)
        case .sparse(let rows): source = try SparseBatchSource(inputs: rows, targets: targets)
        }
        guard rows > 0 else {
            throw NetworkError.noExamples(operation: "gradient")
        }
        let engine = try GradientEngine(graph: graph, pool: pool)
        let pointers = ParameterPointers(pointers: parameterValues.map { UnsafePointer($0.storage.pointer) })
        let order = Array(0..<rows)
        let terms = try engine.run(parameters: pointers, rows: rows, objective: loss, random: random) { range in
            try source.examples(order[range])
        }
        withExtendedLifetime(parameterValues) {}
        let summer = engine.laneSummer()
        let gradients = graph.parameters.map { parameter in
            let result = Tensor(uninitialized: parameter.specification.shape, count: parameter.count)
            summer.sum(
                parameter.flatOffset..<(parameter.flatOffset + parameter.count), into: result.storage.pointer)
            return result
        }
        return NetworkGradient(
            loss: terms.mean, accuracy: terms.accuracy, parameters: gradients)
    }

    /// The outputs of a batch, and what a gradient with respect to them becomes with respect to the inputs and the
    /// parameters (a vector–Jacobian product), on the calling thread as one block.
    /// - Parameters:
    ///   - mode: `.training` for batch norms by the statistics of this batch.
    ///   - outputGradient: receives the outputs, returns a tensor of their shape.
    public func pullback(
        _ inputs: Tensor, mode: PassMode = .differentiation, random: RandomStream? = nil,
        outputGradient: (Tensor) throws -> Tensor
    ) throws -> (outputs: Tensor, inputGradient: Tensor, parameterGradients: [Tensor]) {
        let rows = try batchRows(inputs.shape, shape: inputShape, layout: .channelsFirst)
        guard !nodes.isEmpty else {
            let gradient = try outputGradient(inputs)
            return (inputs, gradient, [])
        }
        let input = inputs.channelsLast(example: inputShape)
        let key = Workspace.Key(rows: rows, mode: mode == .inference ? .differentiation : mode)
        let workspace = try Workspace(graph: graph, key: key)
        let pointers = parameterValues.map { UnsafePointer($0.storage.pointer) }
        try workspace.forward(input: BlockInput(input.storage.pointer), parameters: pointers, random: random)

        let order = ChannelOrder(shape: outputShape)
        let outputs = Tensor(uninitialized: [rows] + outputShape, count: rows * order.count)
        order.channelsFirst(workspace.output, to: outputs.storage.pointer, rows: rows)
        let gradient = try outputGradient(outputs)
        guard gradient.shape == outputs.shape else {
            throw NetworkError.inputShape(
                operation: "pullback", expected: "\(outputs.shape)", actual: gradient.shape)
        }
        order.channelsLast(gradient.storage.pointer, to: workspace.outputGradient, rows: rows)

        let parameterGradients = graph.parameters.map {
            Tensor(uninitialized: $0.specification.shape, count: $0.count)
        }
        let inputGradient = Tensor(uninitialized: input.shape, count: input.count)
        // A network that does not read its input leaves its gradient untouched.
        inputGradient.storage.pointer.initialize(repeating: 0, count: input.count)
        try workspace.backward(
            input: BlockInput(input.storage.pointer), parameters: pointers,
            parameterGradients: parameterGradients.map(\.storage.pointer), inputGradient: inputGradient.storage.pointer)
        withExtendedLifetime((self, input, gradient)) {}
        return (outputs, inputGradient.channelsFirst(example: inputShape), parameterGradients)
    }
}

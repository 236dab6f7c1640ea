import RLEditNN
import RLEditTensor
import Testing

@Suite("Steps of several terms")
struct GradientStepperTests {
    private let random = RandomStream(seed: 0)

    private func network() throws -> Network {
        try Network(
            inputShape: [3], layers: [("fc1", Linear(3, 6)), ("act", Activation.tanh), ("fc2", Linear(6, 2))],
            random: RandomStream(seed: 4))
    }

    private func source(_ count: Int, seed: UInt64) throws -> TensorBatchSource {
        var random = RandomStream(seed: seed)
        let values = (0..<count * 3).map { _ in random.uniform(-1, 1) }
        return try TensorBatchSource(
            inputs: Tensor(values, shape: [count, 3]), targets: .classes((0..<count).map { $0 % 2 }))
    }

    private func gradient(_ source: TensorBatchSource) throws -> [Float] {
        try network().gradient(source.inputs, source.targets, loss: .crossEntropy).parameters.flatMap(\.scalars)
    }

    private func expectClose(_ actual: [Float], _ expected: [Float]) {
        #expect(actual.count == expected.count)
        #expect(zip(actual, expected).allSatisfy { abs($0 - $1) < 1e-6 })
    }

    @Test("The gradient is the weighted sum of the terms', to which each brings the mean of its rows")
    func terms() throws {
        let (first, second, third) = (try source(70, seed: 1), try source(9, seed: 2), try source(33, seed: 3))
        let stepper = try GradientStepper(try network(), optimizer: .sgd(SGD()), pool: nil)
        let (results, gradients) = try stepper.gradient(
            of: [
                .init(first, Array(0..<70)[...], Loss.crossEntropy),
                .init(second, Array(0..<9)[...], Loss.crossEntropy, weight: -0.5),
                .init(third, Array(0..<33)[...], Loss.crossEntropy, weight: 2),
            ], random: random)
        #expect(results.map(\.count) == [70, 9, 33])
        let parts = try [first, second, third].map(gradient)
        let expected = parts[0].indices.map { parts[0][$0] - 0.5 * parts[1][$0] + 2 * parts[2][$0] }
        expectClose(gradients.flatMap(\.scalars), expected)
    }

    @Test("A row that weighs twice counts as two rows")
    func weights() throws {
        let plain = try source(6, seed: 5)
        guard case .classes(let labels) = plain.targets else { return }
        // Rows 1 and 4 once more; nine rows of mean weight 1, of which one counts nothing.
        let repeated = [0, 1, 1, 2, 3, 4, 4, 5]
        let weights: [Float] = [1, 2, 1, 1, 2, 1, 0].map { $0 * 7 / 8 }
        let weighted = try TensorBatchSource(
            inputs: try Tensor.concat([plain.inputs, Tensor([9, 9, 9], shape: [1, 3])]),
            targets: .weightedClasses(labels + [1], weights: weights))
        let (inputs, targets) = try plain.batch(repeated[...])
        let expected = try TensorBatchSource(inputs: inputs, targets: targets)
        expectClose(try gradient(weighted), try gradient(expected))
        let network = try network()
        let value = try Loss.crossEntropy.value(network.forward(weighted.inputs), weighted.targets)
        let other = try Loss.crossEntropy.value(network.forward(inputs), targets)
        #expect(abs(value - other) < 1e-6)
    }

    @Test("A mask holds parameters still, also under momentum and clipping")
    func mask() throws {
        let source = try source(20, seed: 1)
        let start = try network()
        let stepper = try GradientStepper(start, optimizer: .sgd(SGD(momentum: 0.9)), pool: nil)
        stepper.gradientClipping = 0.1
        try stepper.setMask(
            try start.parameterNames.map { name in
                let shape = start.parameter(name)?.shape ?? []
                return name == "fc2.weight" ? try Tensor.ones(shape) : try Tensor.zeros(shape)
            })
        for _ in 0..<3 {
            try stepper.step(.init(source, Array(0..<20)[...], Loss.crossEntropy), learningRate: 0.5, random: random)
        }
        let after = try stepper.network()
        #expect(after.parameterNames.filter { after.parameter($0) != start.parameter($0) } == ["fc2.weight"])
        // Only what is not masked counts for the norm of a clipped step.
        let masked = try GradientStepper(start, optimizer: .sgd(SGD()), pool: nil)
        masked.gradientClipping = 0.02
        try masked.setMask(
            try start.parameterNames.map { name in
                let shape = start.parameter(name)?.shape ?? []
                return name == "fc2.weight" ? try Tensor.ones(shape) : try Tensor.zeros(shape)
            })
        try masked.step(.init(source, Array(0..<20)[...], Loss.crossEntropy), learningRate: 1, random: random)
        let (old, new) = (start.parameter("fc2.weight")?.scalars ?? [], try masked.network().parameter("fc2.weight"))
        let length = zip(old, new?.scalars ?? []).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
        #expect(abs(length - 0.02) < 1e-5)
    }

    @Test("The absolute penalty adds λ times the sign of each parameter")
    func penalty() throws {
        let source = try source(20, seed: 1)
        let stepper = try GradientStepper(try network(), optimizer: .sgd(SGD()), pool: nil)
        stepper.absolutePenalty = 0.25
        let penalized = try stepper.gradient(
            of: [.init(source, Array(0..<20)[...], Loss.crossEntropy)], random: random
        ).gradients.flatMap(\.scalars)
        let values = try network().parameterNames.flatMap { try network().parameter($0)?.scalars ?? [] }
        expectClose(penalized, zip(try gradient(source), values).map { $0 + ($1 > 0 ? 0.25 : -0.25) })
    }

    @Test("Several terms give the same bytes for any number of workers")
    func workers() throws {
        let (first, second) = (try source(300, seed: 1), try source(90, seed: 2))
        let results = try [nil, WorkerPool(workers: 2), WorkerPool(workers: 3)].map { pool in
            let stepper = try GradientStepper(try network(), optimizer: .adam(Adam()), pool: pool)
            for _ in 0..<3 {
                try stepper.step(
                    [
                        .init(first, Array(0..<300)[...], Loss.crossEntropy),
                        .init(second, Array(0..<90)[...], Loss.crossEntropy, weight: -0.1),
                    ], learningRate: 0.01, random: random)
            }
            return parameterBits(try stepper.network())
        }
        #expect(results[0] == results[1] && results[0] == results[2])
    }

    @Test("A mask of another shape is refused, and so is a step without terms")
    func errors() throws {
        let stepper = try GradientStepper(try network(), optimizer: .sgd(SGD()), pool: nil)
        #expect(throws: NetworkError.self) { try stepper.setMask([try Tensor.ones([2])]) }
        #expect(throws: NetworkError.self) { try stepper.step([], learningRate: 1, random: random) }
    }
}

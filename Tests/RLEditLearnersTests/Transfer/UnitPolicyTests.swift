import RLEditLearners
import RLEditNN
import RLEditTensor
import RLEditTestSupport
import RLEditWorlds
import Testing

@Suite struct UnitPolicyTests {
    private static func tensor(_ shape: [Int], _ name: String) throws -> Tensor {
        var stream = RandomStream(seed: 31, name: name)
        return try Tensor((0..<shape.reduce(1, *)).map { _ in stream.normal() }, shape: shape)
    }

    private static func features(outputs: Int, inputs: Int) throws -> UnitFeatures {
        UnitFeatures(
            outputs: try tensor([outputs, 11], "outputs"), inputs: try tensor([inputs, 11], "inputs"),
            context: try tensor([4], "context"))
    }

    /// Row i of the result is row `order[i]`.
    private static func permuted(_ tensor: Tensor, _ order: [Int]) throws -> Tensor {
        let columns = tensor.shape[1]
        let values = tensor.scalars
        return try Tensor(order.flatMap { values[$0 * columns..<($0 + 1) * columns] }, shape: tensor.shape)
    }

    @Test("permuting units permutes the factors, and the edit", arguments: [1, 3])
    func equivariant(rank: Int) throws {
        let policy = TransferFixture.policy(rank: rank, hidden: 5)
        let features = try Self.features(outputs: 7, inputs: 9)
        var stream = RandomStream(seed: 4)
        let (rows, columns) = (stream.permutation(7), stream.permutation(9))
        let moved = UnitFeatures(
            outputs: try Self.permuted(features.outputs, rows), inputs: try Self.permuted(features.inputs, columns),
            context: features.context)
        let (before, after) = (policy.factors(for: features), policy.factors(for: moved))
        #expect(before.logScale == after.logScale)
        for k in 0..<rank {
            for unit in 0..<7 {
                #expect(abs(after.outputs[unit * rank + k] - before.outputs[rows[unit] * rank + k]) < 1e-6)
            }
            for unit in 0..<9 {
                #expect(abs(after.inputs[k * 9 + unit] - before.inputs[k * 9 + columns[unit]]) < 1e-6)
            }
        }
    }

    @Test("a network with permuted hidden units is edited to the same function")
    func sameFunction() throws {
        let pool = WorkerPool(workers: 1)
        let network = try TransferFixture.network(seed: 1)
        // The same network with the units before and after the edited layer in another order.
        var stream = RandomStream(seed: 9)
        let (before, after) = (stream.permutation(16), stream.permutation(10))
        var moved = network
        func rows(_ name: String, _ order: [Int]) throws {
            let value = try #require(moved.parameter(name))
            let matrix = try value.reshaped([value.shape[0], value.count / value.shape[0]])
            try moved.setParameter(name, try Self.permuted(matrix, order).reshaped(value.shape))
        }
        func columns(_ name: String, _ order: [Int]) throws {
            let value = try #require(moved.parameter(name))
            let (height, width) = (value.shape[0], value.shape[1])
            let scalars = value.scalars
            try moved.setParameter(
                name,
                try Tensor(
                    (0..<(height * width)).map { scalars[$0 / width * width + order[$0 % width]] }, shape: value.shape))
        }
        try rows("fc1.weight", before)
        try rows("fc1.bias", before)
        try columns("fc2.weight", before)
        try rows("fc2.weight", after)
        try rows("fc2.bias", after)
        try columns("fc3.weight", after)
        let policy = TransferFixture.policy()
        func scores(_ pair: EditPair) throws -> Tensor {
            try pair.evaluator.scores(pair.edits(pair.features.map { policy.factors(for: $0) }), set: 1)
        }
        let pairs = try TransferFixture.pairs(
            [network, moved], classes: [2], rules: TransferFixture.rules(), pool: pool)
        #expect(try scores(pairs[0]).isClose(to: scores(pairs[1]), relativeTolerance: 1e-3, absoluteTolerance: 1e-3))
    }

    @Test("a policy has as many parameters as its parts, and fits layers of any size")
    func sizes() throws {
        let shape = UnitPolicyNetwork.Shape(features: 11, context: 4, hidden: 2, rank: 1)
        #expect(shape.parameterCount == 95)
        #expect(shape.parts.reduce(0) { $0 + $1.shape.reduce(1, *) } == 95)
        let policy = TransferFixture.policy()
        for (outputs, inputs) in [(1, 1), (32, 128), (200, 3)] {
            let factors = policy.factors(for: try Self.features(outputs: outputs, inputs: inputs))
            #expect(factors.outputs.count == outputs)
            #expect(factors.inputs.count == inputs)
        }
        #expect(throws: TensorError.self) { try UnitPolicyNetwork(shape, parameters: [1, 2, 3]) }
    }

    // MARK: - As a policy that gradients move

    private static func policy(rank: Int) throws -> UnitPolicy {
        try UnitPolicy(
            TransferFixture.policy(rank: rank, hidden: 3), layers: [(4, 6), (3, 4)], initialLogStandardDeviation: -1,
            random: RandomStream(seed: 8))
    }

    private static func observations(_ rows: Int) throws -> Tensor {
        try tensor([rows, (4 + 6) * 11 + 4 + (3 + 4) * 11 + 4], "observations")
    }

    @Test("the means are the network's factors, each column of root mean square 1/4")
    func means() throws {
        let layers = [try Self.features(outputs: 4, inputs: 6), try Self.features(outputs: 3, inputs: 4)]
        let row = UnitPolicy.observation(of: layers)
        let policy = try Self.policy(rank: 2)
        let means = try policy.forward(Tensor(row, shape: [1, row.count])).means
        let factors = means.withUnsafeBufferPointer { UnitPolicy.factors($0, layers: policy.layers, rank: 2) }
        let network = try policy.network()
        for (layer, said) in zip(layers, factors) {
            let own = network.factors(for: layer)
            #expect(abs(said.logScale - own.logScale) < 1e-4)
            for k in 0..<2 {
                let units = own.outputs.count / 2
                let column = (0..<units).map { own.outputs[$0 * 2 + k] }
                let length = (column.reduce(0) { $0 + $1 * $1 } / Float(units)).squareRoot()
                for unit in 0..<units {
                    #expect(abs(said.outputs[unit * 2 + k] - column[unit] / (4 * length)) < 1e-5)
                }
            }
        }
    }

    @Test("gradients by every parameter are those of central differences", arguments: [1, 2])
    func gradient(rank: Int) throws {
        let policy = try Self.policy(rank: rank)
        let rows = 3
        let observations = try Self.observations(rows)
        let weights = try Self.tensor([rows, policy.actionSize], "loss weights")
        func loss(_ policy: UnitPolicy) throws -> Double {
            let means = try policy.forward(observations).means
            return zip(means.scalars, weights.scalars).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        _ = try policy.forward(observations)
        let squares = try policy.backward(
            PolicyGradient(
                means: weights, values: Tensor.zeros([rows]), logStandardDeviation: Tensor.zeros([policy.actionSize])))
        let gradient = policy.parameterGradient()
        #expect(abs(squares - gradient.reduce(0) { $0 + Double($1) * Double($1) }) < 1e-2 * squares)
        let origin = try policy.network()
        let largest = gradient.reduce(0) { max($0, abs($1)) }
        let step: Float = 1e-2
        for index in gradient.indices {
            func shifted(_ by: Float) throws -> Double {
                var network = origin
                network.parameters[index] += by
                return try loss(
                    UnitPolicy(
                        network, layers: policy.layers, initialLogStandardDeviation: -1, random: RandomStream(seed: 8)))
            }
            let numeric = (try shifted(step) - shifted(-step)) / (2 * Double(step))
            #expect(
                abs(numeric - Double(gradient[index])) < 0.02 * Double(largest), "parameter \(index) of \(origin.shape)"
            )
        }
    }

    @Test("a saved policy goes on as if it had not been")
    func snapshot() throws {
        let observations = try Self.observations(2)
        func step(_ policy: UnitPolicy, _ count: Int) throws {
            _ = try policy.forward(observations)
            _ = try policy.backward(
                PolicyGradient(
                    means: Self.tensor([2, policy.actionSize], "means"), values: Tensor([1, -1]),
                    logStandardDeviation: Tensor.zeros([policy.actionSize])))
            policy.update(AdamStep(count: count, learningRate: 0.01))
        }
        let policy = try Self.policy(rank: 1)
        try step(policy, 1)
        var snapshot = LearnerSnapshot()
        try policy.save(in: &snapshot)
        try step(policy, 2)
        let other = try Self.policy(rank: 1)
        try other.load(from: snapshot)
        try step(other, 2)
        #expect(try policy.forward(observations).means == other.forward(observations).means)
        #expect(try policy.forward(observations).values == other.forward(observations).values)
    }
}

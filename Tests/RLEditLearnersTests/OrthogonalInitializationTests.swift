import RLEditLearners
import RLEditTensor
import Testing

@Suite struct OrthogonalInitializationTests {
    @Test(
        "The fewer of rows and columns are orthogonal, with the gain as their length",
        arguments: [(5, 40), (40, 5), (16, 16), (1, 9)])
    func orthogonal(outputs: Int, inputs: Int) throws {
        var random = RandomStream(seed: 8)
        let weight = try orthogonalMatrix(outputs: outputs, inputs: inputs, gain: 1.5, random: &random)
        #expect(weight.shape == [outputs, inputs])
        let wide = outputs <= inputs
        let product =
            try wide ? weight.matmul(weight, transposeOther: true) : weight.matmul(weight, transposeSelf: true)
        let size = min(outputs, inputs)
        for (index, value) in product.scalars.enumerated() {
            let expected: Float = index / size == index % size ? 2.25 : 0
            #expect(abs(value - expected) < 1e-5)
        }
    }

    @Test("A new policy acts near 0 with the initial deviation, and values near nothing it has learned") func policy()
        throws
    {
        let policy = try PerceptronPolicy(
            observationSize: 30, actionSize: 4, hiddenSizes: [64, 64], valueHiddenSizes: [8],
            initialLogStandardDeviation: -0.5, orthogonal: true, random: RandomStream(seed: 1),
            pool: WorkerPool(workers: 1))
        var random = RandomStream(seed: 2)
        let output = try policy.forward(Tensor((0..<300).map { _ in random.normal() }, shape: [10, 30]))
        #expect(output.means.shape == [10, 4] && output.values.shape == [10])
        #expect(output.means.scalars.allSatisfy { abs($0) < 0.1 && $0 != 0 })
        #expect(try policy.logStandardDeviation() == Tensor([-0.5, -0.5, -0.5, -0.5]))
        #expect(
            policy.parameters.map(\.name) == [
                "policy.logStandardDeviation", "policy.mean.0.weight", "policy.mean.0.bias", "policy.mean.1.weight",
                "policy.mean.1.bias", "policy.mean.2.weight", "policy.mean.2.bias", "policy.value.0.weight",
                "policy.value.0.bias", "policy.value.1.weight", "policy.value.1.bias",
            ])
        #expect(throws: TensorError.shapeMismatch(operation: "policy", expected: [1, 30], actual: [1, 29])) {
            try policy.forward(Tensor.zeros([1, 29]))
        }
    }
}

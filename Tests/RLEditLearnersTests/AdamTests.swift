import RLEditLearners
import RLEditTensor
import Testing

@Suite struct AdamTests {
    /// From `scripts/golden/adam.py`.
    @Test("Adam's steps are PyTorch's") func golden() throws {
        let gradients: [[Float]] = [
            [0.1, -0.2, 0.3, 0.0], [-0.05, -0.4, 1e-3, 0.0], [2.0, 0.0, -0.7, 1e-6], [0.3, 0.25, -0.1, 0.5],
            [-0.6, 0.125, 0.05, -0.5],
        ]
        let expected: [[Float]] = [
            [0.497000307, -1.2470001, 1.9970001, 0.0],
            [0.496201396, -1.24410462, 1.9949826, 0.0],
            [0.494253516, -1.24186647, 1.99613047, -0.000104655788],
            [0.492417216, -1.24111795, 1.9972899, -0.00184797402],
            [0.491394371, -1.2408917, 1.99816132, -0.00173223484],
        ]
        // The log standard deviations of a policy are four free parameters with a gradient of our choice.
        let policy = try PerceptronPolicy(
            observationSize: 1, actionSize: 4, hiddenSizes: [], valueHiddenSizes: [], initialLogStandardDeviation: 0,
            orthogonal: true, random: RandomStream(seed: 0), pool: WorkerPool(workers: 1))
        try policy.parameters[0].parameter.assign(Tensor([0.5, -1.25, 2, 0]))
        for (index, (gradient, expected)) in zip(gradients, expected).enumerated() {
            _ = try policy.forward(Tensor([1], shape: [1, 1]))
            _ = try policy.backward(
                PolicyGradient(
                    means: Tensor.zeros([1, 4]), values: Tensor.zeros([1]), logStandardDeviation: Tensor(gradient)))
            policy.update(AdamStep(count: index + 1, learningRate: 3e-3))
            for (actual, expected) in zip(try policy.logStandardDeviation().scalars, expected) {
                #expect(abs(actual - expected) < 3e-7)
            }
        }
    }

    /// One row's outer-product pass against two equal rows with half the gradient each, whose gradient is stored.
    @Test("The fused step over an outer product equals the step over a stored gradient", arguments: [3, 64, 200, 4100])
    func fused(features: Int) throws {
        func makePolicy() throws -> PerceptronPolicy {
            try PerceptronPolicy(
                observationSize: features, actionSize: 5, hiddenSizes: [20, 7], valueHiddenSizes: [9],
                initialLogStandardDeviation: -0.5, orthogonal: true, random: RandomStream(seed: 4),
                pool: WorkerPool(workers: 1))
        }
        let (one, two) = (try makePolicy(), try makePolicy())
        var random = RandomStream(seed: 2)
        let row = (0..<features).map { _ in random.normal() }
        for count in 1...4 {
            let means = (0..<5).map { _ in random.normal() }
            let logs = (0..<5).map { _ in random.normal() }
            let first = try one.forward(Tensor(row, shape: [1, features]))
            let second = try two.forward(Tensor(row + row, shape: [2, features]))
            for (index, mean) in first.means.scalars.enumerated() {
                #expect(abs(mean - second.means.scalars[index]) < 2e-5)
                #expect(second.means.scalars[index] == second.means.scalars[index + 5])
            }
            let norm = try one.backward(
                PolicyGradient(
                    means: Tensor(means, shape: [1, 5]), values: Tensor([0.7]), logStandardDeviation: Tensor(logs)))
            let stored = try two.backward(
                PolicyGradient(
                    means: Tensor((means + means).map { $0 / 2 }, shape: [2, 5]), values: Tensor([0.35, 0.35]),
                    logStandardDeviation: Tensor(logs)))
            #expect(abs(norm - stored) < 1e-4 * stored)
            for policy in [one, two] {
                var step = AdamStep(count: count, learningRate: 1e-2)
                step.gradientScale = 0.1
                policy.update(step)
            }
            for ((name, left), (_, right)) in zip(one.parameters, two.parameters) {
                for (a, b) in zip(try left.tensor().scalars, try right.tensor().scalars) {
                    #expect(abs(a - b) < 2e-4, "\(name) after \(count) steps")
                }
            }
        }
    }

    @Test("The product that an update leaves is the next forward pass's to the bit") func product() throws {
        let policy = try PerceptronPolicy(
            observationSize: 333, actionSize: 6, hiddenSizes: [64], valueHiddenSizes: [64],
            initialLogStandardDeviation: 0, orthogonal: true, random: RandomStream(seed: 4),
            pool: WorkerPool(workers: 1))
        var random = RandomStream(seed: 2)
        let row = try Tensor((0..<333).map { _ in random.normal() }, shape: [1, 333])
        _ = try policy.forward(row)
        _ = try policy.backward(
            PolicyGradient(
                means: Tensor.ones([1, 6]), values: Tensor.ones([1]), logStandardDeviation: Tensor.ones([6])))
        policy.update(AdamStep(count: 1, learningRate: 0.01))
        let reused = try policy.forward(row)
        policy.parametersChanged()
        let recomputed = try policy.forward(row)
        #expect(reused.means == recomputed.means)
        #expect(reused.values == recomputed.values)
        #expect(reused.values != (try policy.forward(try Tensor.zeros([1, 333]))).values)
    }
}

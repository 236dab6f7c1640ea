import Foundation
import RLEditLearners
import RLEditTensor
import RLEditTestSupport
import RLEditWorlds
import Testing

@Suite struct PPOLossTests {
    /// One step of some environments with the given numbers.
    private func rollout(
        actions: [[Float]], logProbabilities: [Float], values: [Float], shared: Bool = false
    ) throws -> RolloutBuffer {
        let count = actions.count
        var buffer = RolloutBuffer(environments: count, steps: 1, actionSize: actions[0].count)
        let observation: ObservationBatch =
            shared ? .shared(try Tensor.zeros([1]), environments: count) : .distinct(try Tensor.zeros([count, 1]))
        try buffer.append(
            observation: observation, actions: Tensor(actions.flatMap { $0 }, shape: [count, actions[0].count]),
            logProbabilities: logProbabilities, values: values)
        buffer.complete(
            rewards: values, terminated: Array(repeating: false, count: count),
            truncated: Array(repeating: true, count: count), nextValues: values)
        return buffer
    }

    private static let settings = PPO.LossSettings(
        clipRange: 0.2, valueClipRange: nil, entropyCoefficient: 0.01, valueCoefficient: 0.5,
        normalizeAdvantage: true)

    /// From `scripts/golden/ppo_loss.py`.
    @Test("The loss, its parts and its gradient are those of Stable-Baselines3", arguments: [false, true])
    func golden(clipsValue: Bool) throws {
        let rollout = try rollout(
            actions: [[0.3, -0.8], [1.4, 0.2], [-0.6, 0.9], [0.1, 0.1]],
            logProbabilities: [-1.9, -2.38, -1.65, -2.07], values: [0.45, 0.3, 1.45, 0.6])
        var settings = Self.settings
        settings.valueClipRange = clipsValue ? 0.3 : nil
        let loss = try PPO.loss(
            of: PolicyOutput(
                means: Tensor([0.1, -0.5, 0.9, 0.4, -0.2, 0.3, 0.3, -0.2], shape: [4, 2]),
                values: Tensor([0.5, -0.25, 1.5, 0])),
            logStandardDeviation: Tensor([-0.3, 0.2]), rollout: rollout,
            estimates: AdvantageEstimates(advantages: [0.7, -1.1, 0.4, 0.2], returns: [1.15, -0.8, 1.85, 0.8]),
            transitions: [0, 1, 2, 3], settings: settings)
        #expect(abs(loss.policyLoss - 0.181581397) < 1e-6)
        #expect(abs(loss.valueLoss - (clipsValue ? 0.35875 : 0.371875)) < 1e-6)
        #expect(abs(loss.entropy - 2.73787707) < 1e-6)
        #expect(abs(loss.approximateKL - 0.0478893314) < 1e-6)
        #expect(loss.clipFraction == 0.75)
        #expect(abs(loss.total - (clipsValue ? 0.333577626 : 0.340140126)) < 1e-6)
        let means: [Float] = [
            -0.0820865322, 0.0452969214, 0.492771254, -0.0725121655, 0.0563770184, -0.031109919, 0, 0,
        ]
        for (actual, expected) in zip(loss.gradient.means.scalars, means) { #expect(abs(actual - expected) < 1e-6) }
        let values: [Float] = clipsValue ? [-0.1625, 0, -0.0875, 0] : [-0.1625, 0.1375, -0.0875, -0.2]
        for (actual, expected) in zip(loss.gradient.values.scalars, values) { #expect(abs(actual - expected) < 1e-6) }
        for (actual, expected) in zip(
            loss.gradient.logStandardDeviation.scalars, [-0.0408585538, -0.266028662] as [Float])
        {
            #expect(abs(actual - expected) < 1e-6)
        }
    }

    @Test("A row that all transitions share gets the sum of their gradients") func shared() throws {
        let actions: [[Float]] = [[0.3, -0.8], [0.4, 0.2], [-0.6, 0.9]]
        let rollout = try rollout(actions: actions, logProbabilities: [-2, -1.9, -2.5], values: [0.4, 0.4, 0.4])
        let estimates = AdvantageEstimates(advantages: [0.5, -1, 0.25], returns: [1, 0, 0.5])
        let (mean, value): ([Float], Float) = ([0.1, -0.2], 0.3)
        func loss(rows: Int) throws -> PPO.Loss {
            try PPO.loss(
                of: PolicyOutput(
                    means: Tensor(Array(repeating: mean, count: rows).flatMap { $0 }, shape: [rows, 2]),
                    values: Tensor(Array(repeating: value, count: rows))),
                logStandardDeviation: Tensor([-0.3, 0.2]), rollout: rollout, estimates: estimates,
                transitions: [0, 1, 2], settings: Self.settings)
        }
        let (one, three) = (try loss(rows: 1), try loss(rows: 3))
        #expect(one.total == three.total)
        let summed = three.gradient.means.scalars
        for (index, actual) in one.gradient.means.scalars.enumerated() {
            let expected = summed[index] + summed[index + 2] + summed[index + 4]
            #expect(abs(actual - expected) < 1e-6)
        }
        #expect(abs(one.gradient.values.scalars[0] - three.gradient.values.scalars.reduce(0, +)) < 1e-6)
        #expect(one.gradient.logStandardDeviation == three.gradient.logStandardDeviation)
    }

    @Test("Parts of an action have a ratio and a clip each, and their losses are added") func parts() throws {
        let policy = try PerceptronPolicy(
            observationSize: 1, actionSize: 3, hiddenSizes: [2], valueHiddenSizes: [2],
            initialLogStandardDeviation: -0.5, orthogonal: true, random: RandomStream(seed: 3),
            pool: WorkerPool(workers: 1))
        let rollout = try rollout(
            actions: [[0.3, -0.8, 0.5], [1.4, 0.2, -0.1]], logProbabilities: [0, 0], values: [0, 0])
        let means = try policy.forward(Tensor.zeros([2, 1])).means.scalars.map { Double($0) }
        let estimates = AdvantageEstimates(advantages: [0.7, -1.1], returns: [0, 0])
        var settings = Self.settings
        (settings.normalizeAdvantage, settings.entropyCoefficient) = (false, 0)
        let old = try OldLogProbabilities(of: rollout, by: policy, numbers: 2)
        let new: [Double] = [0.2, -0.3, 0.1, 0.4, 0.1, -0.2]
        let loss = try PPO.loss(
            of: PolicyOutput(means: Tensor(new.map { Float($0) }, shape: [2, 3]), values: Tensor([0, 0])),
            logStandardDeviation: Tensor([-0.5, -0.5, -0.5]), rollout: rollout, old: old, estimates: estimates,
            transitions: [0, 1], settings: settings)
        // The parts are the first two numbers and the third.
        let deviation = exp(-0.5)
        let actions: [Double] = [0.3, -0.8, 0.5, 1.4, 0.2, -0.1]
        var (expected, divergence) = (0.0, 0.0)
        for (transition, advantage) in [0.7, -1.1].enumerated() {
            for part in [[0, 1], [2]] {
                let logRatio = part.reduce(0.0) { sum, number in
                    let place = 3 * transition + number
                    func square(_ mean: Double) -> Double {
                        ((actions[place] - mean) / deviation) * ((actions[place] - mean) / deviation)
                    }
                    return sum + 0.5 * (square(means[place]) - square(new[place]))
                }
                let ratio = exp(logRatio)
                expected -= min(ratio * advantage, min(max(ratio, 0.8), 1.2) * advantage) / 2
                divergence += (ratio - 1 - logRatio) / 2
            }
        }
        #expect(abs(loss.policyLoss - expected) < 1e-5)
        #expect(abs(loss.approximateKL - divergence) < 1e-5)
    }

    @Test("Ratios are bounded, however far the policy has moved") func bounded() throws {
        let rollout = try rollout(actions: [[0.3], [1.4]], logProbabilities: [-300, -300], values: [0, 0])
        let loss = try PPO.loss(
            of: PolicyOutput(means: Tensor([0.1, 0.9], shape: [2, 1]), values: Tensor([0, 0])),
            logStandardDeviation: Tensor([0]), rollout: rollout,
            estimates: AdvantageEstimates(advantages: [0.7, -1.1], returns: [0, 0]), transitions: [0, 1],
            settings: Self.settings)
        let squares = loss.gradient.means.scalars.reduce(0) { $0 + $1 * $1 }
        #expect(squares.isFinite && loss.total.isFinite && loss.approximateKL.isFinite)
        #expect(loss.gradient.means.scalars.allSatisfy { abs($0) < 1e9 })
    }

    @Test("A minibatch of one transition keeps its advantage as it is") func single() throws {
        let rollout = try rollout(actions: [[0.5]], logProbabilities: [-1], values: [0])
        let loss = try PPO.loss(
            of: PolicyOutput(means: Tensor([0.5], shape: [1, 1]), values: Tensor([0])),
            logStandardDeviation: Tensor([0]), rollout: rollout,
            estimates: AdvantageEstimates(advantages: [2], returns: [2]), transitions: [0], settings: Self.settings)
        // log π = −½ log 2π, r = exp(1 − 0.9189) = 1.0845
        #expect(abs(loss.policyLoss + 2 * exp(1 - 0.5 * log(2 * Double.pi))) < 1e-5)
    }

    /// The whole loss through the networks, against central differences of an independent double reference.
    @Test("The gradient of every parameter matches finite differences", arguments: [1, 6])
    func finiteDifferences(rows: Int) throws {
        let features = 5
        let policy = try PerceptronPolicy(
            observationSize: features, actionSize: 3, hiddenSizes: [7, 4], valueHiddenSizes: [6],
            initialLogStandardDeviation: -0.4, orthogonal: true, random: RandomStream(seed: 11),
            pool: WorkerPool(workers: 1))
        var random = RandomStream(seed: 12)
        // The initial output layer is nearly 0: larger weights and biases show every path.
        for (_, parameter) in policy.parameters {
            let values = try parameter.tensor()
            try parameter.assign(
                Tensor(values.scalars.map { $0 + random.uniform(-0.4, 0.4) }, shape: values.shape))
        }
        policy.parametersChanged()
        let transitions = 6
        let observations = (0..<rows * features).map { _ in random.normal() }
        let actions = (0..<transitions).map { _ in (0..<3).map { _ in random.uniform(-1, 1) } }
        let reference = ReferencePolicy(
            sizes: [[features, 7, 4, 3], [features, 6, 1]], observations: observations, rows: rows)
        var parameters = try policy.parameters.map { try $0.parameter.tensor().scalars.map { Double($0) } }
        // Old probabilities near the present ones, so that some ratios are clipped and some are not.
        let present = reference.logProbabilities(parameters, actions: actions)
        let rollout = try rollout(
            actions: actions, logProbabilities: present.map { Float($0) + random.uniform(-0.3, 0.3) },
            values: (0..<transitions).map { _ in random.normal() })
        let estimates = AdvantageEstimates(
            advantages: (0..<transitions).map { _ in random.normal() },
            returns: (0..<transitions).map { _ in random.normal() })
        let output = try policy.forward(Tensor(observations, shape: [rows, features]))
        let loss = try PPO.loss(
            of: output, logStandardDeviation: policy.logStandardDeviation(), rollout: rollout, estimates: estimates,
            transitions: Array(0..<transitions)[...], settings: Self.settings)
        func referenceLoss() -> Double {
            reference.loss(
                parameters, actions: actions, rollout: rollout, estimates: estimates, settings: Self.settings)
        }
        #expect(abs(loss.total - referenceLoss()) < 1e-5)
        #expect(loss.clipFraction > 0 && loss.clipFraction < 1)

        let square = try policy.backward(loss.gradient)
        let gradients = try policy.gradientTensors()
        let step = 1e-5
        for (index, gradient) in gradients.enumerated() {
            for (element, actual) in gradient.scalars.enumerated() {
                let value = parameters[index][element]
                parameters[index][element] = value + step
                let above = referenceLoss()
                parameters[index][element] = value - step
                let below = referenceLoss()
                parameters[index][element] = value
                let expected = (above - below) / (2 * step)
                #expect(
                    abs(Double(actual) - expected) < 2e-5 + 2e-4 * abs(expected),
                    "\(policy.parameters[index].name)[\(element)]")
            }
        }
        let sum = gradients.flatMap(\.scalars).reduce(0.0) { $0 + Double($1) * Double($1) }
        #expect(abs(square - sum) < 1e-5 * sum)
    }
}

/// The policy and the loss written once more, plainly and in double.
private struct ReferencePolicy {
    /// Layer sizes of the mean's and of the value's network.
    let sizes: [[Int]]
    let observations: [Float]
    let rows: Int

    /// Outputs of one network for one row. `parameters` is in the order of `PerceptronPolicy.parameters`.
    private func output(_ parameters: [[Double]], network: Int, row: Int) -> [Double] {
        let features = sizes[0][0]
        var values = observations[row * features..<(row + 1) * features].map { Double($0) }
        var index = network == 0 ? 1 : 1 + 2 * (sizes[0].count - 1)
        let layers = sizes[network].count - 1
        for layer in 0..<layers {
            let (inputs, outputs) = (sizes[network][layer], sizes[network][layer + 1])
            values = (0..<outputs).map { unit in
                var sum = parameters[index + 1][unit]
                for input in 0..<inputs { sum += parameters[index][unit * inputs + input] * values[input] }
                return layer + 1 < layers ? tanh(sum) : sum
            }
            index += 2
        }
        return values
    }

    func logProbabilities(_ parameters: [[Double]], actions: [[Float]]) -> [Double] {
        actions.enumerated().map { position, action in
            let mean = output(parameters, network: 0, row: rows == 1 ? 0 : position)
            return (0..<action.count).reduce(0.0) { sum, index in
                let logDeviation = parameters[0][index]
                let z = (Double(action[index]) - mean[index]) / exp(logDeviation)
                return sum - 0.5 * z * z - logDeviation - 0.5 * log(2 * Double.pi)
            }
        }
    }

    func loss(
        _ parameters: [[Double]], actions: [[Float]], rollout: RolloutBuffer, estimates: AdvantageEstimates,
        settings: PPO.LossSettings
    ) -> Double {
        let count = Double(actions.count)
        let raw = estimates.advantages.map { Double($0) }
        let mean = raw.reduce(0, +) / count
        let deviation = (raw.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)).squareRoot()
        let advantages = raw.map { ($0 - mean) / (deviation + 1e-8) }
        var policyLoss = 0.0
        var valueLoss = 0.0
        for (index, logProbability) in logProbabilities(parameters, actions: actions).enumerated() {
            let ratio = exp(logProbability - Double(rollout.logProbabilities[index]))
            let clipped = max(1 - settings.clipRange, min(1 + settings.clipRange, ratio))
            policyLoss -= min(ratio * advantages[index], clipped * advantages[index]) / count
            let value = output(parameters, network: 1, row: rows == 1 ? 0 : index)[0]
            valueLoss += (value - Double(estimates.returns[index])) * (value - Double(estimates.returns[index])) / count
        }
        let entropy = parameters[0].reduce(0.0) { $0 + $1 + 0.5 * log(2 * Double.pi * exp(1)) }
        return policyLoss + settings.valueCoefficient * valueLoss - settings.entropyCoefficient * entropy
    }
}

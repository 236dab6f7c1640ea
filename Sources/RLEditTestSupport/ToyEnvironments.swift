package import RLEditTensor
package import RLEditWorlds

/// A one-step task with one constant observation, as editing at horizon 1 is: find a hidden point of the box.
/// The reward is 1 − mean((a − target)²).
package final class QuadraticBandit: VectorEnvironment {
    package let environments: Int
    package let observationSize: Int
    package var actionSize: Int { target.count }
    package let horizon = 1
    package let target: [Float]
    private let observation: Tensor

    /// - Parameter observationSize: features of the constant observation, drawn from a normal distribution.
    package init(environments: Int, target: [Float], observationSize: Int = 3) {
        self.environments = environments
        self.target = target
        self.observationSize = observationSize
        var random = RandomStream(seed: 5, name: "bandit")
        observation = Tensor((0..<observationSize).map { _ in random.normal() })
    }

    package func reset(seed: UInt64) throws -> ObservationBatch { .shared(observation, environments: environments) }

    package func step(_ actions: Tensor) throws -> StepBatch {
        let actions = actions.scalars
        let rewards = (0..<environments).map { environment in
            reward(Array(actions[environment * actionSize..<(environment + 1) * actionSize]))
        }
        let next = ObservationBatch.shared(observation, environments: environments)
        return StepBatch(
            rewards: rewards, terminated: Array(repeating: false, count: environments),
            truncated: Array(repeating: true, count: environments), observation: next, finalObservation: { next })
    }

    package func reward(_ action: [Float]) -> Double {
        1
            - zip(action, target).reduce(0.0) { sum, pair in
                let difference = Double(min(max(pair.0, -1), 1) - pair.1)
                return sum + difference * difference / Double(target.count)
            }
    }
}

/// A one-step task where the best action is the observation, drawn for each episode: uniform in [−1, 1].
/// The reward is 1 − mean((a − observation)²).
package final class ContinuousIdentity: VectorEnvironment {
    package let environments: Int
    package let observationSize: Int
    package var actionSize: Int { observationSize }
    package let horizon = 1
    private var random = RandomStream(seed: 0)
    private var current: [Float] = []

    package init(environments: Int, size: Int) {
        self.environments = environments
        observationSize = size
    }

    package func reset(seed: UInt64) throws -> ObservationBatch {
        random = RandomStream(seed: seed, name: "identity")
        return try draw()
    }

    private func draw() throws -> ObservationBatch {
        current = (0..<environments * observationSize).map { _ in random.uniform(-1, 1) }
        return .distinct(try Tensor(current, shape: [environments, observationSize]))
    }

    package func step(_ actions: Tensor) throws -> StepBatch {
        let actions = actions.scalars
        let rewards = (0..<environments).map { environment in
            let range = environment * observationSize..<(environment + 1) * observationSize
            return 1
                - range.reduce(0.0) { sum, index in
                    let difference = Double(min(max(actions[index], -1), 1) - current[index])
                    return sum + difference * difference / Double(observationSize)
                }
        }
        let final = ObservationBatch.distinct(try Tensor(current, shape: [environments, observationSize]))
        return StepBatch(
            rewards: rewards, terminated: Array(repeating: false, count: environments),
            truncated: Array(repeating: true, count: environments), observation: try draw(),
            finalObservation: { final })
    }
}

/// A task of several steps whose actions accumulate, as edits do: a point starts at 0 and moves by `stepSize` times the
/// action; the reward of a step is minus its mean squared distance from a target drawn for each episode. The observation
/// is the point, then the target. An episode is cut after `horizon` steps, or ends (`terminates`) on arrival.
package final class AccumulateToTarget: VectorEnvironment {
    package let environments: Int
    package let size: Int
    package var observationSize: Int { 2 * size }
    package var actionSize: Int { size }
    package let horizon: Int
    private let stepSize: Float
    private let terminates: Bool
    private var random = RandomStream(seed: 0)
    private var points: [[Float]] = []
    private var targets: [[Float]] = []
    private var ages: [Int] = []

    package init(environments: Int, size: Int, horizon: Int, stepSize: Float = 0.5, terminates: Bool = false) {
        self.environments = environments
        self.size = size
        self.horizon = horizon
        self.stepSize = stepSize
        self.terminates = terminates
    }

    package func reset(seed: UInt64) throws -> ObservationBatch {
        random = RandomStream(seed: seed, name: "accumulate")
        points = Array(repeating: Array(repeating: 0, count: size), count: environments)
        targets = (0..<environments).map { _ in drawTarget() }
        ages = Array(repeating: 0, count: environments)
        return try observation()
    }

    private func drawTarget() -> [Float] { (0..<size).map { _ in random.uniform(-1, 1) } }

    private func observation() throws -> ObservationBatch {
        .distinct(
            try Tensor(zip(points, targets).flatMap { $0 + $1 }, shape: [environments, observationSize]))
    }

    package func step(_ actions: Tensor) throws -> StepBatch {
        let actions = actions.scalars
        var rewards: [Double] = []
        var terminated: [Bool] = []
        var truncated: [Bool] = []
        for environment in 0..<environments {
            var distance = 0.0
            for index in 0..<size {
                points[environment][index] += stepSize * min(max(actions[environment * size + index], -1), 1)
                let difference = Double(points[environment][index] - targets[environment][index])
                distance += difference * difference / Double(size)
            }
            ages[environment] += 1
            rewards.append(-distance)
            terminated.append(terminates && distance < 0.01)
            truncated.append(!(terminated[environment]) && ages[environment] >= horizon)
        }
        let final = try observation()
        for environment in 0..<environments where terminated[environment] || truncated[environment] {
            points[environment] = Array(repeating: 0, count: size)
            targets[environment] = drawTarget()
            ages[environment] = 0
        }
        return StepBatch(
            rewards: rewards, terminated: terminated, truncated: truncated, observation: try observation(),
            finalObservation: { final })
    }
}

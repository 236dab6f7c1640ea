package import RLEditLearners
package import RLEditTensor
package import RLEditWorlds

/// An environment that costs nothing: what a learner takes by itself. Rewards are a cheap function of the action.
package final class IdleEnvironment: VectorEnvironment {
    package let environments: Int
    package let observationSize: Int
    package let actionSize: Int
    package let horizon: Int
    private let observation: ObservationBatch
    private var age = 0

    /// - Parameter shared: every environment shows the same row, as at the start of an editing episode.
    package init(environments: Int, observationSize: Int, actionSize: Int, horizon: Int, shared: Bool) throws {
        self.environments = environments
        self.observationSize = observationSize
        self.actionSize = actionSize
        self.horizon = horizon
        var random = RandomStream(seed: 3, name: "idle")
        let rows = shared ? 1 : environments
        let values = try Tensor(shape: [rows, observationSize]) { random.fillNormal($0) }
        observation = shared ? .shared(values, environments: environments) : .distinct(values)
    }

    package func reset(seed: UInt64) throws -> ObservationBatch {
        age = 0
        return observation
    }

    package func step(_ actions: Tensor) throws -> StepBatch {
        age += 1
        let first = stride(from: 0, to: environments * actionSize, by: actionSize)
        let rewards = actions.withUnsafeBufferPointer { actions in first.map { Double(-actions[$0] * actions[$0]) } }
        let ends = age % horizon == 0
        return StepBatch(
            rewards: rewards, terminated: Array(repeating: false, count: environments),
            truncated: Array(repeating: ends, count: environments), observation: observation,
            finalObservation: { [observation] in observation })
    }
}

/// What one run of PPO took.
package struct LearnerTiming: Sendable {
    package let steps: Int
    /// Choosing actions and taking in rewards, in seconds.
    package let collecting: Double
    /// Updates, in seconds.
    package let updating: Double

    package var stepsPerSecond: Double { Double(steps) / (collecting + updating) }
}

/// Time PPO's own work on an environment that costs nothing.
package func timePPO(
    _ settings: PPO.Configuration, observationSize: Int, actionSize: Int, horizon: Int, shared: Bool, workers: Int
) throws -> LearnerTiming {
    let learner = PPO(settings)
    let environment = try IdleEnvironment(
        environments: learner.environments(horizon: horizon), observationSize: observationSize, actionSize: actionSize,
        horizon: horizon, shared: shared)
    try learner.begin(
        LearningProblem(
            observationSize: observationSize, actionSize: actionSize, horizon: horizon, budget: settings.steps,
            random: RandomStream(seed: 1)),
        pool: WorkerPool(workers: workers))
    var observation = try environment.reset(seed: 0)
    var collecting = Duration.zero
    var updating = Duration.zero
    var steps = 0
    let clock = ContinuousClock()
    while steps < settings.steps {
        let start = clock.now
        let actions = try learner.ask(observation, progress: Double(steps) / Double(settings.steps))
        let asked = clock.now
        let outcome = try environment.step(actions)
        let stepped = clock.now
        steps += environment.environments
        let log = try learner.tell(outcome, progress: Double(steps) / Double(settings.steps))
        let told = clock.now
        collecting += asked - start
        if log == nil { collecting += told - stepped } else { updating += told - stepped }
        observation = outcome.observation
    }
    return LearnerTiming(steps: steps, collecting: collecting / .seconds(1), updating: updating / .seconds(1))
}

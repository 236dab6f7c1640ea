package import RLEditCore
package import RLEditLearners
package import RLEditTensor
package import RLEditWorlds

/// The loop between a learner and an environment, for tests of learners.
package final class LearnerDriver {
    package let learner: any Learner
    package let environment: any VectorEnvironment
    /// What each update logged.
    package private(set) var log: [[NamedNumber]] = []
    package private(set) var evaluations = 0
    private var observation: ObservationBatch

    package init(_ learner: any Learner, _ environment: any VectorEnvironment, seed: UInt64, pool: WorkerPool) throws {
        self.learner = learner
        self.environment = environment
        try learner.begin(
            LearningProblem(
                observationSize: environment.observationSize, actionSize: environment.actionSize,
                horizon: environment.horizon, budget: learner.budget, random: RandomStream(seed: seed)),
            pool: pool)
        observation = try environment.reset(seed: seed)
    }

    private init(_ learner: any Learner, continuing other: LearnerDriver) {
        self.learner = learner
        environment = other.environment
        log = other.log
        evaluations = other.evaluations
        observation = other.observation
    }

    /// The same place of the same run with another learner, which has begun and was restored.
    package func replacingLearner(by learner: any Learner) -> LearnerDriver {
        LearnerDriver(learner, continuing: self)
    }

    /// Up to so many evaluations more, or all that the learner's budget holds.
    package func run(evaluations limit: Int? = nil) throws {
        let end = min(learner.budget, limit.map { evaluations + $0 } ?? .max)
        while evaluations < end { try step() }
    }

    package func step() throws {
        let progress = Double(evaluations) / Double(learner.budget)
        let actions = try learner.ask(observation, progress: progress)
        let outcome = try environment.step(actions)
        evaluations += environment.environments
        if let values = try learner.tell(outcome, progress: Double(evaluations) / Double(learner.budget)) {
            log.append(values)
        }
        observation = outcome.observation
    }

    /// Mean reward of a step under the deterministic policy, over fresh episodes.
    package func meanRewardOfMeanAction(steps: Int, seed: UInt64) throws -> Double {
        var observation = try environment.reset(seed: seed)
        var sum = 0.0
        for _ in 0..<steps {
            guard let actions = try learner.meanAction(observation) else { return .nan }
            let outcome = try environment.step(actions)
            sum += outcome.rewards.reduce(0, +) / Double(environment.environments)
            observation = outcome.observation
        }
        return sum / Double(steps)
    }

    /// One key's values, update after update.
    package func logged(_ name: String) -> [Double] {
        log.compactMap { values in values.first { $0.name == name }?.value }
    }
}

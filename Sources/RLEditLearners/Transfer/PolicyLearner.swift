package import RLEditTensor

/// A learner that improves any ``Policy`` by gradients of its log-probabilities. The others search over vectors, and can
/// search over a policy's parameters.
package protocol PolicyLearner: Learner {
    /// log σ of a new policy, in units of the box.
    func initialLogStandardDeviation(horizon: Int) -> Double

    /// Begin with a policy of the caller's making.
    func begin(_ problem: LearningProblem, policy: any Policy, pool: WorkerPool) throws
}

/// A learner that compares candidates with those of their own generation only. Rewards of different tasks can then be told
/// to it as ranks, so that a task with large rewards does not count for more than one with small ones.
package protocol GenerationLearner: Learner {}

/// A learner that is told the gradient of the reward by the action, ``StepBatch/gradient``: one action at a time.
package protocol GradientLearner: Learner {}

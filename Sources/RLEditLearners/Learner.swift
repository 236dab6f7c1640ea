public import RLEditCore
public import RLEditTensor
public import RLEditWorlds

/// What a learner must know before its first `ask`.
public struct LearningProblem: Sendable {
    /// Features of one observation.
    public let observationSize: Int
    /// Numbers in one action, each in [−1, 1].
    public let actionSize: Int
    /// Longest episode, in steps.
    public let horizon: Int
    /// Candidate evaluations that the run may spend; progress 1 is when they are spent.
    public let budget: Int
    /// The run's root stream; a learner draws only from its own splits (`policy`, `minibatch`, …).
    public let random: RandomStream

    public init(observationSize: Int, actionSize: Int, horizon: Int, budget: Int, random: RandomStream) {
        self.observationSize = observationSize
        self.actionSize = actionSize
        self.horizon = horizon
        self.budget = budget
        self.random = random
    }
}

/// Environments that a learner may ask for at once: far past any use, and few enough that their actions and observations
/// fit in memory.
package let largestBatch = 16_384

/// A learner proposes actions and gets their outcome: the whole interface between learning and editing.
///
/// The loop is `ask` → step the environments → `tell`, until the budget is spent. A learner is used from one thread;
/// it may spread its own work over `pool`.
public protocol Learner: AnyObject {
    /// The field's name of the method, for example `PPO`.
    var name: String { get }

    /// Candidate evaluations this learner's configuration asks for in total.
    var budget: Int { get }

    /// Episodes to run side by side, given the horizon.
    func environments(horizon: Int) -> Int

    /// Called once before the first `ask`.
    /// - Throws: a `ConfigurationError` naming the field at fault.
    func begin(_ problem: LearningProblem, pool: WorkerPool) throws

    /// Actions to try next, `[environments, actionSize]`.
    func ask(_ observation: ObservationBatch, progress: Double) throws -> Tensor

    /// What those actions gave.
    /// - Returns: the values to log when this completed an update of the policy, else nil.
    func tell(_ outcome: StepBatch, progress: Double) throws -> [NamedNumber]?

    /// The deterministic action of the current policy for each observation, `[environments, actionSize]`; nil for a
    /// learner without a mean policy.
    func meanAction(_ observation: ObservationBatch) throws -> Tensor?

    /// Whether ``meanAction(_:)`` ever gives an action.
    var hasMeanAction: Bool { get }

    /// Everything `restore` needs to continue to the same bytes.
    func snapshot() throws -> LearnerSnapshot
    func restore(_ snapshot: LearnerSnapshot) throws
}

extension Learner {
    public var hasMeanAction: Bool { true }
}

/// A learner's complete state between two `ask`s, as plain named values that a checkpoint can hold.
public struct LearnerSnapshot: Sendable, Equatable {
    public var tensors: [String: Tensor] = [:]
    public var integers: [String: Int] = [:]
    public var numbers: [String: Double] = [:]
    public var streams: [String: RandomStream] = [:]
    /// Lists of numbers that must keep double precision; all finite.
    public var vectors: [String: [Double]] = [:]
    public init() {}
}

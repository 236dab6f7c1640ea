public import RLEditTensor

/// What the environments of a batch show: one row of features each.
///
/// At the start of an episode every environment shows the same base weights. `shared` says so, and lets a policy compute
/// that row once instead of once per environment: on 4,096 weights this is most of a policy's work.
public enum ObservationBatch: Sendable {
    /// The same `[features]` row for each of `environments` environments.
    case shared(Tensor, environments: Int)
    /// One row each, `[environments, features]`.
    case distinct(Tensor)

    /// Number of environments.
    public var environments: Int {
        switch self {
        case .shared(_, let environments): environments
        case .distinct(let rows): rows.shape.first ?? 0
        }
    }

    /// Features per environment.
    public var features: Int {
        switch self {
        case .shared(let row, _): row.count
        case .distinct(let rows): rows.shape.last ?? 0
        }
    }

    /// All rows, `[environments, features]`; copies a shared row for each environment.
    public func rows() throws -> Tensor {
        switch self {
        case .distinct(let rows): return rows
        case .shared(let row, let environments):
            return try Tensor(shape: [environments, row.count]) { buffer in
                row.withUnsafeBufferPointer { row in
                    for environment in 0..<environments {
                        for feature in row.indices { buffer[environment * row.count + feature] = row[feature] }
                    }
                }
            }
        }
    }
}

/// What one step of every environment of a batch gave.
public struct StepBatch {
    /// Reward of each environment, `[environments]`, as the learner is told it.
    public let rewards: [Double]
    /// Whether the episode reached a final state: nothing follows, the value of what follows is 0.
    public let terminated: [Bool]
    /// Whether the episode was cut by the horizon: more would have followed, its value is bootstrapped.
    public let truncated: [Bool]
    /// What each environment shows next. After the end of an episode this is the next episode's first observation.
    public let observation: ObservationBatch
    /// What each environment showed at the end of its step, before any reset; made only when asked for, since a
    /// learner that does not bootstrap never needs these rows.
    public let finalObservation: @Sendable () throws -> ObservationBatch
    /// The gradient of the reward by the action, `[actionSize]`, of an environment that runs alone and knows it.
    public let gradient: [Double]?
    /// What the step did to the candidates, for the logs; nil for an environment that edits nothing.
    public let record: StepRecord?

    public init(
        rewards: [Double], terminated: [Bool], truncated: [Bool], observation: ObservationBatch,
        finalObservation: @escaping @Sendable () throws -> ObservationBatch, gradient: [Double]? = nil,
        record: StepRecord? = nil
    ) {
        self.rewards = rewards
        self.terminated = terminated
        self.truncated = truncated
        self.observation = observation
        self.finalObservation = finalObservation
        self.gradient = gradient
        self.record = record
    }
}

/// Several episodes that are stepped together, in the words of Gymnasium. Ended episodes start over by themselves.
///
/// Actions live in the box [−1, 1]^`actionSize`; an environment clamps what lies outside.
public protocol VectorEnvironment: AnyObject {
    /// Episodes that run side by side.
    var environments: Int { get }
    /// Features of one observation.
    var observationSize: Int { get }
    /// Numbers in one action.
    var actionSize: Int { get }
    /// Longest episode, in steps.
    var horizon: Int { get }

    /// Begin new episodes in all environments.
    func reset(seed: UInt64) throws -> ObservationBatch

    /// One step of each environment.
    /// - Parameter actions: `[environments, actionSize]`.
    func step(_ actions: Tensor) throws -> StepBatch
}

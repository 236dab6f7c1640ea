/// A learner was used out of turn, was fed values that cannot be learned from, or got a snapshot that is not its own.
public enum LearnerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// `ask`, `tell`, `snapshot` or `restore` before `begin`.
    case notBegun(learner: String)
    /// `tell` without an `ask` before it, or two `ask`s in a row.
    case outOfTurn(learner: String, call: String, expected: String)
    /// Numbers of another size than the problem announced.
    case sizeMismatch(learner: String, what: String, expected: Int, actual: Int)
    /// A reward that is NaN or infinite: nothing can be learned from it.
    case nonFiniteReward(learner: String, environment: Int, value: String)
    /// An update whose gradient is NaN or infinite: the policy is lost. A smaller learning rate is the usual cure.
    case diverged(learner: String, update: Int, quantity: String, value: String)
    /// An action with more numbers than the learner can handle, and the learner that can.
    case actionTooLong(learner: String, size: Int, largest: Int, instead: String)
    /// The snapshot lacks a field, or holds it with another shape.
    case snapshotMismatch(field: String, expected: String)

    public var description: String {
        switch self {
        case .notBegun(let learner): "\(learner): begin(_:pool:) must be called first"
        case .outOfTurn(let learner, let call, let expected): "\(learner): \(call) out of turn: expected \(expected)"
        case .sizeMismatch(let learner, let what, let expected, let actual):
            "\(learner): \(what): expected \(expected), got \(actual)"
        case .nonFiniteReward(let learner, let environment, let value):
            "\(learner): the reward of environment \(environment) is \(value); rewards must be finite"
        case .diverged(let learner, let update, let quantity, let value):
            "\(learner): update \(update) diverged (\(quantity) is \(value)); try a smaller learning rate"
        case .actionTooLong(let learner, let size, let largest, let instead):
            "\(learner): an action of \(size) numbers is too long for a full covariance matrix (at most \(largest)); "
                + "use \(instead), whose matrix is diagonal, or a lower rank"
        case .snapshotMismatch(let field, let expected): "snapshot field '\(field)': expected \(expected)"
        }
    }
}

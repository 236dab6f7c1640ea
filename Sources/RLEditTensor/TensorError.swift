/// What can go wrong in a tensor operation, with the evidence that a user needs to fix the call.
public enum TensorError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Two shapes do not fit together: `operation` wanted `expected`, got `actual`.
    case shapeMismatch(operation: String, expected: [Int], actual: [Int])
    /// Shapes cannot be broadcast against each other.
    case notBroadcastable(operation: String, left: [Int], right: [Int])
    /// The number of values does not fill the shape.
    case countMismatch(shape: [Int], expected: Int, actual: Int)
    /// A dimension is negative, or their product does not fit in memory.
    case invalidShape([Int])
    /// The operation wants another number of dimensions.
    case rankMismatch(operation: String, expected: String, actual: [Int])
    /// A dimension index outside `0 ..< rank` (negative indices already resolved).
    case dimensionOutOfRange(operation: String, dimension: Int, rank: Int)
    /// An element or row index outside its dimension (0-based here; the script interface adds one).
    case indexOutOfRange(operation: String, index: Int, count: Int)
    /// A setting outside its documented range.
    case invalidArgument(operation: String, message: String)
    /// The numeric library refused a call that passed our own checks.
    case kernelFailure(operation: String, status: Int)

    public var description: String {
        switch self {
        case .shapeMismatch(let operation, let expected, let actual):
            "\(operation): shape mismatch: expected \(expected), got \(actual)"
        case .notBroadcastable(let operation, let left, let right):
            "\(operation): shapes \(left) and \(right) cannot be broadcast together"
        case .countMismatch(let shape, let expected, let actual):
            "shape \(shape) needs \(expected) values, got \(actual)"
        case .invalidShape(let shape):
            "invalid shape \(shape): dimensions must not be negative and their product must fit in memory"
        case .rankMismatch(let operation, let expected, let actual):
            "\(operation): expected \(expected), got shape \(actual)"
        case .dimensionOutOfRange(let operation, let dimension, let rank):
            "\(operation): dimension \(dimension) is outside a tensor of rank \(rank)"
        case .indexOutOfRange(let operation, let index, let count):
            "\(operation): index \(index) is outside a dimension of \(count)"
        case .invalidArgument(let operation, let message):
            "\(operation): \(message)"
        case .kernelFailure(let operation, let status):
            "\(operation): the numeric library failed (status \(status))"
        }
    }
}

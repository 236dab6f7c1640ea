/// A number that may vary over a run: a function of progress, 0 at the first evaluation and 1 when the budget is spent.
///
/// Evaluated on the thread that runs the loop only, since a script may supply the function.
public struct Schedule {
    /// How the schedule was written, for the resolved configuration, for example `linear(0.0003, 0)`.
    public let description: String
    private let function: (Double) throws -> Double

    /// - Parameter function: from progress in [0, 1] to the value; it may throw.
    public init(description: String, _ function: @escaping (Double) throws -> Double) {
        self.description = description
        self.function = function
    }

    /// The value at a progress, which is clamped to [0, 1].
    public func callAsFunction(_ progress: Double) throws -> Double { try function(min(max(progress, 0), 1)) }

    public static func constant(_ value: Double) -> Schedule { Schedule(description: text(value)) { _ in value } }

    /// From `start` to `end` along a straight line.
    public static func linear(_ start: Double, _ end: Double) -> Schedule {
        Schedule(description: "linear(\(text(start)), \(text(end)))") {
            // Exactly `end` at the end.
            $0 == 1 ? end : start + (end - start) * $0
        }
    }
}

extension Schedule: ExpressibleByFloatLiteral {
    public init(floatLiteral value: Double) { self = .constant(value) }
}

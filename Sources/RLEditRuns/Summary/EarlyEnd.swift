/// Why the run of a seed ended before its budget was spent.
public enum EarlyEnd: String, Sendable, Equatable {
    /// A candidate reached the target of a task with `stop_at_target`.
    case target
    /// A callback of the script returned false.
    case callback

    /// nil for an end that leaves no results of its own.
    public init?(_ reason: StopReason?) {
        switch reason {
        case .target: self = .target
        case .callback: self = .callback
        case .interrupted, .timeLimit, nil: return nil
        }
    }

    private var cause: String {
        switch self {
        case .target: "the target was reached"
        case .callback: "a callback returned false"
        }
    }

    /// `the target was reached`, over several seeds `the target was reached (3 of 5 seeds)`; nil when each seed spent its
    /// budget.
    static func text(_ seeds: [SeedResult]) -> String? {
        let texts = [EarlyEnd.target, .callback].compactMap { end -> String? in
            let count = seeds.count { $0.ended == end }
            guard count > 0 else { return nil }
            return seeds.count > 1 ? "\(end.cause) (\(count) of \(seeds.count) seeds)" : end.cause
        }
        return texts.isEmpty ? nil : texts.joined(separator: "; ")
    }
}

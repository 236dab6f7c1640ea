internal import RLEditTensor

/// The checks that settings of several learners share, each with its one wording.
struct SettingCheck {
    private let owner: String

    init(_ owner: String) { self.owner = owner }

    /// - Throws: ``ConfigurationError`` with the message unless the condition holds.
    func require(_ field: String, _ holds: Bool, _ message: @autoclosure () -> String) throws {
        guard holds else { throw ConfigurationError(owner, field, message()) }
    }

    func atLeastOne(_ field: String, _ value: Int) throws {
        try require(field, value >= 1, "must be at least 1, got \(value)")
    }

    /// Environments that step together.
    func batch(_ field: String, _ value: Int) throws {
        try atLeastOne(field, value)
        try require(field, value <= largestBatch, "must be at most \(largestBatch), got \(value)")
    }

    func positive(_ field: String, _ value: Double, at progress: Double? = nil) throws {
        try require(field, value > 0 && value.isFinite, "must be positive, got \(value)\(SettingCheck.when(progress))")
    }

    func notNegative(_ field: String, _ value: Double, at progress: Double? = nil) throws {
        try require(
            field, value >= 0 && value.isFinite, "must not be negative, got \(value)\(SettingCheck.when(progress))")
    }

    /// A number in [0, 1).
    func decay(_ field: String, _ value: Double) throws {
        try require(field, (0..<1).contains(value), "must be at least 0 and below 1, got \(value)")
    }

    /// A number in [0, 1].
    func unit(_ field: String, _ value: Double) throws {
        try require(field, (0...1).contains(value), "must be from 0 to 1, got \(value)")
    }

    private static func when(_ progress: Double?) -> String { progress.map { " at progress \($0)" } ?? "" }
}

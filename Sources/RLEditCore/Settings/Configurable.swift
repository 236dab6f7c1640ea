/// What has settings: the configuration of a learner, a baseline, a layer, a world.
public protocol Configurable {
    /// Whose settings they are, in messages: `PPO`.
    var owner: String { get }
    /// All settings, in the order in which they are shown.
    var settings: [Setting<Self>] { get }
    /// Names of settings that say the same thing in different ways: of each list, one may be given.
    var alternatives: [[String]] { get }
    /// Checks what concerns several settings at once; each alone has been checked.
    /// - Throws: ``ConfigurationError`` naming the first field at fault.
    func validateTogether(owner: String) throws
}

extension Configurable {
    public var alternatives: [[String]] { [] }

    public func validateTogether(owner: String) throws {}

    /// - Parameter owner: for configurations that two types share; nil for this one's own.
    /// - Throws: ``ConfigurationError`` naming the first field outside of its range. Schedules are tried at the start, the
    ///   middle and the end of a run, and again wherever they are read.
    public func validate(owner: String? = nil) throws {
        let owner = owner ?? self.owner
        for setting in settings { try setting.check(self, owner: owner) }
        try validateTogether(owner: owner)
    }

    /// The value of a schedule at one moment of a run.
    /// - Throws: ``ConfigurationError`` for a value out of range, or what the schedule's function throws.
    public func value(of path: WritableKeyPath<Self, Schedule>, at progress: Double) throws -> Double {
        for setting in settings {
            if case .schedule(let declared, _) = setting.value, declared == path {
                return try setting.checked(self[keyPath: path], at: progress, owner: owner)
            }
        }
        return try self[keyPath: path](progress)
    }

    /// As ``value(of:at:)`` for a schedule that may be switched off.
    public func value(of path: WritableKeyPath<Self, Schedule?>, at progress: Double) throws -> Double? {
        for setting in settings {
            if case .optionalSchedule(let declared, _) = setting.value, declared == path {
                return try self[keyPath: path].map { try setting.checked($0, at: progress, owner: owner) }
            }
        }
        return try self[keyPath: path]?(progress)
    }
}

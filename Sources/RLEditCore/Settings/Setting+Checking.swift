extension Setting {
    /// - Parameter owner: whose setting it is, in messages: `PPO`.
    /// - Throws: ``ConfigurationError`` for a value out of range. Schedules are tried at the start, the middle and the end
    ///   of a run, and may throw what their functions throw.
    func check(_ configuration: Owner, owner: String) throws {
        func require(_ value: Double, _ bounds: Bounds, _ shown: String) throws {
            if let refusal = bounds.refusal(of: value, shown: shown) { throw ConfigurationError(owner, name, refusal) }
        }
        func require(_ sizes: [Int], _ bounds: Bounds) throws {
            for size in sizes { try require(Double(size), bounds, "\(sizes)") }
        }
        switch value {
        case .integer(let path, let bounds):
            try require(Double(configuration[keyPath: path]), bounds, "\(configuration[keyPath: path])")
        case .number(let path, let bounds):
            try require(configuration[keyPath: path], bounds, "\(configuration[keyPath: path])")
        case .pair(let path, let bounds):
            let pair = configuration[keyPath: path]
            try require([pair.height, pair.width], bounds)
        case .optionalNumber(let path, let bounds):
            if let number = configuration[keyPath: path] { try require(number, bounds, "\(number)") }
        case .optionalInteger(let path, let bounds):
            if let number = configuration[keyPath: path] { try require(Double(number), bounds, "\(number)") }
        case .integers(let path, let bounds): try require(configuration[keyPath: path], bounds)
        case .optionalIntegers(let path, let bounds): try require(configuration[keyPath: path] ?? [], bounds)
        case .schedule(let path, _):
            for progress in [0, 0.5, 1] {
                _ = try checked(configuration[keyPath: path], at: progress, owner: owner)
            }
        case .optionalSchedule(let path, _):
            for progress in [0, 0.5, 1] where configuration[keyPath: path] != nil {
                _ = try configuration[keyPath: path].map { try checked($0, at: progress, owner: owner) }
            }
        case .boolean, .word, .layerScale: break
        }
    }

    /// The value of this setting's schedule at one moment of a run.
    /// - Throws: ``ConfigurationError`` for a value out of range, or what the schedule's function throws.
    func checked(_ schedule: Schedule, at progress: Double, owner: String) throws -> Double {
        let number = try schedule(progress)
        if let refusal = bounds.refusal(of: number, shown: "\(number) at progress \(progress)") {
            throw ConfigurationError(owner, name, refusal)
        }
        return number
    }
}

internal import LuaBridge
internal import RLEditCore
internal import RLEditWorlds

/// Reads what reward functions return: a number, perhaps named terms, perhaps whether the episode is over.
struct RewardResults {
    private var termReader = LuaNamedNumbers()

    /// - Parameter fault: the error that a reason becomes.
    mutating func read(_ results: LuaCallResults, fault: (String) -> any Error) throws -> Reward {
        let first = results.slot(1)
        guard let value = Double.luaRead(first) else {
            let hint = first.isNil ? " (is a 'return' missing?)" : ""
            throw fault("the reward must return a number, got \(first.typeName)\(hint)")
        }
        guard value.isFinite else { throw fault("the reward must be a finite number, got \(ScriptNumber.text(value))") }
        var reward = Reward(value)
        let second = results.slot(2)
        if !second.isNil {
            do {
                try termReader.read(second) { reward.terms.append(NamedNumber($0, $1)) }
            } catch let error as LuaNamedNumbers.Fault {
                throw fault("second result of the reward: \(error.description)")
            }
            if let term = reward.terms.first(where: { !$0.value.isFinite }) {
                throw fault(
                    "term '\(term.name)' of the reward must be a finite number, got "
                        + ScriptNumber.text(term.value))
            }
        }
        let third = results.slot(3)
        if !third.isNil {
            guard let terminated = Bool.luaRead(third) else {
                throw fault("third result of the reward: boolean expected, got \(third.typeName)")
            }
            reward.terminated = terminated
        }
        return reward
    }
}

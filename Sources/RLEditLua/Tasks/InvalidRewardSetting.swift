internal import LuaBridge
internal import RLEditWorlds

extension InvalidRewardRule {
    /// The rule of the command line, else `on_invalid_reward` of a task's or an environment's table.
    static func read(_ options: LuaOptions, _ context: ScriptContext) throws -> InvalidRewardRule {
        let own = try options.word("on_invalid_reward", among: allCases.map { (word: $0.rawValue, value: $0) })
        return context.invalidRewards ?? own ?? .stop
    }
}

extension RewardFault: InvalidRewardError {
    /// A reward that ran out of memory says nothing about its candidate.
    package var isInvalidReward: Bool { !(scriptError?.underlying is MemoryShortage) }
}

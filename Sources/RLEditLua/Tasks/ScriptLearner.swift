internal import LuaBridge
internal import RLEditCore
internal import RLEditLearners
internal import RLEditRuns

/// A learner as a script describes it. A run makes its own from the description, so that a task can be run twice.
final class ScriptLearner: LuaBound {
    static var luaName: String { "rledit.Learner" }
    static var luaExpected: String { "learner (rledit.PPO, another of rledit.learners, or a table with ask and tell)" }

    let name: String
    /// Settings with their defaults filled in.
    let settings: JSONObject
    private let maker: () throws -> any Learner

    init(name: String, settings: JSONObject, make: @escaping () throws -> any Learner) {
        self.name = name
        self.settings = settings
        maker = make
    }

    func make() throws -> any Learner { try maker() }

    /// A learner object, or a table with `ask` and `tell`.
    static func luaRead(_ slot: LuaSlot) throws -> ScriptLearner? {
        if let table = LuaTable.luaRead(slot) { return try CustomLearner.describe(table) }
        guard case .object = slot.value else { return nil }
        return try Holder.luaRead(slot)?.learner
    }

    func luaPush(_ context: LuaPushContext) throws { try Holder(learner: self).luaPush(context) }

    /// What the userdata holds: reading a `ScriptLearner` also accepts tables, so the object needs a type of its own.
    struct Holder: LuaBound {
        static var luaName: String { "rledit.Learner" }
        let learner: ScriptLearner
    }
}

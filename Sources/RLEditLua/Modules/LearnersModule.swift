internal import LuaBridge
internal import RLEditCore
internal import RLEditLearners

extension HostModules {
    /// `rledit.learners`: who looks for edits.
    static func addLearners(to host: LuaHost) throws {
        try host.register(ScriptLearner.Holder.self) { type in
            type.property("name") { holder, call in try call.returns(holder.learner.name) }
            type.description { holder in WordList.call(holder.learner.name, holder.learner.settings) }
        }
        host.addModule("rledit.learners") { module in
            for (name, make) in learners { module.function(name) { try make($0) } }
        }
    }

    /// The constructors of all learners by name, as `rledit` and `rledit.learners` have them.
    static var learners: [(name: String, make: (LuaCall) throws -> LuaResults)] {
        Learners.all.map { learner in
            func constructor<Made: CatalogueLearner>(_ learner: Made.Type) -> (LuaCall) throws -> LuaResults {
                { call in
                    try call.atMost(1)
                    let options = try call.options(1, of: "rledit.\(Made.name)")
                    var configuration = Made.Configuration()
                    try configuration.read(options)
                    try options.finish()
                    try options.blamingFields { try configuration.validate(owner: Made.name) }
                    return try call.returns(ScriptLearner(Made.self, configuration))
                }
            }
            return (learner.name, constructor(learner))
        }
    }
}

extension ScriptLearner {
    /// A learner of the catalogue with these settings.
    convenience init<Made: CatalogueLearner>(_ learner: Made.Type, _ configuration: Made.Configuration) {
        self.init(name: Made.name, settings: configuration.json) { Made(configuration) }
    }

    /// A learner of the catalogue with its defaults, fitted to a budget.
    convenience init<Made: CatalogueLearner>(_ learner: Made.Type, budget: Int) {
        var configuration = Made.Configuration()
        configuration.spend(budget)
        self.init(Made.self, configuration)
    }

    /// Who learns when a task names nobody.
    static var standard: ScriptLearner { ScriptLearner(PPO.self, PPO.Configuration()) }
}

internal import LuaBridge
internal import RLEditCore
internal import RLEditLearners

extension HostModules {
    /// `rledit.learners`: who looks for edits.
    static func addLearners(to host: LuaHost) throws {
        try host.register(ScriptLearner.Holder.self) { type in
            type.documentation(in: "rledit.learners", "A learner, as `rledit.PPO` and the others make it.")
            type.property("name", "string") { holder, call in try call.returns(holder.learner.name) }
            type.description { holder in WordList.call(holder.learner.name, holder.learner.settings) }
        }
        host.addModule("rledit.learners") { module in
            module.documentation(
                """
                Learners: who looks for edits. `false` switches an optional setting off.

                A learner of your own is a table: see `rledit.CustomLearner`.

                ```lua
                local learners = require "rledit.learners"
                print(learners.PPO { steps = 4096, learning_rate = 3e-4 })
                ```
                """
            )
            module.types(CustomLearner.annotation)
            for learner in Learners.all {
                module.types(optionsAnnotation(of: learner))
                module.function(
                    learner.name, documentation(of: learner, log: logTable(learner.logKeys)), constructor(of: learner))
            }
        }
    }

    /// What `rledit.PPO` and `rledit.learners.PPO` do.
    static func constructor<Made: CatalogueLearner>(of learner: Made.Type) -> (LuaCall) throws -> LuaResults {
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

    /// - Parameter log: what else the documentation says about the log.
    static func documentation(of learner: any CatalogueLearner.Type, log: String = "") -> String {
        """
        \(learner.documentation)\(log)
        @param options? rledit.\(learner.name)Options
        @return rledit.Learner
        """
    }

    private static func optionsAnnotation<Made: CatalogueLearner>(of learner: Made.Type) -> String {
        Made.Configuration().annotation("rledit.\(Made.name)Options")
    }

    /// A table of what a learner logs.
    private static func logTable(_ keys: [LogKey]) -> String {
        let rows = keys.map { key in
            let cells = ["`\(key.name)`", key.formula, key.unit, key.goodRange]
            return "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
        }
        return """


            For each update or generation it logs:

            | key | formula | unit | good range |
            | --- | --- | --- | --- |
            \(rows.joined(separator: "\n"))
            """
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

internal import LuaBridge
internal import RLEditCore
internal import RLEditLearners
internal import RLEditRuns
internal import RLEditWorlds

extension HostModules {
    /// `rledit`: the table that holds all others.
    static func addRoot(to host: LuaHost, context: ScriptContext) throws {
        try host.register(ScriptArguments.self) { type in
            type.documentation(
                in: "rledit",
                """
                What `--set name=value` gave: integers, numbers and booleans keep their type, everything else is text. An
                absent name reads as nil; a given one that the script never reads is an error.
                """
            )
            type.otherFields("any") { arguments, name, call in
                arguments.context.readArguments.insert(name)
                return try call.returns(arguments.context.arguments[name].map(ScriptArguments.value) ?? .nil)
            }
            type.length { $0.context.arguments.count }
            type.description { arguments in
                let pairs = arguments.context.arguments.sorted { $0.key < $1.key }
                return "args { " + pairs.map { "\($0.key) = \($0.value)" }.joined(separator: ", ") + " }"
            }
        }
        let subModules = host.modules.names.compactMap { name in
            name.hasPrefix("rledit.") ? String(name.dropFirst("rledit.".count)) : nil
        }
        host.addModule("rledit") { module in
            module.documentation(
                """
                Edits trained networks by reward.

                ```lua
                local rledit = require "rledit"
                print(rledit.version, rledit.seed)
                ```
                """
            )
            try module.constant("version", "string version of this program, for example `0.1.0`", context.engineVersion)
            try module.constant("seed", "integer the run's seed (`--seed`, 0 by default)", context.seed)
            try module.constant(
                "args", "rledit.Arguments what `--set name=value` gave", ScriptArguments(context: context))
            module.function(
                "require_version",
                """
                Raises unless this program is at least this version, without a break in between: a new major version, or
                before 1.0 a new minor one.
                @param version string for example `"0.1"`
                """
            ) { call in
                try call.atMost(1)
                let text = try call.string(1)
                guard let needed = ProductVersion(text) else {
                    throw call.argumentError(1, "version expected, such as \"0.2\", got '\(text)'")
                }
                let version = ProductVersion(context.engineVersion) ?? .current
                guard version.satisfies(needed) else {
                    throw LuaUsageError("this script needs rledit \(text), and this is \(version)")
                }
                return .none
            }
            module.function(
                "task",
                """
                A task, checked. Return it from the script to have it run. With a `distribution` it trains a policy over
                many networks instead of editing one (`rledit.transfer`).
                @overload fun(options: rledit.TransferTaskOptions): rledit.TransferTask
                @param options rledit.TaskOptions
                @return rledit.Task
                """
            ) { call in
                try call.atMost(1)
                let options = LuaOptions(owner: "rledit.task", table: try call.table(1))
                guard try options.value("distribution").isNil else {
                    return try call.returns(try makeTransferTask(options, call, context))
                }
                return try call.returns(try makeTask(call, context: context))
            }
            module.function(
                "env",
                """
                An environment for a loop of your own, in Gymnasium's words. For a task that trains a policy, it runs
                over the training pairs.
                @overload fun(task: rledit.TransferTask): rledit.TransferEnvironment
                @param task rledit.Task|rledit.EnvironmentOptions
                @return rledit.Environment
                """
            ) { call in
                if case .object(let object) = call.value(1), let task = try object.value(as: ScriptTransferTask.self) {
                    try call.atMost(1)
                    return try call.returns(try task.makeEnvironment(random: context.random))
                }
                return try call.returns(try makeEnvironment(call, context: context))
            }
            module.function(
                "check_environment",
                """
                Plays with an environment, or the one of a task, and lists what is wrong or suspicious. Empty when all
                is well.
                @param environment rledit.Environment|rledit.Task
                @return rledit.Finding[]
                """
            ) { call in try checkEnvironment(call, context: context) }
            for world in Worlds.all {
                module.function(world.name, seeing("rledit.worlds", documentation(of: world)), constructor(of: world))
            }
            for learner in Learners.all {
                module.function(
                    learner.name, seeing("rledit.learners", documentation(of: learner)), constructor(of: learner))
            }
            for function in transferFunctions {
                module.function(function.name, seeing("rledit.transfer", function.documentation)) {
                    try function.run($0, context)
                }
            }
            for name in subModules { try module.module(name, "rledit.\(name)") }
        }
    }

    /// The documentation of what a module has under the same name, pointing there.
    private static func seeing(_ module: String, _ documentation: String) -> String {
        let lines = documentation.split(separator: "\n", omittingEmptySubsequences: false)
        let prose = lines.prefix { !$0.hasPrefix("@") }.joined(separator: "\n")
        return ([prose + " See `\(module)`."] + lines.drop { !$0.hasPrefix("@") }.map(String.init))
            .joined(separator: "\n")
    }
}

/// `rledit.args`: what `--set name=value` gave. Reading an absent one gives nil, so that scripts can have defaults.
struct ScriptArguments: LuaBound {
    static var luaName: String { "rledit.Arguments" }
    let context: ScriptContext

    /// Numbers and booleans as such, everything else as text.
    static func value(_ text: String) -> LuaValue {
        if text == "true" { return .boolean(true) }
        if text == "false" { return .boolean(false) }
        if let integer = Int(text) { return .integer(integer) }
        // Words that Swift takes for numbers are text here.
        let isNumeral = text.utf8.contains { (48...57).contains($0) }
        if isNumeral, let number = Double(text), number.isFinite { return .number(number) }
        return .string(text)
    }
}

import LuaBridge

/// A Swift value that counts its lives.
final class Counted: LuaBound, @unchecked Sendable {
    nonisolated(unsafe) static var alive = 0
    static var luaName: String { "test.Counted" }
    var number: Int

    init(_ number: Int = 0) {
        self.number = number
        Counted.alive += 1
    }

    deinit { Counted.alive -= 1 }
}

/// A value type with value semantics.
struct Pair: LuaBound {
    static var luaName: String { "test.Pair" }
    var first: Double
    var second: Double
}

struct Refusal: Error, CustomStringConvertible, Equatable {
    let description: String
}

/// What `print` and `warn` gave, and what the script returned.
struct Outcome: Sendable {
    var printed = ""
    var warnings: [String] = []
    var results: [LuaValue] = []
}

enum Script {
    /// Short budgets, so that scripts which run for ever end soon.
    static var quick: LuaLimits {
        var limits = LuaLimits()
        limits.mainChunkSeconds = 0.2
        limits.callbackSeconds = 0.2
        limits.graceSeconds = 3
        limits.memoryBytes = 64 << 20
        return limits
    }

    /// Runs `body` with a host that has the test types and modules, on a Lua thread.
    static func withHost<Result: Sendable>(
        mode: LuaHost.Mode = .sandboxed, limits: LuaLimits = quick,
        _ body: @escaping @Sendable (LuaHost) throws -> Result
    ) throws -> Result {
        try LuaThread.run {
            try LuaHost.with(mode: mode, limits: limits) { host in
                try Fixture.install(in: host)
                return try body(host)
            }
        }
    }

    /// The results of a script as text: strings as they are, other values as Lua prints them.
    static func run(
        _ text: String, mode: LuaHost.Mode = .sandboxed, limits: LuaLimits = quick
    ) throws -> [String] {
        try withHost(mode: mode, limits: limits) { host in
            try host.run(text, name: "task.lua").map(Script.text)
        }
    }

    /// A value as Lua prints it, or the name of its type.
    static func text(_ value: LuaValue) -> String {
        switch value {
        case .nil: "nil"
        case .boolean(let value): String(value)
        case .integer(let value): String(value)
        case .number(let value): String(value)
        case .string(let value): value.text
        default: value.typeName
        }
    }

    /// The error that a script ends with.
    static func failure(
        _ text: String, mode: LuaHost.Mode = .sandboxed, limits: LuaLimits = quick
    ) -> LuaError? {
        do {
            _ = try run(text, mode: mode, limits: limits)
            return nil
        } catch {
            return error as? LuaError
        }
    }

    static func message(_ text: String, limits: LuaLimits = quick) -> String {
        failure(text, limits: limits)?.message ?? "no error"
    }
}

/// Module `test` with functions and objects that the suites use.
enum Fixture {
    static func install(in host: LuaHost) throws {
        try host.register(Counted.self) { type in
            type.method("get", "") { value, call in try call.returns(value.number) }
            type.mutatingMethod("add_", "") { value, call in
                value.number = value.number &+ (try call.integer(1))
                return call.returnsSelf()
            }
            type.mutatingMethod("change_", "") { value, call in
                try call.returns(list: call.function(1).call([]))
            }
            type.method("visit", "") { _, call in try call.returns(list: call.function(1).call([])) }
            type.method("refuse", "") { value, _ in throw Refusal(description: "refused \(value.number)") }
            type.property("number", "") { value, call in try call.returns(value.number) }
            type.setter("number") { value, call in value.number = try call.integer(1) }
            type.closing("")
        }
        try host.register(Pair.self) { type in
            type.method("sum", "") { pair, call in try call.returns(pair.first + pair.second) }
            type.mutatingMethod("swap_", "") { pair, call in
                (pair.first, pair.second) = (pair.second, pair.first)
                return call.returnsSelf()
            }
            type.number("first", "") { $0.first }
            type.number("second", "") { $0.second }
            type.element("") { pair, index, call in
                switch index {
                case 1: try call.returns(pair.first)
                case 2: try call.returns(pair.second)
                default: throw LuaUsageError("index \(index) out of range (1 to 2)")
                }
            }
            type.elementSetter { pair, index, call in
                let value = try call.number(1)
                if index == 1 { pair.first = value } else { pair.second = value }
            }
            type.operation(.add, "") { call in
                let left = try call.argument(1, as: Pair.self)
                let right = try call.argument(2, as: Pair.self)
                return try call.returns(Pair(first: left.first + right.first, second: left.second + right.second))
            }
            type.length { _ in 2 }
            type.description { "pair(\($0.first), \($0.second))" }
        }
        host.addModule("test") { module in
            module.function("counted", "") { call in try call.returns(Counted(call.optional(1) ?? 0)) }
            module.function("pair", "") { call in
                try call.returns(Pair(first: call.number(1), second: call.number(2)))
            }
            module.function("refuse", "") { _ in throw Refusal(description: "refused") }
            module.function("integer", "") { call in try call.returns(call.integer(1)) }
            module.function("call", "") { call in try call.returns(list: call.function(1).call([])) }
            module.function("configure", "") { call in
                let options = try call.options(1, of: "test.configure")
                let rank = try options.required("rank", as: Int.self)
                let rate = try options.optional("learning_rate", as: Double.self) ?? 0.5
                try options.finish()
                return try call.returns(rank, rate)
            }
            try module.constant("version", "", "1.0")
        }
    }
}

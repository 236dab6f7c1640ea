import LuaBridge
import RLEditCore
import RLEditLua
import RLEditTensor
import Testing

@Suite struct ScheduleModuleTests {
    @Test("schedules are functions of progress that print as they were written")
    func values() throws {
        let printed = try ModuleScript.printed(
            """
            local s = schedule
            print(s.constant(3)(0.2), s.linear(1, 0)(0.25), s.linear(3e-4, 0)(1))
            print(s.cosine(2, 0)(0), s.cosine(2, 0)(0.5), s.cosine(2, 0)(1))
            print(s.exponential(1, 16)(0.5), s.piecewise { {0, 1}, {0.5, 3}, {0.5, 0}, {1, 1} }(0.25))
            print(s.warmup(0.2, s.linear(1, 0))(0.1), s.warmup(0.2, s.linear(1, 0))(0.6), s.warmup(0.5, function(p) return p end)(1))
            print(s.linear(1, 0)(-3), s.linear(1, 0)(3))
            print(s.linear(3e-4, 0), s.warmup(0.1, s.cosine(1, 0)), s.piecewise { {0, 1}, {0.5, 2} })
            """)
        #expect(
            printed == """
                3.0\t0.75\t0.0
                2.0\t1.0\t0.0
                4.0\t2.0
                0.5\t0.5\t1.0
                1.0\t0.0
                linear(0.0003, 0)\twarmup(0.1, cosine(1, 0))\tpiecewise(0: 1, 0.5: 2)
                """)
    }

    @Test(
        "wrong settings raise",
        arguments: [
            ("schedule.linear(1)", "bad argument #2 to 'linear' (number expected, got no value)"),
            ("schedule.linear(1, 0/0)", "bad argument #2 to 'linear' (finite number expected, got nan)"),
            ("schedule.exponential(1, 0)", "bad argument #2 to 'exponential' (positive number expected, got 0.0)"),
            ("schedule.piecewise {}", "bad argument #1 to 'piecewise' (points must hold at least one point)"),
            ("schedule.warmup(1, 3)", "bad argument #1 to 'warmup' (fraction must be at least 0 and below 1, got 1)"),
            (
                "schedule.warmup(0.1, 'x')",
                "bad argument #2 to 'warmup' (number or function of progress expected, got string)"
            ),
        ])
    func errors(script: String, message: String) { #expect(ModuleScript.message(script) == "task.lua:1: " + message) }

    @Test("a function as a schedule must return finite numbers")
    func functions() throws {
        func outcome(_ function: String) throws -> String {
            try LuaThread.run {
                try LuaHost.with { host in
                    host.addModule("test") { module in
                        module.function("at", "") { call in
                            let read = try call.argument(1, as: ScriptSchedule.self)
                            return try call.returns(try read.schedule(0.5))
                        }
                    }
                    let text = "return select(2, pcall(require 'test'.at, \(function)))"
                    switch try host.run(text, name: "task.lua").first {
                    case .number(let value): return "\(value)"
                    case .string(let message): return message.text
                    default: return "neither a number nor a message"
                    }
                }
            }
        }
        #expect(try outcome("function(p) return 2 * p end") == "1.0")
        #expect(try outcome("function() return 0/0 end").hasSuffix("finite number expected, got nan"))
        #expect(try outcome("function() return 'x' end").hasSuffix("number expected, got string"))
        #expect(try outcome("function() error 'mine' end").hasSuffix("mine"))
    }
}

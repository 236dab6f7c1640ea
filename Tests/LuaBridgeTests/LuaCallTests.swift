import LuaBridge
import Testing

@Suite struct LuaCallTests {
    @Test(
        "Wrong arguments are reported as in the standard library",
        arguments: [
            ("require('test').integer(3.5)", "bad argument #1 to 'integer' (number has no integer representation)"),
            ("require('test').integer('3')", "bad argument #1 to 'integer' (integer expected, got string)"),
            ("require('test').integer()", "bad argument #1 to 'integer' (integer expected, got no value)"),
            ("require('test').integer(nil)", "bad argument #1 to 'integer' (integer expected, got nil)"),
            ("require('test').integer(0/0)", "bad argument #1 to 'integer' (number has no integer representation)"),
            ("require('test').integer(1e300)", "bad argument #1 to 'integer' (number has no integer representation)"),
            (
                "require('test').integer(require('test').pair(1, 2))",
                "bad argument #1 to 'integer' (integer expected, got test.Pair)"
            ),
            ("return require('test').pair(1, 2) + 1", "bad argument #2 to '__add' (test.Pair expected, got number)"),
            ("require('test').configure {}", "missing field 'rank' in test.configure (integer expected)"),
            ("require('test').configure()", "missing field 'rank' in test.configure (integer expected)"),
            (
                "require('test').configure {rank = 'x'}",
                "bad field 'rank' in test.configure (integer expected, got string)"
            ),
            (
                "require('test').configure {rank = 1.5}",
                "bad field 'rank' in test.configure (number has no integer representation)"
            ),
            (
                "require('test').configure {rank = 1, lerning_rate = 1}",
                "unknown field 'lerning_rate' in test.configure (did you mean 'learning_rate'?); "
                    + "fields: rank, learning_rate"
            ),
            (
                "require('test').configure {rank = 1, zzz = 1, yyy = 2}",
                "unknown field 'yyy' in test.configure; fields: rank, learning_rate"
            ),
            (
                "require('test').configure {rank = 1, learn = 1}",
                "unknown field 'learn' in test.configure (did you mean 'learning_rate'?); fields: rank, learning_rate"
            ),
            ("require('test').configure {rnk = 1}", "unknown field 'rnk' in test.configure (did you mean 'rank'?)"),
            (
                "require('test').configure {ranking_file = 1}",
                "missing field 'rank' in test.configure (integer expected)"
            ),
            (
                "require('test').configure {rank = 1, 'x'}",
                "unexpected element [1] in test.configure (named fields expected)"
            ),
            (
                "require('test').configure {rank = 1, [true] = 1}",
                "unexpected boolean key in test.configure (named fields expected)"
            ),
            ("require('test').configure(3)", "bad argument #1 to 'configure' (table expected, got number)"),
        ])
    func messages(script: String, message: String) {
        #expect(Script.message(script) == "task.lua:1: " + message)
    }

    @Test("Integral floats pass for integers; defaults fill in")
    func accepted() throws {
        #expect(try Script.run("return require('test').integer(3.0)") == ["3"])
        #expect(try Script.run("return require('test').integer(math.mininteger)") == ["\(Int.min)"])
        #expect(try Script.run("return require('test').configure {rank = 2.0}") == ["2", "0.5"])
    }

    @Test("Option tables may inherit their fields")
    func inherited() throws {
        let text = "return require('test').configure(setmetatable({learning_rate = 1}, {__index = {rank = 3}}))"
        #expect(try Script.run(text) == ["3", "1.0"])
    }
}

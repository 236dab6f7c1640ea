import LuaBridge
import Testing

@Suite struct LuaObjectTests {
    @Test(
        "Wrong selves, closed objects and unknown fields are errors",
        arguments: [
            (
                "local p = require('test').pair(1, 2) p.sum()",
                "calling 'sum' on bad self (test.Pair expected, got no value); call it with a colon: pair:sum()"
            ),
            (
                "local p = require('test').pair(1, 2) p.sum(3)",
                "calling 'sum' on bad self (test.Pair expected, got number); call it with a colon: pair:sum(3)"
            ),
            (
                "local t = require('test') t.pair(1, 2).sum(t.counted())",
                "calling 'sum' on bad self (test.Pair expected, got test.Counted); call it with a colon: pair:sum(counted)"
            ),
            (
                "local get = require('test').counted().get get('x', {}, nil, 1.5, print, true)",
                "calling 'get' on bad self (test.Counted expected, got string); "
                    + "call it with a colon: counted:get(\"x\", { … }, nil, 1.5, function, true)"
            ),
            (
                "local p = require('test').counted() p.add_(p)",
                "bad argument #1 to 'add_' (integer expected, got no value); call it with a colon: counted:add_(counted)"
            ),
            (
                "local c = require('test').counted() c:add_()",
                "bad argument #1 to 'add_' (integer expected, got no value)"
            ),
            (
                "local c = require('test').counted() c.add_(c, 'x')",
                "bad argument #1 to 'add_' (integer expected, got string)"
            ),
            (
                "local p = require('test').pair(1, 2) local t = setmetatable({}, { __index = p.sum }) return t.x",
                "calling 'sum' on bad self (test.Pair expected, got table)"
            ),
            (
                "error(select(2, pcall(require('test').pair(1, 2).sum)), 0)",
                "calling 'sum' on bad self (test.Pair expected, got no value)"
            ),
            (
                "local p = require('test').pair(1, 2) return p.frist",
                "test.Pair has no field 'frist' (did you mean 'first'?); fields and methods: sum, swap_, first, second"
            ),
            ("local p = require('test').pair(1, 2) return p[3]", "index 3 out of range (1 to 2)"),
            (
                "local p = require('test').pair(1, 2) return p[1.5]",
                "bad index of test.Pair (number has no integer representation)"
            ),
            ("local p = require('test').pair(1, 2) return p[{}]", "test.Pair cannot be indexed with a table"),
            ("local p = require('test').pair(1, 2) p.first = 1", "field 'first' of test.Pair cannot be set"),
            (
                "local p = require('test').pair(1, 2) p[1] = 'x'",
                "bad argument #1 to 'test.Pair' (number expected, got string)"
            ),
            (
                "local c = require('test').counted() c.numbr = 1",
                "field 'numbr' of test.Counted cannot be set (did you mean 'number'?); fields that can be set: number"
            ),
            ("local c = require('test').counted() return c[1]", "test.Counted cannot be indexed with a number"),
            (
                "local c = require('test').counted() c:close() c:get()",
                "attempt to use a closed test.Counted"
            ),
            (
                "local c = require('test').counted() local get = c.get c:close() get(c)",
                "calling 'get' on bad self (test.Counted is closed)"
            ),
            ("local c = require('test').counted() c:refuse()", "refused 0"),
            (
                "setmetatable(require('test').pair(1, 2), {})",
                "bad argument #1 to 'setmetatable' (table expected, got test.Pair)"
            ),
        ])
    func messages(script: String, message: String) {
        #expect(Script.message(script) == "task.lua:1: " + message)
    }

    @Test("Metatables are hidden")
    func hidden() throws {
        let text = """
            local t = require 'test'
            return getmetatable(t.pair(1, 2)), getmetatable(t), getmetatable(''), getmetatable(_G)
            """
        #expect(try Script.run(text) == ["false", "false", "false", "false"])
    }

    @Test(
        "A mutating method refuses every other use of its object",
        arguments: [
            "c:get()", "c:add_(1)", "return c.number", "c.number = 1", "c:change_(print)", "c:close()",
        ])
    func busy(use: String) {
        let text = "c = require('test').counted()\nc:change_(function() \(use) end)"
        let message = Script.message(text)
        #expect(message.contains("test.Counted is in use by its method 'change_'"))
    }

    @Test("A reading method refuses mutating ones, and allows reading ones")
    func reading() throws {
        let text = "local c = require('test').counted(5)\nreturn c:visit(function() return c:get() end)"
        #expect(try Script.run(text) == ["5"])
        #expect(
            Script.message("local c = require('test').counted()\nc:visit(function() c:add_(1) end)")
                == "task.lua:2: test.Counted is in use by one of its methods")
    }

    @Test("After a failed mutating method the object is free again")
    func freed() throws {
        let text = """
            local c = require('test').counted(1)
            pcall(c.change_, c, function() error('x') end)
            return c:add_(2):get()
            """
        #expect(try Script.run(text) == ["3"])
    }

    @Test("A <close> variable closes its object at the end of the block")
    func closing() throws {
        let text = """
            local test, kept = require 'test', nil
            do local c <close> = test.counted(1) kept = c end
            return pcall(function() return kept:get() end)
            """
        #expect(try Script.run(text) == ["false", "task.lua:3: attempt to use a closed test.Counted"])
    }

    @Test("Values of Swift come back as what they were")
    func roundTrip() throws {
        try Script.withHost { host in
            let object = try host.makeObject(Pair(first: 1, second: 2))
            let identity = try host.run("return function(x) return x end")
            guard case .function(let function) = identity.first else { throw Refusal(description: "no function") }
            guard case .object(let back) = try function.call([.object(object)]).first else {
                throw Refusal(description: "no object")
            }
            #expect(try back.value(as: Pair.self)?.second == 2)
            #expect(try back.value(as: Counted.self) == nil)
            #expect(back.typeName == "test.Pair")
        }
    }

    @Test("Attached fields are read without a call into Swift")
    func attached() throws {
        try Script.withHost { host in
            let object = try host.makeObject(Pair(first: 1, second: 2))
            try object.attach("extra", "added")
            try object.attach("other", try host.makeObject(Pair(first: 3, second: 4)))
            try host.setGlobal("object", object)
            let results = try host.run("return object.extra, object.other.second, object:sum()")
            guard case .string(let extra) = results[0], case .number(let second) = results[1] else {
                throw Refusal(description: "unexpected \(results)")
            }
            #expect(extra.text == "added")
            #expect(second == 4)
        }
    }

    @Test("pairs over a module gives its names in order")
    func modulePairs() throws {
        let text =
            "local names = {} for name in pairs(require 'test') do names[#names + 1] = name end return table.concat(names, ' ')"
        #expect(try Script.run(text) == ["call configure counted integer pair refuse version"])
    }
}

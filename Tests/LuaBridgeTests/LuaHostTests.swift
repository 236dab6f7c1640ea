import LuaBridge
import Testing

@Suite struct LuaHostTests {
    @Test("A chunk returns its values")
    func values() throws {
        #expect(
            try Script.run("return 1, 2.5, 'three', nil, true, {}") == ["1", "2.5", "three", "nil", "true", "table"])
    }

    @Test("A bound function takes arguments and returns results")
    func functions() throws {
        #expect(try Script.run("local t = require 'test' return t.integer(3.0), t.version") == ["3", "1.0"])
    }

    @Test("Objects have methods, fields, elements, operators and a description")
    func objects() throws {
        let text = """
            local test = require 'test'
            local p = test.pair(1, 2) + test.pair(10, 20)
            p[1] = 5
            return p:sum(), p.second, p[1], #p, tostring(p:swap_())
            """
        #expect(try Script.run(text) == ["27.0", "22.0", "5.0", "2", "pair(22.0, 5.0)"])
    }

    @Test("Everything is given back when the host closes")
    func closing() throws {
        try LuaThread.run {
            let host = try LuaHost()
            try Fixture.install(in: host)
            try host.run("local t = require 'test' keep = t.counted(1); f = function() end")
            #expect(host.luaBytes > 0)
            host.close()
            #expect(host.isClosed)
            #expect(host.luaBytes == 0)
        }
    }

    @Test("A failing bound function raises at the line of the call")
    func position() {
        #expect(Script.message("\n\nrequire('test').refuse()") == "task.lua:3: refused")
        #expect(Script.message("\nreturn require('test').refuse()") == "task.lua:2: refused")
    }

    @Test("A time limit in the main chunk names its option")
    func timeLimit() {
        let error = Script.failure("while true do end")
        #expect(error?.kind == .timeLimit)
        #expect(
            error?.message
                == "task.lua:1: time limit of 0.2 s for the main chunk reached (raise it with --lua-time SECONDS)")
    }
}

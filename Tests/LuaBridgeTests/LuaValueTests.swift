import LuaBridge
import Testing

@Suite struct LuaValueTests {
    @Test("Integers and floats are kept apart, and convert where nothing is lost")
    func numbers() {
        #expect(LuaValue.integer(3).asNumber == 3)
        #expect(LuaValue.number(3).asInteger == 3)
        #expect(LuaValue.number(3.5).asInteger == nil)
        #expect(LuaValue.number(.nan).asInteger == nil)
        #expect(LuaValue.number(1e300).asInteger == nil)
        #expect(LuaValue.string("3").asNumber == nil)
    }

    @Test("Strings are bytes, shown as repaired text")
    func strings() throws {
        try Script.withHost { host in
            let value = try host.run("return 'a\\0\\xffb'").first
            guard case .string(let string) = value else { throw Refusal(description: "no string") }
            #expect(string.bytes == [97, 0, 255, 98])
            #expect(string.text == "a\0\u{FFFD}b")
            try host.setGlobal("back", string)
            #expect(try host.run("return back == 'a\\0\\xffb'").first?.asBoolean == true)
        }
    }

    @Test("A value of one state cannot enter another")
    func states() throws {
        try Script.withHost { host in
            let table = try host.makeTable()
            let other = try LuaHost()
            defer { other.close() }
            #expect { try other.setGlobal("x", table) } throws: {
                String(describing: $0) == "a value of another Lua state"
            }
        }
    }
}

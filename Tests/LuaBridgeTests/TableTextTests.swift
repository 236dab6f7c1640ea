import LuaBridge
import Testing

@Suite struct TableTextTests {
    private static func contents(_ expression: String) throws -> String {
        try Script.withHost { host in
            guard let table = try host.run("return \(expression)").first?.asTable else { return "no table" }
            return try table.contents() ?? "text of its own"
        }
    }

    @Test(
        "A table is shown one level deep, in the order of its keys",
        arguments: [
            ("{}", "{}"), ("{ 10, 'a' }", "{ [1] = 10,\n  [2] = \"a\" }"),
            ("{ b = 1.5, a = true, [2] = false }", "{ [2] = false,\n  a = true,\n  b = 1.5 }"),
            (
                "{ ['end'] = 1, ['two words'] = 2, ['1st'] = 3 }",
                "{ [\"1st\"] = 3,\n  [\"end\"] = 1,\n  [\"two words\"] = 2 }"
            ),
            ("{ {}, { 1 }, { 1, x = 2 } }", "{ [1] = {},\n  [2] = {…} (1 entry),\n  [3] = {…} (2 entries) }"),
            ("(function() local t = {} t.t = t return t end)()", "{ t = {…} (1 entry) }"),
            ("{ print, coroutine.create(print) }", "{ [1] = function,\n  [2] = thread }"),
            ("{ [true] = 1, [1.5] = 2, [{}] = 3 }", "{ [true] = 1,\n  [1.5] = 2,\n  [table] = 3 }"),
            (
                "{ require('test').pair(1, 2), require('test').counted() }",
                "{ [1] = pair(1.0, 2.0),\n  [2] = test.Counted }"
            ),
            ("{ setmetatable({}, { __tostring = function() return 'mine\\nand more' end }) }", "{ [1] = mine … }"),
            ("{ setmetatable({}, { __tostring = error }) }", "{ [1] = table, whose __tostring failed }"),
            ("setmetatable({ x = 1 }, { __index = error, __pairs = error, __len = error })", "{ x = 1 }"),
            ("setmetatable({}, { __tostring = function() return 'mine' end })", "text of its own"),
            (
                "{ 'a\\27[31m\\n\\\"\\\\', '\\xff\\xfe', 'é\u{202E}' }",
                #"{ [1] = "a\27[31m\n\"\\","# + "\n  " + #"[2] = "\255\254","# + "\n  " + #"[3] = "é\u{202e}" }"#
            ),
            ("{ ('x'):rep(100) }", "{ [1] = \"" + String(repeating: "x", count: 80) + "…\" }"),
        ])
    func contents(expression: String, shown: String) throws {
        #expect(try Self.contents(expression) == shown)
    }

    @Test("At most 20 entries are shown, and how many more there are")
    func many() throws {
        let entries = "(function() local t = {} for i = 1, 1000 do t[i] = i end return t end)()"
        let lines = try Self.contents(entries).split(separator: "\n")
        #expect(lines.count == 21)
        #expect(lines[19] == "  [20] = 20,")
        #expect(lines[20] == "  … and 980 more }")
    }

    @Test("Of a module its names are shown")
    func module() throws {
        let shown = try Self.contents("require('test')")
        #expect(shown.hasPrefix("{ call = function,\n  configure = function,"))
        #expect(shown.hasSuffix("  version = \"1.0\" }"))
    }

    @Test("A __tostring that runs for ever ends at its limit")
    func limit() {
        #expect(throws: LuaError.self) {
            try Self.contents("{ setmetatable({}, { __tostring = function() while true do end end }) }")
        }
    }

    @Test(
        "A local variable outside of blocks is found",
        arguments: [
            ("local x = 1", "x"), ("local function f() end", "f"), ("y = 2; local a, b = 1, 2", "a"),
            ("local x <const> = 1", "x"), ("x = 1", nil), ("do local x = 1 end", nil), ("for i = 1, 2 do end", nil),
            ("print 'local x'", nil), ("-- local x", nil), ("local x = 1 return x", nil),
            ("if true then local y end", nil), ("function f() local y end", nil),
        ] as [(String, String?)])
    func outerLocal(text: String, name: String?) throws {
        #expect(try Script.withHost { host in host.outerLocal(of: Array(text.utf8)) } == name)
    }
}

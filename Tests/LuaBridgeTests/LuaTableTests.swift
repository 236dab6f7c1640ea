import LuaBridge
import Testing

@Suite struct LuaTableTests {
    private func table(_ text: String, _ body: @escaping @Sendable (LuaTable) throws -> Void) throws {
        try Script.withHost { host in
            guard case .table(let table) = try host.run("return " + text).first else {
                throw Refusal(description: "no table")
            }
            try body(table)
        }
    }

    @Test("Fields and elements are read with their types")
    func reading() throws {
        try table("{10, 20.5, 'x', name = 'n', flag = false}") { (table: LuaTable) throws in
            #expect(try table.get(1, as: Int.self) == 10)
            #expect(try table.get(2, as: Double.self) == 20.5)
            #expect(try table.get("name", as: String.self) == "n")
            #expect(try table.get("flag", as: Bool.self) == false)
            #expect(try table.get("none", as: Bool.self) == nil)
            #expect(try table.length() == 3)
            #expect { try table.get("name", as: Int.self) } throws: {
                String(describing: $0) == "bad field 'name' (integer expected, got string)"
            }
        }
    }

    @Test("Keys come in an order that does not depend on hashes")
    func sortedKeys() throws {
        try table("{b = 1, a = 1, [3] = 1, [1.5] = 1, [-1] = 1, [true] = 1, aa = 1}") { (table: LuaTable) throws in
            let keys = try table.sortedKeys().map { key -> String in
                switch key {
                case .boolean(let value): "\(value)"
                case .integer(let value): "\(value)"
                case .number(let value): "\(value)"
                case .string(let value): value.text
                default: "?"
                }
            }
            #expect(keys == ["true", "-1", "1.5", "3", "a", "aa", "b"])
        }
    }

    @Test("Arrays are read and written")
    func arrays() throws {
        try table("{1, 2, 3}") { (table: LuaTable) throws in
            #expect(try table.array(of: Double.self) == [1, 2, 3])
            #expect(try table.array(of: Int.self) == [1, 2, 3])
            let other = try table.host.makeTable(["a", "b"])
            #expect(try other.array(of: String.self) == ["a", "b"])
        }
        try table("{1, 'x'}") { (table: LuaTable) throws in
            #expect { try table.array(of: Int.self) } throws: {
                String(describing: $0) == "bad element #2 (integer expected, got string)"
            }
        }
    }

    @Test("Metamethods that fail, loop or lie are errors")
    func metamethods() throws {
        try table("setmetatable({}, {__index = function() error('no', 0) end, __len = function() return 'x' end})") {
            (table: LuaTable) throws in
            #expect { try table.get("x") } throws: { ($0 as? LuaError)?.message == "no" }
            #expect(throws: LuaUsageError.self) { try table.length() }
        }
        try table("setmetatable({}, {__index = function() while true do end end})") { (table: LuaTable) throws in
            #expect { try table.get("x") } throws: { ($0 as? LuaError)?.kind == .timeLimit }
        }
        try table("setmetatable({}, {__newindex = function() error('sealed', 0) end})") { (table: LuaTable) throws in
            #expect { try table.set("x", 1) } throws: { ($0 as? LuaError)?.message == "sealed" }
        }
        try table("{}") { (table: LuaTable) throws in
            #expect { try table.set(.nil, 1) } throws: { ($0 as? LuaError)?.message.contains("index is nil") == true }
        }
    }

    @Test("Plain data goes over and back")
    func plain() throws {
        try table("{name = 'x', list = {1, 2.5, {}}, flags = {on = true}}") { (table: LuaTable) throws in
            let plain = try table.plain()
            #expect(
                plain
                    == .fields([
                        .init(name: "flags", value: .fields([.init(name: "on", value: .boolean(true))])),
                        .init(name: "list", value: .array([.integer(1), .number(2.5), .array([])])),
                        .init(name: "name", value: .string("x")),
                    ]))
            let copy = try table.host.makeTable([plain])
            #expect(try copy.plain() == .array([plain]))
        }
    }

    @Test(
        "What is not plain data is named with its place",
        arguments: [
            ("{a = {b = print}}", "a function is not plain data at .a.b"),
            ("(function() local t = {} t.me = {t} return t end)()", "a table contains itself at .me[1]"),
            ("{1, x = 2}", "a table mixes positions and names"),
            ("{[5] = 1}", "a table with holes or other keys than 1…n is not plain data"),
            ("{[true] = 1}", "a boolean key is not plain data"),
            ("{a = setmetatable({}, {})}", "a table with a metatable is not plain data at .a"),
            ("{coroutine.create(print)}", "a thread is not plain data at [1]"),
        ])
    func notPlain(text: String, message: String) throws {
        try table(text) { (table: LuaTable) throws in
            #expect { try table.plain() } throws: { String(describing: $0) == message }
        }
    }

    @Test("The same table twice is plain data, nesting without end is not")
    func shared() throws {
        try table("(function() local t = {1} return {t, t} end)()") { (table: LuaTable) throws in
            #expect(try table.plain() == .array([.array([.integer(1)]), .array([.integer(1)])]))
        }
        try table("(function() local t = {} for i = 1, 1000 do t = {t} end return t end)()") {
            (table: LuaTable) throws in
            #expect(throws: LuaMismatch.self) { try table.plain() }
        }
    }
}

import LuaBridge
import Testing

@Suite struct AbsentNameTests {
    private static let withheld = ": not available in the sandbox; --trust runs a script without it"

    @Test(
        "Withheld names and names of other versions of Lua are nil, so that portable code can ask",
        arguments: [
            "io", "dofile", "loadfile", "unpack", "setfenv", "getfenv", "loadstring", "jit", "bit", "bit32", "module",
            "newproxy", "gcinfo", "os.execute", "os.exit", "os.getenv", "os.remove", "os.rename", "os.tmpname",
            "os.setlocale", "debug.getinfo", "debug.getmetatable", "debug.sethook", "debug.getregistry", "string.dump",
            "string.gfind", "table.getn", "table.maxn", "math.pow", "math.log10", "package.loadlib",
            "package.searchers",
            "package.searchpath", "package.loaded.io", "package.loaded.lfs", "package.preload.x", "_G.io",
            "rawget(_G, 'io')", "setmetatable({}, { __index = _G }).io",
        ])
    func reading(name: String) throws {
        #expect(try Script.run("return \(name)") == ["nil"])
        #expect(
            try ScriptFolder.run("return require 'm'", files: ["m.lua": "return tostring(\(name))"]).hasPrefix("nil "))
    }

    @Test(
        "Portable idioms work",
        arguments: [
            ("local unpack = unpack or table.unpack return unpack {1, 2}", "1 2"),
            ("if io then return 1 end return io and io.open", "nil"),
            ("local get = debug and debug.getmetatable or getmetatable return get == getmetatable", "true"),
            ("return (loadstring or load)('return 7')()", "7"), ("return os and os.exit", "nil"),
            ("local dump = string.dump return pcall(dump or function() return 'none' end)", "true none"),
            ("local out = io and io.stdout and io.stdout.write or print return out == print", "true"),
            ("if setfenv then return 1 else local _ENV = { x = 5 } return x end", "5"),
            ("return package.config:sub(1, 1), package.path .. package.cpath", "/ ./?.lua;./?/init.lua"),
            ("if package.loaded.x then return 1 end return package.loaded.string == string", "true"),
            ("local pow = math.pow or function(x, y) return x ^ y end return pow(2, 3)", "8.0"),
            ("local env = setmetatable({}, { __index = _G }) return load('return type(io)', 'c', 't', env)()", "nil"),
        ])
    func idioms(script: String, result: String) throws {
        #expect(try Script.run(script).joined(separator: " ") == result)
        #expect(
            try ScriptFolder.run("return (require 'm')()", files: ["m.lua": "return function() \(script) end"])
                == result)
    }

    @Test(
        "Using one says why it is nil",
        arguments: [
            ("io.open('f')", "attempt to index a nil value (global 'io')"),
            ("io = io.open", "attempt to index a nil value (global 'io')"),
            ("for line in io.lines() do end", "attempt to index a nil value (global 'io')"),
            ("dofile('x')", "attempt to call a nil value (global 'dofile')"),
            ("return loadfile('x')", "attempt to call a nil value (global 'loadfile')"),
            ("os.execute('x')", "attempt to call a nil value (field 'execute')"),
            ("print('home is ' .. os.getenv)", "attempt to concatenate a nil value (field 'getenv')"),
            ("return debug.getinfo(1)", "attempt to call a nil value (field 'getinfo')"),
            ("string.dump(print)", "attempt to call a nil value (field 'dump')"),
            (
                "local io = io local function f() return io.stdout end f()",
                "attempt to index a nil value (upvalue 'io')"
            ),
            ("local exit = os.exit exit(1)", "attempt to call a nil value (local 'exit')"),
            (
                "local e = setmetatable({}, { __index = _G }) e.io.open('x')",
                "attempt to index a nil value (field 'io')"
            ),
            ("_G.io.open('x')", "attempt to index a nil value (field 'io')"),
            ("package.loadlib('x')", "attempt to call a nil value (field 'loadlib')"),
            ("coroutine.wrap(function() io.open('x') end)()", "attempt to index a nil value (global 'io')"),
            ("require('test').call(function() io.open('x') end)", "attempt to index a nil value (global 'io')"),
            ("table.sort({1, 2}, function() io.write() end)", "attempt to index a nil value (global 'io')"),
        ])
    func using(script: String, message: String) throws {
        #expect(Script.message(script).hasSuffix("task.lua:1: \(message)\(Self.withheld)"))
        // The same in a module, and as the value that a protected call gives.
        #expect(
            try ScriptFolder.run("require 'm'", files: ["m.lua": script]).hasSuffix(
                "DIR/m.lua:1: \(message)\(Self.withheld)"))
        for caught in [
            "select(2, pcall(function() \(script) end))",
            "select(2, xpcall(function() \(script) end, function(m) return m end))",
            "select(2, coroutine.resume(coroutine.create(function() \(script) end)))",
            "select(3, pcall(coroutine.resume, coroutine.create(function() \(script) end)))",
        ] {
            #expect(try Script.run("return \(caught)")[0].hasSuffix("task.lua:1: \(message)\(Self.withheld)"))
        }
    }

    @Test(
        "Names of other versions say what Lua 5.4 has",
        arguments: [
            ("unpack {1}", "attempt to call a nil value (global 'unpack'): Lua 5.4 has table.unpack"),
            ("table.getn {}", "attempt to call a nil value (field 'getn'): Lua 5.4 has #t"),
            ("return math.pow(2, 3)", "attempt to call a nil value (field 'pow'): Lua 5.4 has x ^ y"),
            (
                "bit32.band(1, 2)",
                "attempt to index a nil value (global 'bit32'): Lua 5.4 has the operators & | ~ << >>"
            ),
            ("jit.off()", "attempt to index a nil value (global 'jit'): Lua 5.4 does not have it"),
        ])
    func otherVersions(script: String, message: String) {
        #expect(Script.message(script) == "task.lua:1: " + message)
    }

    @Test("A protected call of one itself names it")
    func protectedCall() throws {
        for call in ["pcall(dofile, 'x')", "xpcall(dofile, function(m) return m end)"] {
            #expect(
                try Script.run("return \(call)")
                    == ["false", "attempt to call a nil value (global 'dofile')\(Self.withheld)"])
        }
        #expect(try Script.run("return pcall(nil)") == ["false", "attempt to call a nil value"])
        #expect(try Script.run("local _ = io\nreturn pcall(nil)") == ["false", "attempt to call a nil value"])
    }

    @Test(
        "Messages of a script's own, and nils of its own, are left alone",
        arguments: [
            (
                "local _ = io error(\"attempt to index a nil value (global 'io')\")",
                "task.lua:1: attempt to index a nil value (global 'io')"
            ),
            (
                "local _ = io error(\"task.lua:1: attempt to index a nil value (global 'io')\", 0)",
                "task.lua:1: attempt to index a nil value (global 'io')"
            ),
            (
                "local _ = io assert(false, \"attempt to index a nil value (global 'io')\")",
                "task.lua:1: attempt to index a nil value (global 'io')"
            ),
            ("local t = {} t.execute('x')", "task.lua:1: attempt to call a nil value (field 'execute')"),
            (
                "local _ = os.execute\nlocal t = {} t.execute('x')",
                "task.lua:2: attempt to call a nil value (field 'execute')"
            ),
            ("local io io.open('x')", "task.lua:1: attempt to index a nil value (local 'io')"),
            ("local _ENV = {} io.open('x')", "task.lua:1: attempt to index a nil value (global 'io')"),
            ("local x x.y = 1", "task.lua:1: attempt to index a nil value (local 'x')"),
            ("return os.tiem()", "task.lua:1: attempt to call a nil value (field 'tiem')"),
        ])
    func untouched(script: String, message: String) {
        #expect(Script.message(script) == message)
    }

    @Test("In a trusted script nothing is added")
    func trusted() {
        let failure = Script.failure("io = nil io.open('x')", mode: .trusted)
        #expect(failure?.message == "task.lua:1: attempt to index a nil value (global 'io')")
    }

    @Test("More reads than are remembered are harmless")
    func manyReads() throws {
        let reads = String(repeating: "local _ = io and unpack\n", count: 150)
        let message = Script.message("for _ = 1, 3 do\n\(reads)end\nio.open('x')")
        #expect(message == "task.lua:153: attempt to index a nil value (global 'io')\(Self.withheld)")
    }

    @Test(
        "A global that was never set is nil in modules and an error in the main script",
        arguments: [
            ("return require 'm'", "return tostring(ngx)", "nil DIR/m.lua"),
            ("return (require 'm')()", "return function() return love == nil end", "true"),
            ("return (require 'm')()", "return coroutine.wrap(function() return love == nil end)", "true"),
            ("return require 'm'", "return tostring(setmetatable({}, { __index = _G }).ngx)", "nil DIR/m.lua"),
            ("return require 'm'", "return tostring(load 'return ngx'())", "nil DIR/m.lua"),
            ("return ngx", "return 1", "DIR/task.lua:1: unknown global 'ngx'"),
            ("require 'm' return ngx", "return 1", "DIR/task.lua:1: unknown global 'ngx'"),
            (
                "return (require 'm')(function() return ngx end)", "return function(f) return (f()) end",
                "DIR/task.lua:1: unknown global 'ngx'"
            ),
            ("return load 'return ngx'()", "return 1", "[string \"return ngx\"]:1: unknown global 'ngx'"),
            ("return require 'm'", "helper = 5 return helpr == nil and helper", "5 DIR/m.lua"),
        ])
    func undefined(script: String, module: String, result: String) throws {
        #expect(try ScriptFolder.run(script, files: ["m.lua": module]) == result)
    }

    @Test("A module that checks for misspelt globals itself works; the main script cannot lift the check")
    func strictModule() throws {
        let strict = """
            local mt = getmetatable(_G)
            if mt == nil then mt = {} setmetatable(_G, mt) end
            local declared = {}
            mt.__newindex = function(t, name, value) declared[name] = true rawset(t, name, value) end
            mt.__index = function(_, name)
                if not declared[name] then error("variable '" .. name .. "' is not declared", 2) end
            end
            return true
            """
        #expect(
            try ScriptFolder.run("require 'strict'\nx = 1\nreturn x, misspelt", files: ["strict.lua": strict])
                == "DIR/task.lua:3: variable 'misspelt' is not declared")
        let own = "setmetatable(_G, { __index = function(_, name) return name .. '!' end })"
        #expect(try ScriptFolder.run("require 'own' return hello", files: ["own.lua": own]) == "hello!")
        #expect(try Script.run("return getmetatable(_G), (pcall(setmetatable, _G, {}))") == ["false", "false"])
    }
}

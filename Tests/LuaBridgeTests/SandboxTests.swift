import Foundation
import LuaBridge
import Testing

@Suite struct SandboxTests {
    /// Every name a script can reach from its globals, and the kind of what is there.
    static let names = """
        _G table
        _VERSION string
        assert function
        collectgarbage function
        coroutine table
        coroutine.close function
        coroutine.create function
        coroutine.isyieldable function
        coroutine.resume function
        coroutine.running function
        coroutine.status function
        coroutine.wrap function
        coroutine.yield function
        debug table
        debug.traceback function
        error function
        getmetatable function
        ipairs function
        load function
        math table
        math.abs function
        math.acos function
        math.asin function
        math.atan function
        math.ceil function
        math.cos function
        math.deg function
        math.exp function
        math.floor function
        math.fmod function
        math.huge number
        math.log function
        math.max function
        math.maxinteger number
        math.min function
        math.mininteger number
        math.modf function
        math.pi number
        math.rad function
        math.random function
        math.randomseed function
        math.sin function
        math.sqrt function
        math.tan function
        math.tointeger function
        math.type function
        math.ult function
        next function
        os table
        os.clock function
        os.date function
        os.difftime function
        os.time function
        package table
        package.config string
        package.cpath string
        package.loaded table
        package.loaded._G table
        package.loaded.coroutine table
        package.loaded.debug table
        package.loaded.math table
        package.loaded.os table
        package.loaded.package table
        package.loaded.string table
        package.loaded.table table
        package.loaded.utf8 table
        package.path string
        package.preload table
        pairs function
        pcall function
        print function
        rawequal function
        rawget function
        rawlen function
        rawset function
        require function
        select function
        setmetatable function
        string table
        string.byte function
        string.char function
        string.find function
        string.format function
        string.gmatch function
        string.gsub function
        string.len function
        string.lower function
        string.match function
        string.pack function
        string.packsize function
        string.rep function
        string.reverse function
        string.sub function
        string.unpack function
        string.upper function
        table table
        table.concat function
        table.insert function
        table.move function
        table.pack function
        table.remove function
        table.sort function
        table.unpack function
        tonumber function
        tostring function
        type function
        utf8 table
        utf8.char function
        utf8.charpattern string
        utf8.codepoint function
        utf8.codes function
        utf8.len function
        utf8.offset function
        warn function
        xpcall function
        """

    @Test("A sandboxed script reaches these names and no others")
    func audit() throws {
        let text = """
            local found, seen = {}, { [_G] = true, [package.loaded] = true }
            for _, library in pairs(package.loaded) do seen[library] = true end
            local function walk(prefix, t)
                for name, value in next, t do
                    found[#found + 1] = prefix .. tostring(name) .. ' ' .. type(value)
                    if type(value) == 'table' and not seen[value] then
                        seen[value] = true
                        walk(prefix .. name .. '.', value)
                    end
                end
            end
            walk('', _G)
            for name, library in pairs(package.loaded) do
                if library ~= _G then walk(name .. '.', library) end
            end
            walk('package.loaded.', package.loaded)
            table.sort(found)
            return table.concat(found, '\\n')
            """
        #expect(try Script.run(text) == [Self.names])
    }

    @Test("Libraries can be required by name and are what the script sees")
    func libraries() throws {
        let text =
            "return require 'string' == string, require 'math' == math, require '_G' == _G, (pcall(require, 'io'))"
        #expect(try Script.run(text) == ["true", "true", "true", "false"])
    }

    @Test(
        "Ways out are closed",
        arguments: [
            ("return load('\\27Lua')", "nil|attempt to load a binary chunk (mode is 't')"),
            (
                "return load(function() return nil end, 'x', 'b')",
                "nil|attempt to load a chunk of bytecode (only text is accepted)"
            ),
            (
                "local n = 0 return load(function() n = n + 1 return n == 1 and '\\27Lua' or nil end)",
                "nil|attempt to load a binary chunk (mode is 't')"
            ),
            ("return load('x =', '@/etc/passwd')", "nil|[load \"/etc/passwd\"]:1: unexpected symbol near <eof>"),
            ("return load('x =', '=task.lua')", "nil|[load \"task.lua\"]:1: unexpected symbol near <eof>"),
            ("return load('x =')", "nil|[string \"x =\"]:1: unexpected symbol near <eof>"),
            ("return load('return x', 'c', 't', {x = 5})()", "5"),
            (
                "return pcall(load('return x', 'c', 't', nil))",
                "false|[string \"c\"]:1: attempt to index a nil value (upvalue '_ENV')"
            ),
            (
                "return pcall(setmetatable, {}, {__gc = print})",
                "false|__gc is not available to sandboxed scripts (use a <close> variable and __close)"
            ),
            (
                "local mt = {} local t = setmetatable({}, mt) mt.__gc = function() print('gc') end t = nil collectgarbage() return 1",
                "1"
            ),
            (
                "return pcall(collectgarbage, 'stop')",
                "false|collectgarbage 'stop' is not available to sandboxed scripts (only count, step and collect)"
            ),
            ("return collectgarbage(), collectgarbage('step') ~= nil, collectgarbage('count') > 10", "0|true|true"),
            ("return pcall(setmetatable, _G, nil)", "false|cannot change a protected metatable"),
            ("local e = {} return pcall(next, {}, e)", "false|invalid key to 'next'"),
            ("return rawget(_G, 'io'), rawget(os, 'execute'), rawget(string, 'dump')", "nil|nil|nil"),
            ("new_global = 1 return new_global", "1"),
            ("string.trim = function(s) return (s:gsub('^%s+', '')) end return ('  x'):trim()", "x"),
            ("return select('#', table.unpack({}, 1, 100))", "100"),
            ("return (('x'):rep(3, ','))", "x,x,x"),
            ("return table.concat({1, 2, 3}, '-', 2, 3)", "2-3"),
            (
                "local t = {3, 1, 2} table.sort(t) table.insert(t, 4) table.remove(t, 1) return table.unpack(table.move(t, 1, 3, 2, {0}))",
                "0|2|3|4"
            ),
        ])
    func ways(script: String, results: String) throws {
        #expect(try Script.run(script).joined(separator: "|") == results)
    }

    @Test(
        "Protected calls and coroutines behave as in standard Lua",
        arguments: [
            ("return pcall(error, 'x', 0)", "false|x"),
            ("return pcall(function(...) return ... end, 1, nil, 3)", "true|1|nil|3"),
            ("return xpcall(function(...) return ... end, print, 1, 2)", "true|1|2"),
            ("return xpcall(error, function(m) return m .. '!' end, 'x', 0)", "false|x!"),
            ("return select('#', xpcall(error, function() end))", "2"),
            ("return pcall(pcall)", "false|bad argument #1 to 'pcall' (value expected)"),
            ("return pcall(xpcall, print)", "false|bad argument #2 to 'xpcall' (function expected, got no value)"),
            (
                "local co = coroutine.wrap(function() return pcall(function() coroutine.yield(1) error('x', 0) end) end) return co(), co()",
                "1|false|x"
            ),
            (
                "local co = coroutine.wrap(function() return xpcall(function(a) return coroutine.yield(a) end, print, 7) end) return co(), co(8)",
                "7|true|8"
            ),
            (
                "local co = coroutine.create(function(a) local b = coroutine.yield(a + 1) return b * 2 end) "
                    + "local _, x = coroutine.resume(co, 1) local _, y = coroutine.resume(co, 10) return x, y, coroutine.status(co), coroutine.resume(co)",
                "2|20|dead|false|cannot resume dead coroutine"
            ),
            (
                "local co = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() closed = 1 end}) coroutine.yield() end) "
                    + "coroutine.resume(co) return coroutine.close(co), closed, coroutine.status(co)", "true|1|dead"
            ),
            (
                "return coroutine.close(coroutine.create(print)), coroutine.isyieldable(), select(2, coroutine.running())",
                "true|false|true"
            ),
            (
                "return pcall(coroutine.close, coroutine.running())",
                "false|cannot close a running coroutine"
            ),
            (
                "return pcall(coroutine.resume, 1)",
                "false|bad argument #1 to 'coroutine.resume' (thread expected, got number)"
            ),
            ("return pcall(coroutine.wrap(function() error('x') end))", "false|task.lua:1: x"),
            ("return pcall(coroutine.wrap(function() error({}) end))", "false|table"),
            (
                "local f = coroutine.wrap(function() return 1 end) f() return pcall(f)",
                "false|cannot resume dead coroutine"
            ),
            (
                "return coroutine.resume(coroutine.create(function() return coroutine.resume(coroutine.running()) end))",
                "true|false|cannot resume non-suspended coroutine"
            ),
        ])
    func standardBehaviour(script: String, results: String) throws {
        #expect(try Script.run(script).joined(separator: "|") == results)
    }

    @Test(
        "pairs visits keys in an order that does not depend on hashes",
        arguments: [
            (
                "local t = {b = 1, a = 2, [2] = 3, [1.5] = 4, aa = 5, [-1] = 6} for k, v in pairs(t) do out(k, v) end",
                "-1=6 1.5=4 2=3 a=2 aa=5 b=1"
            ),
            ("local t = {a = 1, b = 2, c = 3} for k in pairs(t) do out(k, t[k]) t[k] = nil t.b = nil end", "a=1 c=3"),
            (
                "local t = {a = 1, b = 2} for k, v in pairs(t) do out(k, v) t[k] = v + 1 end out('t', t.a + t.b)",
                "a=1 b=2 t=5"
            ),
            ("for k, v in pairs({10, 20, 30}) do out(k, v) end", "1=10 2=20 3=30"),
            (
                "for k, v in pairs(setmetatable({}, {__pairs = function() return next, {x = 1}, nil end})) do out(k, v) end",
                "x=1"
            ),
            ("for k in pairs({}) do out(k, 0) end", ""),
            ("local f, t = pairs({x = 1, y = 2}) out(f(t)) out(f(t)) out(tostring(f(t)), 0)", "x=1 y=2 nil=0"),
        ])
    func pairs(script: String, visited: String) throws {
        let text =
            "local seen = {} local function out(k, v) seen[#seen + 1] = k .. '=' .. v end \(script) return table.concat(seen, ' ')"
        #expect(try Script.run(text) == [visited])
    }

    @Test("Tables of every size are visited once, in order")
    func pairsOfManyKeys() throws {
        let text = """
            for _, size in ipairs {1, 31, 32, 33, 1000} do
                local t, last, count = {}, '', 0
                for i = 1, size do t[('k%05d'):format(i * 7919 % 99991)] = i end
                for k, v in pairs(t) do
                    assert(k > last and t[k] == v)
                    last, count = k, count + 1
                end
                assert(count == size)
            end
            return 'done'
            """
        #expect(try Script.run(text) == ["done"])
    }

    @Test("print and warn go to the host")
    func output() throws {
        try Script.withHost { host in
            var printed = ""
            var warnings: [String] = []
            host.printSink = { printed += String(decoding: $0, as: UTF8.self) }
            host.warningSink = { warnings.append($0) }
            try host.run(
                "print() print(1, 'a\\0b', nil) warn('one', ' two') warn('@off') warn('no') warn('@on') warn('\\27[0m')"
            )
            #expect(printed == "\n1\ta\0b\tnil\n")
            #expect(warnings == ["one two", "?[0m"])
        }
    }

    @Test("math.random draws from the host's stream, with Lua's ranges")
    func random() throws {
        try Script.withHost { host in
            var next: UInt64 = 0
            host.randomSource = {
                next += 1
                return next << 60
            }
            var warnings: [String] = []
            host.warningSink = { warnings.append($0) }
            let results = try host.run(
                "math.randomseed(1) math.randomseed(2) return math.random(), math.random(0), math.random(1), math.random(5, 5)"
            )
            guard case .number(let fraction) = results[0], case .integer(let bits) = results[1],
                case .integer(let one) = results[2], case .integer(let five) = results[3]
            else { throw Refusal(description: "unexpected \(results)") }
            #expect(fraction == 1.0 / 16)
            #expect(bits == 2 << 60)
            #expect(one == 1)
            #expect(five == 5)
            #expect(
                warnings == ["math.randomseed has no effect: math.random follows the run's seed (set it with --seed)"])
        }
        let text = """
            local low, high, inside = 10, -10, true
            for i = 1, 2000 do
                local x = math.random(-3, 4)
                low, high = math.min(low, x), math.max(high, x)
                local f = math.random()
                inside = inside and f >= 0 and f < 1
            end
            for i = 1, 100 do math.random(math.mininteger, math.maxinteger) end
            return low, high, inside, pcall(math.random, 2, 1)
            """
        #expect(
            try Script.run(text) == [
                "-3", "4", "true", "false", "bad argument #1 to 'math.random' (interval is empty)",
            ])
    }

    @Test("The same source of numbers gives the same draws")
    func sameDraws() throws {
        let text = "local t = {} for i = 1, 10 do t[i] = math.random(1000) end return table.concat(t, ' ')"
        #expect(try Script.run(text) == (try Script.run(text)))
    }

    @Test("A trusted script has the full library, limits pass through nothing, and host modules are found")
    func trusted() throws {
        let text = """
            local test = require 'test'
            return type(io.open), type(os.execute), type(debug.getinfo), type(string.dump), test.integer(4),
                require 'string' == string, package.loaded.test == test, undefined_global
            """
        #expect(
            try Script.run(text, mode: .trusted)
                == ["function", "function", "function", "function", "4", "true", "true", "nil"])
        let failure = Script.failure("require 'nope'", mode: .trusted)
        #expect(failure?.message.hasPrefix("task.lua:1: module 'nope' not found:") == true)
        let finalizer = "setmetatable({}, {__gc = function() end}) return load(string.dump(function() return 3 end))()"
        #expect(try Script.run(finalizer, mode: .trusted) == ["3"])
    }
}

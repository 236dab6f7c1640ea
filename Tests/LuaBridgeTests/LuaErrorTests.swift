import LuaBridge
import Testing

@Suite struct LuaErrorTests {
    @Test(
        "Messages name file, line and reason, verbatim",
        arguments: [
            ("error('boom')", "task.lua:1: boom"),
            ("\nlocal x = nil + 1", "task.lua:2: attempt to perform arithmetic on a nil value"),
            ("error('plain', 0)", "plain"),
            ("error()", "error value is nil"),
            ("error(nil)", "error value is nil"),
            ("error({})", "error value is a table"),
            ("error(42)", "error value is a number: 42"),
            ("error(true)", "error value is a boolean: true"),
            ("error(print)", "error value is a function"),
            ("error(setmetatable({}, {__tostring = function() return 'mine' end}))", "mine"),
            (
                "error(setmetatable({}, {__tostring = function() error('no') end}))",
                "error value is a table, whose __tostring failed"
            ),
            (
                "error(setmetatable({}, {__tostring = function() return {} end}))",
                "error value is a table, whose __tostring failed"
            ),
            ("error(require('test').pair(1, 2))", "pair(1.0, 2.0)"),
            ("error(require('test').counted())", "error value is a test.Counted"),
            ("error('a\\27[31mb\\0c\\r')", "task.lua:1: a?[31mb?c?"),
            ("x = = 1", "task.lua:1: unexpected symbol near '='"),
            ("return undefined_name", "task.lua:1: unknown global 'undefined_name'"),
            ("return pritn('x')", "task.lua:1: unknown global 'pritn' (did you mean 'print'?)"),
            (
                "io.open('f')",
                "task.lua:1: attempt to index a nil value (global 'io'): not available in the sandbox; "
                    + "--trust runs a script without it"
            ),
            (
                "os.exit(1)",
                "task.lua:1: attempt to call a nil value (field 'exit'): not available in the sandbox; "
                    + "--trust runs a script without it"
            ),
            (
                "return arg[1]",
                "task.lua:1: unknown global 'arg': what follows -- on the command line reaches a script as '...'"
            ),
            ("return os.tiem()", "task.lua:1: attempt to call a nil value (field 'tiem')"),
            (
                "require('test').nothing()",
                "task.lua:1: module 'test' has no 'nothing'; "
                    + "it has: counted, pair, refuse, integer, call, configure, version"
            ),
            (
                "require('test').integr(1)",
                "task.lua:1: module 'test' has no 'integr' (did you mean 'integer'?); "
                    + "it has: counted, pair, refuse, integer, call, configure, version"
            ),
            (
                "require 'io'",
                "task.lua:1: module 'io' is not available in the sandbox; --trust runs a script without it"
            ),
            (
                "require('test').version = 2",
                "task.lua:1: attempt to change 'version' of module 'test', which is read-only"
            ),
            ("rawset(require('test'), 'version', 2)", "task.lua:1: attempt to change a read-only table"),
            (
                "pcall(require, 'nope') require('nope')",
                "task.lua:1: module 'nope' not found: neither a module of this program nor a file 'nope.lua' beside the script"
            ),
            (
                "require('tset')",
                "task.lua:1: module 'tset' not found: neither a module of this program nor a file 'tset.lua' beside the script "
                    + "(did you mean 'test'?)"
            ),
        ])
    func messages(script: String, message: String) {
        #expect(Script.message(script) == message)
    }

    @Test("Long messages are cut")
    func capped() {
        let message = Script.message("error(('x'):rep(100000), 0)")
        #expect(message.utf8.count < 8300)
        #expect(message.hasSuffix("… (91808 more bytes)"))
    }

    @Test("The traceback shows where the error was raised, with names of host functions")
    func traceback() throws {
        let error = Script.failure(
            "local function inner() require('test').refuse() end\nfunction outer() inner() end\nouter()")
        let traceback = try #require(error?.traceback)
        #expect(
            traceback.hasPrefix("stack traceback:\n\t[C]: in function 'test.refuse'\n\ttask.lua:1: in upvalue 'inner'"))
        #expect(traceback.contains("in function 'outer'"))
        #expect(error?.report == "task.lua:1: refused\n" + traceback)
    }

    @Test("The traceback of a wrapped coroutine is kept")
    func coroutineTraceback() throws {
        let error = Script.failure("local f = coroutine.wrap(function() error('deep') end)\nf()")
        #expect(error?.traceback?.contains("in function <task.lua:1>") == true)
        #expect(error?.message == "task.lua:1: deep" || error?.message.hasSuffix("deep") == true)
    }

    @Test("A Swift error that no script catches is the error's cause")
    func underlying() {
        #expect(Script.failure("require('test').refuse()")?.underlying as? Refusal == Refusal(description: "refused"))
    }

    @Test(
        "A Swift error that was caught and raised again is still the cause",
        arguments: [
            "local ok, e = pcall(require('test').refuse) error(e, 0)",
            "local ok, e = pcall(require('test').refuse) error('context: ' .. e)",
            "coroutine.wrap(function() require('test').refuse() end)()",
            "require('test').call(function() require('test').refuse() end)",
            "require('test').call(function() require('test').call(require('test').refuse) end)",
        ])
    func underlyingAfterCatch(script: String) {
        #expect(Script.failure(script)?.underlying as? Refusal == Refusal(description: "refused"))
    }

    @Test("A caught Swift error is a string with the position of the call")
    func caught() throws {
        let text = "local ok, e = pcall(function() require('test').refuse() end) return ok, type(e), e"
        #expect(try Script.run(text) == ["false", "string", "task.lua:1: refused"])
        #expect(Script.failure("pcall(require('test').refuse) error('other')")?.underlying == nil)
    }

    @Test("An error object crosses Swift frames unchanged")
    func errorObjects() throws {
        let text = """
            local test = require 'test'
            local object = {code = 7}
            local ok, e = pcall(test.call, function() error(object) end)
            return ok, e == object
            """
        #expect(try Script.run(text) == ["false", "true"])
    }

    @Test("Reports survive tampering with everything a script can reach")
    func tampering() {
        let text = """
            local real_error = error
            for _, library in ipairs {string, table, math, utf8, coroutine, os, debug} do
                for name in pairs(library) do library[name] = function() end end
            end
            for name in pairs(_G) do if name ~= '_G' then _G[name] = nil end end
            real_error('still here')
            """
        #expect(Script.message(text) == "task.lua:6: still here")
    }

    @Test("Bytecode is refused, also after a shebang line")
    func bytecode() {
        #expect(Script.message("\u{1B}Lua") == "attempt to load a binary chunk (mode is 't')")
        #expect(Script.message("#!/usr/bin/lua\n\u{1B}Lua").contains("task.lua:2: unexpected symbol"))
    }

    @Test("A file that is no text is refused by name")
    func binary() throws {
        let message = try Script.withHost { host -> String in
            do {
                _ = try host.runMain(Array("\u{7F}ELF\u{2}\0\0".utf8), path: "a/program.lua")
                return "no error"
            } catch let error as LuaError {
                return error.message
            }
        }
        #expect(message == "a/program.lua: not a text file: a Lua script expected")
    }

    @Test("A byte order mark and a shebang line are skipped and lines still count")
    func prelude() throws {
        #expect(try Script.run("\u{FEFF}return 1") == ["1"])
        #expect(try Script.run("#!/usr/bin/env rledit-lua\nreturn 1") == ["1"])
        #expect(try Script.run("\u{FEFF}#!/usr/bin/env rledit-lua\nreturn 1") == ["1"])
        #expect(Script.message("#!/usr/bin/env rledit-lua\nerror('x')") == "task.lua:2: x")
        #expect(try Script.run("#no end of line") == [])
    }
}

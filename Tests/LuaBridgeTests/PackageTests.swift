import LuaBridge
import Testing

@Suite struct PackageTests {
    @Test(
        "package.loaded is what require goes by, for a script's own modules",
        arguments: [
            ("local m = require 'm' return package.loaded.m == m", "return {}", "true"),
            ("require 'm' package.loaded.m = nil require 'm' return loads", "loads = (loads or 0) + 1", "2"),
            ("package.loaded.m = 7 return require 'm'", "error 'not run'", "7"),
            ("return (require 'm')", "package.loaded[...] = 'set by itself'", "set by itself"),
            ("return (require 'm')", "package.loaded[...] = 1 return 2", "2"),
            ("return (require 'm')", "package.loaded[...] = 'early' return require(...) .. ' on'", "early on"),
            (
                "package.preload.p = function(...) return table.concat({...}, ' ') end return (require 'p')", "",
                "p :preload:"
            ),
            (
                "package.preload.m = function() end return (require 'm'), package.loaded.m", "error 'not run'",
                "true true"
            ),
        ])
    func loaded(script: String, module: String, result: String) throws {
        #expect(try ScriptFolder.run(script, files: ["m.lua": module]) == result)
    }

    @Test("Host modules and libraries cannot be replaced")
    func protected() throws {
        let text = """
            local replaced = function() return { version = 'replaced' } end
            for _, name in ipairs { 'test', 'string' } do
                package.preload[name] = replaced
                package.loaded[name] = replaced()
            end
            local test = require 'test'
            package.loaded.test, package.loaded.string = nil, nil
            return test.version, require 'test' == test, require 'string' == string
            """
        #expect(try ScriptFolder.run(text, files: [:]) == "1.0 true true")
        #expect(try ScriptFolder.run("require 'test' return package.loaded.test.version", files: [:]) == "1.0")
    }

    @Test("The path is read by libraries and changes nothing")
    func path() throws {
        let text = "package.path = './lib/?.lua;' .. package.path return pcall(require, 'm')"
        #expect(
            try ScriptFolder.run(text, files: ["lib/m.lua": "return 1"])
                == "false module 'm' not found: neither a module of this program nor a file 'm.lua' beside the script")
        #expect(try ScriptFolder.run("package = nil return (require 'm')", files: ["m.lua": "return 1"]) == "1")
    }

    @Test("A trusted module may set its own entry, as in plain Lua")
    func trusted() throws {
        let text = """
            package.preload.own = nil
            package.loaded.early = 'kept'
            return require 'early'
            """
        #expect(try Script.run(text, mode: .trusted) == ["kept"])
    }
}

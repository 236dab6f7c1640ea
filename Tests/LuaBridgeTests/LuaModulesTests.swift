import Foundation
import LuaBridge
import Testing

@Suite struct LuaModulesTests {
    /// Runs a script in a folder with the given files.
    private func run(_ text: String, files: [String: String], links: [String: String] = [:]) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let scripts = folder.appendingPathComponent("scripts")
        try FileManager.default.createDirectory(at: scripts, withIntermediateDirectories: true)
        for (name, contents) in files {
            let file = scripts.appendingPathComponent(name).standardizedFileURL
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(contents.utf8).write(to: file)
        }
        for (name, target) in links {
            try FileManager.default.createSymbolicLink(
                atPath: scripts.appendingPathComponent(name).path, withDestinationPath: target)
        }
        let path = scripts.path
        return try Script.withHost { host in
            host.modules.scriptDirectory = path
            do {
                let results = try host.runMain(Array(text.utf8), path: path + "/task.lua")
                let shown = results.map { value -> String in
                    switch value {
                    case .string(let value): value.text
                    case .integer(let value): "\(value)"
                    case .boolean(let value): "\(value)"
                    default: value.typeName
                    }
                }
                let files = host.modules.loadedFiles.map { "\($0.name):\($0.bytes.count)" }
                return (shown + files).joined(separator: " ").replacingOccurrences(of: path, with: "DIR")
            } catch let error as LuaError {
                return error.message.replacingOccurrences(of: path, with: "DIR")
            }
        }
    }

    @Test("Files beside the script are found, run once, and recorded")
    func files() throws {
        let result = try run(
            "local a, path = require 'a' local b = require 'lib.b' return a.x, b, require 'a' == a, path",
            files: [
                "a.lua": "loads = (rawget(_G, 'loads') or 0) + 1 return {x = loads}", "lib/b.lua": "return (...)",
            ])
        #expect(result == "1 lib.b true DIR/a.lua a:57 lib.b:12")
    }

    @Test("A folder with init.lua is a module; a file without a result gives true")
    func initFile() throws {
        #expect(
            try run("return (require 'm'), (require 'n')", files: ["m/init.lua": "return 5", "n.lua": ""])
                == "5 true m:8 n:0")
    }

    @Test("Host modules win over files")
    func hostFirst() throws {
        #expect(try run("return require('test').version", files: ["test.lua": "return {version = 'file'}"]) == "1.0")
    }

    @Test(
        "Errors in modules name their file and line",
        arguments: [
            ("error('bad')", "DIR/m.lua:1: bad"),
            ("x = = 1", "error loading module 'm': DIR/m.lua:1: unexpected symbol near '='"),
            ("return require 'm'", "DIR/m.lua:1: module 'm' requires itself, directly or by another module"),
            ("\u{1B}Lua", "error loading module 'm': attempt to load a binary chunk (mode is 't')"),
        ])
    func errors(contents: String, message: String) throws {
        #expect(try run("require 'm'", files: ["m.lua": contents]) == message)
    }

    @Test("A module that failed can be required again")
    func retry() throws {
        let result = try run(
            "local ok = pcall(require, 'm') fine = true return ok, require 'm'",
            files: ["m.lua": "if not rawget(_G, 'fine') then error('not yet') end return 'now'"])
        #expect(result.hasPrefix("false now"))
    }

    @Test(
        "Names cannot leave the folder",
        arguments: [
            "../outside", "..outside", "/etc/passwd", "a/b", ".hidden", "a..b", "", "a\\0b", "outside\\n",
        ])
    func names(name: String) throws {
        let result = try run("require '\(name)'", files: ["../outside.lua": "return 1"])
        #expect(result.contains("not found"))
    }

    @Test("Links cannot leave the folder either")
    func links() throws {
        let result = try run("require 'm'", files: ["../outside.lua": "return 1"], links: ["m.lua": "../outside.lua"])
        #expect(result == "DIR/task.lua:1: module 'm' leads out of the script's folder")
        let inside = try run("return (require 'm')", files: ["n.lua": "return 1"], links: ["m.lua": "n.lua"])
        #expect(inside == "1 m:8")
    }

    @Test("What is not a regular file is refused")
    func notRegular() throws {
        let result = try run("require 'm'", files: ["m.lua/x": "return 1"])
        #expect(result == "DIR/task.lua:1: cannot read module 'm' (not a regular file)")
    }

    @Test("The time of a module's main chunk is the main chunk's")
    func time() throws {
        let result = try run("require 'm'", files: ["m.lua": "while true do end"])
        #expect(result == "DIR/m.lua:1: " + LuaLimitTests.mainMessage)
    }

    @Test("A host that documents itself keeps what its bindings say, others do not ask for it")
    func documentation() throws {
        @Sendable func bind(_ host: LuaHost, asked: @escaping () -> Void) throws {
            func text(_ text: String) -> String {
                asked()
                return text
            }
            host.addModule("outer") { module in
                module.documentation(text("Prose."))
                module.types(text("@alias outer.Size integer"))
                module.function("double", text("Twice.\n@param x number")) { call in
                    try call.returns(call.number(1) * 2)
                }
                try module.constant("one", text("integer the first"), 1)
            }
            _ = try host.run("return require 'outer'")
        }
        try LuaThread.run {
            try LuaHost.with { host in
                host.documentation = LuaDocumentation()
                try host.register(Pair.self) { type in
                    type.documentation(in: "outer", "Two numbers.")
                    type.number("first", "number the first") { $0.first }
                    type.method("sum", "Their sum.") { pair, call in try call.returns(pair.first + pair.second) }
                    type.operation(.negate, ": test.Pair") { call in try call.returns(call.argument(1, as: Pair.self)) }
                    type.length { _ in 2 }
                }
                try bind(host) {}
                let found = try #require(host.documentation).declarations
                #expect(found.map(\.kind) == [.object, .plain, .module])
                #expect(found.map(\.file) == ["outer", "outer", "outer"])
                #expect(found.map(\.text) == ["Two numbers.", "@alias outer.Size integer", "Prose."])
                #expect(
                    found[0].tags == [
                        "@field first number the first", "@operator unm: test.Pair", "@operator len: integer",
                    ])
                #expect(found[0].functions.map(\.name) == ["sum"])
                #expect(found[2].tags == ["@field one integer the first"])
                #expect(found[2].functions.first?.text == "Twice.\n@param x number")
            }
            try LuaHost.with { host in try bind(host) { Issue.record("text was made for nobody") } }
        }
    }

    @Test("Modules may contain modules, tables and functions, and are the same object each time")
    func nested() throws {
        try Script.withHost { host in
            host.addModule("outer.inner") { module in try module.constant("x", "", 1) }
            host.addModule("outer") { module in
                try module.module("inner", "outer.inner")
                try module.table("schedule") { table in
                    table.function("constant", "") { call in
                        let value = try call.number(1)
                        return try call.returns(call.host.makeFunction("constant") { call in try call.returns(value) })
                    }
                }
            }
            let results = try host.run(
                """
                local outer = require 'outer'
                return outer.inner == require 'outer.inner', outer.inner.x, outer.schedule.constant(3)(0.5)
                """)
            guard case .boolean(true) = results[0], case .integer(1) = results[1], case .number(3) = results[2] else {
                throw Refusal(description: "unexpected \(results)")
            }
            #expect(host.modules.names == ["outer", "outer.inner", "test"])
        }
    }
}

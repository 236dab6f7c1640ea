import Foundation
import LuaBridge
import Testing

/// The behaviour of Lua 5.4 that scripts keep: the files of `Library` are checks of our own, written from the reference manual,
/// which pass in plain Lua as well.
@Suite struct LibraryTests {
    static let names = ["coroutine", "math", "string", "table", "utf8"]

    @Test("The library does in a sandbox what the manual says", arguments: names, [LuaHost.Mode.sandboxed, .trusted])
    func library(name: String, mode: LuaHost.Mode) throws {
        let url = try #require(
            Bundle.module.url(forResource: name, withExtension: "lua", subdirectory: "Library"))
        let text = try Array(Data(contentsOf: url))
        var limits = LuaLimits()
        limits.mainChunkSeconds = 30
        try Script.withHost(mode: mode, limits: limits) { host in
            // Assignments of new globals are allowed, reading unknown ones is not: the files do neither.
            _ = try host.runMain(text, path: "\(name).lua")
            // What was done did not bend the library for what comes next.
            try host.run("assert(('x'):rep(2) .. #table.pack(1, 2) .. math.max(1, 2) == 'xx22')")
        }
    }

    @Test("Every file is run")
    func files() throws {
        let folder = try #require(Bundle.module.url(forResource: "Library", withExtension: nil))
        let found = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(found == Self.names.map { "\($0).lua" })
    }
}

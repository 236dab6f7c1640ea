import LuaBridge
import Testing

/// Serialized: the suite reads a counter that all its tests share.
@Suite(.serialized) struct LuaLeakTests {
    @Test(
        "Ten thousand failing calls leave nothing behind",
        arguments: [
            "for i = 1, 10000 do pcall(test.counted(1).refuse, test.counted(2)) end",
            "for i = 1, 10000 do pcall(function() test.counted(i):refuse() end) end",
            "for i = 1, 10000 do coroutine.resume(coroutine.create(function() test.counted(i):refuse() end)) end",
            "for i = 1, 10000 do pcall(coroutine.wrap(function() test.counted(i):refuse() end)) end",
            "for i = 1, 10000 do pcall(table.sort, {1, 2, 3}, function() test.counted(i):refuse() end) end",
            "for i = 1, 10000 do pcall(test.call, function() test.counted(i):refuse() end) end",
            "for i = 1, 10000 do pcall(test.call, function() error(test.counted(i)) end) end",
            "for i = 1, 10000 do pcall(function() return test.counted(i).nothing end) end",
            "for i = 1, 10000 do local c <close> = test.counted(i) end",
            "for i = 1, 300 do xpcall(test.refuse, function() test.counted(i):refuse() end) end",
            "for i = 1, 10000 do pcall(test.configure, {rank = test.counted(i)}) end",
        ])
    func failingCalls(script: String) throws {
        let before = Counted.alive
        var limits = Script.quick
        limits.mainChunkSeconds = 20
        try Script.withHost(limits: limits) { host in
            try host.run("test = require 'test'")
            try host.collectGarbage()
            let objects = host.liveObjects
            let references = host.liveReferences
            try host.run(script)
            try host.collectGarbage()
            try host.collectGarbage()
            #expect(Counted.alive == before)
            #expect(host.liveObjects == objects)
            #expect(host.liveReferences == references)
        }
        #expect(Counted.alive == before)
    }

    @Test("Ten thousand calls from Swift that fail leave nothing behind")
    func fromSwift() throws {
        let before = Counted.alive
        try Script.withHost { host in
            let results = try host.run("local test = require 'test' return function(x) x:refuse() end")
            guard case .function(let function) = results.first else { throw Refusal(description: "no function") }
            let references = host.liveReferences
            for number in 0..<10_000 {
                #expect(throws: LuaError.self) { try function.callNumber(Counted(number)) }
            }
            try host.collectGarbage()
            #expect(Counted.alive == before)
            #expect(host.liveReferences == references)
        }
    }

    @Test("Objects that are alive at the end are released by closing")
    func closing() throws {
        let before = Counted.alive
        try Script.withHost { host in
            try host.run("test = require 'test' t = {} for i = 1, 100 do t[i] = test.counted(i) end")
            #expect(Counted.alive == before + 100)
        }
        #expect(Counted.alive == before)
    }

    @Test("References dropped on other threads are given back")
    func otherThreads() throws {
        try Script.withHost { host in
            let references = host.liveReferences
            nonisolated(unsafe) var tables: [LuaTable] = []
            for _ in 0..<100 { tables.append(try host.makeTable()) }
            #expect(host.liveReferences == references + 100)
            try LuaThread.run { tables = [] }
            #expect(host.liveReferences == references)
            try host.collectGarbage()
            #expect(host.liveReferences == references)
        }
    }

    @Test("A value used on another thread, or after closing, is an error")
    func misuse() throws {
        let kept = try Script.withHost { host -> LuaTable in
            let table = try host.makeTable()
            #expect {
                try LuaThread.run { try table.set("x", 1) }
            } throws: { ($0 as? LuaError)?.kind == .host }
            return table
        }
        #expect { try kept.get("x") } throws: { ($0 as? LuaError)?.message == "the Lua state is closed" }
    }
}

import Foundation
import LuaBridge
import Testing

/// Serialized: time limits are measured, and the tests would take the processor from each other.
@Suite(.serialized) struct LuaLimitTests {
    static let mainMessage = "time limit of 0.2 s for the main chunk reached (raise it with --lua-time SECONDS)"
    static let callbackMessage = "time limit of 0.2 s for a callback reached (raise it with --callback-time SECONDS)"

    @Test(
        "An endless loop ends wherever it runs",
        arguments: [
            "while true do end",
            "coroutine.wrap(function() while true do end end)()",
            "coroutine.resume(coroutine.create(function() while true do end end))",
            "pcall(function() while true do end end)",
            "while true do pcall(function() while true do end end) end",
            "xpcall(function() while true do end end, function() while true do end end)",
            "xpcall(error, function() while true do end end)",
            "do local x <close> = setmetatable({}, {__close = function() while true do end end}) end",
            "do local x <close> = setmetatable({}, {__close = function() while true do end end}) while true do end end",
            "local t = setmetatable({}, {__index = function() while true do end end}) return t.x",
            "local t = setmetatable({}, {__tostring = function() while true do end end}) print(t)",
            "table.sort({1, 2, 3}, function() while true do end end)",
            "(('x'):rep(10)):gsub('x', function() while true do end end)",
            "for _ in function() while true do end end do end",
            "load(function() while true do end end)",
            "local co = coroutine.create(function() while true do end end) coroutine.resume(co) coroutine.close(co)",
            """
            local co = coroutine.wrap(function()
                local x <close> = setmetatable({}, {__close = function() while true do end end})
                while true do end
            end)
            co()
            """,
            """
            local co = coroutine.create(function()
                local x <close> = setmetatable({}, {__close = function() while true do end end})
                while true do end
            end)
            pcall(coroutine.resume, co)
            pcall(coroutine.close, co)
            """,
            "local function f() return f() end f()",
            "goto start ::start:: goto start",
        ])
    func endless(script: String) {
        let error = Script.failure(script)
        #expect(error?.kind == .timeLimit)
        #expect(error?.message.hasSuffix(Self.mainMessage) == true)
    }

    @Test("A limit that was swallowed still fails the run")
    func swallowed() {
        let error = Script.failure("pcall(function() while true do end end) return 'fine'")
        #expect(error?.kind == .timeLimit)
    }

    @Test("A callback has its own budget and its own message")
    func callback() throws {
        try Script.withHost { host in
            guard case .function(let function) = try host.run("return function() while true do end end").first else {
                throw Refusal(description: "no function")
            }
            for _ in 0..<2 {
                #expect {
                    try function.call()
                } throws: { error in
                    (error as? LuaError)?.kind == .timeLimit
                        && (error as? LuaError)?.message == "script:1: " + Self.callbackMessage
                }
            }
            // The state works on after a limit.
            #expect(try host.run("return 1").count == 1)
        }
    }

    @Test("A callback inside the main chunk that exceeds its budget fails the main chunk too")
    func nested() {
        let error = Script.failure("pcall(require('test').call, function() while true do end end) return 1")
        #expect(error?.message == "task.lua:1: " + Self.callbackMessage)
    }

    @Test("Time that Swift computes does not count")
    func swiftTime() throws {
        try Script.withHost { host in
            let pause = try host.makeFunction("pause") { _ in
                let clock = ContinuousClock()
                let end = clock.now + .milliseconds(60)
                while clock.now < end {}
                return .none
            }
            try host.setGlobal("pause", pause)
            // Six times the budget in Swift, with Lua code between.
            try host.run("for i = 1, 10 do pause() for j = 1, 1000 do end end")
            let function = try host.makeFunction("many") { call in
                for _ in 0..<10 { try call.function(1).call([]) }
                return .none
            }
            try host.setGlobal("many", function)
            try host.run("many(function() pause() end)")
        }
    }

    @Test("Callback time is reported")
    func callbackTime() throws {
        try Script.withHost { host in
            guard case .function(let function) = try host.run("return function() for i = 1, 3e6 do end end").first
            else {
                throw Refusal(description: "no function")
            }
            #expect(host.callbackSeconds == 0)
            for _ in 0..<5 { try function.call() }
            #expect(host.callbackSeconds > 0.005)
            #expect(host.callbackSeconds < 1)
        }
    }

    @Test(
        "Too much memory is an error",
        arguments: [
            "local t = {} for i = 1, 1e9 do t[i] = i end",
            "local t = {} while true do t[#t + 1] = {} end",
            "local s = 'x' while true do s = s .. s end",
            "local t = {} for i = 1, 1e6 do t[i] = ('x'):rep(1000) .. i end",
            "local function f(n) local a, b, c, d, e = n, n, n, n, n return f(n + 1) + a end t = {} pcall(f, 1) while true do t = {t} end",
            "pcall(function() local t = {} while true do t[#t + 1] = {} end end)",
            "local t = {} while true do t[#t + 1] = coroutine.create(function() end) end",
            "coroutine.wrap(function() local t = {} while true do t[#t + 1] = {} end end)()",
        ])
    func memory(script: String) {
        var limits = Script.quick
        limits.mainChunkSeconds = 20
        limits.memoryBytes = 32 << 20
        let error = Script.failure(script, limits: limits)
        #expect(error?.kind == .memoryLimit)
        #expect(error?.message.hasSuffix("memory limit of 32 MB reached (raise it with --lua-memory MB)") == true)
    }

    @Test(
        "Single calls that ask for all memory, or run for ever, are refused",
        arguments: [
            ("return ('x'):rep(1e10)", "resulting string too large"),
            ("return ('x'):rep(math.maxinteger, 'xx')", "resulting string too large"),
            (
                "local s = ('x'):rep(1e6) local t = {} for i = 1, 1000 do t[i] = s end return table.concat(t)",
                "resulting string too large"
            ),
            ("table.concat(setmetatable({}, {__len = function() return 1e15 end}))", "table too long for the library"),
            (
                "table.insert(setmetatable({}, {__len = function() return 1 << 60 end}), 1, 1)",
                "table too long for the library (1152921504606846976 elements)"
            ),
            (
                "table.remove(setmetatable({}, {__len = function() return 1 << 60 end}), 1)",
                "table too long for the library (1152921504606846976 elements)"
            ),
            ("table.move({}, 1, math.maxinteger - 1, 2)", "too many elements to move"),
            ("table.move({}, math.mininteger, math.maxinteger, 2)", "too many elements to move"),
            ("table.unpack({}, 1, 1e8)", "too many results to unpack"),
        ])
    func bounded(script: String, message: String) {
        #expect(Script.message(script) == "task.lua:1: " + message)
    }

    @Test("Repeating nothing for ever gives nothing at once")
    func emptyRepetition() throws {
        #expect(
            try Script.run("return #(''):rep(math.maxinteger), ('ab'):rep(3, '-'), ('x'):rep(-1)") == [
                "0", "ab-ab-ab", "",
            ])
    }

    @Test("Native bytes count, and dropped ones are collected in time")
    func nativeBytes() throws {
        var limits = Script.quick
        limits.memoryBytes = 256 << 20
        limits.mainChunkSeconds = 10
        let peak = try Script.withHost(limits: limits) { host -> Int in
            nonisolated(unsafe) var peak = 0
            try host.register(Block.self) { type in
                type.nativeBytes { _ in
                    peak = max(peak, host.nativeBytes)
                    return 1 << 20
                }
            }
            try host.setGlobal("block", host.makeFunction("block") { call in try call.returns(Block()) })
            try host.run("for i = 1, 3000 do local b = block() end")
            try host.collectGarbage()
            #expect(host.nativeBytes == 0)
            return peak
        }
        #expect(peak < 100 << 20)
    }

    @Test("Native bytes that are kept reach the limit")
    func nativeLimit() throws {
        try Script.withHost { host in
            try host.register(Block.self) { type in type.nativeBytes { _ in 1 << 20 } }
            try host.setGlobal("block", host.makeFunction("block") { call in try call.returns(Block()) })
            #expect {
                try host.run("local t = {} for i = 1, 100 do t[i] = block() end")
            } throws: { ($0 as? LuaError)?.kind == .memoryLimit }
            try host.collectGarbage()
            #expect(host.nativeBytes == 0)
            #expect {
                try host.checkAllocation(bytes: 1 << 40)
            } throws: {
                String(describing: $0)
                    == "not enough memory: 1048576 MB needed, limit of 64 MB (raise it with --lua-memory MB)"
            }
        }
    }

    @Test("Output is capped, also against swallowing")
    func output() {
        var limits = Script.quick
        limits.outputBytes = 1 << 20
        let error = Script.failure("while true do pcall(print, ('x'):rep(1000)) end", limits: limits)
        #expect(error?.kind == .outputLimit)
        #expect(error?.message == "task.lua:1: output limit of 1 MB reached (raise it with --max-output MB)")
    }

    @Test("An interrupt from another thread stops the script", arguments: [LuaHost.Mode.sandboxed, .trusted])
    func interrupt(mode: LuaHost.Mode) throws {
        for script in ["while true do end", "coroutine.wrap(function() pcall(function() while true do end end) end)()"]
        {
            var limits = Script.quick
            limits.mainChunkSeconds = 20
            try Script.withHost(mode: mode, limits: limits) { host in
                let handle = host.interruptHandle
                try host.setGlobal(
                    "ready",
                    host.makeFunction("ready") { _ in
                        // A thread of its own: the tests themselves occupy those of the pool.
                        Thread.detachNewThread {
                            Thread.sleep(forTimeInterval: 0.05)
                            handle?.request()
                        }
                        return .none
                    })
                #expect {
                    try host.run("ready() " + script)
                } throws: { ($0 as? LuaError)?.kind == .interrupted }
                #expect(host.isInterrupted)
                host.clearInterrupt()
                let results = try host.run("for i = 1, 1e5 do end return 1")
                #expect(results.count == 1)
            }
        }
    }

    @Test("Closing coroutines cannot nest without bound")
    func nestedClose() throws {
        let text = """
            local co
            for i = 1, 12000 do
                local inner = co
                co = coroutine.create(function()
                    local x <close> = setmetatable({}, {__close = function()
                        if inner then assert(coroutine.close(inner)) end
                    end})
                    coroutine.yield()
                end)
                coroutine.resume(co)
            end
            return coroutine.close(co)
            """
        var limits = Script.quick
        limits.mainChunkSeconds = 5
        let results = try Script.run(text, limits: limits)
        #expect(results.first == "false")
        #expect(results.last?.hasSuffix("too many nested calls of coroutine.close") == true)
    }

    @Test(
        "Deep recursion is an error, not a crash",
        arguments: [
            "local function f() return 1 + f() end f()",
            "local t = setmetatable({}, {}) getmetatable(t).__index = function(_, k) return t[k + 1] end return t[1]",
            "local function f() return pcall(f) end f() error('deep')",
            "local function f(x) return require('test').call(function() return f(x) end) end f(1)",
            "local function f() return coroutine.wrap(f)() end f()",
            "local s = ('x'):rep(300) local function f() return (s:gsub('x', f)) end f()",
            "load(('('):rep(100000) .. '1' .. (')'):rep(100000)) error('deep')",
            "local t = {} for i = 1, 200000 do t = setmetatable({}, {__index = t}) end return t.x",
            "local f = load('local d = {} return d' .. ('.x'):rep(100000)) f()",
        ])
    func recursion(script: String) {
        var limits = Script.quick
        limits.mainChunkSeconds = 10
        limits.memoryBytes = 256 << 20
        #expect(Script.failure(script, limits: limits)?.kind == .script)
    }
}

struct Block: LuaBound { static var luaName: String { "test.Block" } }

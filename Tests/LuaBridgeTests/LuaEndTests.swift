import Foundation
import LuaBridge
import Testing

/// Ends of the process that no error can report: one line on standard error, and the limit's exit code.
@Suite(.serialized) struct LuaEndTests {
    private func line(_ result: ExitTest.Result?) -> String {
        String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    }

    @Test("A C function that runs for ever is ended by the watchdog")
    func watchdog() async {
        let result = await #expect(processExitsWith: .exitCode(3), observing: [\.standardErrorContent]) {
            var limits = Script.quick
            limits.graceSeconds = 0.2
            _ = try Script.run("return (('a'):rep(40)):find(('a*'):rep(40) .. 'b')", limits: limits)
        }
        #expect(line(result).hasSuffix(LuaLimitTests.mainMessage + "; the script did not stop\n"))
        #expect(line(result).split(separator: "\n").count == 1)
    }

    @Test("Memory that grows inside one C call ends at the hard limit")
    func hardLimit() async {
        let result = await #expect(processExitsWith: .exitCode(3), observing: [\.standardErrorContent]) {
            var limits = Script.quick
            limits.memoryBytes = 16 << 20
            limits.mainChunkSeconds = 10
            _ = try Script.run(
                "local s = ('x'):rep(15e6) return s .. s .. s .. s .. s .. s .. s .. s",
                limits: limits)
        }
        #expect(
            line(result).hasSuffix(
                "the script's memory passed 96 MB, and it could not be stopped at the limit of 16 MB "
                    + "(raise it with --lua-memory MB)\n"))
    }

    @Test("The weak metatable script of Lua 5.4.4 does not corrupt memory")
    func weakMetatable() async {
        await #expect(processExitsWith: .exitCode(0)) {
            let text = """
                local t = setmetatable({}, {__mode = 'k'})
                local strong = {}
                while true do
                    local key = {}
                    strong[#strong + 1] = key
                    setmetatable(t, setmetatable({__mode = 'kv'}, {__mode = 'v'}))
                    t[key] = ('x'):rep(1000) .. #strong
                end
                """
            var limits = Script.quick
            limits.memoryBytes = 16 << 20
            limits.mainChunkSeconds = 10
            guard Script.failure(text, limits: limits)?.kind == .memoryLimit else { exit(1) }
            exit(0)
        }
    }

    @Test("Memory that really ends, at any allocation, gives one line and the limit's exit code")
    func allocationSweep() async {
        await #expect(processExitsWith: .exitCode(0)) {
            let text = """
                local test = require 'test'
                local t = {} for i = 1, 50 do t[i] = test.pair(i, i) + test.pair(1, 1) end
                local ok, e = pcall(test.refuse)
                local co = coroutine.wrap(function(...) local x = {...} coroutine.yield(#x) error('x') end)
                co(1, 2, 3) pcall(co)
                pcall(test.configure, {rank = 1, other = 2})
                print(table.concat({1, 2, 3}, ','), tostring(t[1]), load('return 1')())
                table.sort(t, function(a, b) return a.first < b.first end)
                return string.format('%s %d', e, #t), t
                """
            typealias Fork = @convention(c) () -> Int32
            guard let symbol = dlsym(UnsafeMutableRawPointer(bitPattern: 0), "fork") else { exit(9) }
            let fork = unsafeBitCast(symbol, to: Fork.self)
            var sawEnd = false
            for count in stride(from: 0, to: 4000, by: 7) where !sawEnd {
                let child = fork()
                if child == 0 {
                    guard let host = try? LuaHost(), (try? Fixture.install(in: host)) != nil else { _exit(8) }
                    close(2)
                    host.failAllocation(after: count)
                    let finished = (try? host.run(text)) != nil
                    host.failAllocation(after: -1)
                    _exit(finished ? 0 : 7)
                }
                var status: Int32 = 0
                guard child > 0, waitpid(child, &status, 0) == child else { exit(6) }
                // Exit code 3 in the second byte, no signal in the first.
                if status == 0 { sawEnd = true } else if status != 3 << 8 { exit(5) }
            }
            exit(sawEnd ? 0 : 4)
        }
    }
}

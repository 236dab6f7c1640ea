import Foundation

/// What scripts/sanitize runs under the thread sanitizer: two Lua hosts on two threads at a time, and the worker pool, without
/// the numeric library, whose own code it cannot look into.
@main
enum Threads {
    static func main() throws {
        if CommandLine.arguments.dropFirst().first == "--race" { return race() }
        try hosts()
        pool()
        print("threads: done")
    }

    /// A race on purpose: a sanitizer that is silent here sees nothing.
    private static func race() {
        let sum = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        sum.initialize(to: 0)
        defer { sum.deallocate() }
        nonisolated(unsafe) let shared = sum
        let pool = WorkerPool(workers: 2)
        pool.forEach(64) { piece, _ in
            shared.pointee += piece
            // Long enough for the other worker to join.
            usleep(2_000)
        }
    }

    // MARK: Hosts

    private final class Counted: LuaBound, @unchecked Sendable {
        static var luaName: String { "Counted" }
        var number: Int
        init(_ number: Int) { self.number = number }
    }

    private struct Refusal: Error, CustomStringConvertible { let description: String }

    private static func hosts() throws {
        for round in 0..<4 {
            let done = (0..<2).map { _ in DispatchSemaphore(value: 0) }
            for number in 0..<2 {
                Thread.detachNewThread {
                    do {
                        try LuaThread.run { try host(round * 2 + number) }
                    } catch {
                        FileHandle.standardError.write(Data("\(error)\n".utf8))
                        exit(1)
                    }
                    done[number].signal()
                }
            }
            for end in done { end.wait() }
        }
    }

    /// Everything that crosses from Lua to Swift and back: functions, objects, errors, references, coroutines, limits.
    private static func host(_ seed: Int) throws {
        var limits = LuaLimits()
        limits.mainChunkSeconds = 60
        limits.graceSeconds = 60
        try LuaHost.with(limits: limits) { host in
            try host.register(Counted.self) { type in
                type.method("get", "") { value, call in try call.returns(value.number) }
                type.mutatingMethod("add_", "") { value, call in
                    value.number += try call.integer(1)
                    return call.returnsSelf()
                }
                type.method("refuse", "") { value, _ in throw Refusal(description: "refused \(value.number)") }
                type.property("number", "") { value, call in try call.returns(value.number) }
                type.closing("")
            }
            host.addModule("test") { module in
                module.function("counted", "") { call in try call.returns(Counted(call.integer(1))) }
                module.function("call", "") { call in try call.returns(list: call.function(1).call([])) }
                try module.constant("seed", "", seed)
            }
            host.printSink = { _ in }
            let text = """
                local test = require 'test'
                local t = {}
                for i = 1, 2000 do
                    t[i % 50 + 1] = test.counted(i):add_(2)
                    assert(t[i % 50 + 1]:get() == i + 2 and t[i % 50 + 1].number == i + 2)
                    assert(not pcall(t[i % 50 + 1].refuse, t[i % 50 + 1]))
                    assert(test.call(function() return i end) == i)
                    local co = coroutine.wrap(function() test.counted(i):refuse() end)
                    assert(not pcall(co))
                end
                print(test.seed, math.random(), #t)
                return function(x) if x > 1 then error('large') end return x end
                """
            guard case .function(let function) = try host.run(text).first else {
                throw Refusal(description: "no function")
            }
            for number in 0..<200 { _ = try? function.call([.integer(number % 3)]) }
            var tables: [LuaTable] = []
            for _ in 0..<50 { tables.append(try host.makeTable()) }
            // References go back from another thread, too.
            nonisolated(unsafe) var dropped = Optional(tables)
            tables = []
            let gone = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                _ = dropped.take()
                gone.signal()
            }
            gone.wait()
            try host.collectGarbage()
            let interrupt = host.interruptHandle
            try host.setGlobal(
                "interrupted",
                host.makeFunction("interrupted") { _ in
                    Thread.detachNewThread { interrupt?.request() }
                    return .none
                })
            do {
                try host.run("interrupted() while true do end")
                throw Refusal(description: "not interrupted")
            } catch let error as LuaError where error.kind == .interrupted {
                host.clearInterrupt()
            }
        }
    }

    // MARK: Pool

    private static func pool() {
        struct Failure: Error, Equatable { let piece: Int }
        for workers in [1, 2, 4] {
            let pool = WorkerPool(workers: workers)
            let count = 257
            let sums = UnsafeMutablePointer<Int>.allocate(capacity: count)
            sums.initialize(repeating: 0, count: count)
            defer { sums.deallocate() }
            nonisolated(unsafe) let results = sums
            for round in 1...300 {
                pool.forEach(count) { piece, worker in
                    results[piece] += piece + round
                    if piece % 64 == 0 {
                        // A job inside of a piece stays on its worker.
                        pool.forEach(3) { _, inner in precondition(inner == worker) }
                    }
                }
                do {
                    try pool.forEach(count) { piece, _ throws(Failure) in
                        if piece >= 100 { throw Failure(piece: piece) }
                    }
                    preconditionFailure("a piece failed and nobody said so")
                } catch {
                    precondition(error == Failure(piece: 100))
                }
                // Sleep now and then, so that workers are woken by the condition, too.
                if round % 50 == 0 { usleep(20_000) }
            }
            for piece in 0..<count { precondition(results[piece] == 300 * piece + 300 * 301 / 2) }
            // Two threads take turns on one pool.
            let done = DispatchSemaphore(value: 0)
            for _ in 0..<2 {
                Thread.detachNewThread {
                    for _ in 0..<100 {
                        let mine = UnsafeMutablePointer<Int>.allocate(capacity: 64)
                        nonisolated(unsafe) let memory = mine
                        pool.forEach(64) { piece, _ in (memory + piece).initialize(to: piece) }
                        precondition((0..<64).allSatisfy { memory[$0] == $0 })
                        mine.deallocate()
                    }
                    done.signal()
                }
            }
            done.wait()
            done.wait()
        }
    }
}

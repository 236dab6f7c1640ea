import LuaBridge
import Testing

@Suite struct LuaThreadTests {
    @Test("Results and errors come back from the Lua thread")
    func results() throws {
        #expect(try LuaThread.run { 3 } == 3)
        #expect(throws: Refusal(description: "no")) { try LuaThread.run { throw Refusal(description: "no") } }
    }

    @Test("The stack is deep enough for recursions that Lua does not bound")
    func deepStack() throws {
        @Sendable func depth(_ count: Int) -> Int {
            count == 0 ? 0 : 1 + withUnsafeBytes(of: count) { depth($0.load(as: Int.self) - 1) }
        }
        #expect(try LuaThread.run { depth(500_000) } == 500_000)
    }

    @Test("Two hosts run on two threads at once")
    func twoHosts() async throws {
        let text = "local t = {} for i = 1, 1e5 do t[i % 100] = {i, tostring(i)} end return #t"
        async let first = Script.run(text, limits: .unlimited)
        async let second = Script.run(text, limits: .unlimited)
        #expect(try await first == ["99"])
        #expect(try await second == ["99"])
    }
}

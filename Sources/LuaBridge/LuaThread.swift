internal import Glibc

/// Runs Lua on a thread of its own with a stack large enough for the recursions of Lua 5.4.4 that nothing else bounds.
package enum LuaThread {
    package static let stackBytes = 256 << 20

    /// Runs `body` on a new thread and waits for it. Create the `LuaHost` inside: a host belongs to its thread.
    package static func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
        let job = Job(body)
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        var status = pthread_attr_setstacksize(&attributes, stackBytes)
        if status == 0 {
            let argument = Unmanaged.passRetained(job as AnyJob)
            status = pthread_create(
                &thread, &attributes,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<AnyJob>.fromOpaque(argument).takeRetainedValue().execute()
                    return nil
                }, argument.toOpaque())
            if status != 0 { argument.release() }
        }
        guard status == 0 else {
            throw LuaError(.host, "cannot start the Lua thread: \(String(cString: strerror(status)))")
        }
        pthread_join(thread, nil)
        guard let outcome = job.outcome else { throw LuaError(.host, "the Lua thread ended without a result") }
        return try outcome.get()
    }

    private class AnyJob {
        func execute() {}
    }

    /// Written by the new thread, read after joining it.
    private final class Job<Result: Sendable>: AnyJob, @unchecked Sendable {
        let body: @Sendable () throws -> Result
        var outcome: Swift.Result<Result, any Error>?

        init(_ body: @escaping @Sendable () throws -> Result) { self.body = body }

        override func execute() { outcome = Swift.Result(catching: body) }
    }
}

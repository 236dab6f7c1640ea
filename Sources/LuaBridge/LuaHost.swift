internal import CLua
internal import CLuaShims
internal import Synchronization

/// One Lua state with its limits, its library and the Swift functions and types bound to it.
///
/// A host belongs to the thread that creates it (see `LuaThread.run`); `requestInterrupt` alone may be called from
/// elsewhere. Bound functions may hold references into the state, so the host must be closed explicitly.
package final class LuaHost: @unchecked Sendable {
    package enum Mode: Sendable {
        /// The allow-listed library, all limits.
        case sandboxed
        /// The full standard library, no hook and no memory limit.
        case trusted
    }

    /// The Lua that was compiled in, for example `5.4.4`.
    package static var luaVersion: String { "\(LUA_VERSION_MAJOR).\(LUA_VERSION_MINOR).\(LUA_VERSION_RELEASE)" }

    package let mode: Mode
    package let limits: LuaLimits

    /// The C side; nil once closed.
    private(set) var handle: OpaquePointer?

    /// Receives what `print` writes, line end included. Default: nothing.
    package var printSink: (UnsafeRawBufferPointer) -> Void = { _ in }
    /// Receives each warning, without a line end. Default: nothing.
    package var warningSink: (String) -> Void = { _ in }
    /// The run's own stream, for `math.random`. Default: a fixed sequence.
    package var randomSource: () -> UInt64
    /// Finds what `require` asks for.
    package let modules = LuaModules()
    /// Set before modules are added, it gathers what they and their types say of themselves.
    package var documentation: LuaDocumentation?

    /// Types by `ObjectIdentifier` of the Swift type.
    var types: [ObjectIdentifier: AnyLuaType] = [:]
    /// Swift errors under way through Lua, most recent last: a script may catch and raise them again as strings.
    var raisedErrors: [RaisedError] = []
    /// References dropped by Swift, on whatever thread, and not yet taken out of the registry.
    private let droppedReferences = Mutex<[Int32]>([])
    private var liveReferenceCount = 0

    package init(mode: Mode = .sandboxed, limits: LuaLimits = LuaLimits()) throws {
        self.mode = mode
        self.limits = mode == .trusted ? .unlimited : limits
        var counter: UInt64 = 0
        randomSource = {
            // SplitMix64, so that a host without a source of its own still gives spread-out numbers.
            counter &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (counter ^ (counter >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
        var cLimits = luahost_limits(self.limits)
        var callbacks = HostCallbacks.table(context: Unmanaged.passUnretained(self).toOpaque())
        guard let handle = luahost_create(&cLimits, &callbacks, mode == .trusted) else {
            throw LuaError(.host, "not enough memory for a Lua state")
        }
        self.handle = handle
    }

    deinit { close() }

    /// Runs `body` with a new host and closes it afterwards, whatever happened.
    package static func with<Result>(
        mode: Mode = .sandboxed, limits: LuaLimits = LuaLimits(), _ body: (LuaHost) throws -> Result
    ) throws -> Result {
        let host = try LuaHost(mode: mode, limits: limits)
        defer { host.close() }
        return try body(host)
    }

    /// Ends the state: every object and function held by it is released. Later uses throw. Closing twice is harmless;
    /// from within a call, it waits for nothing and does nothing.
    package func close() {
        guard let handle, luahost_depth(handle) == 0, luahost_on_own_thread(handle) else { return }
        modules.forget()
        raisedErrors = []
        self.handle = nil
        luahost_close(handle)
        types = [:]
    }

    package var isClosed: Bool { handle == nil }

    // MARK: State

    /// The state that runs now, with room for what one operation pushes.
    func usableState() throws -> OpaquePointer {
        let handle = try usableHandle()
        guard let state = luahost_current_state(handle), lua_checkstack(state, 16) != 0 else {
            throw LuaError(.script, "stack overflow")
        }
        return state
    }

    func usableHandle() throws -> OpaquePointer {
        guard let handle else { throw LuaError(.host, "the Lua state is closed") }
        guard luahost_on_own_thread(handle) else {
            throw LuaError(.host, "a Lua value was used outside of the thread it belongs to")
        }
        return handle
    }

    // MARK: Accounts

    /// Bytes on the Lua heap.
    package var luaBytes: Int { handle.map { Int(luahost_lua_bytes($0)) } ?? 0 }
    /// Bytes outside of Lua that objects hold, as far as they were reported.
    package var nativeBytes: Int { handle.map { Int(luahost_native_bytes($0)) } ?? 0 }
    /// Swift values that Lua owns: objects and functions.
    package var liveObjects: Int { handle.map { Int(luahost_live_objects($0)) } ?? 0 }
    /// Lua values that Swift owns.
    package var liveReferences: Int {
        liveReferenceCount - droppedReferences.withLock { $0.count }
    }
    /// Lua time of all calls from Swift so far.
    package var callbackSeconds: Double { handle.map { luahost_callback_seconds($0) } ?? 0 }

    /// Counts memory that a Swift value reachable from Lua gained or lost, and drives the collector by it.
    package func adjustNativeBytes(_ delta: Int) throws {
        luahost_adjust_native_bytes(try usableState(), Int64(delta))
    }

    /// Refuses what would pass the memory limit, before it is allocated: for functions whose result's size the script
    /// chooses. Collects first, when that may help.
    package func checkAllocation(bytes: Int) throws {
        let handle = try usableHandle()
        if Int64(bytes) <= luahost_bytes_left(handle) { return }
        try collectGarbage()
        if Int64(bytes) <= luahost_bytes_left(handle) { return }
        let limit = limits.memoryBytes >> 20
        throw LuaUsageError(
            "not enough memory: \(max(bytes, 0) >> 20) MB needed, limit of \(limit) MB (raise it with --lua-memory MB)")
    }

    // MARK: Interrupts

    /// Stops the script at its next instruction, which no `pcall` can prevent. For the Lua thread's own code; other threads
    /// and signal handlers use `interruptHandle`.
    package func requestInterrupt() {
        if let handle { luahost_request_interrupt(handle) }
    }

    /// The interrupt flag for other threads and for signal handlers, which must not touch the host itself. Forget it before
    /// the host is closed.
    package var interruptHandle: LuaInterrupt? { handle.map(LuaInterrupt.init) }

    /// Whether an interrupt was requested; long computations in Swift poll it.
    package var isInterrupted: Bool { handle.map { luahost_interrupt_requested($0) } ?? false }

    package func clearInterrupt() {
        if let handle { luahost_clear_interrupt(handle) }
    }

    // MARK: References

    func makeReference(popping state: OpaquePointer) -> Int32 {
        sweepReferences(state)
        liveReferenceCount += 1
        return luaL_ref(state, luahost_registry_index())
    }

    func dropReference(_ reference: Int32) {
        droppedReferences.withLock { $0.append(reference) }
    }

    /// Takes dropped references out of the registry; on the Lua thread, where two stack slots are free.
    func sweepReferences(_ state: OpaquePointer) {
        let dropped = droppedReferences.withLock { list -> [Int32] in
            guard !list.isEmpty else { return [] }
            defer { list.removeAll(keepingCapacity: true) }
            return list
        }
        for reference in dropped { luaL_unref(state, luahost_registry_index(), reference) }
        liveReferenceCount -= dropped.count
    }

    /// Collects everything that can be collected. For tests and for moments between heavy phases.
    package func collectGarbage() throws {
        let state = try usableState()
        sweepReferences(state)
        luahost_collect(state)
    }

    /// Test hook: the allocation after `count` more ends the process as if memory had run out.
    package func failAllocation(after count: Int) {
        if let handle { luahost_fail_allocation_after(handle, Int64(count)) }
    }
}

/// A host's interrupt flag, in a form that a signal handler may use. Valid until the host is closed.
package struct LuaInterrupt: @unchecked Sendable {
    private let handle: OpaquePointer

    fileprivate init(_ handle: OpaquePointer) { self.handle = handle }

    package func request() { luahost_request_interrupt(handle) }
}

extension luahost_limits {
    init(_ limits: LuaLimits) {
        self.init(
            main_seconds: limits.mainChunkSeconds, callback_seconds: limits.callbackSeconds,
            grace_seconds: limits.graceSeconds, soft_bytes: Int64(limits.memoryBytes),
            hard_bytes: Int64(limits.resolvedHardMemoryBytes), output_bytes: Int64(limits.outputBytes))
    }
}

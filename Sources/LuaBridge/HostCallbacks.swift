internal import CLua
internal import CLuaShims

/// What C calls. Each function leaves its Swift frame before anything is raised.
enum HostCallbacks {
    static func table(context: UnsafeMutableRawPointer) -> luahost_callbacks {
        luahost_callbacks(
            context: context,
            invoke: { state, pointer in
                guard let state, let pointer else { return 0 }
                let function = Unmanaged<BoundFunction>.fromOpaque(pointer).takeUnretainedValue()
                return function.host.answer(state) { try function.body(LuaCall(function, state)) }
            },
            get: { state, pointer, slot in
                guard let state, let pointer else { return 0 }
                let box = Unmanaged<ObjectBox>.fromOpaque(pointer).takeUnretainedValue()
                return box.type.host.answer(state) { try box.type.get(slot: Int(slot), of: box, state) }
            },
            index: { state, pointer in
                guard let state, let pointer else { return 0 }
                let box = Unmanaged<ObjectBox>.fromOpaque(pointer).takeUnretainedValue()
                return box.type.host.answer(state) { try box.type.index(box, state) }
            },
            set_index: { state, pointer in
                guard let state, let pointer else { return 0 }
                let box = Unmanaged<ObjectBox>.fromOpaque(pointer).takeUnretainedValue()
                return box.type.host.answer(state) { try box.type.setIndex(box, state) }
            },
            release: { pointer in
                if let pointer { Unmanaged<AnyObject>.fromOpaque(pointer).release() }
            },
            output: { context, bytes, length, channel in
                guard let context else { return }
                let host = Unmanaged<LuaHost>.fromOpaque(context).takeUnretainedValue()
                let buffer = UnsafeRawBufferPointer(start: bytes, count: length)
                if channel == Int32(LUAHOST_PRINT) {
                    host.printSink(buffer)
                } else {
                    host.warningSink(PrintableText.make(buffer))
                }
            },
            random: { context in
                guard let context else { return 0 }
                return Unmanaged<LuaHost>.fromOpaque(context).takeUnretainedValue().randomSource()
            },
            find_module: { state, context in
                guard let state, let context else { return 0 }
                let host = Unmanaged<LuaHost>.fromOpaque(context).takeUnretainedValue()
                return host.answer(state) { try host.findModule(state) }
            },
            unknown_global: { state, context in
                guard let state, let context else { return 0 }
                let host = Unmanaged<LuaHost>.fromOpaque(context).takeUnretainedValue()
                return host.answer(state) { try host.unknownGlobal(state) }
            })
    }
}

/// A Swift function bound to a host. Owned by a userdata inside the state.
final class BoundFunction {
    /// The host outlives what its state owns: closing the state releases the function first.
    unowned(unsafe) let host: LuaHost
    /// As messages give it: "mul".
    let name: String
    /// Whether argument 1 of the stack is `self`, which messages do not count.
    let isMethod: Bool
    let body: (LuaCall) throws -> LuaResults

    init(_ host: LuaHost, _ name: String, isMethod: Bool = false, _ body: @escaping (LuaCall) throws -> LuaResults) {
        self.host = host
        self.name = name
        self.isMethod = isMethod
        self.body = body
    }
}

/// A Swift error that is on its way through Lua as a string.
struct RaisedError {
    let message: String
    let error: any Error
}

extension LuaHost {
    /// The count of results of `body`, or the order to raise what it threw, which is then on top of the stack.
    func answer(_ state: OpaquePointer, _ body: () throws -> LuaResults) -> Int32 {
        do {
            return try body().count
        } catch {
            return prepareRaise(error, on: state)
        }
    }

    private func prepareRaise(_ error: any Error, on state: OpaquePointer) -> Int32 {
        // The call may have left values on the stack up to its brim.
        guard lua_checkstack(state, 4) != 0 else {
            lua_settop(state, 0)
            lua_pushnil(state)
            return LUAHOST_RAISE
        }
        let context = LuaPushContext(host: self, state: state)
        if let error = error as? LuaError {
            // It happened in Lua code that Swift called: it has its position, and goes on as it was.
            if let value = error.value, (try? value.luaPush(context)) != nil { return LUAHOST_RAISE }
            remember(RaisedError(message: error.message, error: error))
            error.message.luaPush(context)
            return error.kind == .host ? LUAHOST_RAISE_AT_CALLER : LUAHOST_RAISE
        }
        let message = PrintableText.make(String(describing: error))
        remember(RaisedError(message: message, error: error))
        message.luaPush(context)
        return LUAHOST_RAISE_AT_CALLER
    }

    private func remember(_ raised: RaisedError) {
        // A script that catches errors by the thousand must not fill the memory of the host.
        if raisedErrors.count >= 8 { raisedErrors.removeFirst() }
        raisedErrors.append(raised)
    }

    /// Pushes a Swift function as a Lua function.
    func push(_ function: BoundFunction, on state: OpaquePointer) {
        luahost_push_function(state, Unmanaged.passRetained(function as AnyObject).toOpaque())
    }
}

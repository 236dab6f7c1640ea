internal import CLua
internal import CLuaShims

/// A Lua function held by Swift. Each call has a callback budget of its own.
package final class LuaFunction: LuaReference, @unchecked Sendable {
    /// Calls the function and returns all its results.
    @discardableResult
    package func call(_ arguments: [LuaValue] = []) throws -> [LuaValue] {
        try invoke(resultCount: LUA_MULTRET) { context in
            guard lua_checkstack(context.state, Int32(clamping: arguments.count + 8)) != 0 else {
                throw LuaError(.script, "stack overflow (too many arguments)")
            }
            for argument in arguments { try argument.luaPush(context) }
        } read: { results in
            (1..<(results.count + 1)).map { results.value($0) }
        }
    }

    /// Calls the function with one argument; the way of rewards and schedules. `read` looks at up to `resultCount` results
    /// where they are, so that a call that gives a number allocates nothing.
    package func call<Result>(
        with argument: some LuaPushable, resultCount: Int = 1, read: (LuaCallResults) throws -> Result
    ) throws -> Result {
        try invoke(resultCount: Int32(clamping: resultCount)) {
            try argument.luaPush($0)
        } read: {
            try read($0)
        }
    }

    /// Calls the function with two arguments.
    package func call<Result>(
        with first: some LuaPushable, _ second: some LuaPushable, resultCount: Int = 1,
        read: (LuaCallResults) throws -> Result
    ) throws -> Result {
        try invoke(resultCount: Int32(clamping: resultCount)) {
            try first.luaPush($0)
            try second.luaPush($0)
        } read: {
            try read($0)
        }
    }

    /// Calls the function with one argument for one number. Anything else but a number throws `LuaMismatch`.
    package func callNumber(_ argument: some LuaPushable) throws -> Double {
        try call(with: argument) { try $0.number(1) }
    }

    private func invoke<Result>(
        resultCount: Int32, push arguments: (LuaPushContext) throws -> Void, read: (LuaCallResults) throws -> Result
    ) throws -> Result {
        let state = try host.usableState()
        let top = lua_gettop(state)
        defer { lua_settop(state, top) }
        push(on: state)
        try arguments(LuaPushContext(host: host, state: state))
        try host.protectedCall(
            on: state, argumentCount: lua_gettop(state) - top - 1, resultCount: resultCount,
            budget: Int32(LUAHOST_CALLBACK))
        guard lua_checkstack(state, 8) != 0 else { throw LuaError(.script, "stack overflow (too many results)") }
        return try read(LuaCallResults(host: host, state: state, base: top, count: Int(lua_gettop(state) - top)))
    }
}

/// The results of a call, while they are on the stack.
package struct LuaCallResults {
    let host: LuaHost
    let state: OpaquePointer
    let base: Int32
    package let count: Int

    package func slot(_ number: Int) -> LuaSlot {
        LuaSlot(host: host, state: state, index: base + Int32(clamping: number))
    }

    package func value(_ number: Int) -> LuaValue { slot(number).value }

    package func number(_ number: Int) throws -> Double {
        let index = base + Int32(clamping: number)
        guard lua_type(state, index) == LUA_TNUMBER else {
            throw LuaMismatch("number expected, got \(host.typeName(state, index))")
        }
        return lua_tonumberx(state, index, nil)
    }

    /// The result as a type; nil results read as nil; other types throw `LuaMismatch`.
    package func read<Value: LuaReadable>(_ number: Int, as type: Value.Type = Value.self) throws -> Value? {
        let slot = slot(number)
        if slot.isNil { return nil }
        return try slot.read(Value.self) { LuaMismatch($0) }
    }
}

extension LuaSlot {
    /// The value as a type, or the error that `failure` makes of "integer expected, got string".
    package func read<Value: LuaReadable>(
        _ type: Value.Type, failure: (String) -> any Error
    ) throws -> Value {
        do {
            if let value = try Value.luaRead(self) { return value }
        } catch let mismatch as LuaMismatch {
            throw failure(mismatch.description)
        }
        throw failure("\(Value.luaExpected) expected, got \(typeName)")
    }
}

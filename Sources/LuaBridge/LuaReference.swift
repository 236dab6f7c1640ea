internal import CLua
internal import CLuaShims

/// A Lua value held by Swift. It may be carried to, and dropped on, any thread; it may be used on the Lua thread only,
/// which every use checks.
package class LuaReference: @unchecked Sendable {
    package let host: LuaHost
    /// The place in the registry.
    let index: Int32

    /// Takes the value on top of the stack.
    required init(host: LuaHost, popping state: OpaquePointer) {
        self.host = host
        index = host.makeReference(popping: state)
    }

    deinit { host.dropReference(index) }

    /// Pushes the value on the running state.
    func push(on state: OpaquePointer) {
        lua_rawgeti(state, luahost_registry_index(), lua_Integer(index))
    }

    /// Pushes the value, lets `body` work with its stack index, and restores the stack.
    func withPushed<Result>(_ body: (OpaquePointer, Int32) throws -> Result) throws -> Result {
        let state = try host.usableState()
        let top = lua_gettop(state)
        defer { lua_settop(state, top) }
        push(on: state)
        return try body(state, top + 1)
    }
}

/// A userdata that holds a Swift value.
package final class LuaObject: LuaReference, @unchecked Sendable {
    package var typeName: String {
        (try? withPushed { state, index in host.typeName(state, index) }) ?? "userdata"
    }

    /// The Swift value, if it is of this type and neither closed nor in use by a mutating method.
    package func value<Value: LuaBound>(as type: Value.Type = Value.self) throws -> Value? {
        try withPushed { state, index in try Value.luaRead(LuaSlot(host: host, state: state, index: index)) }
    }

    /// Gives the object a field that scripts read without a call into Swift. Its value stays with the object.
    package func attach(_ name: String, _ value: some LuaPushable) throws {
        try withPushed { state, index in
            try value.luaPush(LuaPushContext(host: host, state: state))
            luahost_attach_field(state, index, name)
        }
    }
}

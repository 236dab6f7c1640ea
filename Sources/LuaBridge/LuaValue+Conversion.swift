internal import CLua

extension LuaHost {
    /// A pushable value as a Lua value that Swift holds, for calls with lists of arguments.
    package func value(of value: some LuaPushable) throws -> LuaValue {
        let state = try usableState()
        let top = lua_gettop(state)
        defer { lua_settop(state, top) }
        try value.luaPush(LuaPushContext(host: self, state: state))
        return self.value(state, top + 1)
    }

    /// A Lua value as a Swift type; nil when it is of another type. Throws `LuaMismatch` to say more than that.
    package func read<Value: LuaReadable>(_ value: LuaValue, as type: Value.Type = Value.self) throws -> Value? {
        let state = try usableState()
        let top = lua_gettop(state)
        defer { lua_settop(state, top) }
        try value.luaPush(LuaPushContext(host: self, state: state))
        return try Value.luaRead(LuaSlot(host: self, state: state, index: top + 1))
    }
}

internal import CLua
internal import CLuaShims

extension LuaTable {
    /// Forbids changes through the view that this returns: `pairs` goes in key order, writing raises an error about `name`.
    package func readOnlyView(named name: String) throws -> LuaTable {
        try withPushed { state, index in
            lua_pushnil(state)
            luahost_push_read_only(state, index, name)
            return LuaTable(host: host, popping: state)
        }
    }

    /// Has a function answer for keys that the table lacks: it gets the table and the key.
    package func setAbsent(_ function: LuaFunction) throws {
        try withPushed { state, index in
            function.push(on: state)
            luahost_set_absent(state, index)
        }
    }

    /// Removes every field, without metamethods.
    package func removeAll() throws {
        let keys = try sortedKeys()
        try withPushed { state, index in
            let context = LuaPushContext(host: host, state: state)
            for key in keys {
                try key.luaPush(context)
                lua_pushnil(state)
                lua_rawset(state, index)
            }
        }
    }

    /// Whether both are the same table.
    package func isSame(as other: LuaTable) throws -> Bool {
        try withPushed { state, index in
            other.push(on: state)
            return lua_rawequal(state, index, -1) != 0
        }
    }
}

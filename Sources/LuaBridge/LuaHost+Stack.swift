internal import CLua
internal import CLuaShims

/// Reading and pushing on a Lua stack. Everything here uses raw calls only.
extension LuaHost {
    /// The name of a value's type: the registered name for our objects, else what Lua's `type` says.
    func typeName(_ state: OpaquePointer, _ index: Int32) -> String {
        if let type = boundType(state, index) { return type.name }
        let kind = lua_type(state, index)
        if kind == LUA_TNONE { return "no value" }
        return String(cString: lua_typename(state, kind))
    }

    /// The registered type of the userdata at `index`, if it is one of ours.
    func boundType(_ state: OpaquePointer, _ index: Int32) -> AnyLuaType? {
        var type: UnsafeMutableRawPointer?
        _ = luahost_object(state, index, &type)
        return type.map { Unmanaged<AnyLuaType>.fromOpaque($0).takeUnretainedValue() }
    }

    func value(_ state: OpaquePointer, _ index: Int32) -> LuaValue {
        switch lua_type(state, index) {
        case LUA_TNIL, LUA_TNONE: return .nil
        case LUA_TBOOLEAN: return .boolean(lua_toboolean(state, index) != 0)
        case LUA_TNUMBER:
            guard lua_isinteger(state, index) != 0 else { return .number(lua_tonumberx(state, index, nil)) }
            return .integer(Int(lua_tointegerx(state, index, nil)))
        case LUA_TSTRING:
            return .string(withString(state, index) { LuaString(bytes: Array($0)) } ?? "")
        case let kind:
            let isObject = boundType(state, index) != nil
            lua_pushvalue(state, index)
            switch kind {
            case LUA_TTABLE: return .table(LuaTable(host: self, popping: state))
            case LUA_TFUNCTION: return .function(LuaFunction(host: self, popping: state))
            default:
                return isObject
                    ? .object(LuaObject(host: self, popping: state)) : .opaque(LuaReference(host: self, popping: state))
            }
        }
    }

    /// The bytes of the string at `index`; nil for other types (numbers are not converted).
    func withString<Result>(
        _ state: OpaquePointer, _ index: Int32, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result? {
        guard lua_type(state, index) == LUA_TSTRING else { return nil }
        var length = 0
        let bytes = lua_tolstring(state, index, &length)
        return body(UnsafeRawBufferPointer(start: bytes, count: length))
    }

    func pushBytes(_ bytes: UnsafeRawBufferPointer, on state: OpaquePointer) {
        if let start = bytes.baseAddress {
            lua_pushlstring(state, start.assumingMemoryBound(to: CChar.self), bytes.count)
        } else {
            lua_pushlstring(state, "", 0)
        }
    }

    func pushArray(_ array: [some LuaPushable], on state: OpaquePointer) throws {
        guard lua_checkstack(state, 8) != 0 else { throw LuaError(.script, "stack overflow") }
        lua_createtable(state, Int32(clamping: array.count), 0)
        let context = LuaPushContext(host: self, state: state)
        for (offset, element) in array.enumerated() {
            try element.luaPush(context)
            lua_rawseti(state, -2, lua_Integer(offset + 1))
        }
    }
}

internal import CLua
internal import CLuaShims

/// A place on the stack, for reading.
package struct LuaSlot {
    package let host: LuaHost
    let state: OpaquePointer
    let index: Int32

    package var isNil: Bool { lua_type(state, index) <= LUA_TNIL }

    /// The name of the value's type as error messages give it.
    package var typeName: String { host.typeName(state, index) }

    package var value: LuaValue { host.value(state, index) }
}

/// Where a value is to be pushed.
package struct LuaPushContext {
    package let host: LuaHost
    let state: OpaquePointer
}

/// A type that a Lua value can be read as.
package protocol LuaReadable {
    /// What messages call it: "integer", "table", "rledit.Tensor".
    static var luaExpected: String { get }
    /// The value, or nil when the Lua value is of another type. Throws `LuaMismatch` to say more than that.
    static func luaRead(_ slot: LuaSlot) throws -> Self?
}

/// A type that can be pushed as one Lua value.
package protocol LuaPushable {
    func luaPush(_ context: LuaPushContext) throws
}

extension Int: LuaReadable, LuaPushable {
    package static var luaExpected: String { "integer" }

    package static func luaRead(_ slot: LuaSlot) throws -> Int? {
        guard lua_type(slot.state, slot.index) == LUA_TNUMBER else { return nil }
        var exact: Int32 = 0
        let integer = lua_tointegerx(slot.state, slot.index, &exact)
        guard exact != 0 else { throw LuaMismatch("number has no integer representation") }
        return Int(integer)
    }

    package func luaPush(_ context: LuaPushContext) { lua_pushinteger(context.state, lua_Integer(self)) }
}

extension Double: LuaReadable, LuaPushable {
    package static var luaExpected: String { "number" }

    package static func luaRead(_ slot: LuaSlot) -> Double? {
        guard lua_type(slot.state, slot.index) == LUA_TNUMBER else { return nil }
        return lua_tonumberx(slot.state, slot.index, nil)
    }

    package func luaPush(_ context: LuaPushContext) { lua_pushnumber(context.state, self) }
}

extension Float: LuaReadable, LuaPushable {
    package static var luaExpected: String { "number" }
    package static func luaRead(_ slot: LuaSlot) -> Float? { Double.luaRead(slot).map(Float.init) }
    package func luaPush(_ context: LuaPushContext) { lua_pushnumber(context.state, Double(self)) }
}

extension Bool: LuaReadable, LuaPushable {
    package static var luaExpected: String { "boolean" }

    package static func luaRead(_ slot: LuaSlot) -> Bool? {
        guard lua_type(slot.state, slot.index) == LUA_TBOOLEAN else { return nil }
        return lua_toboolean(slot.state, slot.index) != 0
    }

    package func luaPush(_ context: LuaPushContext) { lua_pushboolean(context.state, self ? 1 : 0) }
}

extension LuaString: LuaReadable, LuaPushable {
    package static var luaExpected: String { "string" }

    package static func luaRead(_ slot: LuaSlot) -> LuaString? {
        slot.host.withString(slot.state, slot.index) { LuaString(bytes: Array($0)) }
    }

    package func luaPush(_ context: LuaPushContext) {
        bytes.withUnsafeBytes { context.host.pushBytes($0, on: context.state) }
    }
}

extension String: LuaReadable, LuaPushable {
    package static var luaExpected: String { "string" }

    package static func luaRead(_ slot: LuaSlot) -> String? {
        slot.host.withString(slot.state, slot.index) { String(decoding: $0, as: UTF8.self) }
    }

    package func luaPush(_ context: LuaPushContext) {
        var text = self
        text.withUTF8 { context.host.pushBytes(UnsafeRawBufferPointer($0), on: context.state) }
    }
}

extension LuaReference: LuaPushable {
    package func luaPush(_ context: LuaPushContext) throws {
        guard context.host === host else { throw LuaMismatch("a value of another Lua state") }
        push(on: context.state)
    }
}

extension LuaTable: LuaReadable {
    package static var luaExpected: String { "table" }

    package static func luaRead(_ slot: LuaSlot) -> Self? {
        guard lua_type(slot.state, slot.index) == LUA_TTABLE else { return nil }
        lua_pushvalue(slot.state, slot.index)
        return Self(host: slot.host, popping: slot.state)
    }
}

extension LuaFunction: LuaReadable {
    package static var luaExpected: String { "function" }

    package static func luaRead(_ slot: LuaSlot) -> Self? {
        guard lua_type(slot.state, slot.index) == LUA_TFUNCTION else { return nil }
        lua_pushvalue(slot.state, slot.index)
        return Self(host: slot.host, popping: slot.state)
    }
}

extension LuaObject: LuaReadable {
    package static var luaExpected: String { "object" }

    package static func luaRead(_ slot: LuaSlot) -> Self? {
        guard slot.host.boundType(slot.state, slot.index) != nil else { return nil }
        lua_pushvalue(slot.state, slot.index)
        return Self(host: slot.host, popping: slot.state)
    }
}

extension LuaValue: LuaReadable, LuaPushable {
    package static var luaExpected: String { "value" }

    package static func luaRead(_ slot: LuaSlot) -> LuaValue? { slot.value }

    package func luaPush(_ context: LuaPushContext) throws {
        switch self {
        case .nil: lua_pushnil(context.state)
        case .boolean(let value): value.luaPush(context)
        case .integer(let value): value.luaPush(context)
        case .number(let value): value.luaPush(context)
        case .string(let value): value.luaPush(context)
        case .table(let value): try value.luaPush(context)
        case .function(let value): try value.luaPush(context)
        case .object(let value): try value.luaPush(context)
        case .opaque(let value): try value.luaPush(context)
        }
    }
}

extension Optional: LuaPushable where Wrapped: LuaPushable {
    package func luaPush(_ context: LuaPushContext) throws {
        if let self { try self.luaPush(context) } else { lua_pushnil(context.state) }
    }
}

extension Array: LuaPushable where Element: LuaPushable {
    package func luaPush(_ context: LuaPushContext) throws {
        try context.host.pushArray(self, on: context.state)
    }
}

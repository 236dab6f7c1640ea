internal import CLua
internal import CLuaShims

/// A Lua table held by Swift.
package final class LuaTable: LuaReference, @unchecked Sendable {
    /// The field of that name, read as a script would, metamethods included. Nil reads as `.nil`.
    package func get(_ name: String) throws -> LuaValue { try get(.string(name)) }

    /// The element of that index (1-based).
    package func get(_ index: Int) throws -> LuaValue { try get(.integer(index)) }

    package func get(_ key: LuaValue) throws -> LuaValue {
        try withField(key) { $0.value }
    }

    /// The field as a typed value; nil when it is absent. Another type throws, naming the field.
    package func get<Value: LuaReadable>(_ name: String, as type: Value.Type) throws -> Value? {
        try withSlot(name) { slot in
            if slot.isNil { return nil }
            return try slot.read(Value.self) { LuaUsageError("bad field '\(name)' (\($0))") }
        }
    }

    /// The element as a typed value; nil when it is absent.
    package func get<Value: LuaReadable>(_ index: Int, as type: Value.Type) throws -> Value? {
        try withField(.integer(index)) { slot in
            if slot.isNil { return nil }
            return try slot.read(Value.self) { LuaUsageError("bad element #\(index) (\($0))") }
        }
    }

    func withSlot<Result>(_ name: String, _ body: (LuaSlot) throws -> Result) throws -> Result {
        try withField(.string(name), body)
    }

    private func withField<Result>(_ key: LuaValue, _ body: (LuaSlot) throws -> Result) throws -> Result {
        try withPushed { state, index in
            try key.luaPush(LuaPushContext(host: host, state: state))
            let status = luahost_get(try host.usableHandle(), state, index)
            if status != LUA_OK { throw host.makeError(status: status, on: state) }
            return try body(LuaSlot(host: host, state: state, index: lua_gettop(state)))
        }
    }

    package func set(_ name: String, _ value: some LuaPushable) throws { try set(.string(name), value) }
    package func set(_ index: Int, _ value: some LuaPushable) throws { try set(.integer(index), value) }

    package func set(_ key: LuaValue, _ value: some LuaPushable) throws {
        try withPushed { state, index in
            let context = LuaPushContext(host: host, state: state)
            try key.luaPush(context)
            try value.luaPush(context)
            let status = luahost_set(try host.usableHandle(), state, index)
            if status != LUA_OK { throw host.makeError(status: status, on: state) }
        }
    }

    /// The length as `#` gives it.
    package func length() throws -> Int {
        try withPushed { state, index in
            let status = luahost_length(try host.usableHandle(), state, index)
            if status != LUA_OK { throw host.makeError(status: status, on: state) }
            guard let length = try Int.luaRead(LuaSlot(host: host, state: state, index: lua_gettop(state))) else {
                throw LuaUsageError("length of the table is not an integer")
            }
            return length
        }
    }

    /// All keys without metamethods, in an order that does not depend on hashes: booleans, numbers by size, strings by
    /// bytes, then references in no particular order. A read-only view gives the keys of the table that it shows.
    package func sortedKeys() throws -> [LuaValue] {
        try withPushed { state, index in
            var table = index
            if luahost_push_behind_read_only(state, index) { table = lua_gettop(state) }
            var keys: [LuaValue] = []
            lua_pushnil(state)
            while true {
                // Nothing runs between two steps, so no key can go stale; the protected call costs more than it brings.
                guard lua_next(state, table) != 0 else { break }
                luahost_pop(state, 1)
                keys.append(host.value(state, lua_gettop(state)))
            }
            return keys.sorted { $0.sortRank < $1.sortRank }
        }
    }

    /// The array part as typed elements: 1, 2, … up to the first nil.
    package func array<Element: LuaReadable>(of type: Element.Type, limit: Int = 1 << 24) throws -> [Element] {
        var elements: [Element] = []
        try withPushed { state, index in
            let handle = try host.usableHandle()
            let top = lua_gettop(state)
            while true {
                lua_pushinteger(state, lua_Integer(elements.count + 1))
                let status = luahost_get(handle, state, index)
                if status != LUA_OK { throw host.makeError(status: status, on: state) }
                let slot = LuaSlot(host: host, state: state, index: top + 1)
                if slot.isNil { break }
                guard elements.count < limit else { throw LuaUsageError("array of more than \(limit) elements") }
                let number = elements.count + 1
                elements.append(try slot.read(Element.self) { LuaUsageError("bad element #\(number) (\($0))") })
                lua_settop(state, top)
            }
        }
        return elements
    }
}

extension LuaHost {
    /// A new empty table.
    package func makeTable() throws -> LuaTable {
        let state = try usableState()
        lua_createtable(state, 0, 0)
        return LuaTable(host: self, popping: state)
    }

    /// A new array.
    package func makeTable(_ elements: [some LuaPushable]) throws -> LuaTable {
        let state = try usableState()
        let top = lua_gettop(state)
        do {
            try pushArray(elements, on: state)
        } catch {
            lua_settop(state, top)
            throw error
        }
        return LuaTable(host: self, popping: state)
    }

    /// The global of that name, without metamethods.
    package func global(_ name: String) throws -> LuaValue {
        let state = try usableState()
        let top = lua_gettop(state)
        defer { lua_settop(state, top) }
        lua_rawgeti(state, luahost_registry_index(), lua_Integer(LUA_RIDX_GLOBALS))
        name.luaPush(LuaPushContext(host: self, state: state))
        lua_rawget(state, top + 1)
        return value(state, top + 2)
    }

    package func setGlobal(_ name: String, _ value: some LuaPushable) throws {
        let state = try usableState()
        let top = lua_gettop(state)
        defer { lua_settop(state, top) }
        let context = LuaPushContext(host: self, state: state)
        lua_rawgeti(state, luahost_registry_index(), lua_Integer(LUA_RIDX_GLOBALS))
        name.luaPush(context)
        try value.luaPush(context)
        lua_rawset(state, top + 1)
    }
}

extension LuaValue {
    /// The place of a key in `sortedKeys`.
    var sortRank: KeyRank {
        switch self {
        case .boolean(let value): KeyRank(kind: 0, number: value ? 1 : 0, integer: 0, bytes: [])
        case .integer(let value): KeyRank(kind: 1, number: Double(value), integer: value, bytes: [])
        case .number(let value): KeyRank(kind: 1, number: value, integer: 0, bytes: [])
        case .string(let value): KeyRank(kind: 2, number: 0, integer: 0, bytes: value.bytes)
        default: KeyRank(kind: 3, number: 0, integer: 0, bytes: [])
        }
    }

    struct KeyRank: Comparable {
        let kind: Int
        let number: Double
        let integer: Int
        let bytes: [UInt8]

        static func < (left: KeyRank, right: KeyRank) -> Bool {
            if left.kind != right.kind { return left.kind < right.kind }
            if left.number != right.number { return left.number < right.number }
            if left.integer != right.integer { return left.integer < right.integer }
            return left.bytes.lexicographicallyPrecedes(right.bytes)
        }
    }
}
